"""The rules by theme, and all of them as one table."""

from __future__ import annotations

from conformance.monitor.rule import RuleInfo
from conformance.monitor.rules import boot, schema, time, wire

RULES: tuple[RuleInfo, ...] = (
    *wire.RULES,
    *schema.RULES,
    *boot.RULES,
    *time.RULES,
)
"""Every always-on rule, in the order of the themes."""
