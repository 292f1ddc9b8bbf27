"""Whether what a device did about an example is allowed, and what is to be said if it is not."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.example import Allowed, Example
from conformance.fuzz.stage import Reaction
from conformance.ocppj.findings import Blame, Finding, Severity
from conformance.ocppj.versions import Version
from conformance.peers.payload import peek

ALLOWED, TOLERATED, FORBIDDEN = "allowed", "tolerated", "not allowed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a device did wrong about one example.

    `signature`: problems with the same one have the same cause, as far as can be told from outside.
    """

    finding: Finding
    signature: tuple[str, ...]


def judge_reaction(version: Version, allowed: Allowed, reaction: Reaction) -> str:
    """ALLOWED, TOLERATED (the standard can be read so) or FORBIDDEN."""
    if reaction.kind == "none":
        return ALLOWED
    if reaction.kind == "silence":
        return ALLOWED if allowed.silence else TOLERATED if "silence" in allowed.tolerated else FORBIDDEN
    if reaction.kind == "lost":
        return ALLOWED if allowed.close else FORBIDDEN
    if reaction.kind == "closed":
        if allowed.close and (not allowed.close_codes or reaction.close_code in allowed.close_codes):
            return ALLOWED
        return TOLERATED if allowed.close and "close *" in allowed.tolerated else FORBIDDEN
    if reaction.kind == "handshake":
        return _among({str(reaction.code)}, allowed.handshake, allowed.tolerated)
    if reaction.kind == "result":
        return _result(allowed, reaction)
    return _error(version, allowed, reaction)


def _result(allowed: Allowed, reaction: Reaction) -> str:
    status = _status(reaction.frame.payload if reaction.frame is not None else None)
    if allowed.result and (not allowed.statuses or status in allowed.statuses):
        return ALLOWED
    return TOLERATED if {"CALLRESULT", f"CALLRESULT {status}"} & allowed.tolerated else FORBIDDEN


def _status(payload: Any) -> str:
    """What an answer says of the request: its status, or that of the token in it; "" for none."""
    for holder in (payload, *(peek(payload, name) for name in ("idTagInfo", "idTokenInfo"))):
        status = peek(holder, "status")
        if isinstance(status, str):
            return status
    return ""


def _error(version: Version, allowed: Allowed, reaction: Reaction) -> str:
    given = _canonical(version, (reaction.code,))
    return _among(given, _canonical(version, allowed.codes), _canonical(version, allowed.tolerated))


def _among(given: Set[str], allowed: Set[str], tolerated: Set[str]) -> str:
    if given & allowed or "*" in allowed:
        return ALLOWED
    return TOLERATED if given & tolerated or "*" in tolerated else FORBIDDEN


def _canonical(version: Version, codes: Iterable[Any]) -> set[str]:
    """The codes as the version's table prints them, whatever accepted spelling they came in."""
    return {version.canonical_error_code(one) or one for one in codes if isinstance(one, str)}


def wanted(allowed: Allowed) -> str:
    """The allowed reactions in words."""
    words = []
    codes = sorted(allowed.codes - {"*"})
    if codes or allowed.codes:
        words.append("CALLERROR " + (" or ".join(codes) if codes else "of any code"))
    if allowed.result:
        status = f" with status {' or '.join(sorted(allowed.statuses))}" if allowed.statuses else ""
        words.append(f"a CALLRESULT{status}")
    if allowed.close:
        codes = [str(code) for code in sorted(allowed.close_codes)]
        words.append("the connection closed" + (f" with {' or '.join(codes)}" if codes else ""))
    words += sorted(allowed.handshake - {"*"}) or (["any answer"] if allowed.handshake else [])
    if allowed.silence:
        words.append("no reaction")
    return ", ".join(words) or "no reaction"


def reaction_problem(version: Version, example: Example, reaction: Reaction) -> Problem | None:
    """What is wrong with a reaction: a MUST if it is not allowed, a SHOULD if it is only tolerated."""
    judged = judge_reaction(version, example.allowed, reaction)
    if judged == ALLOWED:
        return None
    finding = Finding(
        rule="fuzz.reaction",
        severity=Severity.MUST if judged == FORBIDDEN else Severity.SHOULD,
        expected=f"{wanted(example.allowed)} to {example.breaks or example.name}",
        actual=str(reaction),
        requirement=example.allowed.source,
        frame=reaction.entry,
        pointer=example.pointer,
    )
    return Problem(finding, ("reaction", example.constraint or example.name, _class(version, reaction)))


def _class(version: Version, reaction: Reaction) -> str:
    if reaction.kind in ("error", "handshake"):
        return f"{reaction.kind} {reaction.code}"
    return reaction.kind


def monitor_problem(finding: Finding, example: Example) -> Problem:
    """A finding of an always-on rule, or of an oracle, during an example."""
    return Problem(finding, ("rule", finding.rule, finding.expected))


def death(example: Example, what: str, requirement: str = "") -> Problem:
    """The device does not answer any more, or was away for too long."""
    finding = Finding(
        rule="fuzz.alive",
        severity=Severity.MUST,
        expected=f"the device lives on after {example.breaks or example.name}",
        actual=what,
        requirement=requirement,
        blame=Blame.DEVICE,
    )
    return Problem(finding, ("alive", example.constraint or example.name, what.split(":")[0]))
