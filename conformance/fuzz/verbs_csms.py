"""Acts against a CSMS: visitors beside our station's own connection (`peers.visits`), and trials that are undone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.fuzz.example import Allowed
from conformance.fuzz.leaks import leaks
from conformance.fuzz.oracles import oracle
from conformance.fuzz.stage import Reaction, Stage, verb
from conformance.ocppj.findings import Finding, Severity
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
