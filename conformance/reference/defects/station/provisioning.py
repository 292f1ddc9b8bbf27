"""Defects of the station in reports, network profiles and resets of 2.x."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import CS, NEW


@defect(
    "unknown-criterion-overlooked",
    role=CS,
    families=NEW,
    breaks="GetReport makes do with the criteria that the station knows, and reports by them (B08.FR.02)",
    must_fail=("TC_B_19_CS",),
    variant="station with device management",
)
class _CriterionOverlooked(Misbehaviour):
    def heard(self, data: str | bytes) -> list[str | bytes]:
        return [data.replace(',"Unknown"]', "]")] if isinstance(data, str) and '"GetReport"' in data else [data]
