"""Security probes of a station as examples: CALLs in a race with a driver, and odd texts in legal places."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

from conformance.fuzz.acts import (
    answer_fields,
    await_answers,
    call_at_once,
    end_session,
    hear,
    operate,
    plug,
    send,
    settle,
)
from conformance.fuzz.example import Act, Allowed, Example
from conformance.fuzz.stage import Target

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Payload = dict[str, Any]

# ---------------------------------------------------------------------- races

_WHOLE = ("transactions-whole", "transactions-ended")
_RACES = "field defects S27; CVE-2026-26071, -27813: races between authorization, plug and CALLs"
_ANY = Allowed(silence=True, result=True, codes=frozenset({"*"}), close=True, source=_RACES)


def races(target: Target) -> Iterator[Example]:
    """CALLs of ours and acts of a driver in each other's way, in every order that matters."""
    start = ("remote start", "plug in", "present a token")
    for order in permutations(start):
        yield _race(target, order)
    for place in range(3):
        yield _race(target, (*start[:place], "reset", *start[place:]))
        yield _race(target, (*start[:place], "make inoperative", *start[place:], "make operative"))
    yield _race(target, ("remote start", "remote start", "plug in", "remote start", "unlock", "present a token"))
    yield _race(target, ("plug in", "unlock", "present a token", "reset", "unplug"))
    yield _race(target, ("plug in", *("ask",) * 20, "present a token", *("ask",) * 20))


def random_races(target: Target) -> SearchStrategy[Example]:
    """Any of these moves in any order."""
    from hypothesis import strategies as st

    names = [one for one in _moves(target) if one != "unplug"]
    return st.lists(st.sampled_from(names), min_size=2, max_size=8).map(
        lambda order: _race(target, tuple(_possible(order)))
    )


def _possible(order: Sequence[str]) -> Iterator[str]:
    """With one plug in: a cable can't be plugged in twice, and without it an authorization would wait for one."""
    plugged = False
    for move in order:
        if move == "plug in":
            if plugged:
                continue
            plugged = True
        yield move
    if not plugged:
        yield "plug in"


def _race(target: Target, order: tuple[str, ...]) -> Example:
    moves = _moves(target)
    made = [moves[name] for name in order]
    back = [moves["make operative"]] if "make inoperative" in order else []
    return Example(
        name=f"race: {', '.join(order) if len(order) < 9 else f'{order[0]} among {len(order)} moves'}",
        acts=(*made, await_answers(), settle(), *back, await_answers(), end_session(), settle()),
        allowed=_ANY,
        constraint="race",
        breaks="CALLs that do not wait for each other, while a driver acts",
        oracles=_WHOLE,
    )


def _moves(target: Target) -> Mapping[str, Act]:
    """Every move of a race by name."""
    place = target.dut.connector
    token = {"idToken": "{{token}}", "type": "ISO14443"}
    calls = _CALLS[target.version.family](place)
    return {
        **{name: call_at_once(action, payload) for name, (action, payload) in calls.items()},
        "plug in": plug(),
        "unplug": operate("unplug"),
        "present a token": operate("present_token", token=token),
    }


def _calls_16(place: Any) -> dict[str, tuple[str, Payload]]:
    connector = place.connectorId
    return {
        "remote start": ("RemoteStartTransaction", {"connectorId": connector, "idTag": "{{token}}"}),
        "reset": ("Reset", {"type": "Soft"}),
        "unlock": ("UnlockConnector", {"connectorId": connector}),
        "make inoperative": ("ChangeAvailability", {"connectorId": connector, "type": "Inoperative"}),
        "make operative": ("ChangeAvailability", {"connectorId": connector, "type": "Operative"}),
        "ask": ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    }


def _calls_2(place: Any) -> dict[str, tuple[str, Payload]]:
    token = {"idToken": "{{token}}", "type": "ISO14443"}
    heartbeat = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    return {
        "remote start": (
            "RequestStartTransaction",
            {"evseId": place.evseId, "remoteStartId": 27, "idToken": token},
        ),
        "reset": ("Reset", {"type": "Immediate"}),
        "unlock": ("UnlockConnector", {"evseId": place.evseId, "connectorId": place.connectorId}),
        "make inoperative": ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": place.evseId}}),
        "make operative": ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": place.evseId}}),
        "ask": ("GetVariables", {"getVariableData": [heartbeat]}),
    }


_CALLS: Mapping[str, Callable[[Any], dict[str, tuple[str, Payload]]]] = {"1.6": _calls_16, "2": _calls_2}

# ---------------------------------------------------------------------- texts

TEXTS: Mapping[str, str] = {
    "empty": "",
    "a space": " ",
    "NUL": "\x00",
    "control characters": "\x01\x08\x1f\x7f",
    "line breaks": "A\r\nB\n",
    "an escape sequence of a terminal": "\x1b[2J",
    "an override of direction": "\u202eABC",
    "a combining mark alone": "\u0301",
    "beyond the first plane": "\U0001f50c",
    "format directives": "%s%n%x{0}$(id)",
    "a path": "../../etc/passwd",
    "a quote": "';--\"",
}
"""Texts that are strings of JSON, and of no use: by name."""
_SOURCE = "2.0.1 part 2, identifierString; 1.6 CiString types; field defects S30, 19"
_ANSWERED = Allowed(result=True, codes=frozenset({"*"}), source=_SOURCE)


def odd_texts(target: Target) -> Iterator[Example]:
    """Each of TEXTS in each text of CALLs that a station has to answer; a token among them is not authorized."""
    for where, (action, make) in _PLACES[target.version.family].items():
        if action not in target.version.actions:
            continue
        for name, text in TEXTS.items():
            payload = make(text)
            message = json.dumps([2, "{{id}}", action, payload], ensure_ascii=True)
            yield Example(
                name=f"{action}, {where}: {name}",
                acts=(*_unauthorized(target), send(message)),
                allowed=_ANSWERED,
                action=action,
                constraint="odd text",
                pointer=where,
                breaks=f"{where} is {name}",
            )
    for name, text in TEXTS.items():
        yield _odd_answer(target, name, text)


def _unauthorized(target: Target) -> tuple[Act, ...]:
    return (answer_fields("Authorize", **_REFUSED[target.version.family]),)


_REFUSED: Mapping[str, Payload] = {
    "1.6": {"idTagInfo": {"status": "Invalid"}},
    "2": {"idTokenInfo": {"status": "Invalid"}},
}


def _odd_answer(target: Target, name: str, text: str) -> Example:
    """The group of a token, as the answer to Authorize tells it, is an odd text; the token is refused."""
    family = target.version.family
    told: Mapping[str, Payload] = {
        "1.6": {"idTagInfo": {"status": "Invalid", "parentIdTag": text[:20]}},
        "2": {"idTokenInfo": {"status": "Invalid", "groupIdToken": {"idToken": text, "type": "Central"}}},
    }
    token = {"idToken": "{{token}}", "type": "ISO14443"}
    action, payload = _CALLS[family](target.dut.connector)["ask"]
    return Example(
        name=f"answer to Authorize, group: {name}",
        acts=(
            answer_fields("Authorize", **told[family]),
            operate("present_token", token=token),
            hear("Authorize"),
            send(json.dumps([2, "{{id}}", action, payload])),
        ),
        allowed=_ANSWERED,
        action="Authorize",
        constraint="odd text",
        pointer="group",
        breaks=f"the token's group is {name}",
    )


Place = tuple[str, Callable[[str], Payload]]


def _places_16() -> dict[str, Place]:
    return {
        "idTag": ("RemoteStartTransaction", lambda text: {"connectorId": 1, "idTag": text[:20]}),
        "localAuthorizationList/0/idTag": ("SendLocalList", lambda text: _list_16(text[:20])),
        "key/0": ("GetConfiguration", lambda text: {"key": [text]}),
        "key": ("ChangeConfiguration", lambda text: {"key": text, "value": "1"}),
        "value": ("ChangeConfiguration", lambda text: {"key": "ConnectionTimeOut", "value": text}),
        "vendorId": ("DataTransfer", lambda text: {"vendorId": text}),
        "data": ("DataTransfer", lambda text: {"vendorId": "org.example", "messageId": text, "data": text}),
    }


def _list_16(text: str) -> Payload:
    entry = {"idTag": text, "idTagInfo": {"status": "Blocked"}}
    return {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}


def _places_2() -> dict[str, Place]:
    return {
        "idToken": (
            "RequestStartTransaction",
            lambda text: {"evseId": 1, "remoteStartId": 30, "idToken": _token(text)},
        ),
        "transactionId": ("RequestStopTransaction", lambda text: {"transactionId": text}),
        "localAuthorizationList/0/idToken": ("SendLocalList", _list_2),
        "component": ("GetVariables", lambda text: {"getVariableData": [_variable(text, "Enabled")]}),
        "variable": ("GetVariables", lambda text: {"getVariableData": [_variable("AuthCtrlr", text)]}),
        "attributeValue": (
            "SetVariables",
            lambda text: {"setVariableData": [{**_variable("TxCtrlr", "EVConnectionTimeOut"), "attributeValue": text}]},
        ),
        "vendorId": ("DataTransfer", lambda text: {"vendorId": text}),
        "data": ("DataTransfer", lambda text: {"vendorId": "org.example", "messageId": text, "data": text}),
        "customerIdentifier": (
            "CustomerInformation",
            lambda text: {"requestId": 30, "report": False, "clear": False, "customerIdentifier": text},
        ),
    }


def _token(text: str) -> Payload:
    return {"idToken": text, "type": "ISO14443"}


def _list_2(text: str) -> Payload:
    entry = {"idToken": _token(text), "idTokenInfo": {"status": "Blocked"}}
    return {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [entry]}


def _variable(component: str, name: str) -> Payload:
    return {"component": {"name": component}, "variable": {"name": name}}


_PLACES: Mapping[str, dict[str, Place]] = {"1.6": _places_16(), "2": _places_2()}
"""By family: where a CALL holds a text, the CALL's action, and its payload with that text."""
