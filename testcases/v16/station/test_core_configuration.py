"""Feature profile Core, configuration beyond the official list: a charge point under test (1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance import (
    ABSENT,
    Dut,
    FakeCsms,
    NotApplicable,
    case,
    check,
    from_keys,
    recommend,
    require,
    standard_keys,
    step,
)


@case("OC_16_01_CS")
def test_standard_keys(csms: FakeCsms, dut: Dut) -> None:
    """The standard's keys of each supported profile are there, of their type and access, and the description fits."""
    step("Ask for all keys", expect="each required key once, and every standard key of its type and access")
    listed = csms.send("GetConfiguration").configurationKey
    keys = {str(one.key).casefold(): one for one in listed}
    check(len(keys) == len(listed), "each key once", requirement="1.6 5.8", actual=len(listed))
    profiles = [one.strip() for one in str(keys.get("supportedfeatureprofiles", ABSENT).value).split(",")]
    check("Core" in profiles, "Core is supported", requirement="1.6 3.3", actual=profiles)
    for key in standard_keys():
        entry = keys.get(key.name.casefold(), ABSENT)
        if key.required and key.profile in profiles:
            check(entry, f"{key.name} is there", requirement=key.source)
        if entry:
            _as_the_standard_has_it(entry, key)
    _fixed_cables_stay_locked(keys.get("unlockconnectoronevsidedisconnect", ABSENT), dut)

    step("Hold the description against them", expect="features and connectors as the keys tell")
    told = from_keys(listed)
    wrong = {name: one.how for name, one in told.features.items() if one.value != dut.features[name]}
    require(not wrong, f"the description is wrong: {wrong}")
    number, described = len(told.connectors), len(dut.connectors)
    require(number == described, f"the description has {described} connectors, NumberOfConnectors is {number}")


@case("OC_16_16_CS")
def test_unknown_and_repeated_keys(csms: FakeCsms, dut: Dut) -> None:
    """What is known is returned, what is not is said to be unknown, and a key that is asked for twice is no error."""
    if int(csms.configured("GetConfigurationMaxKeys") or 0) < len(SOME_KEYS):
        raise NotApplicable("GetConfigurationMaxKeys is too small")

    step("Ask for known and unknown keys", expect="the known with their values, the unknown as unknownKey")
    answer = csms.send("GetConfiguration", key=list(SOME_KEYS))
    values = {"HeartbeatInterval": csms.configured("HeartbeatInterval"), "NumberOfConnectors": str(len(dut.connectors))}
    _expect_keys(answer, values, {"OcUnknown", "OcUnknownToo"})

    step("Ask for a known key twice", expect="its value, and no unknownKey")
    del values["NumberOfConnectors"]
    _expect_keys(csms.send("GetConfiguration", key=["HeartbeatInterval", "HeartbeatInterval"]), values, set())

    step("Ask for an unknown key twice", expect="unknownKey alone")
    _expect_keys(csms.send("GetConfiguration", key=["OcUnknown", "OcUnknown"]), {}, {"OcUnknown"})

    step("Ask for a known key in capital letters", expect="the key: case makes no difference")
    _expect_keys(csms.send("GetConfiguration", key=["HEARTBEATINTERVAL"]), values, set())


@case("OC_16_19_CS")
def test_heartbeat_interval_changed(csms: FakeCsms, dut: Dut) -> None:
    """A new HeartbeatInterval counts at once: what is due is sent; what is longer should make them rarer."""
    interval = dut.values.boot_retry_interval
    csms.keep("HeartbeatInterval")

    step("Set a short HeartbeatInterval", expect="Accepted, and Heartbeats at this interval")
    _set_heartbeat_interval(csms, interval)
    first = csms.expect("Heartbeat", within=interval + dut.timeouts.tolerance, requirement="1.6 4.6, 9.1.10")
    second = csms.expect("Heartbeat", within=interval + dut.timeouts.tolerance, requirement="1.6 4.6, 9.1.10")
    pause = csms.time_between(first, second)
    recommend(pause >= interval / 2, "Heartbeats no faster than that", requirement="1.6 4.6, 9.1.10", actual=pause)

    step("Set a long HeartbeatInterval", expect="Accepted, and no Heartbeat for the old interval")
    _set_heartbeat_interval(csms, dut.values.heartbeat_interval + 10 * interval)
    csms.wait(lambda: False, within=2 * interval)
    early = len(csms.seen_in_step("Heartbeat"))
    recommend(not early, "no Heartbeat before the new interval is over", requirement="1.6 4.6, 9.1.10", actual=early)


# ------------------------------------------------------------------ what several cases do

SOME_KEYS = ("HeartbeatInterval", "OcUnknown", "NumberOfConnectors", "OcUnknownToo")


def _as_the_standard_has_it(entry: Any, key: Any) -> None:
    if key.write_only:
        check(entry.value is ABSENT, f"{key.name} does not show its value", requirement=key.source)
    else:
        check(key.takes(entry.value), f"{key.name} is {key.type}", requirement=key.source, actual=entry.value)
    if key.readonly is not None:
        check(entry.readonly is key.readonly, f"readonly is {key.readonly}", requirement=key.source, actual=entry)


def _fixed_cables_stay_locked(entry: Any, dut: Dut) -> None:
    """UnlockConnectorOnEVSideDisconnect can be set unless the cable is fixed; then it is false."""
    fixed = dut.features["FixedCable"]
    right = entry.readonly is fixed and (not fixed or str(entry.value).casefold() == "false")
    check(right, "can be set, or is false for a fixed cable", requirement="1.6 errata 3.83", actual=entry)


def _expect_keys(answer: Any, known: Mapping[str, str], unknown: set[str]) -> None:
    """The standard's keys with these values and their access; names are compared without regard to case (CiString)."""
    wanted = {name.casefold(): value for name, value in known.items()}
    standard = {key.name.casefold(): key for key in standard_keys()}
    told = [str(one.key).casefold() for one in answer.configurationKey]
    check({*told} == {*wanted}, "the known keys", requirement="1.6 5.8", actual=told)
    for entry, name in zip(answer.configurationKey, told, strict=True):
        if name in wanted:
            right = str(entry.value) == wanted[name]
            check(right, f"{standard[name].name} is {wanted[name]}", requirement="1.6 5.8", actual=entry.value)
            _as_the_standard_has_it(entry, standard[name])
    not_told = {str(one).casefold() for one in answer.unknownKey}
    check(not_told == {one.casefold() for one in unknown}, "the unknown ones", requirement="1.6 5.8", actual=not_told)


def _set_heartbeat_interval(csms: FakeCsms, seconds: int) -> None:
    answer = csms.send("ChangeConfiguration", key="HeartbeatInterval", value=str(seconds))
    check(answer.status == "Accepted", "the change is Accepted", requirement="1.6 5.3", actual=answer.status)
