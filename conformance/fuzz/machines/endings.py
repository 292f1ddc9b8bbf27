"""Whether a transaction of a station ended for a reason: something was done that may end it.

A tester who made every act that touched the station knows what can have ended a transaction: its cable, its driver's
token, its own remote stop, a reset, a power cut, a fault, an unlocking, a refusal of its token. What else happened,
above all to other EVSEs, must not.

Source: 2.0.1 E06, E07, E09, B12, F03, F05, G03.FR.05, G04.FR.06; 1.6 sections 4.10, 5.2, 5.11, 5.12, 5.18.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.transactions import Entries, charges_of, events_of, problem
from conformance.ocppj import frames
from conformance.ocppj.findings import Finding
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version


@dataclass(frozen=True, slots=True)
class Ending:
    """A transaction that ended, told by `entry`.

    `number`: how many had by then ended on its EVSE, itself included, those not counted whose token was refused;
    `ids`: what they were called; `tokens`: who let it begin.
    """

    ids: frozenset[str]
    evse: int
    tokens: frozenset[str]
    entry: Entry
    number: int


def unreasoned(version: Version, entries: Entries, refused: Collection[str] = ()) -> Iterator[Finding]:
    """The transactions that ended although nothing was done that may end them: more ends on an EVSE than reasons.

    `refused`: tokens that nobody may charge with, as their texts. Reasons are counted from the beginning, because what
    is told of a transaction may come long after what was done to it.
    """
    for ending in _ENDINGS[version.family](entries):
        if sum(_reasons(entries, ending, frozenset(refused))) < ending.number:
            yield problem(
                "oracle.ended-for-a-reason",
                "a transaction goes on until something is done that may end it",
                f"a transaction on EVSE {ending.evse} ended, and {_summary(entries, ending)}",
                ending.entry,
                requirement=_REQUIREMENT[version.family],
            )


_REQUIREMENT = {"1.6": "1.6 4.10", "2": "E06.FR.01"}


def _reasons(entries: Entries, ending: Ending, refused: frozenset[str]) -> Iterator[int]:
    """How many transactions of its EVSE may have been ended by what was done until then, act by act."""
    window = [entry for entry in entries if entry.index < ending.entry.index]
    authorizations = 0
    plugged = False
    for entry in window:
        name, args = _act(entry)
        here = args.get("evseId") == ending.evse
        if name in _ALWAYS:
            yield _BY_A_BOOT
        elif name in _HERE and here:
            yield 1
        elif name == "plug_in" and here:
            plugged = True
        elif name in ("present_token", "start_session"):
            token = _text(args.get("idToken"))
            plugged = plugged or (name == "start_session" and here)
            if token not in refused and (here or token in ending.tokens):
                authorizations += 1
    for call, status in _calls(window, entries):
        if call.action in _REMOTE_START and status != "Rejected" and _evse_of(call.payload) in (None, ending.evse):
            authorizations += 1
        elif _ends(call, status, ending):
            yield _BY_A_BOOT if call.action == "Reset" else 1
    # The first one let it begin; each further one may have stopped it.
    yield max(0, authorizations - 1)
    # Without a cable an authorization times out.
    yield 0 if plugged else 1


def _ends(call: frames.Frame, status: str, ending: Ending) -> bool:
    """Whether a CALL may have ended a transaction of that EVSE."""
    if call.action == "Reset":
        return status != "Rejected" and call.payload.get("evseId") in (None, ending.evse)
    if call.action == "UnlockConnector":
        return bool(_evse_of(call.payload) == ending.evse)
    return call.action in _REMOTE_STOP and str(call.payload.get("transactionId")) in ending.ids


def _act(entry: Entry) -> tuple[str, Mapping[str, Any]]:
    if entry.kind != "act" or entry.data.get("kind") != "operator":
        return "", {}
    return str(entry.data.get("name")), entry.data.get("args") or {}


def _calls(window: Entries, entries: Entries) -> Iterator[tuple[frames.Frame, str]]:
    """The CALLs of the CSMS in the window, each with the status of its answer ("" without one)."""
    answers = {entry.answers: entry.frame for entry in entries if entry.sender == "CS" and entry.answers is not None}
    for entry in window:
        frame = entry.frame
        if frame is None or entry.sender != "CSMS" or frame.type != frames.CALL or not isinstance(frame.payload, dict):
            continue
        answer = answers.get(entry.index)
        payload = answer.payload if answer is not None else None
        yield frame, str(payload.get("status", "")) if isinstance(payload, dict) else ""


def _summary(entries: Entries, ending: Ending) -> str:
    """What was done until then, in words."""
    done = []
    for entry in entries:
        if entry.index < ending.entry.index and entry.kind == "act" and not entry.data.get("quiet"):
            done.append(str(entry.data.get("name")))
    return f"all that was done is {', '.join(done[-8:])}" if done else "nothing was done"


def _text(token: Any) -> str:
    return str(token.get("idToken")) if isinstance(token, Mapping) else str(token)


def _evse_of(payload: Mapping[str, Any]) -> Any:
    return payload.get("evseId", payload.get("connectorId"))


_BY_A_BOOT = 2
"""A reset or power cut may end what runs, and what began before the station went down."""
_ALWAYS = frozenset({"power_cycle"})
_HERE = frozenset({"unplug", "cause_fault", "free_bay", "suspend_ev", "ev_not_ready", "stop_ev_session"})
_REMOTE_STOP = frozenset({"RequestStopTransaction", "RemoteStopTransaction"})
_REMOTE_START = frozenset({"RequestStartTransaction", "RemoteStartTransaction"})


# ---------------------------------------------------------------------- which transactions ended, and when


def _endings_2(entries: Entries) -> Iterator[Ending]:
    ended = [one for one in events_of(entries).values() if one.of_type("Started") and one.of_type("Ended") and one.evse]
    ended.sort(key=lambda one: one.of_type("Ended")[0].entry.index)
    before: dict[int, frozenset[str]] = {}
    for one in ended:
        if any(_refuses(each.reply, "idTokenInfo") for each in one.sent):
            continue
        ids = before[one.evse] = before.get(one.evse, frozenset()) | {one.id}
        told = sorted(
            (each for each in one.sent if each.payload.get("idToken")), key=lambda each: each.payload["seqNo"]
        )
        tokens = {_text(each.payload["idToken"]) for each in told[:1]}
        yield Ending(ids, one.evse, frozenset(tokens), one.of_type("Ended")[0].entry, len(ids))


def _endings_16(entries: Entries) -> Iterator[Ending]:
    ended = sorted((one for one in charges_of(entries) if one.stops), key=lambda one: one.stops[0].entry.index)
    before: dict[int, tuple[frozenset[str], int]] = {}
    for one in ended:
        if any(_refuses(each.reply, "idTagInfo") for each in one.starts):
            continue
        ids, number = before.get(one.connector, (frozenset(), 0))
        ids |= {str(id_) for id_ in one.ids}
        before[one.connector] = ids, number + 1
        token = frozenset({str(one.starts[0].payload.get("idTag"))})
        yield Ending(ids, one.connector, token, one.stops[0].entry, number + 1)


def _refuses(reply: Entry | None, info: str) -> bool:
    payload = reply.frame.payload if reply is not None and reply.frame is not None else None
    told = payload.get(info) if isinstance(payload, dict) else None
    return isinstance(told, dict) and told.get("status") != "Accepted"


_ENDINGS: Mapping[str, Callable[[Entries], Iterator[Ending]]] = {"1.6": _endings_16, "2": _endings_2}
