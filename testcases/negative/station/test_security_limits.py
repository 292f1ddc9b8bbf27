"""A charging station and more than it declares to take, CALLs and drivers in a race, and texts of no use."""

from __future__ import annotations

from typing import Any

from conformance import Campaign, FakeCsms, NotApplicable, case, check, observe, recommend, step, variable
from conformance.fuzz.probes_station import odd_texts, races, random_races

COMM, DATA, LIST = "OCPPCommCtrlr", "DeviceDataCtrlr", "LocalAuthListCtrlr"
BOUND = 1000
"""Items that a run puts into one message at most."""


@case("OC_S_26_1_CS")
def test_more_variables_than_declared(csms: FakeCsms) -> None:
    """GetVariables and SetVariables with one item too many are refused as a whole, or carried out as a whole."""
    threshold = csms.keep(COMM, "OfflineThreshold")
    other = str(int(threshold or 0) + 1)
    for action in ("GetVariables", "SetVariables"):
        most = _number(csms.configured(DATA, "ItemsPerMessage", action))
        step(f"Send {action} with one item too many", expect="a CALLERROR, or a result for each item")
        one = variable(COMM, "OfflineThreshold")
        items = [{**one, "attributeValue": other} if action == "SetVariables" else one] * (most + 1)
        answer = csms.call(action, {_DATA[action]: items}, deliberate="more items than declared, all the same")
        if not answer.code:
            given = len(answer.getVariableResult or answer.setVariableResult or ())
            check(given == len(items), "a result for each item", requirement=_RESULTS[action], actual=given)
            continue
        named = answer.code in ("OccurrenceConstraintViolation", "OccurenceConstraintViolation", "FormatViolation")
        recommend(named, "a code for too many items", requirement="B06.FR.16", actual=answer.code)

        step("Read the variable", expect="its value of before: what is refused is not carried out")
        asked = [variable(COMM, "OfflineThreshold")]
        now = csms.send("GetVariables", getVariableData=asked).getVariableResult[0].attributeValue
        check(now == threshold, f"still {threshold}", requirement="B05.FR.10", actual=now)


@case("OC_S_26_2_CS")
def test_a_longer_list_than_declared(csms: FakeCsms) -> None:
    """A local list that is longer than declared is refused as a whole: the list and its version stay."""
    most, room = _list_limits(csms)
    family = csms.version.family

    step("Send a list of two tokens", expect="Accepted")
    answer = csms.call("SendLocalList", _list(family, 1, "Full", _tokens(2)))
    if answer.status != "Accepted":
        raise NotApplicable(f"the station takes no local list now ({answer.status or answer.code})")

    step("Send a list with one token too many for a message", expect="a CALLERROR or Failed")
    answer = csms.call("SendLocalList", _list(family, 2, "Full", _tokens(most + 1)))
    if answer.status == "Accepted":
        recommend(False, f"no list of more than {most} tokens in a message", actual="Accepted")
    else:
        _expect_list(csms, 1, 2)

    step("Fill the list, message by message", expect="Accepted")
    left, number = _tokens(room), 3
    while left:
        kind = "Full" if number == 3 else "Differential"
        answer = csms.call("SendLocalList", _list(family, number, kind, left[:most]))
        taken = answer.status == "Accepted"
        check(taken, f"{len(left[:most])} more tokens", requirement=_ID[family], actual=answer.status or answer.code)
        left, number = left[most:], number + 1

    step("Send one token more than the list has room for", expect="a CALLERROR or Failed")
    answer = csms.call("SendLocalList", _list(family, number, "Differential", ["OC-ONE-TOO-MANY"]))
    if answer.status == "Accepted":
        recommend(False, f"no more than {room} tokens in the list", actual="Accepted")
        _expect_list(csms, number, None, room)
    else:
        _expect_list(csms, number - 1, room)


@case("OC_S_27_CS")
def test_races(csms: FakeCsms, fuzz: Campaign) -> None:
    """Remote start, reset, unlock and availability race with a driver: every transaction is whole, none goes on."""
    step("Race CALLs against a driver", expect="the station lives, every transaction is whole and has ended")
    fuzz.rows(races(fuzz.target))

    step("Race them in any order", expect="the same")
    fuzz.explore(random_races(fuzz.target))


@case("OC_S_30_CS")
def test_odd_texts(csms: FakeCsms, fuzz: Campaign) -> None:
    """Texts that are empty, or made of control characters and the like, are answered and harm nobody."""
    step("Put odd texts into legal places", expect="an answer to each; the station lives on")
    fuzz.rows(odd_texts(fuzz.target))


# ---------------------------------------------------------------------- shapes that several cases share


_DATA = {"GetVariables": "getVariableData", "SetVariables": "setVariableData"}
_RESULTS = {"GetVariables": "B06.FR.01", "SetVariables": "B05.FR.01"}
_ID = {"1.6": "1.6 5.15", "2": "D01.FR.15"}


def _number(text: str) -> int:
    """A declared maximum; NotApplicable where there is none, or one that no run can reach."""
    if not text.isdigit():
        raise NotApplicable("the station declares no maximum")
    if int(text) > BOUND:
        raise NotApplicable(f"the station declares a maximum of {text}: too many for a run")
    return int(text)


def _list_limits(csms: FakeCsms) -> tuple[int, int]:
    """How many tokens a message, and how many the list may have."""
    if csms.version.family == "1.6":
        keys = ("SendLocalListMaxLength", "LocalAuthListMaxLength")
        most, room = (_number(csms.configured(key)) for key in keys)
        return most, room
    most = _number(csms.configured(LIST, "ItemsPerMessage"))
    request = csms.next_request_id()
    csms.send("GetReport", requestId=request, componentVariable=[variable(LIST, "Entries")])
    entries = csms.expect_report(request).find(LIST, "Entries")
    limit = entries.limit if entries is not None else None
    observe("room in the local list", limit)
    return most, _number(str(limit))


def _tokens(count: int) -> list[str]:
    return [f"OC-S26-{number}" for number in range(count)]


def _list(family: str, number: int, kind: str, tokens: list[str]) -> dict[str, Any]:
    """SendLocalList with blocked tokens."""
    if family == "1.6":
        entries: list[dict[str, Any]] = [{"idTag": one, "idTagInfo": {"status": "Blocked"}} for one in tokens]
        return {"listVersion": number, "updateType": kind, "localAuthorizationList": entries}
    entries = [
        {"idToken": {"idToken": one, "type": "ISO14443"}, "idTokenInfo": {"status": "Blocked"}} for one in tokens
    ]
    return {"versionNumber": number, "updateType": kind, "localAuthorizationList": entries}


def _expect_list(csms: FakeCsms, number: int, count: int | None, room: int | None = None) -> None:
    """The list has this version, and, where the station tells, so many entries, or no more than it has room for."""
    answer = csms.send("GetLocalListVersion")
    version = answer.listVersion if csms.version.family == "1.6" else answer.versionNumber
    check(version == number, f"version {number}", requirement=_ID[csms.version.family], actual=version)
    if csms.version.family == "1.6":
        return
    asked = [variable(LIST, "Entries")]
    held = csms.send("GetVariables", getVariableData=asked).getVariableResult[0].attributeValue
    if count is not None:
        check(held == str(count), f"{count} entries", requirement="D01.FR.09", actual=held)
    if room is not None:
        fits = str(held).isdigit() and int(str(held)) <= room
        check(fits, f"at most {room} entries, as declared", requirement="D01.FR.12", actual=held)
