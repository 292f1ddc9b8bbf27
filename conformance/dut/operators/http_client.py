"""JSON over one HTTP connection that is kept alive, as the operators behind HTTP speak it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.ocppj.frames import dumps

if TYPE_CHECKING:
    import urllib3

_CONNECT_TIMEOUT = 5.0
_SHOWN = 200


class NoAnswer(Exception):
    """A request that was not answered; the text says why in a few words."""


class JsonClient:
    """Makes requests below a base address, one at a time. `timeout`: seconds for one answer."""

    def __init__(self, url: str, *, timeout: float, headers: Mapping[str, str] | None = None) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._headers = dict(headers or {})
        self._pool: urllib3.PoolManager | None = None

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, object]:
        """The status and the body: what its JSON says, `{}` for none, its text if it is no JSON. Raises NoAnswer."""
        import urllib3

        if self._pool is None:
            self._pool = urllib3.PoolManager(maxsize=1, retries=False)
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
        limits = urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, self._timeout), read=self._timeout)
        try:
            response = self._pool.request(
                method,
                self.url + path,
                body=body,
                headers=headers | self._headers,
                timeout=limits,
                redirect=False,
            )
        except urllib3.exceptions.NewConnectionError as error:
            raise NoAnswer(_cause(error)) from None
        except urllib3.exceptions.TimeoutError:
            raise NoAnswer(f"within {self._timeout:g} s") from None
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswer(_cause(error)) from None
        text = response.data.decode("utf-8", errors="replace")
        try:
            return response.status, json.loads(text, parse_float=Decimal) if text else {}
        except ValueError:
            return response.status, text

    def close(self) -> None:
        """Close the connection. May be called twice."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None


def shown(answer: object) -> str:
    """A body for an error line."""
    text = answer if isinstance(answer, str) else dumps(answer)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def refusal(status: int, answer: object) -> str:
    """Why an act could not be made, from the answer of an operator: its `error`, or what there is."""
    said = answer.get("error") if isinstance(answer, dict) else None
    return said if isinstance(said, str) and said else f"status {status}: {shown(answer)}"


def _cause(error: BaseException) -> str:
    """The innermost reason, such as "Connection refused", without the objects that urllib3 prints."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
