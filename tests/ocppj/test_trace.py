"""The record and the clock."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.ocppj import frames
from conformance.ocppj.clock import RealClock
from conformance.ocppj.trace import Trace


def through_json(trace: Trace) -> Trace:
    return Trace.from_json(json.loads(json.dumps(trace.to_json())))


def same(one: Trace, other: Trace) -> bool:
    return one.epoch == other.epoch and repr(one.entries) == repr(other.entries)


def test_a_whole_run_round_trips() -> None:
    trace = Trace(datetime(2025, 1, 1, tzinfo=UTC))
    trace.add("open", 0.1, connection=1, data={"identity": "CS001", "subprotocol": "ocpp2.0.1"})
    call = trace.add("frame", 0.25, sender="CS", connection=1, frame=frames.parse('[2,"1","X",{"a":1.50,"b":1e3}]'))
    answer = frames.parse('[3,"1",{}]')
    answer.action, answer.request = "X", call.frame
    trace.add("frame", 1 / 3, sender="CSMS", connection=1, frame=answer, answers=call.index)
    trace.add("frame", 0.5, sender="CS", connection=1, frame=frames.parse(b'[2,"\xff","X",{"a":NaN,"a":1e999}]'))
    trace.add("frame", 0.5, sender="CS", connection=1, frame=frames.parse('[2,"1","X",{"a":"\\ud800"}]'))
    trace.add("frame", 0.5, sender="CSMS", connection=1, frame=frames.call("2", "Y", {"limit": Decimal("0.10")}))
    trace.add("frame", 0.5, sender="CSMS", connection=1, frame=frames.call("2", "Y", {"limit": 16.5, "n": Decimal(7)}))
    deep = frames.parse('[2,"1","X",{"a":' + "[" * 900 + "]" * 900 + "}]")
    trace.add("frame", 0.5, sender="CS", connection=1, frame=deep)
    trace.add("ping", 0.6, sender="CS", data={"payload": b"\x00\xff"})
    trace.add("act", 0.7, data={"args": {"limit": Decimal("16.0"), "list": [1, {"$decimal": "x"}], "n": None}})
    trace.add("close", 0.8, connection=1, data={"code": 1000, "reason": ""})
    back = through_json(trace)
    assert same(back, trace)
    assert back.entries[2].frame is not None
    assert back.entries[2].frame.request is back.entries[1].frame
    assert type(back.entries[6].frame.payload["limit"]) is float  # type: ignore[union-attr]  # a frame, see above
    assert back.utc(1.5) == datetime(2025, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.floats(allow_nan=False)
    | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("$decimal"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=3), st.text() | st.binary(), st.floats(0, 1e6))
def test_anything_round_trips(data: dict[str, Any], message: str | bytes, at: float) -> None:
    trace = Trace()
    trace.add("note", at, data=data)
    trace.add("frame", at, sender="CS", frame=frames.parse(message))
    assert same(through_json(trace), trace)


@pytest.mark.parametrize("plain", [{}, {"format": 99, "epoch": "", "entries": []}, {"format": 1, "epoch": "x"}, []])
def test_what_is_no_trace_is_said_so(plain: Any) -> None:
    with pytest.raises(ValueError, match=r"trace|isoformat"):
        Trace.from_json(plain)


def test_a_naive_epoch_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Trace(datetime(2025, 1, 1))


def test_entries_are_numbered_in_order_whoever_appends() -> None:
    trace = Trace()
    threads = [threading.Thread(target=lambda: [trace.add("note", 0.0) for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.index for entry in trace.entries] == list(range(8000))


def test_the_clock_waits_until_ready_or_the_deadline() -> None:
    clock, condition, flag = RealClock(), threading.Condition(), threading.Event()
    with condition:
        assert not clock.wait(condition, flag.is_set, clock.now() + 0.02)

        def later() -> None:
            with condition:
                flag.set()
                condition.notify_all()

        threading.Thread(target=later).start()
        assert clock.wait(condition, flag.is_set, clock.now() + 10)
        assert clock.wait(condition, flag.is_set, clock.now() - 1)
    assert clock.now() < 10
