"""An operator behind HTTP: the interface of docs/operator-api.yaml, over one connection that is kept alive."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.dut.operators.base import OperatorUnable, OperatorUnreachable, known_verbs
from conformance.dut.operators.verbs import verbs_of
from conformance.ocppj.frames import dumps

if TYPE_CHECKING:
    import urllib3

_CONNECT_TIMEOUT = 5.0


class HttpOperator:
    """Makes acts by `POST /verbs/{verb}`. An act that is answered with 4xx or 5xx could not be made."""

    def __init__(self, url: str, role: str, *, timeout: float, key: str = "operator.url") -> None:
        self.verbs = verbs_of(role)
        self._url = url.rstrip("/")
        self._role = role
        self._timeout = timeout
        self._key = key
        self._pool: urllib3.PoolManager | None = None

    def check(self) -> None:
        """Ask for the verbs; OperatorUnreachable if nobody answers, or the answer is of no use."""
        start = f"start it, or correct {self._key}"
        try:
            status, answer = self._request("GET", "/verbs", None)
        except _Failed as error:
            raise OperatorUnreachable(f"the operator at {self._url} does not answer ({error}); {start}") from None
        if status != 200 or not isinstance(answer, dict):
            raise OperatorUnreachable(
                f"{self._url}/verbs is no operator interface (status {status}: {_shown(answer)}); {start}"
            )
        if answer.get("role", self._role) != self._role:
            raise OperatorUnreachable(
                f"the operator at {self._url} is for a {answer['role']}, the device is a {self._role}; {start}"
            )
        self.verbs = known_verbs(answer.get("verbs"), self._role, f"the operator at {self._url}")

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Make one act; OperatorUnable with the error that the operator answered, or with what went wrong."""
        try:
            status, answer = self._request("POST", f"/verbs/{verb}", dumps(args))
        except _Failed as error:
            raise OperatorUnable(verb, f"{self._url} did not answer ({error})") from None
        if 200 <= status < 300:
            return answer if isinstance(answer, dict) else {}
        said = answer.get("error") if isinstance(answer, dict) else None
        raise OperatorUnable(verb, said if isinstance(said, str) and said else f"status {status}: {_shown(answer)}")

    def close(self) -> None:
        """Close the connection."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None

    def _request(self, method: str, path: str, body: str | None) -> tuple[int, object]:
        import urllib3

        if self._pool is None:
            self._pool = urllib3.PoolManager(maxsize=1, retries=False)
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
        limits = urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, self._timeout), read=self._timeout)
        try:
            response = self._pool.request(
                method, self._url + path, body=body, headers=headers, timeout=limits, redirect=False
            )
        except urllib3.exceptions.NewConnectionError as error:
            raise _Failed(_cause(error)) from None
        except urllib3.exceptions.TimeoutError:
            raise _Failed(f"within {self._timeout:g} s") from None
        except urllib3.exceptions.HTTPError as error:
            raise _Failed(_cause(error)) from None
        text = response.data.decode("utf-8", errors="replace")
        try:
            return response.status, json.loads(text, parse_float=Decimal) if text else {}
        except ValueError:
            return response.status, text


class _Failed(Exception):
    pass


def _cause(error: BaseException) -> str:
    """The innermost reason, such as "Connection refused", without the objects that urllib3 prints."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _shown(answer: object) -> str:
    text = answer if isinstance(answer, str) else dumps(answer)
    return text if len(text) <= 200 else text[:199] + "…"
