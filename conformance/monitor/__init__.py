"""The always-on rules: every frame of every case is judged, in both directions.

Rules know senders ("CS", "CSMS") and times of the trace, never a clock and never which side is played by this suite:
so a recording can be judged again, and a mistake of ours is found by the same rule as a mistake of the device.
"""

from __future__ import annotations

from conformance.monitor.carry import Carry
from conformance.monitor.monitor import Monitor
from conformance.monitor.rule import RuleInfo
from conformance.monitor.rules import RULES
from conformance.monitor.settings import MonitorSettings

__all__ = ["RULES", "Carry", "Monitor", "MonitorSettings", "RuleInfo"]
