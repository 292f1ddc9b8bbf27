"""An operator for a CSMS whose back office has a REST API: a worked example, to be copied and changed.

Its back office is a made-up one, but of the common kind: a login by API key, one endpoint for each thing that people do
in its user interface, names of its own, and orders that are answered at once and carried out later. Yours differs in
`ORDERS` and perhaps in `_carried_out`; the rest can stay.

    [operator]
    kind = "python"
    class = "rest_back_office:BackOffice"

    [operator.options]
    url = "https://backoffice.example.com"
    api_key = "..."
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import urllib3

Payload = Mapping[str, Any]
Order = tuple[str, str, Callable[[Payload], dict[str, Any]]]

ORDERS: Mapping[str, Order] = {
    # What the CSMS is to send: method and path of the back office's endpoint, and its body, made of the payload.
    # 1.6
    "RemoteStartTransaction": (
        "POST",
        "/remote-start",
        lambda payload: {"connector": payload.get("connectorId"), "token": payload["idTag"]},
    ),
    "RemoteStopTransaction": ("POST", "/remote-stop", lambda payload: {"session": str(payload["transactionId"])}),
    "ChangeConfiguration": (
        "PUT",
        "/configuration",
        lambda payload: {"name": payload["key"], "value": payload["value"]},
    ),
    # 2.0.1 and 2.1
    "RequestStartTransaction": (
        "POST",
        "/remote-start",
        lambda payload: {"evse": payload.get("evseId"), "token": payload["idToken"]["idToken"]},
    ),
    "RequestStopTransaction": ("POST", "/remote-stop", lambda payload: {"session": payload["transactionId"]}),
    "GetBaseReport": ("POST", "/inventory", lambda payload: {"extent": payload["reportBase"]}),
    # All versions
    "ClearCache": ("DELETE", "/token-cache", lambda payload: {}),
    "Reset": (
        "POST",
        "/reboot",
        lambda payload: {"wait": payload["type"] in ("Soft", "OnIdle"), "evse": payload.get("evseId")},
    ),
}


class BackOffice:
    """Makes the CSMS send. The class is called with `[operator.options]`; `verbs`, `check`, `close` and one method for
    each verb are all that the tool asks for (docs/operators.md)."""

    verbs = frozenset({"csms_sends"})

    def __init__(self, url: str, api_key: str, patience: float = 10.0) -> None:
        """`patience`: seconds that an order may take until the back office has carried it out."""
        self._url = url.rstrip("/")
        self._headers = {"X-Api-Key": api_key}
        self._patience = patience
        self._pool = urllib3.PoolManager(retries=False, timeout=patience)

    def check(self) -> None:
        """Before the run: an exception here stops it with one line, before a case is lost."""
        self._ask("GET", "/api/chargers")

    def csms_sends(self, identity: str, action: str, payload: Payload) -> None:
        """Return when the CSMS has sent the CALL. An exception makes the case INCONCLUSIVE; its text is the reason."""
        if action not in ORDERS:
            raise LookupError(f"this back office has no way to send {action}")
        method, path, body_of = ORDERS[action]
        # A field that the case asks for as null is to be left out; what it does not ask for, the CSMS chooses.
        body = {name: value for name, value in body_of(payload).items() if value is not None}
        answer = self._ask(method, f"/api/chargers/{identity}{path}", body)
        if "job" in answer:
            self._carried_out(answer["job"])

    def close(self) -> None:
        """After the run."""
        self._pool.clear()

    def _carried_out(self, job: str) -> None:
        """Wait until an order has left the queue: the case's own deadline begins only when this returns."""
        deadline = time.monotonic() + self._patience
        while (state := self._ask("GET", f"/api/jobs/{job}")["state"]) == "queued":
            if time.monotonic() > deadline:
                raise TimeoutError(f"job {job} is still queued after {self._patience:g} s")
            time.sleep(0.05)
        if state == "failed":
            raise RuntimeError(f"job {job} failed")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self._pool.request(method, self._url + path, json=body, headers=self._headers)
        answer = response.json() if response.data else {}
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: status {response.status}: {answer.get('error', answer)}")
        return dict(answer) if isinstance(answer, dict) else {}
