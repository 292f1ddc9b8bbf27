"""The HTTP operator interface of a reference device: `GET /verbs`, `POST /verbs/{verb}` (docs/operator-api.yaml)."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

Verb = Callable[..., Awaitable[object] | object]
"""A verb takes the fields of the JSON object as keyword arguments and returns when the act has been made.

A dict that it returns becomes the body of the answer; anything else is answered `{}`.
"""


class VerbError(Exception):
    """The act cannot be made; its text goes to the caller with status 409."""


_LIMITS = frozenset({"maxEnergy", "maxTime", "maxCost"})


def transaction_limit(limit: object) -> dict[str, Any]:
    """The argument `limit` of a verb: fields of TransactionLimitType. Raises VerbError."""
    known = isinstance(limit, dict) and limit.keys() <= _LIMITS
    if not isinstance(limit, dict) or not known or not all(type(one) in (int, Decimal) for one in limit.values()):
        raise VerbError(f"limit must be an object with numbers: {', '.join(sorted(_LIMITS))}")
    return limit


class OperatorServer:
    """Serves the verbs of one device on 127.0.0.1 or wherever it is told to listen."""

    def __init__(self, role: str, verbs: Mapping[str, Verb]) -> None:
        self.role = role
        self.verbs = dict(verbs)
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and return the base URL, such as "http://127.0.0.1:40123". Port 0 takes a free one.

        Raises OSError when the address cannot be used.
        """
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/verbs", self._list)
        app.router.add_post("/verbs/{verb}", self._act)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0]
        return f"http://{bound[0]}:{bound[1]}"

    async def stop(self) -> None:
        """Stop listening; requests under way get a moment to end."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _list(self, request: web.Request) -> web.Response:
        from aiohttp import web

        return web.json_response({"role": self.role, "verbs": sorted(self.verbs)})

    async def _act(self, request: web.Request) -> web.Response:
        from aiohttp import web

        status, body = await self._perform(request.match_info["verb"], await request.text())
        return web.json_response(body, status=status)

    async def _perform(self, name: str, text: str) -> tuple[int, dict[str, Any]]:
        verb = self.verbs.get(name)
        if verb is None:
            return 404, {"error": f"no verb {name!r}; known: {', '.join(sorted(self.verbs))}"}
        try:
            arguments = json.loads(text or "{}", parse_float=Decimal)
        except ValueError as problem:
            return 400, {"error": f"the body is no JSON: {problem}"}
        if not isinstance(arguments, dict):
            return 400, {"error": "the body must be a JSON object"}
        try:
            inspect.signature(verb).bind(**arguments)
        except TypeError as problem:
            return 400, {"error": f"{name}: {problem}"}
        try:
            outcome = verb(**arguments)
            if inspect.isawaitable(outcome):
                outcome = await outcome
        except VerbError as refusal:
            return 409, {"error": str(refusal)}
        except asyncio.CancelledError:
            raise
        except Exception as defect:
            traceback.print_exc(file=sys.stderr)
            return 500, {"error": f"{type(defect).__name__}: {defect}"}
        return 200, outcome if isinstance(outcome, dict) else {}
