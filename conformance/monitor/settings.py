"""What the rules have to know of the device and of the lab."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """Bounds and facts that come from the device's description."""

    message_timeout: float = 30.0
    """Seconds after which an unanswered CALL counts as unanswered. OCPP sets no figure (2.x Part 2, 3.2)."""
    time_tolerance: float = 4.0
    """Seconds by which two clocks may differ before a timestamp is a finding (test labs use 4)."""
    connectors: frozenset[tuple[int, int]] = frozenset()
    """Every (evseId, connectorId) of the station; in 1.6 both are the connectorId. Empty: not known, not judged."""
    identity: str = ""
    """The station's identity, for wording only."""
    idle_at_start: bool = False
    """True: no transaction ran when the monitor's view began, so one that it never saw start is a finding."""
    findings_per_rule: int = 100
    """How many findings of one rule are kept; a device that repeats one mistake for hours needs no more."""
