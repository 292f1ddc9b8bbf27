"""Messages that break one constraint of their schema, for one device: CALLs that it takes, answers that it gets.

What can be broken comes from `constraints`, what a device may do about it from `reactions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.fuzz import acts, reactions
from conformance.fuzz.constraints import Constraint, constraints, written
from conformance.fuzz.example import Allowed, Example, Text
from conformance.fuzz.samples import Sampler
from conformance.fuzz.stage import Target
from conformance.ocppj.frames import CALL, CALLRESULT
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import Action, Version

if TYPE_CHECKING:
    from conformance.fuzz.campaign import Campaign
    from conformance.fuzz.player import Outcome

SERVED = "served"
"""Constraint of the rows that break nothing."""


def play_requests(campaign: Campaign) -> None:
    """Send every CALL that the device has to take with each of its constraints broken once, a row each.

    One row decides of an action that is refused as unsupported: whether a device must have it is no matter of this.
    """
    target = campaign.target
    for action in taken(target):
        examples = broken_requests(target, action)
        if campaign.is_over:
            campaign.rows(examples)
            continue
        first = campaign.play(examples[0])
        if _unsupported(first):
            whole = campaign.play(good_request(target, action))
            if _unsupported(whole):
                campaign.record(whole)
                continue
        campaign.record(first)
        campaign.rows(examples[1:])


def play_answers(campaign: Campaign) -> None:
    """Answer each CALL that the device can be made to send with each constraint of its response broken once.

    Then it is made to send the CALL again and gets a good answer. What can't be provoked makes no rows but one that
    says so.
    """
    target = campaign.target
    for action in sent(target):
        good = good_answer(target, action)
        if campaign.is_over:
            campaign.rows((good, *broken_answers(target, action)))
            continue
        first = campaign.play(good)
        if first.unplayed and first.alive != "dead":
            campaign.skip(good, first.unplayed)
            continue
        campaign.record(first)
        campaign.rows(broken_answers(target, action))
        campaign.rows([good])


def _unsupported(outcome: Outcome) -> bool:
    return outcome.reaction.kind == "error" and outcome.reaction.code in reactions.UNSUPPORTED


# ---------------------------------------------------------------------- which actions


def taken(target: Target) -> tuple[Action, ...]:
    """The actions that the device under test gets from the other side."""
    return tuple(one for one in target.version.actions.values() if one.may_be_sent_by(target.plays))


def sent(target: Target) -> tuple[Action, ...]:
    """The actions that the device under test sends and gets an answer to."""
    actions = target.version.actions.values()
    return tuple(one for one in actions if one.response is not None and one.may_be_sent_by(target.role))


# ---------------------------------------------------------------------- examples


def broken_requests(target: Target, action: Action) -> tuple[Example, ...]:
    """A CALL (or SEND) with each constraint of its schema broken once, as many as the level of the run wants."""
    return tuple(
        Example(
            f"{action.name}{one.pointer}: {one.words}",
            (acts.send(_request(action, written(one.payload(_sampler(target, action.request))))),),
            _allowed(target.version, action, one),
            action=action.name,
            constraint=one.kind,
            pointer=one.pointer,
            breaks=_breaks(action.request, one),
        )
        for one in thinned(_constraints(target.schemas, target.version, action.request), target.level)
    )


def good_request(target: Target, action: Action) -> Example:
    """The CALL that `broken_requests` breaks, whole: it is either served or refused as unsupported."""
    text = written(_sampler(target, action.request).payload())
    return Example(
        f"{action.name}: supported or not",
        (acts.send(_request(action, text)),),
        reactions.to_unsupported(target.version),
        action=action.name,
        constraint=SERVED,
    )


def broken_answers(target: Target, action: Action) -> tuple[Example, ...]:
    """A CALLRESULT to the device's CALL of an action with each constraint of its schema broken once.

    One of a kind below the level soak: each costs an act of the device that somebody has to bring about.
    """
    name = action.response or ""
    level = "soak" if target.level == "soak" else "smoke"
    return tuple(
        Example(
            f"{name}{one.pointer}: {one.words}",
            (
                acts.answer(action.name, _answer(written(one.payload(_sampler(target, name))))),
                acts.provoke(action.name),
            ),
            reactions.to_answer(target.version, one.kind, one.required, one.custom),
            action=action.name,
            constraint=one.kind,
            pointer=one.pointer,
            breaks=_breaks(name, one),
        )
        for one in thinned(_constraints(target.schemas, target.version, name), level)
    )


def good_answer(target: Target, action: Action) -> Example:
    """The device's CALL of an action, well answered: it takes that in silence."""
    return Example(
        f"{action.name}: answered well",
        (acts.provoke(action.name),),
        reactions.to_good_answer(),
        action=action.name,
        constraint=SERVED,
    )


def thinned(found: Iterable[Constraint], level: str) -> tuple[Constraint, ...]:
    """Those that a level plays.

    "soak": all. "default": each required field, each limit and each enumeration of a class, however often the class is
    used in the message, and each wrong type, null and case once a class. "smoke": one for each kind, of a required
    field where there is one.
    """
    if level == "soak":
        return tuple(found)
    kept: dict[tuple[object, ...], Constraint] = {}
    for one in found:
        key = (one.kind, *(_part(one) if level == "default" else ()))
        known = kept.get(key)
        if known is None or (level == "smoke" and _weight(one) > _weight(known)):
            kept[key] = one
    return tuple(kept.values())


def _part(one: Constraint) -> tuple[object, ...]:
    """Of what part of a message the default level plays one of each kind."""
    class_ = one.member[0]
    return {"field case": (class_,), "type": (class_, one.words), "null": (class_, one.required)}.get(
        one.kind, one.member
    )


def _weight(one: Constraint) -> tuple[bool, bool]:
    return (not one.custom, one.required)


def _constraints(schemas: SchemaStore, version: Version, name: str) -> tuple[Constraint, ...]:
    return tuple(constraints(schemas.schema(version, name)))


@lru_cache(maxsize=1024)
def _sampler_of(schemas: SchemaStore, version: Version, name: str) -> Sampler:
    return Sampler(schemas.schema(version, name), name)


def _sampler(target: Target, name: str) -> Sampler:
    return _sampler_of(target.schemas, target.version, name)


def _allowed(version: Version, action: Action, one: Constraint) -> Allowed:
    if action.message_type != CALL:
        return reactions.to_send()
    return reactions.to_request(
        version, one.kind, action=action.name, pointer=one.pointer, required=one.required, custom=one.custom
    )


def _request(action: Action, payload: Text) -> Text | str:
    return _joined(f'[{action.message_type},"{{{{id}}}}","{action.name}",', payload)


def _answer(payload: Text) -> Text | str:
    return _joined(f'[{CALLRESULT},"{{{{theirs}}}}",', payload)


def _joined(begin: str, payload: Text) -> Text | str:
    if len(payload) == 1:
        return f"{begin}{payload[0]}]"
    return (f"{begin}{payload[0]}", *payload[1:-1], f"{payload[-1]}]")


def _breaks(name: str, one: Constraint) -> str:
    return f"{name} with {one.pointer or 'its payload'} broken: {one.words}"
