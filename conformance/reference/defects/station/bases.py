"""What the defects of the reference station are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import CallError, Payload

CS = "CS"
BOTH = ("1.6", "2")
OLD = ("1.6",)
NEW = ("2",)


class Requests(Misbehaviour):
    """Base of defects that spoil the payload of one action."""

    action = ""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action != self.action:
            return [(action, payload)]
        return [(action, one) for one in self.spoil(payload)]

    def spoil(self, payload: Payload) -> list[Payload]:
        """The payloads that are sent instead."""
        return [payload]


class Events(Requests):
    """Base of defects of TransactionEvent."""

    action = "TransactionEvent"


class Answers(Misbehaviour):
    """Base of defects that spoil the answer to one action."""

    actions: tuple[str, ...] = ()

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action in self.actions and not isinstance(answer, CallError):
            return self.spoil(request, answer)
        return answer

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        """The answer that is given instead."""
        return answer


def wrong_status(name: str, actions: tuple[str, ...], old: str, new: str, **about: Any) -> None:
    """A defect that answers `new` where the status `old` is right."""

    class Wrong(Answers):
        def spoil(self, request: Payload, answer: Payload) -> Payload:
            return {"status": new} if answer.get("status") == old else answer

    Wrong.actions = actions
    defect(name, role=CS, **about)(Wrong)


def yes_without_act(name: str, actions: tuple[str, ...], **about: Any) -> None:
    """A defect that answers Accepted and does nothing."""

    class Idle(Misbehaviour):
        def intercept(self, action: str, request: Payload) -> Payload | None:
            return {"status": "Accepted"} if action in actions else None

    defect(name, role=CS, **about)(Idle)


def text_defect(name: str, change: Callable[[str], str], **about: Any) -> None:
    """A defect that changes every text on its way to the wire."""

    class Changed(Misbehaviour):
        def text(self, text: str) -> list[str]:
            return [change(text)]

    defect(name, role=CS, **about)(Changed)
