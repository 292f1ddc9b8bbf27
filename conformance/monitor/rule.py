"""What a rule says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.ocppj.findings import Severity


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One always-on rule, as the report and the table in docs/monitor-rules.md show it."""

    id: str
    title: str
    """What a conforming side does, in a few words."""
    wants: str
    """What exactly is judged, where leeway is left, and why."""
    requirements: Mapping[str, str]
    """Version id ("1.6", "2.0.1", "2.1") to the requirement ids or section there. A version that is missing here has
    no such rule."""
    severity: Severity
    """The worst that a finding of this rule weighs."""
    binds: str
    """Whose frames can break it: "CS", "CSMS" or "both"."""

    @property
    def families(self) -> frozenset[str]:
        """`Version.family` of the versions that have this rule."""
        from conformance.ocppj.versions import version

        return frozenset(version(id).family for id in self.requirements)


def rule(
    id: str,
    title: str,
    wants: str,
    *,
    binds: str = "both",
    severity: Severity = Severity.MUST,
    v16: str = "",
    v2: str = "",
    v201: str = "",
    v21: str = "",
) -> RuleInfo:
    """A rule. `v16`, `v201`, `v21` cite the source in that version, `v2` in both 2.0.1 and 2.1."""
    sources = {"1.6": v16, "2.0.1": v201 or v2, "2.1": v21 or v2}
    requirements = MappingProxyType({version: source for version, source in sources.items() if source})
    return RuleInfo(id, title, wants, requirements, severity, binds)
