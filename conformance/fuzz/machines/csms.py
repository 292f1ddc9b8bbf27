"""Legal but odd sequences at a CSMS: two stations of ours at once, in any order, drawn or chosen by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.fuzz.acts import at_once, does, has_sent, home
from conformance.fuzz.example import ANYTHING, Act, Example
from conformance.fuzz.stage import Target

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ORACLES = ("nothing-crosses-over",)
SHORTEST, LONGEST = 4, 24
"""Phrases that are drawn for a sequence."""

Acts = tuple[Act, ...]

_STOP = {"1.6": "RemoteStopTransaction", "2": "RequestStopTransaction"}
_COMMANDS: Mapping[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "1.6": (
        ("RemoteStartTransaction", {"connectorId": 1, "idTag": "{{token valid}}"}),
        ("RemoteStopTransaction", {"transactionId": "{{running}}"}),
        ("RemoteStopTransaction", {}),
        ("DataTransfer", {"vendorId": "org.example.conformance", "messageId": "{{label}}"}),
        ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}),
        ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    ),
    "2": (
        ("RequestStartTransaction", {"evseId": 1, "remoteStartId": "{{number}}", "idToken": "{{token valid}}"}),
        ("RequestStopTransaction", {"transactionId": "{{running}}"}),
        ("RequestStopTransaction", {}),
        ("GetTransactionStatus", {"transactionId": "{{running}}"}),
        ("DataTransfer", {"vendorId": "org.example.conformance", "messageId": "{{label}}"}),
        ("ChangeAvailability", {"evse": {"id": 1}, "operationalStatus": "Operative"}),
    ),
}
STATIONS = (1, 2)


def csms_sequences(target: Target) -> SearchStrategy[Example]:
    """Sequences of what two stations do, as Hypothesis draws them, each of which ends with both at home."""
    from hypothesis import strategies as st

    phrases = [
        one for one in weighted(target.version.family) if not any(act.args.get("action") in target.avoid for act in one)
    ]
    drawn = st.lists(st.sampled_from([(), *phrases]), min_size=SHORTEST, max_size=LONGEST)
    return drawn.map(lambda some: sequence("an odd sequence", [one for phrase in some for one in phrase]))


def sequence(name: str, acts: Sequence[Act]) -> Example:
    """These acts as an example, with the way home."""
    return Example(
        name,
        (*acts, home()),
        allowed=ANYTHING,
        constraint="odd sequence",
        breaks="nothing: a legal sequence of acts of two stations",
        oracles=ORACLES,
    )


def weighted(family: str) -> list[Acts]:
    """Every phrase that may be drawn, as often as it shall be likely."""
    found: list[Acts] = []
    for station in STATIONS:
        for times, acts in _at_a_station(station, family):
            found += [acts] * times
    for times, acts in _at_both():
        found += [acts] * times
    return found


def _at_a_station(station: int, family: str) -> Iterator[tuple[int, Acts]]:
    for evse in (1, 2):
        yield 2, (does(station, "plug", evse),)
        yield 2, (does(station, "token", evse),)
        yield 1, (does(station, "token", evse, "second"),)
        yield 1, (does(station, "token", evse, "blocked"),)
        yield 2, (does(station, "token", evse, "single"), does(station, "plug", evse))
        yield 2, (does(station, "plug", evse), does(station, "token", evse, "single"))
        yield 1, (does(station, "meter", evse),)
        yield 1, (does(station, "stop", evse),)
        yield 2, (does(station, "unplug", evse),)
    yield 2, (does(station, "boot"),)
    yield 4, (does(station, "boot in vain"),)
    yield 2, (does(station, "leave"),)
    yield 3, (does(station, "come back"),)
    yield 2, (does(station, "leave"), does(station, "come back"))
    yield 1, (does(station, "heartbeat"),)
    for action, payload in _COMMANDS[family]:
        yield 1, (has_sent(station, action, payload),)


def _at_both() -> Iterator[tuple[int, Acts]]:
    for one, other in (STATIONS, tuple(reversed(STATIONS))):
        held = (does(one, "plug"), does(one, "token", token="single"), does(other, "boot"))
        yield 2, (*held, does(other, "plug"), does(other, "token", token="single"))
    yield 2, (at_once("good and blocked token"),)
    yield 2, (at_once("blocked and good token"),)
    yield 2, (at_once("starts"),)
    yield 1, (at_once("boots"),)


def chosen_csms_sequences(target: Target) -> Iterator[Example]:
    """Sequences that have been seen to confuse a CSMS, by name."""
    for name, acts in _chosen(target.version.family):
        if not any(one.args.get("action") in target.avoid for one in acts):
            yield sequence(name, acts)


def _chosen(family: str) -> Iterator[tuple[str, Acts]]:
    both = tuple(does(station, what) for station in STATIONS for what in ("boot", "plug", "token"))
    yield "two sessions side by side", (*both, does(1, "meter"), does(2, "unplug"), does(1, "meter"), does(1, "unplug"))
    yield (
        "cable first here, token first there",
        (
            does(1, "boot"),
            does(2, "boot"),
            does(1, "plug"),
            does(2, "token"),
            does(1, "token"),
            does(2, "plug"),
            does(1, "meter"),
            does(2, "meter"),
            does(1, "stop"),
            does(2, "unplug"),
        ),
    )
    yield (
        "one boots while the other charges with a token that is good for one transaction",
        (
            does(1, "boot"),
            does(1, "plug"),
            does(1, "token", token="single"),
            does(2, "boot"),
            does(2, "plug"),
            does(2, "token", token="single"),
            does(1, "unplug"),
            does(2, "token", 2, "single"),
            does(2, "plug", 2),
        ),
    )
    yield (
        "a stop there ends nothing here",
        (
            does(1, "boot"),
            does(2, "boot"),
            at_once("starts"),
            does(1, "unplug"),
            does(2, "unplug"),
            does(1, "plug"),
            does(1, "token", token="single"),
            does(2, "plug"),
            does(2, "token"),
            does(2, "unplug"),
            does(2, "plug"),
            does(2, "token", token="single"),
        ),
    )
    yield (
        "one is left Pending while the other charges",
        (*both, does(2, "boot in vain"), does(1, "meter"), does(1, "unplug"), does(2, "boot"), does(2, "meter")),
    )
    yield (
        "one comes and goes while the other charges",
        (
            *both,
            does(2, "leave"),
            does(1, "meter"),
            does(2, "come back"),
            does(1, "meter"),
            does(1, "leave"),
            does(1, "come back"),
            does(2, "meter"),
            does(1, "unplug"),
        ),
    )
    yield (
        "one charges offline and tells it later",
        (
            *both,
            does(1, "leave"),
            does(1, "unplug"),
            does(1, "plug"),
            does(1, "token"),
            does(2, "meter"),
            does(1, "unplug"),
            does(1, "come back"),
            does(2, "unplug"),
            does(1, "plug", 2),
        ),
    )
    yield (
        "both ask at once",
        (
            does(1, "boot"),
            does(2, "boot"),
            at_once("good and blocked token"),
            at_once("blocked and good token"),
            at_once("boots"),
            at_once("starts"),
            at_once("good and blocked token"),
        ),
    )
    for first, second in (STATIONS, tuple(reversed(STATIONS))):
        yield (
            f"commands to each, station {second} connected last",
            (
                *both,
                does(second, "leave"),
                does(second, "come back"),
                *tuple(has_sent(one, *command) for command in _COMMANDS[family] for one in (first, second)),
            ),
        )
