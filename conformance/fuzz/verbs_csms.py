"""Acts against a CSMS: visitors beside our station's own connection (`peers.visits`), and trials that are undone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.fuzz.example import Allowed
from conformance.fuzz.leaks import leaks
from conformance.fuzz.oracles import oracle
from conformance.fuzz.stage import Reaction, Stage, verb
from conformance.ocppj import frames
from conformance.ocppj.findings import Finding, Severity
from conformance.peers.injection import inject
from conformance.peers.outcome import ExpectationFailed, Inconclusive, NotApplicable
from conformance.peers.station import FakeStation
from conformance.peers.visits import Visit

NO_CONNECTION, NOT_SERVED, SERVED = "no connection", "a connection that is not served", "a served connection"
PENDING = "a connection that is kept Pending"
"""What may become of a visitor, as `Allowed.handshake` names it."""


@verb("visit")
def _visit(stage: Stage, who: str, login: dict[str, Any]) -> None:
    given = stage.filled(login)
    visit: Visit = stage.peer.visit(who, **{**given, "ciphers": tuple(given.get("ciphers", ()))})
    stage.facts["visit"] = visit
    status = visit.registered()
    outcome = {"": NOT_SERVED if visit.admitted else NO_CONNECTION, "Pending": PENDING}.get(status, SERVED)
    how = f"connected, and its BootNotification answered {status}" if status else visit.how
    stage.reacted = Reaction("handshake", how, code=outcome)
    visit.leave()


@oracle("refusal-leaks")
def refusal_leaks(stage: Stage) -> Iterator[Finding]:
    """What a CSMS says to someone whom it keeps out shows nothing of its inside (CWE-209)."""
    visit: Visit | None = stage.facts.get("visit")
    for leak in leaks(visit.text) if visit is not None else ():
        yield Finding(
            rule="oracle.refusal-leaks",
            severity=Severity.MUST,
            expected="a refusal that shows nothing of the inside of the CSMS",
            actual=f"{leak.kind}: {leak.excerpt}",
            requirement="CWE-209",
        )


@verb("trial")
def _trial(stage: Stage, texts: list[Any], judged: int) -> None:
    answers: list[Reaction] = []
    started: list[int] = []
    # All at one time, so that what is sent twice is the same twice.
    for data in [stage.bytes_of(text) for text in texts]:
        if not stage.peer.connected or (not started and (b"{{started}}" in data or b"{{latest}}" in data)):
            break
        for name, value in (("fresh", uuid.uuid4()), ("started", started[:1]), ("latest", started[-1:])):
            shown = str(value[0]) if isinstance(value, list) and value else str(value)
            data = data.replace(f"{{{{{name}}}}}".encode(), shown.encode())
        stage.reacted = None
        stage.send(data)
        answers.append(stage.reaction(Allowed()))
        found = _payload(answers[-1]).get("transactionId")
        if type(found) is int:
            started.append(found)
    stage.facts["answers"] = answers[: judged + 1]
    stage.reacted = answers[judged] if judged < len(answers) else Reaction("none")


def _payload(reaction: Reaction) -> Mapping[str, Any]:
    payload = reaction.frame.payload if reaction.frame is not None and reaction.kind == "result" else None
    return payload if isinstance(payload, Mapping) else {}


@oracle("token-not-accepted")
def token_not_accepted(stage: Stage) -> Iterator[Finding]:
    """A token that nobody knows is not Accepted."""
    for reaction in stage.facts.get("answers", ()):
        payload = _payload(reaction)
        info = payload.get("idTagInfo", payload.get("idTokenInfo"))
        if isinstance(info, Mapping) and info.get("status") == "Accepted":
            yield Finding(
                rule="oracle.token-not-accepted",
                severity=Severity.MUST,
                expected="a token that nobody knows is not Accepted",
                actual="Accepted",
                requirement={"1.6": "1.6 4.1", "2": "C01.FR.07"}[stage.target.version.family],
                frame=reaction.entry,
            )


@oracle("begun-once")
def begun_once(stage: Stage) -> Iterator[Finding]:
    """A CALL that is sent again as it was, id included, does not begin a second transaction [50]."""
    answers = stage.facts.get("answers", ())
    given = {one for one in (_payload(answer).get("transactionId") for answer in answers) if one is not None}
    if len(given) > 1:
        yield Finding(
            rule="oracle.begun-once",
            severity=Severity.SHOULD,
            expected="one transaction for a StartTransaction that is sent twice under one message id",
            actual=f"transactions {' and '.join(map(str, sorted(given)))}",
            requirement="1.6J 4.1.4",
            frame=answers[-1].entry,
        )


# ---------------------------------------------------------------------- two stations

MEANWHILE = 0.1
"""Seconds between two questions of the other station."""


def _second(stage: Stage) -> FakeStation:
    """The fake that plays the description's second station, connected and booted."""
    second = stage.live.second_bench() if stage.live is not None else None
    if second is None:
        raise NotApplicable("the description names no second station ([connection] second_identity)")
    second.gone = ""
    second.ready()
    peer: FakeStation = second.peer
    return peer


@verb("send_while_another")
def _send_while_another(stage: Stage, text: Any) -> None:
    """The other station asks until our message is answered: a CSMS may get to a long text after a short, later one."""
    second, peer = _second(stage), stage.peer
    stage.send(stage.bytes_of(text))
    pending = stage.last.pending if stage.last is not None else None
    due = peer.clock.now() + peer.deadlines.message

    def over() -> bool:
        return pending is None or pending.answer is not None or not peer.connected

    while True:
        began = peer.clock.now()
        try:
            second.send("Heartbeat")
        except ExpectationFailed as failed:
            raise peer.failure("another station is served meanwhile", str(failed)) from failed
        took = peer.clock.now() - began
        stage.lasting["slowest"] = max(took, stage.lasting.get("slowest", 0.0))
        if peer.wait(over, within=MEANWHILE) or peer.clock.now() >= due:
            return


@verb("end_by_another")
def _end_by_another(stage: Stage) -> None:
    peer, dut = stage.peer, stage.dut
    if "single" not in dut.tokens or len(dut.connectors) < 2:
        raise NotApplicable("it takes a token that may be in one transaction at a time (tokens.single), two connectors")
    second, family = _second(stage), stage.target.version.family
    begun, status = _BEGIN[family](peer, dut.connectors[0], dut.tokens.single)
    if status != "Accepted":
        _END[family](peer, [begun])
        raise Inconclusive(f"tokens.single of the description is {status} and should be Accepted")
    action, payload = _FOREIGN_END[family](peer, begun)
    foreign = frames.call(str(uuid.uuid4()), action, payload).text
    _, pending = inject(second, foreign.encode(), why="the end of another station's transaction")
    assert pending is not None
    second.wait(lambda: pending.answer is not None or not second.connected, within=second.deadlines.message)
    again, status = _BEGIN[family](peer, dut.connectors[1], dut.tokens.single)
    _END[family](peer, [begun, again])
    if status != "ConcurrentTx":
        raise peer.failure(
            "ConcurrentTx for tokens.single, whose first transaction no station but ours can have ended", status
        )


def _begin_16(station: FakeStation, connector: Any, token: Any) -> tuple[Any, str]:
    answer = station.send(
        "StartTransaction",
        connectorId=connector.connectorId,
        idTag=token.idTag,
        meterStart=station.meter(connector.evseId),
        timestamp=station.timestamp(),
    )
    return answer.transactionId, str(answer.idTagInfo.status)


def _begin_2(station: FakeStation, connector: Any, token: Any) -> tuple[Any, str]:
    transaction = station.next_transaction(connector.evseId)
    answer = transaction.send("Authorized", idToken=dict(token))
    return transaction.id, str(answer.idTokenInfo.status)


_BEGIN: Mapping[str, Callable[[FakeStation, Any, Any], tuple[Any, str]]] = {"1.6": _begin_16, "2": _begin_2}
"""By family: our station begins a transaction with a token; its id, and what the CSMS says of the token."""


def _foreign_end_16(station: FakeStation, transaction: Any) -> tuple[str, dict[str, Any]]:
    return "StopTransaction", {"transactionId": transaction, "meterStop": 0, "timestamp": station.timestamp()}


def _foreign_end_2(station: FakeStation, transaction: Any) -> tuple[str, dict[str, Any]]:
    return "TransactionEvent", {
        "eventType": "Ended",
        "timestamp": station.timestamp(),
        "triggerReason": "EVDeparted",
        "seqNo": 9,
        "transactionInfo": {"transactionId": transaction, "stoppedReason": "Other"},
    }


_FOREIGN_END: Mapping[str, Callable[[FakeStation, Any], tuple[str, dict[str, Any]]]] = {
    "1.6": _foreign_end_16,
    "2": _foreign_end_2,
}


def _end_16(station: FakeStation, transactions: list[Any]) -> None:
    for number in transactions:
        station.send("StopTransaction", transactionId=number, meterStop=10_000, timestamp=station.timestamp())


def _end_2(station: FakeStation, transactions: list[Any]) -> None:
    for one in station.open_transactions():
        one.send("EVDeparted", eventType="Ended", chargingState="Idle", stoppedReason="Other")


_END: Mapping[str, Callable[[FakeStation, list[Any]], None]] = {"1.6": _end_16, "2": _end_2}
