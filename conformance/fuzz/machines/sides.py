"""Our two stations at one CSMS: what each of them is doing, and what it says about it, online or later.

What a CSMS answers is held against what was asked: a token is judged as the description has it, a token that may be in
one transaction at a time is held by the station that charges with it, and what a station is told is meant for it.

Source: 2.0.1 B02, C01, E01 to E04, E12; 1.6 sections 3.7, 4.1, 4.2, 4.8, 4.10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.fuzz.transactions import problem
from conformance.ocppj.findings import Finding, Severity
from conformance.peers.peer import Refusal

if TYPE_CHECKING:
    from conformance.ocppj.trace import Entry

RULE = "oracle.nothing-crosses-over"
REFUSED = frozenset({"blocked", "expired", "invalid", "unknown"})
"""Tokens of a description that no CSMS may accept."""
SINGLE = "single"
"""The token that may be in one transaction at a time."""


@dataclass(slots=True)
class Session:
    """What goes on at one connector of a station of ours.

    `token`: the name of the one that is authorized, "" if none is; `begun`: whether a transaction has begun, told or
    not; `id`: its transactionId (2.x); `events`: what its messages are made with.
    """

    connector: Any
    plugged: bool = False
    token: str = ""
    begun: bool = False
    id: Any = None
    events: Any = None


@dataclass(slots=True)
class Told:
    """A message about a transaction: made when it is sent, because an answer may still be missing to write it."""

    action: str
    make: Callable[[bool], Mapping[str, Any]]
    answered: Callable[[Any], None]


@dataclass(slots=True)
class Pair:
    """What both stations share: who holds the single token, as the CSMS has been told, and what was found."""

    holder: Session | None = None
    found: list[Finding] = field(default_factory=list)

    def wrong(self, expected: str, actual: str, entry: Entry | None = None, *, requirement: str = "") -> None:
        """Keep a finding."""
        self.found.append(problem(RULE, expected, actual, entry, requirement=requirement))

    def remark(self, expected: str, actual: str) -> None:
        """Keep what a CSMS should not do, though no requirement forbids it."""
        self.found.append(Finding(RULE, Severity.SHOULD, expected, actual))


class Side:
    """One of our stations."""

    def __init__(self, number: int, bench: Any, hands: Any, pair: Pair) -> None:
        self.number = number
        self.bench = bench
        self.peer = bench.peer
        self.dut = bench.dut
        self.hands = hands
        self.pair = pair
        self.up = self.peer.connected
        """Whether the connection shall stand: only we end it."""
        self.pending = False
        self.queue: list[Told] = []
        self.sessions = {one.evseId: Session(one) for one in self.dut.connectors}
        self.ids: set[Any] = set()
        """Transactions that the CSMS was told of, or that it gave an id, and that have not been told to have ended."""

    def session(self, evse: int) -> Session:
        """What goes on at an EVSE; the first one for a number that there is not."""
        return self.sessions.get(evse) or next(iter(self.sessions.values()))

    @property
    def speaks(self) -> bool:
        """Whether it may say something now."""
        return self.stands() and not self.pending

    def stands(self) -> bool:
        """Whether the connection is up; one that we did not end and that is not there any more is a finding."""
        if self.up and not self.peer.connected:
            self.up = False
            self.pair.wrong(
                "the CSMS ends no connection that serves a station well",
                f"the connection of station {self.number} was closed while the other one was busy",
                next((one for one in reversed(self.peer.trace.entries) if one.kind == "close"), None),
            )
        return bool(self.up)

    def call(self, action: str, payload: Mapping[str, Any]) -> Any:
        """Send a CALL now; a CALLERROR, or silence, breaks the sequence off."""
        answer = self.peer.call(action, payload)
        if isinstance(answer, Refusal):
            raise self.peer.failure(f"a CALLRESULT to {action} of a station that is accepted", repr(answer))
        return answer

    def tell(self, told: Told) -> None:
        """Say it now, behind whatever waits, or keep it until there is a connection."""
        self.queue.append(told)
        if self.speaks:
            self.deliver()

    def deliver(self) -> None:
        """Say whatever waits, in order."""
        while self.queue:
            told = self.queue[0]
            answer = self.call(told.action, told.make(True))
            self.queue.pop(0)
            told.answered(answer)

    def may(self, name: str, session: Session) -> frozenset[bool]:
        """Whether the CSMS may accept a token for that session, may refuse it, or may do either."""
        if name in REFUSED:
            return frozenset({False})
        others = [one for one in self.pair_sessions() if one is not session and one.begun and one.token == name]
        if name == SINGLE and self.pair.holder not in (None, session):
            return frozenset({False})
        if others:
            # It may be in use elsewhere, as far as the CSMS knows; any CSMS may want that only once.
            return frozenset({True, False})
        return frozenset({True})

    def pair_sessions(self) -> list[Session]:
        """The sessions of this station; the pair adds the other one's."""
        return [one for side in self.both for one in side.sessions.values()]

    both: tuple[Side, ...] = ()

    def judge(self, name: str, session: Session, status: Any, answer: Any, requirement: str) -> bool:
        """Hold the status of a token against what is known of it; whether it was accepted."""
        accepted = bool(status == "Accepted")
        if accepted not in self.may(name, session):
            wanted = "refuses" if accepted else "accepts"
            why = "that is in a transaction of another session" if name == SINGLE and accepted else "as it is described"
            self.pair.wrong(
                f"the CSMS {wanted} a token {why}",
                f"station {self.number}: tokens.{name} was answered {status!r}",
                answer._entry,
                requirement=requirement,
            )
        return accepted
