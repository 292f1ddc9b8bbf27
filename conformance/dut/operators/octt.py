"""A CSMS that has itself told what to send by `POST /api/octt/{version}/{station}/{action}`, body: the payload.

The convention is that of the public test suite tzi-OCTT (MIT), whose CSMSs implement it: {version} is "1.6", "2.0.1"
or "2.1", {action} the name of the action in kebab case ("remote-start-transaction"), the body goes into the CALL as it
is. What it has beside that (`.../call/{Action}` with the wire's own name) is tried where the first is not found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.dut.operators.base import OperatorUnable, OperatorUnreachable
from conformance.dut.operators.http_client import JsonClient, NoAnswer, refusal
from conformance.ocppj.frames import dumps

if TYPE_CHECKING:
    from conformance.dut.operators.completing import Completer

NOT_FOUND = 404
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def kebab(action: str) -> str:
    """`RemoteStartTransaction` as `remote-start-transaction`; `SetDERControl` as `set-der-control`."""
    return "-".join(_WORD.findall(action)).lower()


class OcttOperator:
    """Has the CSMS send by its trigger interface. It has one verb, `csms_sends`."""

    verbs = frozenset({"csms_sends"})

    def __init__(
        self,
        url: str,
        version: str,
        completer: Completer,
        *,
        timeout: float,
        key: str = "operator.url",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._version = version
        self._completer = completer
        self._key = key
        self._client = JsonClient(url, timeout=timeout, headers=headers)
        self._ways: dict[str, str] = {}
        """By action: the path below the station by which it was found."""

    def check(self) -> None:
        """Whether somebody answers there; what the CSMS can be told shows when it is. Raises OperatorUnreachable."""
        try:
            self._client.request("GET", "/api/octt")
        except NoAnswer as error:
            raise OperatorUnreachable(
                f"the trigger interface at {self._client.url} does not answer ({error}); start the CSMS, or correct "
                f"{self._key}"
            ) from None

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Have the CSMS send a CALL. Raises OperatorUnable with what it answered, or with what went wrong."""
        from conformance.dut.operators.completing import NothingToFillIn

        action = str(args["action"])
        try:
            body = dumps(self._completer.complete(action, args["payload"]))
        except NothingToFillIn as error:
            raise OperatorUnable(verb, str(error)) from None
        station = f"/api/octt/{self._version}/{quote(str(args['identity']), safe='')}"
        known = self._ways.get(action)
        ways = [known] if known else [kebab(action), f"call/{action}", action]
        first: tuple[int, object] | None = None
        for way in ways:
            try:
                status, answer = self._client.request("POST", f"{station}/{way}", body)
            except NoAnswer as error:
                raise OperatorUnable(verb, f"{self._client.url} did not answer ({error})") from None
            if 200 <= status < 300:
                self._ways[action] = way
                return {}
            first = first or (status, answer)
            if status != NOT_FOUND:
                first = (status, answer)
                break
        assert first is not None
        raise OperatorUnable(verb, f"POST {station}/{ways[0]}: {refusal(*first)}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
