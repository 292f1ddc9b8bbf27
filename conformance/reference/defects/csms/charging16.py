"""Defects of the CSMS in smart charging of 1.6."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import Payload

ROLE = "CSMS"
OLD = ("1.6",)


class _Profiles(Misbehaviour):
    """Base of defects that spoil the charging profiles that are sent."""

    names: tuple[str, ...] = ("csChargingProfiles", "chargingProfile")

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        for name in self.names:
            if name in payload:
                self.spoil(payload, payload[name])
        return [(action, payload)]

    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        """Change the request or its profile in place."""


class _Requests(Misbehaviour):
    """Base of defects that spoil the requests of one action."""

    action = ""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [(action, self.spoil(payload) if action == self.action else payload)]

    def spoil(self, payload: Payload) -> Payload:
        """The payload that is sent instead."""
        return payload


@defect(
    "tx-profile-unassigned",
    role=ROLE,
    families=OLD,
    breaks="a TxProfile does not name its transaction (5.16)",
    must_fail=("TC_057_CSMS",),
)
class _TxProfileUnassigned(_Profiles):
    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        profile.pop("transactionId", None)


@defect(
    "remote-profile-assigned",
    role=ROLE,
    families=OLD,
    breaks="the profile of a RemoteStartTransaction names a transaction (5.16.2)",
    must_fail=("TC_059_CSMS",),
    rules=("values.remote-profile",),
)
class _RemoteProfileAssigned(_Profiles):
    names = ("chargingProfile",)

    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        profile["transactionId"] = 0


@defect(
    "default-profile-for-all",
    role=ROLE,
    families=OLD,
    breaks="a TxDefaultProfile of one connector is set on connector 0 (3.13.1)",
    must_fail=("TC_056_CSMS", "TC_067_CSMS"),
)
class _DefaultProfileForAll(_Profiles):
    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        if profile["chargingProfilePurpose"] == "TxDefaultProfile":
            payload["connectorId"] = 0


@defect(
    "profile-id-repeated",
    role=ROLE,
    families=OLD,
    breaks="every charging profile has the same id, so that each replaces the one before (7.8)",
    must_fail=("TC_067_CSMS",),
)
class _ProfileIdRepeated(_Profiles):
    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        profile["chargingProfileId"] = 1


@defect(
    "profile-without-start",
    role=ROLE,
    families=OLD,
    breaks="an absolute profile has no startSchedule (7.9, 7.13)",
    must_fail=("TC_056_CSMS", "TC_057_CSMS"),
)
class _ProfileWithoutStart(_Profiles):
    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        profile["chargingSchedule"].pop("startSchedule", None)


@defect(
    "profile-limits-too-fine",
    role=ROLE,
    families=OLD,
    breaks="a limit has more than one decimal [30] (7.14)",
    must_fail=("TC_056_CSMS", "TC_059_CSMS"),
)
class _ProfileLimitsTooFine(_Profiles):
    def spoil(self, payload: Payload, profile: dict[str, Any]) -> None:
        for period in profile["chargingSchedule"]["chargingSchedulePeriod"]:
            period["limit"] = period["limit"] - Decimal("0.001")


@defect(
    "clears-by-everything",
    role=ROLE,
    families=OLD,
    breaks="ClearChargingProfile always has an id, which overrides what else was asked for (errata 3.25, 3.26)",
    must_fail=("TC_067_CSMS",),
)
class _ClearsByEverything(_Requests):
    action = "ClearChargingProfile"

    def spoil(self, payload: Payload) -> Payload:
        return {"id": 1, **payload}


@defect(
    "composite-unit-unnamed",
    role=ROLE,
    families=OLD,
    breaks="GetCompositeSchedule leaves out the unit that was asked for (6.21)",
    must_fail=("TC_066_CSMS",),
)
class _CompositeUnitUnnamed(_Requests):
    action = "GetCompositeSchedule"

    def spoil(self, payload: Payload) -> Payload:
        return {name: value for name, value in payload.items() if name != "chargingRateUnit"}
