"""What becomes of an older connection of a station that has connected once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.ocppj.frames import Frame
    from conformance.reference.csms_session import Session
    from conformance.reference.defects import Defects


def succeed(defects: Defects, live: dict[str, Session], older: Session | None, newer: Session) -> Session | None:
    """The session to close because a newer one has taken its place; None if there is none, or a defect keeps it.

    `live` are the sessions by identity that the CSMS sends its CALLs to.
    """
    if older is None:
        return None
    if defects.active("second-connection-shadowed"):
        _overlook(older)
        return None
    if defects.active("calls-go-to-the-old-connection"):
        live[older.desk.record.identity] = older
        return None
    return older


def _overlook(session: Any) -> None:
    """Have a session read on and react to nothing."""

    async def nothing(frame: Frame) -> None:
        """What the station says is lost."""

    session.endpoint._received = nothing
