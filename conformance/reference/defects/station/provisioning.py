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
flag(
    "network-variables-not-updated",
    role=CS,
    families=NEW,
    breaks="NetworkConfiguration does not tell the interface and the timeout of a network profile (B09.FR.09)",
    must_fail=("TC_B_100_CS",),
)
flag(
    "network-variables-forgotten",
    role=CS,
    families=NEW,
    breaks="variables of NetworkConfiguration are accepted and not stored (B09.FR.23)",
    must_fail=(
        "TC_B_105_CS",
        "TC_B_107_CS",
    ),
)
flag(
    "network-configuration-not-validated",
    role=CS,
    families=NEW,
    breaks="a slot that nobody could connect by comes into NetworkConfigurationPriority (B09.FR.34)",
    must_fail=("TC_B_107_CS",),
)
flag(
    "network-in-use-changed",
    role=CS,
    families=NEW,
    breaks="variables of a slot of NetworkConfigurationPriority are set (B09.FR.22)",
    must_fail=("TC_B_108_CS",),
)
flag(
    "profile-keeps-identity",
    role=CS,
    families=NEW,
    breaks="the profile in use keeps its identity and password when SecurityCtrlr is given others (B09.FR.26, FR.27)",
    must_fail=("TC_B_109_CS",),
)

MAY_GO_DOWN = "station on security profile 3 that may go down to 2"
flag(
    "downgrade-to-any-profile",
    role=CS,
    families=NEW,
    breaks="where a station may go down from security profile 3 to 2, it goes down to 1, too (B09.FR.31, FR.32)",
    must_fail=(
        "TC_B_110_CS",
        "TC_B_111_CS",
    ),
    variant=MAY_GO_DOWN,
)
flag(
    "downgrade-not-watched",
    role=CS,
    families=NEW,
    breaks="a lower security profile is taken though none is allowed, as a variable, too (B09.FR.04, FR.35)",
    must_fail=(
        "TC_B_112_CS",
        "TC_B_113_CS",
    ),
    variant="station on security profile 3",
)
flag(
    "reset-and-resume-taken-always",
    role=CS,
    families=NEW,
    breaks="ImmediateAndResume is taken by a station that resumes nothing (B13.FR.01)",
    must_fail=("TC_B_101_CS",),
)
flag(
    "reset-and-resume-never-taken",
    role=CS,
    families=NEW,
    breaks="ImmediateAndResume is refused by a station that resumes transactions (B13.FR.02, FR.03)",
    must_fail=(
        "TC_B_102_CS",
        "TC_B_104_CS",
    ),
)
flag(
    "reset-ends-what-it-should-resume",
    role=CS,
    families=NEW,
    breaks="ImmediateAndResume ends the transactions (B13.FR.23)",
    must_fail=(
        "TC_B_102_CS",
        "TC_B_103_CS",
    ),
)
flag(
    "reset-not-told-as-event",
    role=CS,
    families=NEW,
    breaks="no event tells of the reset that a transaction outlives (B13.FR.04)",
    must_fail=(
        "TC_B_102_CS",
        "TC_B_103_CS",
    ),
)
flag(
    "queue-lost-in-reset",
    role=CS,
    families=NEW,
    breaks="an event that was not answered before a reset is lost (B12.FR.05)",
    must_fail=("OC_B_06_CS",),
    variant="station that waits little longer than a second for an answer",
)
flag(
    "new-root-of-anybody-taken",
    role=CS,
    families=NEW,
    breaks="with AdditionalRootCertificateCheck a root that the old one has not signed is installed (M05.FR.11)",
    must_fail=("OC_A_27_CS",),
    variant=STRICT,
)
