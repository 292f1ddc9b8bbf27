"""How a sequence waits for a station whose scheduled reset may come at any moment: on a peer that plays a script."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.fuzz.verbs_station import ROUNDS, Walk
from conformance.ocppj.findings import Finding, Severity
from conformance.peers.outcome import ExpectationFailed

Wires = tuple[int, ...]


def lost(*_: Any, **__: Any) -> ExpectationFailed:
    finding = Finding("case.expect", Severity.MUST, "an open connection", "the device is not connected")
    return ExpectationFailed(finding)


class Scripted:
    """A peer on which each wait finds the next of these connections; the last one stays."""

    def __init__(self, *wires: Wires) -> None:
        self.script = list(wires)
        self.wire_numbers: Wires = wires[0]
        self.accepted = True
        self.trace = SimpleNamespace(entries=[])
        self.waits = 0
        self.failure: Callable[..., ExpectationFailed] = lost

    @property
    def connected(self) -> bool:
        return bool(self.wire_numbers)

    def wait(self, ready: Callable[[], bool], **_: Any) -> bool:
        self.waits += 1
        self.wire_numbers = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return ready()

    def call(self) -> Wires:
        if not self.connected:
            raise lost()
        return self.wire_numbers


def walk(peer: Scripted, *, scheduled: bool = True) -> Walk:
    stage: Any = SimpleNamespace(
        peer=peer,
        dut=SimpleNamespace(connectors=[], timeouts=SimpleNamespace(reset=2.0, boot=1.0, quiet=0.05)),
        target=SimpleNamespace(version=SimpleNamespace(family="2")),
    )
    made = Walk(stage)
    made.world.reset_scheduled = scheduled
    return made


def test_a_reset_that_comes_while_its_boot_is_waited_for_is_waited_out() -> None:
    # Connected; gone within the moment that is left to a scheduled reset; back; nothing more.
    peer = Scripted((1,), (), (2,), (2,))
    walk(peer).back()
    assert peer.wire_numbers == (2,)


def test_a_station_that_goes_again_and_again_is_not_waited_for_for_ever() -> None:
    peer = Scripted(*((1,), ()) * (ROUNDS + 5))
    walk(peer).back()
    assert peer.waits == 2 * ROUNDS and not peer.connected


def test_a_reset_between_waiting_and_calling_is_no_failure_of_the_call() -> None:
    peer = Scripted((1,), (1,), (2,), (2,))
    made, gone = walk(peer), []

    def calls() -> Wires:
        if not gone:
            gone.append(peer.wire_numbers)
            peer.wire_numbers = ()
        return peer.call()

    assert made.reach(calls) == (2,) and gone == [(1,)]


@pytest.mark.parametrize("scheduled", [True, False])
def test_a_call_that_fails_for_another_reason_fails(scheduled: bool) -> None:
    """On the connection that was there, or where no reset is due."""
    peer = Scripted((1,))
    asked = []

    def calls() -> None:
        asked.append(1)
        if not scheduled:
            peer.wire_numbers = ()
        raise lost()

    with pytest.raises(ExpectationFailed):
        walk(peer, scheduled=scheduled).reach(calls)
    assert len(asked) == 1
