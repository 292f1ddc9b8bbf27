"""`ocpp-conformance check-operator`: every verb that can be tried harmlessly, one by one, before a run depends on it.

A station is led through one session on its first connector, in the order in which every act makes sense, and put back
as it was; a CSMS is had to send what changes nothing. Where the device is connected meanwhile, the wire shows whether
an act reached it: an operator's word is no evidence.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.dut.operators import VERBS, DeviceMisbehaved, OperatorUnable, make_operator, verbs_of
from conformance.ocppj import frames

if TYPE_CHECKING:
    from conformance.cases.live import LiveBench
    from conformance.dut.operators import Operator

WORKS, MEND, SKIPPED = "works", "mend", "skipped"

Shows = Callable[["LiveBench", int], bool]
"""Whether the trace from an entry on shows what an act should have brought about."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One act to try. `after`: the verb without which it makes no sense; `shows`: what the wire must show, if anything.

    `patience` names the timeout within which it shows.
    """

    verb: str
    args: Mapping[str, Any]
    after: str = ""
    shows: Shows | None = None
    wanted: str = ""
    patience: str = "physical"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it, in words."""

    trial: Trial
    state: str
    said: str

    @property
    def line(self) -> str:
        """One line for the terminal."""
        action = self.trial.args.get("action", "")
        return f"{self.state:8} {self.trial.verb:14} {f'{action}: ' if action else ''}{self.said}"


def check_operator(dut: Any, tell: Callable[[str], None], *, device: bool = True) -> bool:
    """Try the operator of a description; whether nothing is to be mended. Raises OperatorUnreachable.

    With `device`, the device has `timeouts.boot` seconds to connect (a CSMS is connected to), under the newest of its
    versions; without, or when it does not come, only the operator's own word is to be had.
    """
    operator = make_operator(dut)
    try:
        operator.check()
        offered = operator.verbs
        tell(f"{_named(dut)} is reached and offers {len(offered)} of the {len(verbs_of(dut.role))} verbs")
        good = bool(offered)
        for line in _not_offered(dut, offered):
            tell(line)
        live = _connected(dut, operator, tell) if device else None
        try:
            for tried in _all_tried(dut, operator, live):
                tell(tried.line)
                good &= tried.state != MEND
        finally:
            if live is not None:
                live.close()
    finally:
        operator.close()
    tell("nothing to mend" if good else "mend what is marked so; a case that needs such an act will be INCONCLUSIVE")
    return good


def _named(dut: Any) -> str:
    default = dut.operator.default
    reached = {
        "manual": "you, on this terminal",
        "http": default.url,
        "octt": default.url,
        "command": " ".join(default.argv),
        "python": default.class_name,
    }
    return f"the operator ({default.kind}: {reached[default.kind]})"


def _not_offered(dut: Any, offered: frozenset[str]) -> Iterator[str]:
    """The verbs that nobody makes, with the cases that this costs."""
    missing = sorted(verbs_of(dut.role) - offered)
    needed = verbs_needed(dut) if missing else Counter()
    for verb in missing:
        count = needed[verb]
        cost = f"up to {count} cases will be INCONCLUSIVE" if count else "no case depends on it"
        alike = (
            "" if VERBS[verb].result or not count else f'; add it, or write under [operator.verbs]: {verb} = "manual"'
        )
        yield f"{'absent':8} {verb:14} {cost}{alike}"


def verbs_needed(dut: Any) -> Counter[str]:
    """How many cases that apply to a device cannot do without each verb."""
    from conformance.cases.catalogue import load_catalogue
    from conformance.cases.discovery import discover
    from conformance.cases.plan import plan_of
    from conformance.cases.selection import Wishes, select
    from conformance.dut.features import FeatureMissing
    from conformance.ocppj.versions import version

    counted: Counter[str] = Counter()
    for info in discover():
        try:
            chosen = list(select(info, load_catalogue(), [dut], Wishes()))
        except FeatureMissing:
            continue
        for one in chosen:
            if not one.not_applicable:
                counted.update(plan_of(one.info, version(one.entry.version).family, one.entry.role).verbs)
    return counted


def _connected(dut: Any, operator: Operator, tell: Callable[[str], None]) -> LiveBench | None:
    """The bench with the device connected; None, and told why, where it is not to be had."""
    from conformance.cases.live import LiveBench
    from conformance.link.errors import LinkError
    from conformance.ocppj.schema import SchemaStore
    from conformance.peers.outcome import ExpectationFailed, Inconclusive

    ocpp = dut.versions[-1]
    if dut.role == "CS":
        host, port = dut.address.listen
        tell(
            f"waiting up to {dut.timeouts.boot:g} s for {dut.identity} at {host}:{port}{dut.address.path}, OCPP {ocpp}"
        )
    live = LiveBench(dut, ocpp, SchemaStore())
    try:
        live.open()
        live.take(_Lent(operator))
        live.bench.ready()
    except (LinkError, ExpectationFailed, Inconclusive) as error:
        live.close()
        tell(f"the device is not connected ({error}); going on without it: only what the operator says is seen")
        return None
    return live


class _Lent:
    """The operator as a bench has it, which must not close it."""

    def __init__(self, operator: Operator) -> None:
        self.verbs = operator.verbs
        self.perform = operator.perform

    def close(self) -> None:
        """It is closed by who made it."""


# ---------------------------------------------------------------------- what is tried


def _all_tried(dut: Any, operator: Operator, live: LiveBench | None) -> Iterator[Tried]:
    failed: set[str] = set()
    known: set[str] = set()
    for trial in _TRIALS[dut.role](dut.under(dut.versions[-1]), operator.verbs):
        if trial.verb not in operator.verbs:
            continue
        known.add(trial.verb)
        if live is None and dut.role == "CSMS":
            yield Tried(trial, SKIPPED, "the CSMS can do it only to a connected station")
            continue
        if trial.after in failed or (trial.after and trial.after not in operator.verbs):
            yield Tried(trial, SKIPPED, f"it makes no sense without {trial.after}")
            continue
        tried = _tried(trial, operator, live)
        if tried.state == MEND:
            failed.add(trial.verb)
        yield tried
    for verb in sorted(operator.verbs - known):
        yield Tried(Trial(verb, {}), SKIPPED, _NOT_TRIED.get(verb, "no harmless way to try it is known"))


_NOT_TRIED = {
    "start_session": "plug_in and present_token were tried instead",
    "plug_in": "start_session was tried instead",
    "present_token": "start_session was tried instead",
    "pull_cable": "unplug was tried instead",
    "use_phases": "it needs an EV that charges",
    "choose_stop": "it needs a display that a master pass has opened",
    "stop_ev_session": "it needs an EV of ISO 15118 that charges",
    "present_card": "it takes a payment card",
    "cancel_payment": "it needs a session that is paid for",
    "enter_vat_number": "it needs a session that is paid for",
    "read_qr_code": "it needs a station that shows one",
    "fail_settlement": "the next payment would fail",
    "pay_at_kiosk": "it takes a payment card",
    "pay_on_web": "it takes a payment card",
    "enter_limit": "it needs a running transaction",
    "limit_transaction": "it needs a running transaction",
}


def _tried(trial: Trial, operator: Operator, live: LiveBench | None) -> Tried:
    first = len(live.bench.peer.trace.entries) if live is not None else 0
    if live is not None and trial.verb == "answer_boot":
        return _tried_boot(trial, operator, live)
    began = time.monotonic()
    try:
        operator.perform(trial.verb, **trial.args)
    except OperatorUnable as error:
        return Tried(trial, MEND, f"{error.reason}; {_ELSE}")
    except DeviceMisbehaved as error:
        return Tried(trial, MEND, f"it was done, and the device misbehaved: {error.note}")
    took = f"done in {time.monotonic() - began:.1f} s"
    if live is None or trial.shows is None:
        return Tried(trial, WORKS, took)
    shows, peer, limit = trial.shows, live.bench.peer, getattr(live.dut.timeouts, trial.patience)
    if peer.wait(lambda: shows(live, first), within=limit):
        return Tried(trial, WORKS, f"{took}; then {_seen(live, first)}")
    return Tried(
        trial,
        MEND,
        f"{took}, as the operator says, but the wire shows no {trial.wanted} within {limit:g} s: is it the "
        "right device and connector?",
    )


def _tried_boot(trial: Trial, operator: Operator, live: LiveBench) -> Tried:
    """Have the CSMS put off one BootNotification, send it, and one more that it accepts."""
    from conformance.peers.outcome import ExpectationFailed

    peer = live.bench.peer
    sent = next(
        one.frame.payload
        for one in peer.trace.entries
        if one.frame is not None and one.frame.type == frames.CALL and one.frame.action == _BOOT
    )
    try:
        operator.perform(trial.verb, **trial.args)
        answers = [str(peer.send(_BOOT, **sent).status) for _ in range(2)]
    except OperatorUnable as error:
        return Tried(trial, MEND, f"{error.reason}; {_ELSE}")
    except ExpectationFailed as error:
        return Tried(trial, MEND, f"done, as the operator says, but {error}; {_ELSE}")
    if answers == ["Pending", "Accepted"]:
        return Tried(trial, WORKS, "a BootNotification was answered Pending, the next one Accepted")
    return Tried(trial, MEND, f"wanted Pending and then Accepted, the CSMS answered {', '.join(answers)}; {_ELSE}")


_ELSE = "mend it, or have another operator do it ([operator.verbs])"
_BOOT = "BootNotification"


def _seen(live: LiveBench, first: int) -> str:
    """What the device sent since then, each action once."""
    names: dict[str, None] = {}
    for entry in live.bench.peer.trace.entries[first:]:
        frame = entry.frame
        if entry.kind == "close":
            names["the connection ended"] = None
        elif frame is not None and entry.sender == live.dut.role and frame.type == frames.CALL:
            told = frame.payload if isinstance(frame.payload, Mapping) else {}
            status = next((told[one] for one in ("connectorStatus", "status", "eventType") if one in told), "")
            names[f"{frame.action} {status}".strip()] = None
    return ", ".join(names) or "the device was back"


def _sent(*actions: str) -> Shows:
    """The device sent one of these CALLs (any, if none is named)."""

    def shows(live: LiveBench, first: int) -> bool:
        return any(
            entry.frame is not None
            and entry.sender == live.dut.role
            and entry.frame.type == frames.CALL
            and (not actions or entry.frame.action in actions)
            for entry in live.bench.peer.trace.entries[first:]
        )

    return shows


def _is_back(live: LiveBench, first: int) -> bool:
    return bool(live.bench.peer.connected)


_STATUS = ("StatusNotification", "NotifyEvent", "TransactionEvent", "StartTransaction", "StopTransaction")
_AUTHORIZED = ("Authorize", "TransactionEvent", "StartTransaction", "StopTransaction", "StatusNotification")


def _station_trials(dut: Any, offered: frozenset[str]) -> list[Trial]:
    """One session, then what surrounds it; each act is undone by a later one."""
    place = {"evseId": dut.connector.evseId, "connectorId": dut.connector.connectorId}
    evse = {"evseId": dut.connector.evseId}
    token = {"idToken": dict(dut.tokens.valid), **evse}
    separate = {"plug_in", "present_token"} <= offered
    begin = (
        [
            Trial("plug_in", place, "", _sent(*_STATUS), "change of the connector's status"),
            Trial("ev_not_ready", place, "plug_in"),
            Trial("ev_ready", place, "ev_not_ready"),
            Trial("present_token", token, "", _sent(*_AUTHORIZED), "authorization"),
        ]
        if separate
        else [Trial("start_session", {**token, **place}, "", _sent(*_STATUS), "transaction")]
    )
    started = "present_token" if separate else "start_session"
    stop = Trial("present_token", token, "present_token", _sent(*_STATUS), "end of the transaction")
    return [
        Trial("read_meter", evse),
        Trial("occupy_bay", evse),
        *begin,
        Trial("suspend_ev", place, started),
        Trial("resume_ev", place, "suspend_ev"),
        *([stop] if separate else []),
        Trial("unplug", place, "plug_in" if separate else "start_session", _sent(*_STATUS), "change of the status"),
        Trial("free_bay", evse, "occupy_bay"),
        Trial("jam_lock", place),
        Trial("free_lock", place, "jam_lock"),
        Trial("cause_fault", place, "", _sent("StatusNotification", "NotifyEvent"), "fault"),
        Trial("clear_fault", place, "cause_fault", _sent("StatusNotification", "NotifyEvent"), "end of the fault"),
        Trial("network_down", {}),
        Trial("network_up", {}, "network_down", _is_back, "connection", "reset"),
        Trial("power_cycle", {}, "", _sent(_BOOT), _BOOT, "boot"),
        Trial("power_off", {}),
        Trial("power_on", {}, "power_off", _sent(_BOOT), _BOOT, "boot"),
    ]


_HARMLESS: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    "1.6": (
        ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetLocalListVersion", {}),
    ),
    "2": (
        (
            "GetVariables",
            {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
        ),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetLocalListVersion", {}),
    ),
}
"""CALLs that change nothing at a station, with the fields that they need."""


def _csms_trials(dut: Any, offered: frozenset[str]) -> list[Trial]:
    from conformance.ocppj.versions import version

    family = version(dut.versions[-1]).family
    sends = [
        Trial(
            "csms_sends",
            {"identity": dut.identity, "action": action, "payload": dict(payload)},
            "",
            _sent(action),
            action,
            "message",
        )
        for action, payload in _HARMLESS[family]
    ]
    return [*sends, Trial("answer_boot", {"identity": dut.identity, "status": "Pending", "times": 1})]


_TRIALS: Mapping[str, Callable[[Any, frozenset[str]], list[Trial]]] = {"CS": _station_trials, "CSMS": _csms_trials}
