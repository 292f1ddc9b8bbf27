"""Defects of the station in reports, network profiles and resets of 2.x."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect, flag
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


STRICT = "station that takes new roots only from the old one"
flag(
    "old-root-for-new-profile",
    role=CS,
    families=NEW,
    breaks="the old root vouches for the CSMS of a new network profile, too (M05.FR.15)",
    must_fail=("TC_B_47_CS",),
    variant=STRICT,
)
flag(
    "new-root-forgotten",
    role=CS,
    families=NEW,
    breaks="a CSMS root that was installed vouches for nobody (B10.FR.04, M05.FR.13)",
    must_fail=("TC_B_50_CS",),
    variant=STRICT,
)
flag(
    "old-root-kept",
    role=CS,
    families=NEW,
    breaks="with AdditionalRootCertificateCheck the old root stays when the new one has proved itself (M05.FR.13)",
    must_fail=("TC_B_50_CS",),
    variant=STRICT,
)
