"""Clocks that are wrong: times that a station is told, and timestamps that a CSMS is sent.

Source: 1.6 3.14, 3.15, 4.2, 4.6; 2.x part 2 3.1, B01.FR.06, G02.FR.06; RFC 3339; field defects 29, 66, S9, S29, S31.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.fuzz import acts
from conformance.fuzz.example import ANYTHING, Allowed, Example
from conformance.fuzz.plans import TOLD
from conformance.fuzz.stage import Target
from conformance.ocppj import frames

ODD: Mapping[str, str] = {
    "1970": "1970-01-01T00:00:00.000Z",
    "2038": "2038-01-19T03:14:08.000Z",
    "2106": "2106-02-07T06:28:16.000Z",
    "9999": "9999-12-31T23:59:59.999Z",
}
"""Times that can be written, and that some clock cannot hold: before any station, behind 31 and 32 bits, the last."""
WRONG: Mapping[str, str] = {
    "30 February": "2025-02-30T12:00:00.000Z",
    "year 222222017": "222222017-05-01T12:00:00.000Z",
    "year 0": "0000-00-00T00:00:00.000Z",
    "hour 25": "2025-06-01T25:61:61.000Z",
    "seconds since 1970": "1700000000",
    "words": "yesterday",
    "nothing": "",
}
"""Texts that are no date-time."""
LEAP = {"a leap second": "2016-12-31T23:59:60.000Z"}
"""A time that RFC 3339 knows, and few libraries do."""
_ANSWERS: Mapping[str, str] = {
    "Heartbeat": '{{"currentTime":{}}}',
    "BootNotification": '{{"currentTime":{},"interval":300,"status":"Accepted"}}',
}


def times_told(target: Target) -> Iterator[Example]:
    """A wrong currentTime in the answer to a Heartbeat and to a BootNotification, and the right one afterwards."""
    for by, names in (
        ("Heartbeat", [*ODD, *LEAP, *WRONG]),
        ("BootNotification", [*ODD, "30 February", "words"] if target.level != "smoke" else ["9999"]),
    ):
        for name in names:
            yield _told(by, name)


def _told(by: str, name: str) -> Example:
    time = {**ODD, **WRONG, **LEAP}[name]
    answer = f'[3,"{{{{theirs}}}}",{_ANSWERS[by].format(frames.dumps(time))}]'
    return Example(
        f"{name} by {by}",
        (
            acts.goes_on("StatusNotification"),
            acts.answer(by, answer),
            acts.bring(by),
            # Until the clock has gone on from there.
            *((acts.settle(),) if name in ODD else ()),
            acts.goes_on("StatusNotification"),
            acts.goes_on("Heartbeat"),
            acts.right_again(),
        ),
        ANYTHING,
        action=by,
        constraint="currentTime",
        pointer="/currentTime",
        breaks=f"currentTime {time or 'empty'}",
        oracles=("no-flood",),
    )


def timestamps_told(target: Target) -> Iterator[Example]:
    """Sessions of our station in which one message has an odd time, or one that is none: it is answered, whatever by,
    and the session is counted as one."""
    for struck in ("plugged", "start", "meter", "stop"):
        for name, time in {**ODD, **LEAP, **WRONG}.items():
            told = [acts.tell_at(what, time) if what == struck else acts.tell(what) for what in TOLD]
            yield Example(
                f"{name} as the time of the message {struck}",
                (*told, acts.tell("authorize")),
                _ANSWERED,
                constraint="timestamp",
                breaks=f"timestamp {time or 'empty'}",
            )


_ANSWERED = Allowed(codes=frozenset({"*"}), result=True, source="1.6J 4.2.3; part 4 4.1.7: a CALL is answered")
"""Which code names a time that is none is judged where each constraint is broken; here it is an answer that counts."""
