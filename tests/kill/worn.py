"""Devices with habits: a correct device that differs in what the standard leaves open does not fail (layer 5).

Habits are worn in bundles; each habit is in a bundle of each family that it has. Each case meets one bundle, and all of
them when the whole proof is wished (`--every-defect`). What the description has to say of a device (read-only start
points, more EVSEs) comes with its variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from conformance.cases.catalogue import load_catalogue
from conformance.cases.selection import Wishes
from conformance.holder import Embedded
from conformance.prove import run_cases

QUICK = {"message": 4, "physical": 4, "boot": 6, "reset": 6}
UNHURRIED = {**QUICK, "quiet": 0.4}
"""For devices that take their time between two messages: how long silence means idle is the description's to say."""


@dataclass(frozen=True)
class Device:
    """A device with habits, and what its description says differently. `cases`: those to run, all if empty."""

    name: str
    role: str
    family: str
    habits: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    timeouts: Mapping[str, float] = field(default_factory=lambda: QUICK)
    cases: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    bundle: tuple[int, int] | None = None
    """Which bundle of how many, counted from 0."""
    version: str = ""
    """Where it is not the first one of the family."""


def _points(start: tuple[str, ...], stop: tuple[str, ...], *arguments: str) -> Device:
    """A station whose TxStartPoint and TxStopPoint can't be set."""
    starts = ("EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer", "ParkingBayOccupancy")
    stops = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer", "ParkingBayOccupancy")
    features: dict[str, Any] = {"C-51": False, "C-52": False}
    features |= {f"C-09.{number}": point in start for number, point in enumerate(starts, 1)}
    features |= {f"C-10.{number}": point in stop for number, point in enumerate(stops, 1)}
    return Device(
        f"starts at {'+'.join(start)}, stops at {'+'.join(stop)}",
        "CS",
        "2",
        ("fixed-transaction-points",),
        (
            "--set",
            f"TxCtrlr.TxStartPoint={','.join(start)}",
            "--set",
            f"TxCtrlr.TxStopPoint={','.join(stop)}",
            *arguments,
        ),
        {"features": features},
        blocks=("E", "F"),
    )


SHORT_2 = (
    "TC_B_01_CS TC_B_06_CS TC_B_12_CS TC_B_20_CS TC_E_01_CS TC_E_02_CS TC_E_15_CS TC_E_21_CS TC_F_01_CS TC_F_02_CS "
    "TC_F_11_CS TC_F_20_CS TC_G_03_CS TC_G_11_CS"
)
SHORT_16 = "TC_001_CS TC_003_CS TC_004_1_CS TC_005_1_CS TC_010_CS TC_011_1_CS TC_012_CS TC_013_CS TC_019_CS TC_054_CS"

STATIONS_2 = (
    (
        "spacious-json numbered-messages custom-data offset-zero wordy-transactions small-reports "
        "full-boot-notification late-transactions suspended-before-charging"
    ),
    (
        "escaped-json long-message-ids whole-seconds status-by-event other-letter-case reason-codes "
        "startup-told-as-reboot pings uploads-by-form frees-refused-cable"
    ),
    (
        "integers-with-a-point chatty acts-before-answering tokens-cached clock-one-second-fast status-of-all-levels "
        "bay-of-several-evses"
    ),
    (
        "late-status merged-transitions sparse-meter-values clock-one-second-slow heartbeats-often "
        "spontaneous-meter-values offset-one-hour"
    ),
)
STATIONS_16 = (
    (
        "spacious-json numbered-messages offset-zero full-boot-notification late-transactions plain-status vendor-keys "
        "installs-without-restart stages-told-twice"
    ),
    (
        "escaped-json long-message-ids whole-seconds wordy-status pings chatty acts-before-answering tokens-cached "
        "uploads-by-form in-service-while-updating"
    ),
    (
        "clock-one-second-fast microseconds sparse-meter-values suspended-first list-off-callerror sparse-composite "
        "installed-before-statuses"
    ),
    "clock-one-second-slow heartbeats-often spontaneous-meter-values offset-one-hour composite-in-pieces",
)
CSMSS_2 = (
    "spacious-json numbered-messages custom-data offset-zero generous-token-info curious clock-one-second-fast",
    "escaped-json long-message-ids whole-seconds talkative-transactions status-info pings slow-requests",
    (
        "integers-with-a-point offset-one-hour heartbeat-every-minute clock-one-second-slow welcomes-second-tokens "
        "changes-its-list-no-further"
    ),
)
CSMSS_16 = (
    "spacious-json numbered-messages offset-zero generous-token-info curious clock-one-second-fast",
    "escaped-json long-message-ids whole-seconds great-transaction-ids pings slow-requests heartbeat-every-minute",
    "offset-one-hour heartbeat-up-to-the-station clock-one-second-slow microseconds plain-profiles",
)


def _three(number: int) -> list[list[int]]:
    return [[evse, 1] for evse in range(1, number + 1)]


def _bundles(role: str, family: str, bundles: tuple[str, ...]) -> list[Device]:
    return [
        Device(f"bundle {number + 1}", role, family, tuple(names.split()), bundle=(number, len(bundles)))
        for number, names in enumerate(bundles)
    ]


_DOOR = ("identity-before-credentials", "locks-out", "older-connection-kept")
_PROFILE_1 = {"device": {"security_profile": 1}, "connection": {"second_password": "reference-password-2"}}
_COPIES = ("OC_FT_02_CSMS", "OC_FT_06_CSMS", "TC_003_CSMS", "TC_E_01_CSMS")
_SECURITY = tuple(f"OC_S_{number:02}_CSMS" for number in (1, 2, 3, 4, 5, 8, 10, 12))

DEVICES = [
    *_bundles("CS", "2", STATIONS_2),
    *_bundles("CS", "1.6", STATIONS_16),
    *_bundles("CSMS", "2", CSMSS_2),
    *_bundles("CSMS", "1.6", CSMSS_16),
    *(
        Device("with another door", "CSMS", family, _DOOR, (), _PROFILE_1, cases=_SECURITY)
        for family in ("1.6", "2")
    ),
    *(
        Device("handles a CALL at a time", "CSMS", family, ("refuses-what-it-handles",), cases=_COPIES)
        for family in ("1.6", "2")
    ),
    Device("keeps nothing free", "CS", "2", ("web-payment-keeps-nothing-free",), ("--payment",), {
        "features": {"P-0": True, "P-2.4": True},
    }, cases=("OC_C_09_CS",), version="2.1"),
    Device("names no root", "CS", "2", ("signing-request-names-no-root",), ("--iso15118",), {
        "features": {"ISO-1.1": True, "ISO-1.2": True},
    }, cases=("OC_A_08_CS",), version="2.1"),
    Device("slow", "CS", "2", ("slow",), timeouts=UNHURRIED, cases=tuple(SHORT_2.split())),
    Device("slow", "CS", "1.6", ("slow",), timeouts=UNHURRIED, cases=tuple(SHORT_16.split())),
    Device("slow", "CSMS", "2", ("slow",), blocks=("G",)),
    Device("slow", "CSMS", "1.6", ("slow",), cases=("TC_003_CSMS", "TC_010_CSMS", "TC_012_CSMS", "TC_019_1_CSMS")),
    Device("late", "CS", "1.6", ("late-status",), (), {}, UNHURRIED, tuple(SHORT_16.split())),
    Device("debounced", "CS", "1.6", ("debounced-status",), (), {}, UNHURRIED, tuple(SHORT_16.split())),
    *(
        Device(f"{evses} EVSEs", "CS", family, (), ("--evses", str(evses)), {
            "evses": {"connectors": _three(evses)}, "features": {"HFS-8": evses},
        }, blocks=("E", "G", "Core"))
        for evses in (1, 3)
        for family in ("1.6", "2")
    ),
    Device("two connectors on one EVSE", "CS", "2", (), ("--evses", "1", "--connectors", "2"), {
        "evses": {"connectors": [[1, 1], [1, 2]]}, "features": {"HFS-8": 1},
    }, blocks=("E", "G")),
    Device("tells of every connector", "CS", "2", ("status-of-every-connector",), ("--connectors", "2"), {
        "evses": {"connectors": [[1, 1], [1, 2], [2, 1], [2, 2]]},
    }, cases=("OC_G_03_CS", "TC_E_15_CS", "TC_G_01_CS")),
    _points(("PowerPathClosed",), ("PowerPathClosed",)),
    _points(("EVConnected",), ("Authorized", "EVConnected")),
    _points(("Authorized",), ("Authorized",)),
    replace(_points(("EnergyTransfer",), ("EnergyTransfer",)), blocks=("C", "E", "F")),
    _points(("EVConnected",), ("EVConnected",)),
]  # fmt: skip


def run(number: int, whole: bool) -> list[str]:
    """What a device got but PASS and NOT APPLICABLE, one line each; that nothing passed is a line, too.

    `whole`: with all of its cases, however many bundles run them.
    """
    device = DEVICES[number]
    version = device.version or {"1.6": "1.6", "2": "2.0.1"}[device.family]
    wishes = Wishes(roles=(device.role,), versions=(version,), blocks=device.blocks)
    arguments = [part for name in device.habits for part in ("--habit", name)]
    overrides = {**device.overrides, "timeouts": device.timeouts}
    embedded = Embedded(overrides, (*arguments, *device.arguments), role=device.role)
    cases = device.cases if whole or not device.bundle else _dealt(device)
    records = run_cases(wishes, cases, embedded)
    bad = [f"{one.verdict} {one.id}: {one.why}" for one in records if one.verdict not in ("PASS", "NOT APPLICABLE")]
    return bad if any(one.verdict == "PASS" for one in records) else [*bad, "no case passed"]


def _dealt(device: Device) -> list[str]:
    """The cases that a bundle gets when each case runs with one bundle: always the same, whatever else there is."""
    number, of = device.bundle
    listed = {one.id for one in load_catalogue() if one.role == device.role and not one.campaign}
    return sorted(id_ for id_ in listed if crc32(id_.encode()) % of == number)
