"""A connection on which an older one of the same station overhears: what the defect `old-session-hears-new` needs."""

from __future__ import annotations

import contextlib
from typing import Any


class Overheard:
    """A `websockets` connection that writes on an older one, too, whatever it writes; else it is the newer one."""

    def __init__(self, newer: Any, older: Any) -> None:
        self._newer = newer
        self._older = older

    async def send(self, message: str) -> None:
        """Write on both; what becomes of the older one is nobody's business."""
        await self._newer.send(message)
        with contextlib.suppress(Exception):
            await self._older.send(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._newer, name)
