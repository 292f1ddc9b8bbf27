"""Where a charging session stands, as a function of TxStartPoint and TxStopPoint (2.0.1 part 2, E01 to E06)."""

from __future__ import annotations

from dataclasses import dataclass, field

START_POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer")


@dataclass(slots=True)
class Session:
    """The conditions that hold on one EVSE and what they mean for the transaction.

    `advance` takes the conditions that became true or ceased and tells which event that brings: "Started",
    "Updated", "Ended", or "" when no transaction runs and none starts.
    """

    start_points: frozenset[str] = frozenset({"EVConnected", "Authorized"})
    stop_points: frozenset[str] = frozenset({"EVConnected"})
    holds: set[str] = field(default_factory=set)
    started: bool = False
    ended: bool = False
    remote: bool = False
    energy_offered: bool = False

    def advance(self, *now: str, ceased: tuple[str, ...] = ()) -> str:
        """Note what became true and what ceased; the event type that the transaction owes, or ""."""
        before = set(self.holds)
        self.holds |= set(now)
        self.holds -= set(ceased)
        if {"EVConnected", "Authorized"} <= self.holds:
            self.holds.add("PowerPathClosed")
        else:
            self.holds.discard("PowerPathClosed")
            self.holds.discard("EnergyTransfer")
        if self.ended:
            return ""
        if not self.started:
            if self.holds & self.start_points:
                self.started = True
                return "Started"
            return ""
        if (before - self.holds) & self.stop_points:
            self.ended = True
            return "Ended"
        return "Updated"

    @property
    def running(self) -> bool:
        """Whether a transaction is ongoing."""
        return self.started and not self.ended
