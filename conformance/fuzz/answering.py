"""Answers of ours that go wrong, to each CALL that matters: the device gives up waiting and goes on.

Source: 1.6J 4.1.1, 1.6 3.7.1, errata 3.18; 2.x part 4 4.1.1 and its note; 2.0.1 part 2 E13, B01; field defects 9, 12,
15, 70, S28.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.fuzz import acts
from conformance.fuzz.example import ANYTHING, Act, Example
from conformance.fuzz.stage import Target
from conformance.fuzz.wholeness import OWED

WRONG = ("stranger", "late", "another", "twice", "refuse")
"""How an answer can be wrong, beside not coming at all."""
SLOW = frozenset({"withhold", "late", "stranger"})
"""What costs the device its whole timeout."""
_WORDS = {
    "withhold": "no answer to {}",
    "late": "an answer to {} that comes when nobody waits for it any more",
    "stranger": "an answer to {} under an id that nobody used",
    "another": "the answer of another action to {}",
    "twice": "two answers to {}",
    "refuse": "a CALLERROR to {}",
    "hold": "an answer to {} that is held back while we ask",
    "cross": "a CALL of ours that crosses {}",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A CALL of a station, and how to get it to send one.

    `match`: fields that tell it from others of its action. `how`: "provoke", "session" or "power". `then`: the action
    that has to come afterwards all the same. `first`: whether it is played when there is not time for all.
    """

    action: str
    how: str = "provoke"
    match: Mapping[str, Any] = field(default_factory=dict)
    then: str = "Heartbeat"
    first: bool = True

    @property
    def words(self) -> str:
        """The message in a few words."""
        return " ".join((self.action, *map(str, self.match.values())))


_MESSAGES: Mapping[str, tuple[Message, ...]] = {
    "1.6": (
        Message("StartTransaction", "session"),
        Message("StopTransaction", "session"),
        Message("Authorize", "session"),
        Message("StatusNotification"),
        Message("MeterValues", first=False),
        Message("Heartbeat", then="StatusNotification"),
        Message("BootNotification", "power"),
    ),
    "2": (
        Message("TransactionEvent", "session", {"eventType": "Started"}),
        Message("TransactionEvent", "session", {"eventType": "Updated"}, first=False),
        Message("TransactionEvent", "session", {"eventType": "Ended"}),
        Message("Authorize", "session"),
        Message("StatusNotification"),
        Message("MeterValues", first=False),
        Message("Heartbeat", then="StatusNotification"),
        Message("BootNotification", "power"),
    ),
}
"""The CALLs of a station that nothing may hang on for ever."""
_GIVEN_UP: Mapping[str, Message] = {
    "1.6": Message("StopTransaction", "session"),
    "2": Message("TransactionEvent", "session", {"eventType": "Ended"}),
}
"""A message that a station may give up after some attempts, and has to go on with what comes after."""


def withheld(target: Target) -> Iterator[Example]:
    """Each CALL of a station is left unanswered once, and one about a transaction as often as it comes.

    Every example costs the station's time-out. `smoke` plays those of a session, `soak` all.
    """
    for message in _MESSAGES[target.version.family]:
        if target.level == "soak" or (message.first and (target.level == "default" or message.how == "session")):
            yield _spoilt(message, "withhold")
    if target.level == "soak":
        yield _never_answered(_GIVEN_UP[target.version.family])


def wrong(target: Target) -> Iterator[Example]:
    """Each CALL of a station is answered in each wrong way once; what takes long, in turn unless there is time."""
    turn = 0
    for message in _MESSAGES[target.version.family]:
        kinds: tuple[str, ...] = WRONG
        if target.level != "soak" and (message.how != "session" or not message.first):
            kinds = tuple(kind for kind in WRONG if kind not in SLOW)
        yield from (_spoilt(message, kind) for kind in _kinds(kinds, turn, target.level))
        turn += kinds == WRONG


def _kinds(kinds: Sequence[str], turn: int, level: str) -> Iterator[str]:
    """The ways that a level tries: of those that take the device's whole timeout soak all, default one, in turn, and
    smoke one of the first message alone."""
    slow = [kind for kind in kinds if kind in SLOW]
    chosen = {"soak": slow, "smoke": slow[:1] if turn == 0 else []}.get(
        level, slow[turn % len(slow) :][:1] if slow else []
    )
    return (kind for kind in kinds if kind not in SLOW or kind in chosen)


def _spoilt(message: Message, kind: str) -> Example:
    trap = acts.trap(message.action, kind, match=dict(message.match))
    return Example(
        _WORDS[kind].format(message.words),
        (
            acts.hurry(),
            acts.goes_on(message.then),
            trap,
            *_WAYS[message.how](message),
            acts.release(),
            acts.goes_on(message.then),
            acts.settle(),
        ),
        ANYTHING,
        action=message.action,
        constraint=kind,
        breaks=_WORDS[kind].format(message.words),
        oracles=OWED,
    )


def _provoked(message: Message) -> Sequence[Act]:
    return (acts.bring(message.action),)


def _in_a_session(message: Message) -> Sequence[Act]:
    return acts.begin_session(), acts.end_session()


def _by_a_power_cycle(message: Message) -> Sequence[Act]:
    return (acts.restart(),)


_WAYS = {"provoke": _provoked, "session": _in_a_session, "power": _by_a_power_cycle}


def _never_answered(message: Message) -> Example:
    session = (acts.begin_session(), acts.end_session())
    return Example(
        f"never an answer to {message.words}, and another session",
        (
            acts.hurry(),
            acts.trap(message.action, "withhold", number=0, match=dict(message.match)),
            *session,
            acts.settle(),
            *session,
            acts.settle(),
        ),
        ANYTHING,
        action=message.action,
        constraint="withhold",
        breaks=f"never an answer to {message.words}",
        oracles=OWED,
    )


# ---------------------------------------------------------------------- both call at once


def crossing(target: Target) -> Iterator[Example]:
    """Both sides call: a CALL of ours is answered while one of the device waits, and so are CALLs that cross."""
    for message in _BOTH[target.role](target):
        for kind in ("hold", "cross"):
            trap = acts.trap(message.action, kind, match=dict(message.match))
            meanwhile = (acts.call_meanwhile(),) if kind == "hold" else ()
            bring, rest = _sides(target, message)
            yield Example(
                _WORDS[kind].format(message.words),
                (*_BEFORE[target.role], trap, *bring, *meanwhile, acts.release(), *rest, acts.settle()),
                ANYTHING,
                action=message.action,
                constraint=kind,
                breaks=_WORDS[kind].format(message.words),
                oracles=OWED if target.role == "CS" else (),
            )


_BEFORE: Mapping[str, tuple[Act, ...]] = {"CS": (acts.hurry(),), "CSMS": ()}


def _calls_of_a_station(target: Target) -> Sequence[Message]:
    return [one for one in _MESSAGES[target.version.family] if one.how != "power"]


def _calls_of_a_csms(target: Target) -> Sequence[Message]:
    return [Message(action) for action in _COMMANDS[target.version.family]]


_BOTH = {"CS": _calls_of_a_station, "CSMS": _calls_of_a_csms}


def _sides(target: Target, message: Message) -> tuple[Sequence[Act], Sequence[Act]]:
    """What brings the device's CALL and returns while it waits, and what is left to be done when it does no more."""
    if target.role == "CSMS":
        return (acts.operate("csms_sends", action=message.action), acts.hear(message.action)), ()
    if message.how == "provoke":
        return (acts.bring(message.action),), ()
    begun = (acts.plug(), acts.show_token(), acts.hear(message.action, dict(message.match)))
    if message in _AT_THE_END:
        return (acts.begin_session(), acts.show_token(), acts.hear(message.action, dict(message.match))), (
            acts.end_session(),
        )
    return begun, (acts.end_session(),)


_AT_THE_END = tuple(_GIVEN_UP.values())


# ---------------------------------------------------------------------- a CSMS's CALLs

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "1.6": ("GetConfiguration", "ChangeAvailability", "ClearCache"),
    "2": ("GetVariables", "ChangeAvailability", "ClearCache"),
}
"""CALLs that any CSMS can be asked for."""


def answers_to_a_csms(target: Target) -> Iterator[Example]:
    """Each CALL that a CSMS is made to send is left unanswered or answered wrongly; it takes the next command."""
    commands = _COMMANDS[target.version.family]
    for number, action in enumerate(commands):
        following = commands[(number + 1) % len(commands)]
        for kind in _kinds(("withhold", *WRONG), number, target.level):
            yield Example(
                _WORDS[kind].format(action),
                (
                    acts.trap(action, kind),
                    acts.operate("csms_sends", action=action),
                    acts.hear(action),
                    acts.release(),
                    acts.call("Heartbeat"),
                    acts.command(following),
                    acts.settle(),
                ),
                ANYTHING,
                action=action,
                constraint=kind,
                breaks=_WORDS[kind].format(action),
            )
