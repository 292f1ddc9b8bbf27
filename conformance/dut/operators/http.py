"""An operator behind HTTP: the interface of docs/operator-api.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.dut.operators.base import OperatorUnable, OperatorUnreachable, known_verbs
from conformance.dut.operators.http_client import JsonClient, NoAnswer, refusal, shown
from conformance.dut.operators.verbs import verbs_of
from conformance.ocppj.frames import dumps


class HttpOperator:
    """Makes acts by `POST /verbs/{verb}`. An act that is answered with 4xx or 5xx could not be made."""

    def __init__(
        self,
        url: str,
        role: str,
        *,
        timeout: float,
        key: str = "operator.url",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.verbs = verbs_of(role)
        self._role = role
        self._key = key
        self._client = JsonClient(url, timeout=timeout, headers=headers)

    def check(self) -> None:
        """Ask for the verbs; OperatorUnreachable if nobody answers, or the answer is of no use."""
        start, url = f"start it, or correct {self._key}", self._client.url
        try:
            status, answer = self._client.request("GET", "/verbs")
        except NoAnswer as error:
            raise OperatorUnreachable(f"the operator at {url} does not answer ({error}); {start}") from None
        if status != 200 or not isinstance(answer, dict):
            raise OperatorUnreachable(
                f"{url}/verbs is no operator interface (status {status}: {shown(answer)}); {start}"
            )
        if answer.get("role", self._role) != self._role:
            raise OperatorUnreachable(
                f"the operator at {url} is for a {answer['role']}, the device is a {self._role}; {start}"
            )
        self.verbs = known_verbs(answer.get("verbs"), self._role, f"the operator at {url}")

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Make one act; OperatorUnable with the error that the operator answered, or with what went wrong."""
        try:
            status, answer = self._client.request("POST", f"/verbs/{verb}", dumps(args))
        except NoAnswer as error:
            raise OperatorUnable(verb, f"{self._client.url} did not answer ({error})") from None
        if 200 <= status < 300:
            return answer if isinstance(answer, dict) else {}
        raise OperatorUnable(verb, refusal(status, answer))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
