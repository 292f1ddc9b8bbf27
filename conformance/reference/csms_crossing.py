"""How what belongs to one station of the reference CSMS may reach another: what the defects of `csms.stateful` need."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.reference.csms_desk import Desk
    from conformance.reference.csms_session import Session
    from conformance.reference.csms_store import Transaction
    from conformance.reference.csms_tokens import Verdict
    from conformance.reference.defects import Defects

AT_ONCE = 0.5
"""Seconds within which two requests are taken for one by a CSMS that mixes them up."""


def addressee(live: dict[str, Session], identity: str) -> Session | None:
    """The session of a station, by identity; with a defect that of whoever connected last."""
    session = live.get(identity)
    if session is not None and session.desk.defects.active("commands-to-the-newest-connection"):
        return next(reversed(live.values()))
    return session


def neighbour_to_close(defects: Defects, live: dict[str, Session], newer: Session) -> Session | None:
    """The session of another station that a defect closes when a station has come back; None for a good CSMS."""
    identity = newer.desk.record.identity
    if not defects.active("reconnect-closes-the-neighbour") or not newer.desk.record.registration:
        return None
    return next((one for name, one in reversed(live.items()) if name != identity), None)


def take_socket(defects: Defects, live: dict[str, Session], session: Session) -> None:
    """With a defect, have a session write wherever the newest connection is."""
    if defects.active("answers-on-the-newest-connection"):
        session.endpoint.socket = _Newest(live, session.endpoint.socket)


class _Newest:
    """A connection that is read, and another one that is written on."""

    def __init__(self, live: dict[str, Session], own: Any) -> None:
        self._live = live
        self.own = own

    async def send(self, message: str) -> None:
        """Write on the connection that was made last."""
        newest: Any = next(reversed(self._live.values())).endpoint.socket if self._live else self
        await newest.own.send(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)


def before(desk: Desk, action: str) -> None:
    """What a defect does to other stations before a request of this one is answered; a boot ends every confusion."""
    if action != "BootNotification":
        return
    _last.clear()
    if not desk.defects.active("boot-forgets-the-others"):
        return
    for record in desk.store.stations.values():
        if record is not desk.record:
            record.transactions.clear()


_last: list[tuple[float, str, Verdict]] = []


def verdict(desk: Desk, found: Verdict) -> Verdict:
    """The verdict about a token; with a defect that about the token of another station which asked a moment ago."""
    if not desk.defects.active("verdict-of-the-neighbour"):
        return found
    now, mine = time.monotonic(), desk.record.identity
    others = [one for one in _last if one[1] != mine and now - one[0] < AT_ONCE]
    _last[:] = [(now, mine, found)]
    return others[0][2] if others else found


def stopped(desk: Desk, identifier: int) -> Transaction | None:
    """The transaction that a station stops (1.6); with a defect any station's of that number, another one's first."""
    own = desk.record.transaction(identifier)
    if not desk.defects.active("transactions-numbered-by-station"):
        return own
    records = [record for record in desk.store.stations.values() if record is not desk.record]
    found = [one for record in records if (one := record.transaction(identifier)) is not None and one.running]
    return next(iter(found), own)
