"""Defects of the CSMS in resets and network profiles of 2.1."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import Payload

ROLE = "CSMS"
NEW = ("2",)


@defect(
    "reset-ends-what-it-should-resume",
    role=ROLE,
    families=NEW,
    breaks="a reset that the station is to resume from is sent as Immediate (B13)",
    must_fail=("TC_B_103_CSMS", "TC_B_104_CSMS"),
)
class _ResetEnds(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "Reset" and payload["type"] == "ImmediateAndResume":
            payload["type"] = "Immediate"
        return [(action, payload)]


@defect(
    "network-profile-without-identity",
    role=ROLE,
    families=NEW,
    breaks="a network profile is sent without the identity that the operator wants (B09.FR.14)",
    must_fail=("TC_B_100_CSMS",),
)
class _WithoutIdentity(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "SetNetworkProfile":
            payload["connectionData"].pop("identity", None)
        return [(action, payload)]


@defect(
    "access-point-not-enabled",
    role=ROLE,
    families=NEW,
    breaks="the access point of a slot is set, and ApnEnabled is false (B09.FR.29)",
    must_fail=("TC_B_105_CSMS",),
)
class _ApnNotEnabled(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        for one in payload["setVariableData"] if action == "SetVariables" else ():
            if one["variable"]["name"] == "ApnEnabled":
                one["attributeValue"] = "false"
        return [(action, payload)]


@defect(
    "profile-restored-otherwise",
    role=ROLE,
    families=NEW,
    breaks="the TxProfile that is sent again after a reset has other limits than before (B13.FR.31)",
    must_fail=("TC_B_116_CSMS",),
    variant="CSMS with the profile Bidirectional Power Transfer",
)
class _RestoredOtherwise(Misbehaviour):
    def __init__(self) -> None:
        self._sent = 0

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "SetChargingProfile":
            self._sent += 1
            for schedule in payload["chargingProfile"]["chargingSchedule"] if self._sent > 1 else ():
                schedule["chargingSchedulePeriod"][0]["limit"] += 1
        return [(action, payload)]
