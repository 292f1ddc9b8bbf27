"""The rules as a page: `python -m conformance.monitor.table > docs/monitor-rules.md`."""

from __future__ import annotations

import sys
from itertools import groupby

from conformance.monitor.rule import RuleInfo
from conformance.monitor.rules import RULES

HEAD = """# Always-on rules

(Generated from `conformance.monitor.RULES` by `python -m conformance.monitor.table`; a test keeps it in step.)

Every frame of every case is judged by these rules, in both directions. A rule binds a sender, the station (CS),
the CSMS, or both, whichever of them is under test; what our own side breaks is reported as our mistake. MUST fails the
case, SHOULD is a remark that `--ocpp-strict` promotes, INFO an observation; the weight given is the worst that a rule
says, and its text names what weighs less. Sources: "1.6" is the OCPP 1.6 specification edition 2 with errata v4, "1.6J"
OCPP-J 1.6, "Part 4" OCPP-J of 2.0.1 or 2.1; requirement ids and everything else are of Part 2. "Security whitepaper" is
"Improved security for OCPP 1.6-J", edition 3.
"""

THEMES = {
    "wire": "The RPC framework",
    "schema": "Schemas",
    "boot": "Registration",
    "time": "Dates and times",
    "tx": "Transactions of 2.x",
    "tx16": "Transactions of 1.6",
    "status": "Connectors and their status",
    "results": "Answers and reports",
    "values": "Values",
}


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for theme, rules in groupby(RULES, lambda rule: rule.id.split(".")[0]):
        parts.append(f"\n## {THEMES[theme]}\n")
        parts.append("| rule | what a conforming side does | weight | binds | source |")
        parts.append("|---|---|---|---|---|")
        parts.extend(_row(rule) for rule in rules)
    return "\n".join(parts) + "\n"


def _row(rule: RuleInfo) -> str:
    what = f"**{rule.title}.** {rule.wants}".replace("|", "\\|")
    return f"| `{rule.id}` | {what} | {rule.severity} | {rule.binds} | {_sources(rule)} |"


def _sources(rule: RuleInfo) -> str:
    """Versions with the same source share a line."""
    lines: dict[str, list[str]] = {}
    for version, source in rule.requirements.items():
        lines.setdefault(source, []).append(version)
    return "<br>".join(f"{', '.join(versions)}: {source}" for source, versions in lines.items())


if __name__ == "__main__":
    sys.stdout.write(page())
