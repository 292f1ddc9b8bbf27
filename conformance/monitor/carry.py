"""What one case's monitor hands to the next one's: the facts that outlive a case.

Everything in it is bounded, so that a run may last for weeks: beyond a bound the oldest is forgotten, which can only
make a rule silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

OPEN, REFUSED, SERVED = range(3)
"""What became of a CALL: no answer yet, a CALLERROR, a CALLRESULT that reached the other side."""

IDS_KEPT = 20_000
IDS_KEPT_MEANWHILE = 2_000
"""Message ids of each side that outlive an exchange of the trace in the middle of a case: 20 000 take 5 MB, and are
copied each time."""
LONG_ID = 255
"""Characters of a message id above which it is forgotten at such an exchange once it is answered: some have 10^6."""
NAME_KEPT = 100
"""Characters that are kept of the name of an action."""
TRANSACTIONS_KEPT = 500
REQUESTS_KEPT = 500
READINGS_KEPT = 5_000


def bounded(table: dict[Any, Any], limit: int) -> None:
    """Forget the oldest entries of a table that has grown beyond `limit`."""
    while len(table) > limit:
        del table[next(iter(table))]


@dataclass(slots=True)
class Registration:
    """Where the station stands with the CSMS (2.x B01 to B03, 1.6 section 4.2)."""

    status: str = ""
    """Of the last BootNotification's answer; "" unknown, "none" known to be not yet accepted since a power cycle."""
    answered_at: float | None = None
    """When the last answer other than Accepted was given, in seconds of the run."""
    interval: float = 0.0
    invited: set[str] = field(default_factory=set)
    """Actions that the CSMS asked for since (TriggerMessage, GetBaseReport...)."""
    rebooted: bool = False
    """A reset or power cycle lies since that answer: the interval no longer binds."""
    awaiting_boot: bool = False
    """The station was switched off: the first CALL of its next connection is a BootNotification."""
    restart: str = ""
    """The reason that its next BootNotification gives (2.x); "" where nothing is known of one, or several are right."""

    @property
    def accepted(self) -> bool:
        """Whether the station is known to be accepted."""
        return self.status == "Accepted"


@dataclass(slots=True)
class Transaction2:
    """What is known of one transaction of 2.x."""

    id: str
    lowest: int
    """Lowest seqNo seen."""
    highest: int
    first_entry: int = 0
    """Index of the entry of the first event, in the trace of its case."""
    signatures: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    """Latest seqNos, each to what makes two events the same: eventType, timestamp, triggerReason."""
    missing: set[int] = field(default_factory=set)
    """Numbers between lowest and highest that have not come."""
    started: int | None = None
    ended: int | None = None
    evse: int | None = None
    connector: int | None = None
    token: tuple[str, str] | None = None
    remote_start: int | None = None
    charging_state: tuple[int, str] | None = None
    last_time: tuple[int, float] | None = None
    unanswered: int = 0
    """Events that have no CALLRESULT."""
    excused: bool = False
    """An event of it was offline or not delivered at the first attempt, or the link broke: gaps prove nothing."""
    failed: bool = False
    """An event of it was refused, unanswered or sent again: even its Started may have been given up (E13.FR.04)."""
    relinked: bool = False
    """The link broke while it was running."""
    inherited: bool = False
    """It may have started before the monitor's view began."""
    start_reported: bool = False
    end_reported: int = -1
    crowd_reported: bool = False


@dataclass(slots=True)
class Transaction16:
    """What is known of one transaction of 1.6."""

    id: int
    connector: int | None
    token: str = ""
    meter_start: int | None = None
    start_time: float | None = None
    key: tuple[Any, ...] = ()
    """What makes two StartTransactions the same."""
    stopped: tuple[Any, ...] | None = None
    """What makes two StopTransactions the same."""
    stop_answered: bool = False
    namesakes: int = 0
    """How many transactions ran when the CSMS gave their id to the next one: whose a message is can't be told."""
    namesakes_stopped: int = 0


@dataclass(slots=True)
class ReportRequest:
    """A request whose result comes in messages of its own, by requestId."""

    id: int
    action: str
    ambiguous: bool = False
    """Its id was in use already when it was sent: nothing is judged."""
    status: str = ""
    """Of its answer; "" while there is none."""
    parts: int = 0
    """How many parts have come: the seqNo that the next one has."""
    last_answered: bool = False
    complete: bool = False


State = TypeVar("State", Registration, Transaction2, Transaction16, ReportRequest)


_MEMBERS: dict[Any, Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*(one.name for one in fields(kind)))
    for kind in (Registration, Transaction2, Transaction16, ReportRequest)
}


def _twin(one: State) -> State:
    """A copy that shares what it holds; a third of the time of `dataclasses.replace`, and asked for at every case."""
    kind = type(one)
    return kind(*_MEMBERS[kind](one))


@dataclass(slots=True)
class Carry:
    """The state of a run, seen from the wire. A monitor copies what it is given and never changes it."""

    history: bool = False
    """Whether every transaction since the run began was seen from its start."""
    registration: Registration = field(default_factory=Registration)
    ids: dict[str, dict[str, tuple[int, str, int]]] = field(default_factory=lambda: {"CS": {}, "CSMS": {}})
    """Sender, then message id to: connection, action, and OPEN, REFUSED or SERVED."""
    statuses: dict[tuple[int, int], str] = field(default_factory=dict)
    """Last status of each connector, by (EVSE or 0, connector)."""
    transactions2: dict[str, Transaction2] = field(default_factory=dict)
    transactions16: dict[int, Transaction16] = field(default_factory=dict)
    remote_starts: dict[int, tuple[str, str]] = field(default_factory=dict)
    """remoteStartId to the token that the CSMS gave."""
    reports: dict[tuple[str, Any], ReportRequest] = field(default_factory=dict)
    """(message that carries the result, requestId) to what was asked."""
    registers: dict[tuple[Any, ...], tuple[float, Decimal | int, int]] = field(default_factory=dict)
    """Energy register to its last reading: time, value, factor of its unit."""
    tester_offset: float | None = None
    """How far the time that the CSMS last gave lies ahead of the tester's clock, in seconds."""
    offline: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=100))
    """Spans without any connection, as times of day (seconds of the Unix epoch)."""
    link_lost: float | None = None
    """Since when no connection is open, as a time of day; None while there is one."""
    disturbed: float | None = None
    """Until when, as a time of day, messages may have had to wait; None: never known to be undisturbed."""
    status_ids: dict[str, dict[int, bool]] = field(default_factory=dict)
    """Status message (FirmwareStatusNotification...) to the requestIds that the CSMS gave."""

    @property
    def accepted(self) -> bool:
        """Whether the station is known to be accepted."""
        return self.registration.accepted

    def shorten(self) -> None:
        """Forget message ids but the latest `IDS_KEPT_MEANWHILE` of each side, and those too long that are answered."""
        for ids in self.ids.values():
            for id in [id for id, (_, _, outcome) in ids.items() if len(id) > LONG_ID and outcome != OPEN]:
                del ids[id]
            bounded(ids, IDS_KEPT_MEANWHILE)

    def copy(self) -> Carry:
        """An independent copy."""
        registration = _twin(self.registration)
        registration.invited = set(registration.invited)
        transactions2 = {id: _twin(one) for id, one in self.transactions2.items()}
        for one in transactions2.values():
            one.signatures, one.missing = dict(one.signatures), set(one.missing)
        return Carry(
            history=self.history,
            registration=registration,
            ids={sender: dict(ids) for sender, ids in self.ids.items()},
            statuses=dict(self.statuses),
            transactions2=transactions2,
            transactions16={id: _twin(one) for id, one in self.transactions16.items()},
            remote_starts=dict(self.remote_starts),
            reports={key: _twin(one) for key, one in self.reports.items()},
            registers=dict(self.registers),
            tester_offset=self.tester_offset,
            offline=self.offline.copy(),
            link_lost=self.link_lost,
            disturbed=self.disturbed,
            status_ids={action: dict(ids) for action, ids in self.status_ids.items()},
        )
