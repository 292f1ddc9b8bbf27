"""Fault plans: charging sessions in which the connection ends at a chosen place, or misbehaves as Hypothesis draws it.

Places stand for the ways in which a message can be lost: its frame never begins, is torn, or leaves whole while its
answer (or the knowledge that it arrived) is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.fuzz import acts
from conformance.fuzz.example import ANYTHING, Act, Example
from conformance.fuzz.stage import Target
from conformance.fuzz.wholeness import OWED
from conformance.link.faults import WHOLE, FaultKind

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PLACES: Mapping[str, int] = {"before": 0, "in the head of": 1, "inside": 9, "behind": WHOLE}
"""Where a connection ends, as bytes of the frame that leave before."""
ENDS = (FaultKind.CUT.value, FaultKind.RESET.value)
Match = Mapping[str, Any]
_SESSION: Mapping[str, tuple[tuple[str, Match], ...]] = {
    "1.6": (
        ("Authorize", {}),
        ("StatusNotification", {"status": "Preparing"}),
        ("StartTransaction", {}),
        ("StatusNotification", {"status": "Charging"}),
        ("StopTransaction", {}),
        ("StatusNotification", {"status": "Available"}),
    ),
    "2": (
        ("Authorize", {}),
        ("StatusNotification", {"connectorStatus": "Occupied"}),
        ("TransactionEvent", {"eventType": "Started"}),
        ("TransactionEvent", {"eventType": "Updated"}),
        ("TransactionEvent", {"eventType": "Ended"}),
        ("StatusNotification", {"connectorStatus": "Available"}),
    ),
}
"""The CALLs of a station in a session, and what tells one from others of the same action."""
_READ: Mapping[str, tuple[str, dict[str, Any]]] = {
    "1.6": ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    "2": (
        "GetVariables",
        {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
    ),
}
_REMOTE: Mapping[str, tuple[str, str]] = {
    "1.6": ("RemoteStartTransaction", "RemoteStopTransaction"),
    "2": ("RequestStartTransaction", "RequestStopTransaction"),
}
_REMOTE_START: Mapping[str, Callable[[Any, Any], dict[str, Any]]] = {
    "1.6": lambda token, connector: {"idTag": token.idTag, "connectorId": connector.connectorId},
    "2": lambda token, connector: {"remoteStartId": 7001, "idToken": dict(token), "evseId": connector.evseId},
}


def _charge() -> tuple[Act, ...]:
    return acts.begin_session(), acts.end_session(), acts.settle()


def _thinned(level: str, sets: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """The members of each set that a level plays: smoke one of each, default two, soak all.

    Which ones moves on from set to set, so that every place and every end comes in, whatever the level.
    """
    share = {"smoke": 1, "default": 2}.get(level)
    for number, members in enumerate(sets):
        if share is None:
            yield from members
            continue
        yield from (members[index] for index in sorted((number * 3 + one * 5) % len(members) for one in range(share)))


# ---------------------------------------------------------------------- cuts, to a station


def cuts_of_a_station(target: Target) -> Iterator[Example]:
    """The connection ends at each place of our answer to each CALL of a session, and of CALLs of ours."""
    family = target.version.family
    sets = [
        [_cut_answer(action, match, end, place) for place in PLACES for end in ENDS]
        for action, match in _SESSION[family]
    ]
    sets += [
        [make(target, end, place) for place in PLACES for end in ENDS]
        for make in (_cut_call, _cut_remote_start, _cut_remote_stop)
    ]
    yield from _thinned(target.level, sets)
    yield _stopped_meanwhile(target)


def _stopped_meanwhile(target: Target) -> Example:
    """The connection ends as charging begins, and the driver stops and leaves before it is back: much is owed then."""
    action, match = _BEGINS[target.version.family]
    return Example(
        "cut as charging begins, and the driver leaves",
        (
            acts.hurry(),
            acts.trap(action, FaultKind.CUT.value, match=dict(match)),
            acts.plug(),
            acts.show_token(),
            acts.hear(action, dict(match)),
            acts.show_token(),
            acts.operate("unplug"),
            acts.settle(),
        ),
        ANYTHING,
        action=action,
        constraint="cut before an answer",
        breaks="the connection ends as charging begins, and is back when it is over",
        oracles=OWED,
    )


_BEGINS: Mapping[str, tuple[str, Match]] = {
    "1.6": ("StartTransaction", {}),
    "2": ("TransactionEvent", {"eventType": "Updated"}),
}
"""By which message it is told that a token may charge, where the cable was in before."""


def _cut_answer(action: str, match: Match, end: str, place: str) -> Example:
    said = " ".join((action, *map(str, match.values())))
    return Example(
        f"{end} {place} our answer to {said}",
        (acts.hurry(), acts.trap(action, end, PLACES[place], match=dict(match)), *_charge()),
        ANYTHING,
        action=action,
        constraint=f"{end} {place} an answer",
        breaks=f"the connection ends {place} our answer to {said}",
        oracles=OWED,
    )


def _cut_call(target: Target, end: str, place: str) -> Example:
    action, payload = _READ[target.version.family]
    return Example(
        f"{end} {place} our {action} while a transaction runs",
        (
            acts.hurry(),
            acts.begin_session(),
            acts.call_struck(action, payload, end, PLACES[place]),
            acts.end_session(),
            acts.settle(),
        ),
        ANYTHING,
        action=action,
        constraint=f"{end} {place} a CALL",
        breaks=f"the connection ends {place} our {action}",
        oracles=OWED,
    )


def _cut_remote_start(target: Target, end: str, place: str) -> Example:
    action, _ = _REMOTE[target.version.family]
    payload = _REMOTE_START[target.version.family](target.dut.tokens.valid, target.dut.connector)
    return Example(
        f"{end} {place} our {action}",
        (
            acts.hurry(),
            acts.plug(),
            acts.call_struck(action, payload, end, PLACES[place]),
            acts.end_session(),
            acts.settle(),
        ),
        ANYTHING,
        action=action,
        constraint=f"{end} {place} a CALL",
        breaks=f"the connection ends {place} our {action}",
        oracles=OWED,
    )


def _cut_remote_stop(target: Target, end: str, place: str) -> Example:
    _, action = _REMOTE[target.version.family]
    return Example(
        f"{end} {place} our {action}",
        (
            acts.hurry(),
            acts.begin_session(),
            acts.call_struck(action, {"transactionId": "{{transaction}}"}, end, PLACES[place]),
            acts.end_session(),
            acts.settle(),
        ),
        ANYTHING,
        action=action,
        constraint=f"{end} {place} a CALL",
        breaks=f"the connection ends {place} our {action}",
        oracles=OWED,
    )


# ---------------------------------------------------------------------- cuts, to a CSMS

TOLD = ("authorize", "plugged", "start", "authorized", "meter", "stop", "unplugged")
"""What our station says in a session."""


def cuts_of_a_csms(target: Target) -> Iterator[Example]:
    """Our station's connection ends at each place of each of its CALLs; it connects again and repeats the CALL."""
    again = ("same", "fresh") if target.version.retry_may_reuse_id else ("fresh",)
    sets = [[_cut_told(what, end, place, how) for place in PLACES for end in ENDS for how in again] for what in TOLD]
    for one in sets:
        yield from one if target.level != "smoke" else one[:: max(1, len(one) // 4)]
    if len(target.dut.connectors) > 1:
        yield _two_at_once()


def _two_at_once() -> Example:
    """Two transactions that run at the same time, begun on two connections one after the other."""
    return Example(
        "two transactions, and a new connection before the second begins",
        (
            acts.tell("start"),
            acts.tell("authorized"),
            acts.tell("authorize", FaultKind.CUT.value, WHOLE, "fresh", place=2),
            acts.tell("start", place=2),
            acts.tell("authorized", place=2),
            acts.tell("meter"),
            acts.tell("stop", place=2),
            acts.tell("stop"),
            acts.tell("unplugged", place=2),
            acts.tell("unplugged"),
            acts.tell("authorize"),
        ),
        ANYTHING,
        constraint="cut behind a CALL",
        breaks="the connection ends between the begin of two transactions",
    )


def _cut_told(struck: str, end: str, place: str, again: str) -> Example:
    told = [acts.tell(what, end, PLACES[place], again) if what == struck else acts.tell(what) for what in TOLD]
    return Example(
        f"{end} {place} the message {struck}, again with the {again} id",
        (*told, acts.tell("authorize")),
        ANYTHING,
        constraint=f"{end} {place} a CALL",
        breaks=f"the connection ends {place} the station's message ({struck}), which is then repeated",
    )


# ---------------------------------------------------------------------- random plans


_EACH: tuple[dict[str, Any], ...] = (
    {"kind": "duplicate", "at": 0, "count": 12},
    {"kind": "fragment", "at": 0, "count": 12, "size": 1},
    {"kind": "slice", "at": 0, "count": 12, "size": 5},
    {"kind": "delay", "at": 0, "count": 12, "seconds": 0.02},
    {"kind": "stall", "at": 2, "seconds": 0.2},
    {"kind": "reorder", "at": 3},
    {"kind": "drop", "at": 3},
)
"""Each kind of fault by itself; the last two cost a station its time-out."""


def each_fault(target: Target) -> Iterator[Example]:
    """A session for each kind of fault that leaves the connection open; smoke leaves out what takes long."""
    made = {"CS": _faulty_session_of_a_station, "CSMS": _faulty_session_of_a_csms}[target.role]
    yield from (made((fault,)) for fault in (_EACH[:5] if target.level == "smoke" else _EACH))


def fault_lists(*, answers: int) -> SearchStrategy[tuple[dict[str, Any], ...]]:
    """Lists of faults that leave the connection open; `answers`: how many messages of ours they are spread over.

    Each fault is legal for a device to see, or can be noticed by it; what is lost is little enough that a station
    that tries three times gets everything through.
    """
    from hypothesis import strategies as st

    at = st.integers(0, answers - 1)
    seconds = st.sampled_from((0.01, 0.05, 0.2))
    size = st.integers(1, 64)
    kinds = {
        FaultKind.DELAY: st.fixed_dictionaries({"at": at, "count": st.integers(1, 3), "seconds": seconds}),
        FaultKind.SLICE: st.fixed_dictionaries({"at": at, "size": st.integers(8, 64), "count": st.integers(1, 4)}),
        FaultKind.FRAGMENT: st.fixed_dictionaries({"at": at, "size": size, "count": st.integers(1, 4)}),
        FaultKind.DUPLICATE: st.fixed_dictionaries({"at": at, "count": st.integers(1, 3)}),
        FaultKind.REORDER: st.fixed_dictionaries({"at": at}),
        FaultKind.DROP: st.fixed_dictionaries({"at": at}),
        FaultKind.STALL: st.fixed_dictionaries({"at": at, "seconds": seconds}),
    }
    one = st.one_of([fields.map(_named(kind)) for kind, fields in kinds.items()])
    return st.lists(one, min_size=1, max_size=4, unique_by=lambda fault: (fault["kind"], fault["at"])).map(tuple)


def _named(kind: FaultKind) -> Any:
    return lambda fields: {"kind": kind.value, **fields}


def faulty_sessions(target: Target) -> SearchStrategy[Example]:
    """Sessions on a link with random faults."""
    made, answers = {"CS": (_faulty_session_of_a_station, 12), "CSMS": (_faulty_session_of_a_csms, 8)}[target.role]
    return fault_lists(answers=answers).map(made)


def _faulty_session_of_a_station(faults: Sequence[dict[str, Any]]) -> Example:
    return Example(
        f"a session under {_words(faults)}",
        (
            acts.hurry(),
            acts.goes_on("Heartbeat"),
            acts.faults(*faults),
            *_charge(),
            acts.goes_on("Heartbeat"),
        ),
        ANYTHING,
        constraint=_kinds(faults),
        breaks=f"our side of the link suffers {_words(faults)}",
        oracles=OWED,
    )


def _faulty_session_of_a_csms(faults: Sequence[dict[str, Any]]) -> Example:
    return Example(
        f"a session under {_words(faults)}",
        (
            acts.faults(*faults),
            *map(acts.tell, TOLD),
            acts.settle(),
            acts.tell("authorize"),
        ),
        ANYTHING,
        constraint=_kinds(faults),
        breaks=f"our side of the link suffers {_words(faults)}",
    )


def _kinds(faults: Sequence[dict[str, Any]]) -> str:
    return ", ".join(sorted({str(fault["kind"]) for fault in faults}))


def _words(faults: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{fault['kind']} at message {fault['at']}" for fault in faults)
