"""Local authorization list and cache as the CSMS manages them (2.0.1 C11, D01, D02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.authorization import Verdict
from conformance.reference.station2x.model import LIST_ENTRIES
from conformance.reference.station2x.tokens import usable, verdict_of
from conformance.reference.station2x.transactions import key_of
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x


class Lists:
    """Handlers of block D, and ClearCache."""

    def __init__(self, station: Station2x) -> None:
        self._station = station

    def clear_cache(self, request: Payload) -> Payload:
        """Answer ClearCache."""
        if not self._station.model.flag("AuthCacheCtrlr", "Enabled"):
            return {"status": "Rejected"}
        self._station.cache.clear()
        return {"status": "Accepted"}

    def version(self, request: Payload) -> Payload:
        """Answer GetLocalListVersion; 0 while the list is not in use (D02.FR.02)."""
        enabled = self._station.model.flag("LocalAuthListCtrlr", "Enabled")
        return {"versionNumber": self._station.local_list.version if enabled else 0}

    def send(self, request: Payload) -> Payload:
        """Answer SendLocalList."""
        held = self._station.local_list
        entries: list[tuple[str, Verdict | None, str | None]] = []
        for one in request.get("localAuthorizationList", []):
            info = one.get("idTokenInfo")
            verdict = verdict_of(info) if info is not None else None
            expires = info.get("cacheExpiryDateTime") if info is not None else None
            entries.append((key_of(one["idToken"]), verdict, expires))
        tokens = [token.casefold() for token, _, _ in entries]
        version = request["versionNumber"]
        if not self._station.model.flag("LocalAuthListCtrlr", "Enabled") or version <= 0:
            return {"status": "Failed"}
        full = request["updateType"] == "Full"
        too_long = not held.fits(entries, LIST_ENTRIES, full=full) or len(entries) > LIST_ENTRIES
        if too_long and not self._station.defects.active("oversized-list-accepted"):
            if self._station.defects.active("oversized-list-half-applied"):
                held.replace(version, entries[:LIST_ENTRIES])
            return {"status": "Failed", "statusInfo": {"reasonCode": "TooManyElements"}}
        sound = all(usable(one["idToken"]) for one in request.get("localAuthorizationList", []))
        if len(set(tokens)) != len(tokens) or not sound:
            return {"status": "Failed", "statusInfo": {"reasonCode": "InvalidValue"}}
        if full:
            if any(verdict is None for _, verdict, _ in entries):
                return {"status": "Failed", "statusInfo": {"reasonCode": "MissingParam"}}
            held.replace(version, entries)
        else:
            if version <= held.version:
                return {"status": "VersionMismatch"}
            held.change(version, entries)
        return {"status": "Accepted"}
