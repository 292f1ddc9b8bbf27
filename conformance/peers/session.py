"""Where a charging session stands, as a function of TxStartPoint and TxStopPoint (2.0.1 part 2, E01 and E06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

START_POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer")
"""The conditions that can start a transaction; each of them can end one by ceasing."""
START_FEATURES: Mapping[str, str] = {
    "C-09.1": "EVConnected",
    "C-09.2": "Authorized",
    "C-09.3": "DataSigned",
    "C-09.4": "PowerPathClosed",
    "C-09.5": "EnergyTransfer",
    "C-09.6": "ParkingBayOccupancy",
}
STOP_FEATURES: Mapping[str, str] = {
    "C-10.1": "EVConnected",
    "C-10.2": "Authorized",
    "C-10.3": "PowerPathClosed",
    "C-10.4": "EnergyTransfer",
    "C-10.5": "ParkingBayOccupancy",
}
"""The features of a description that name start and stop points, with the members of TxStartPoint and TxStopPoint."""


@dataclass(slots=True)
class Session:
    """The conditions that hold on one EVSE and what they mean for its transaction.

    `advance` takes the conditions that became true or ceased and tells which event that brings: "Started",
    "Updated", "Ended", or "" when no transaction runs and none starts. PowerPathClosed is nobody's act: it is
    EVConnected and Authorized at once (E01.FR.05, E06.FR.06), whatever the relay does.
    """

    start_points: frozenset[str] = frozenset({"EVConnected", "Authorized"})
    stop_points: frozenset[str] = frozenset({"EVConnected"})
    holds: set[str] = field(default_factory=set)
    running: bool = False
    started: bool = False
    """Whether a transaction has begun, running or ended."""
    remote: bool = False
    """Whether the present authorization came by RequestStartTransaction."""
    charged: bool = False
    """Whether energy has flowed under the present authorization."""
    stopped: str = ""
    """How the present authorization was ended: "Local", "Remote", or "" while it was not."""
    token: Any = None
    """The token of the latest authorization, None while there was none."""
    due: dict[str, Any] = field(default_factory=dict)
    """What the next event of the transaction has to say, by the names of its fields."""
    connector: Any = None
    """The connector to which the EV was connected last, where that is known."""
    since: int = 0
    """Index in the trace from which on the events of the present transaction lie."""

    def advance(self, *now: str, ceased: tuple[str, ...] = ()) -> str:
        """Note what became true and what ceased; the event type that the transaction owes, or ""."""
        before = set(self.holds)
        self.charged |= "EnergyTransfer" in now
        if "Authorized" in ceased and not self.running:
            # No event has told of this authorization, and none will: a later transaction is not of its making.
            for name in ("idToken", "triggerReason", "remoteStartId", "transactionLimit"):
                self.due.pop(name, None)
        self.holds = (self.holds | set(now)) - set(ceased)
        if {"EVConnected", "Authorized"} <= self.holds:
            self.holds.add("PowerPathClosed")
        else:
            self.holds -= {"PowerPathClosed", "EnergyTransfer", "DataSigned"}
        if self.running:
            if (before - self.holds) & self.stop_points:
                self.end()
                return "Ended"
            return "Updated"
        begun = self.holds - before
        # An authorization while a start point still holds from the session before starts a new transaction, too.
        if begun & self.start_points or ("Authorized" in begun and self.holds & self.start_points):
            self.running = self.started = True
            return "Started"
        return ""

    def end(self) -> None:
        """The transaction has ended: on its own account where the standard leaves that to the station."""
        self.running = False

    @property
    def ended(self) -> bool:
        """Whether a transaction has run and ended, and no other has begun."""
        return self.started and not self.running

    def authorize(self, token: Any) -> None:
        """The session is being authorized: the next event names the token (E01.FR.10, E03.FR.01)."""
        self.remote, self.charged, self.stopped, self.token = False, False, "", token
        self.due["idToken"] = token

    def request_start(self, token: Any, remote_start_id: int) -> None:
        """A remote start was accepted: the next event says so, whatever brings it about (F01.FR.19, F02.FR.21)."""
        self.authorize(token)
        self.remote = True
        self.due["triggerReason"] = "RemoteStart"
        self.due["remoteStartId"] = remote_start_id

    def take_due(self) -> dict[str, Any]:
        """What the event that now comes has to say; it is due only once."""
        due, self.due = self.due, {}
        return due
