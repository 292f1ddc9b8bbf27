"""Fault plans: what each kind does to the messages of a real connection."""

from __future__ import annotations

import time

import pytest

from conformance.link.errors import LinkClosed
from conformance.link.faults import WHOLE, Fault, FaultKind, FaultPlan
from conformance.link.frames import CLOSE, raw_frame

K = FaultKind


def sent_with(lab, *faults, count=4, **options):
    """Messages 0 to `count` - 1 sent by the dialling side under a plan; what the other side received."""
    _, dialled = lab.pair(**options)
    dialled.faults = FaultPlan(faults)
    for number in range(count):
        try:
            dialled.send(f"message {number}")
        except LinkClosed:
            break
    return dialled


def arrived(lab, count):
    lab.server.wait("received", count)
    return [int(message.removeprefix("message ")) for message in lab.server.messages]


@pytest.mark.parametrize(
    ("fault", "order", "compression"),
    [
        (Fault(K.DROP, at=1), [0, 2, 3], False),
        (Fault(K.DROP, at=1, count=2), [0, 3], False),
        (Fault(K.REORDER, at=0), [1, 0, 2, 3], False),
        (Fault(K.REORDER, at=0, count=2), [2, 0, 1, 3], False),
        (Fault(K.DROP, at=1, count=2), [0, 3], True),
        (Fault(K.REORDER, at=0), [1, 0, 2, 3], True),
        (Fault(K.SLICE, at=2, size=1), [0, 1, 2, 3], False),
        (Fault(K.SLICE, at=2, size=1), [0, 1, 2, 3], True),
        (Fault(K.FRAGMENT, at=1, size=3), [0, 1, 2, 3], False),
        (Fault(K.FRAGMENT, at=1, size=3), [0, 1, 2, 3], True),
    ],
)
def test_order_of_messages(lab, fault, order, compression):
    sent_with(lab, fault, compression=compression, dial_compression=compression)
    assert arrived(lab, len(order)) == order


@pytest.mark.parametrize("compression", [False, True])
def test_duplicate(lab, compression):
    sent_with(lab, Fault(K.DUPLICATE, at=1), compression=compression, dial_compression=compression)
    assert arrived(lab, 5) == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("fault", "fates"),
    [
        (Fault(K.DROP, at=1), ["", "lost", ""]),
        (Fault(K.REORDER, at=1), ["", "held", ""]),
        (Fault(K.DUPLICATE, at=0), ["twice", "", ""]),
        (Fault(K.SLICE, at=0, size=4), ["", "", ""]),
        (Fault(K.CUT, at=0), ["lost"]),
        (Fault(K.CUT, at=1, size=5), ["", "lost"]),
        (Fault(K.CUT, at=1, size=WHOLE), ["", ""]),
        (Fault(K.RESET, at=0, size=WHOLE), [""]),
    ],
)
def test_what_became_of_a_message_is_said(lab, fault, fates):
    _, dialled = lab.pair()
    dialled.faults = FaultPlan((fault,))
    told = []
    for number in range(3):
        try:
            told.append(dialled.send(f"message {number}").value)
        except LinkClosed:
            break
    assert told == fates


def test_a_cut_behind_a_message_lets_it_through(lab):
    sent_with(lab, Fault(K.CUT, at=1, size=WHOLE))
    assert arrived(lab, 2) == [0, 1]
    assert lab.server.wait("closed")[0][:2] == (None, "")


def test_fragments_are_fragments(lab):
    accepted, dialled = lab.pair()
    dialled.faults = FaultPlan((Fault(K.FRAGMENT, size=2),))
    dialled.send("grüße")
    assert lab.server.wait("received")[0][0] == "grüße"
    assert accepted.fragmented == 1


def test_delay_keeps_the_order(lab):
    started = time.monotonic()
    sent_with(lab, Fault(K.DELAY, at=1, seconds=0.1))
    assert arrived(lab, 4) == [0, 1, 2, 3]
    times = [at for _, at in lab.server.of("received")]
    assert times[1] - started >= 0.1
    assert times[1] - times[0] >= 0.05


@pytest.mark.parametrize(("size", "reason"), [(0, ""), (3, "TCP ended in the middle of a frame")])
def test_cut(lab, size, reason):
    dialled = sent_with(lab, Fault(K.CUT, at=2, size=size))
    assert lab.server.wait("closed")[0][:2] == (None, reason)
    assert arrived(lab, 2) == [0, 1]
    with pytest.raises(LinkClosed):
        dialled.send("x")


def test_reset(lab):
    sent_with(lab, Fault(K.RESET, at=1))
    assert lab.server.wait("closed")[0][:2] == (None, "connection reset by peer")


def test_mute_pong(lab):
    accepted, dialled = lab.pair()
    dialled.faults = FaultPlan((Fault(K.MUTE_PONG, at=1),))
    dialled.send("0")
    accepted.ping(b"1")
    lab.server.wait("control")
    dialled.send("1")
    accepted.ping(b"2")
    lab.client.wait("control", 2)
    dialled.send("2")
    lab.server.wait("received", 3)
    assert len(lab.server.of("control")) == 1


def test_stall_stops_reading(lab):
    accepted, dialled = lab.pair()
    dialled.faults = FaultPlan((Fault(K.STALL, seconds=0.15),))
    accepted.send("0")
    lab.client.wait("received")
    accepted.send("1")
    lab.client.wait("received", 2)
    (_, first), (_, second) = lab.client.of("received")
    assert second - first >= 0.14


def test_a_waiting_fault_ends_with_the_connection(lab):
    accepted, dialled = lab.pair()
    dialled.faults = FaultPlan((Fault(K.STALL, seconds=60),))
    accepted.send("0")
    lab.client.wait("received")
    started = time.monotonic()
    dialled.abort()
    assert dialled.wait_closed(5)
    assert time.monotonic() - started < 5


def test_plans_are_data():
    plan = FaultPlan((Fault(K.DELAY, at=1, seconds=0.5),))
    assert plan == FaultPlan((Fault(FaultKind("delay"), at=1, seconds=0.5),))
    assert hash(plan)
    assert "delay" in repr(plan)


@pytest.mark.parametrize(
    "wrong", [{"at": -1}, {"count": 0}, {"seconds": -1.0}, {"size": -1}, {"kind": K.SLICE}, {"kind": K.FRAGMENT}]
)
def test_faults_that_make_no_sense(wrong):
    with pytest.raises(ValueError):
        Fault(**{"kind": K.DELAY, **wrong})


def test_plan_can_be_read_back_and_ended(lab):
    _, dialled = lab.pair()
    assert dialled.faults is None
    plan = FaultPlan((Fault(K.DROP, count=100),))
    dialled.faults = plan
    assert dialled.faults == plan
    dialled.send("lost")
    dialled.faults = None
    dialled.send("found")
    assert lab.server.wait("received")[0][0] == "found"


def test_close_is_untouched_by_a_plan(lab):
    accepted, dialled = lab.pair()
    dialled.faults = FaultPlan((Fault(K.DROP, count=100),))
    accepted.send_raw(raw_frame(CLOSE, b"\x03\xe8", masked=False))
    assert lab.client.wait("closed")[0][0] == 1000


def test_a_struck_message_leaves_the_plan_alone(lab):
    _, dialled = lab.pair()
    dialled.faults = FaultPlan((Fault(K.DROP, at=1),))
    assert dialled.strike("message 9", Fault(K.DUPLICATE)) == "twice"
    assert [dialled.send(f"message {number}").value for number in range(3)] == ["", "lost", ""]
    assert arrived(lab, 4) == [9, 9, 0, 2]
