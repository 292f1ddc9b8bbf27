"""The rules by theme, and all of them as one table."""

from __future__ import annotations

from conformance.monitor.rule import RuleInfo
from conformance.monitor.rules import boot, results, schema, status, time, transactions2, transactions16, values, wire

RULES: tuple[RuleInfo, ...] = (
    *wire.RULES,
    *schema.RULES,
    *boot.RULES,
    *time.RULES,
    *transactions2.RULES,
    *transactions16.RULES,
    *status.RULES,
    *results.RULES,
    *values.RULES,
)
"""Every always-on rule, in the order of the themes."""
