"""A recorded case, played again without the device: as recorded, changed, diverging, and in no time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from conformance import check, late, step
from conformance.ocppj import frames
from conformance.proof.replay import Change
from tests.proof.conftest import Recorder, frame_of, replay

STAMP = {"timestamp": "2030-01-01T00:00:00.000Z"}


def status(device: Any, value: str) -> None:
    stamp = device.peer.timestamp()
    device.calls("StatusNotification", timestamp=stamp, connectorStatus=value, evseId=1, connectorId=1)


def plugs_in(csms: Any, operator: Any, dut: Any) -> None:
    """Plugs in, asks for availability, waits."""
    step("Plug in", expect="Occupied")
    operator.plug_in()
    csms.expect_connector_status("Occupied", dut.connector)
    step("Clear the cache", expect="Accepted")
    answer = csms.send("ClearCache")
    check(answer.status == "Accepted", "it is cleared")
    csms.expect("Heartbeat", within=4.0)


def played_on(recorder: Recorder) -> Any:
    """The recording of `plugs_in` on a station that behaves."""
    device, operator = recorder.lab.device, recorder.lab.operator
    operator.on["plug_in"] = lambda: device.after(0.7, lambda: status(device, "Occupied"))
    operator.on["unplug"] = lambda: status(device, "Available")

    def clear(frame: frames.Frame) -> dict[str, str]:
        device.after(3.0, "Heartbeat")
        return {"status": "Accepted"}

    device.reactions["ClearCache"] = clear
    return recorder.record(plugs_in)


class TestUnchanged:
    def test_it_passes_and_takes_no_time(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        recorded = recording.trace.entries[recording.body[1] - 1].at
        begun = time.monotonic()
        result, played = replay(recording, plugs_in)
        assert (result.verdict, played.diverged) == ("PASS", "")
        assert time.monotonic() - begun < 1.0 < recorded
        assert played.clock.now() == pytest.approx(recorded, abs=0.5), "virtual time is the recorded time"

    def test_the_same_frames_at_the_same_times(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        result, _ = replay(recording, plugs_in)
        first, last = recording.body

        def shape(entries: Any) -> list[Any]:
            return [
                (one.kind, one.sender, one.frame.action if one.frame else "", round(one.at, 3))
                for one in entries
                if one.kind in ("frame", "act", "step")
            ]

        assert shape(result.trace.entries) == shape(recording.trace.entries[first:last])

    def test_our_calls_have_new_ids_and_the_answers_follow_them(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        result, _ = replay(recording, plugs_in)
        old = frame_of(recording, "ClearCache", "CSMS").frame.id
        call, answer = [one.frame for one in result.trace.entries if one.frame and one.frame.action == "ClearCache"]
        assert call.id != old and answer.id == call.id

    def test_every_replay_is_fresh(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        heartbeat = frame_of(recording, "Heartbeat")
        assert replay(recording, plugs_in, Change(heartbeat.index, None))[0].verdict == "FAIL"
        assert replay(recording, plugs_in)[0].verdict == "PASS"

    def test_reads_are_noted_by_frame_and_field(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        _, played = replay(recording, plugs_in)
        reported, answer = frame_of(recording, "StatusNotification"), frame_of(recording, "ClearCache")
        assert (reported.index, "/connectorStatus") in played.reads.seen
        assert (answer.index, "/status") in played.reads.seen


class TestChanged:
    def test_a_frame_that_is_missing_fails_at_once(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        begun = time.monotonic()
        for entry in (frame_of(recording, "StatusNotification"), frame_of(recording, "ClearCache")):
            result, played = replay(recording, plugs_in, Change(entry.index, None))
            assert result.verdict == "FAIL" and not played.diverged
        assert time.monotonic() - begun < 1.0

    def test_another_value_is_seen_by_the_case(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        answer = frame_of(recording, "ClearCache")
        result, _ = replay(recording, plugs_in, Change(answer.index, {"status": "Rejected"}))
        assert (result.verdict, result.findings[0].expected) == ("FAIL", "it is cleared")

    def test_and_by_the_monitor(self, recorder: Recorder) -> None:
        recording = played_on(recorder)
        entry = frame_of(recording, "StatusNotification")
        payload = {**entry.frame.payload, "connectorId": 9}
        result, _ = replay(recording, plugs_in, Change(entry.index, payload))
        assert result.verdict == "FAIL" and any(one.rule != "expect" for one in result.findings)


class TestDiverged:
    def test_another_act(self, recorder: Recorder) -> None:
        def other(csms: Any, operator: Any) -> None:
            step("Plug out")
            operator.unplug()

        result, played = replay(played_on(recorder), other)
        assert result.verdict == "ERROR" and played.diverged == "operator unplug instead of operator plug_in"

    def test_another_call(self, recorder: Recorder) -> None:
        def other(csms: Any, operator: Any) -> None:
            operator.plug_in()
            csms.send("GetLocalListVersion")

        _, played = replay(played_on(recorder), other)
        assert played.diverged == "call GetLocalListVersion instead of call ClearCache"

    def test_one_act_more(self, recorder: Recorder) -> None:
        def more(csms: Any, operator: Any, dut: Any) -> None:
            plugs_in(csms, operator, dut)
            for _ in range(9):
                csms.send("ClearCache")

        _, played = replay(played_on(recorder), more)
        assert played.diverged

    def test_fewer_acts_are_no_divergence(self, recorder: Recorder) -> None:
        def less(csms: Any, operator: Any) -> None:
            operator.plug_in()

        result, played = replay(played_on(recorder), less)
        assert (result.verdict, played.diverged) == ("PASS", "")


class TestConnections:
    def test_a_reconnection_is_played(self, recorder: Recorder) -> None:
        device = recorder.lab.device

        def cut() -> None:
            device.disconnect()
            device.after(2.0, device.connect)

        recorder.lab.operator.verbs |= {"power_cycle"}
        recorder.lab.operator.on["power_cycle"] = cut

        def body(csms: Any, operator: Any) -> None:
            step("Power-cycle", expect="a new connection")
            operator.power_cycle()
            csms.expect_connection()
            csms.send("ClearCache")

        device.reactions["ClearCache"] = {"status": "Accepted"}
        recording = recorder.record(body)
        result, _ = replay(recording, body)
        assert result.verdict == "PASS"
        opened = [one for one in recording.trace.entries if one.kind == "open"]
        result, _ = replay(recording, body, Change(opened[0].index, None))
        assert result.verdict == "FAIL"

    def test_a_late_answer_leaves_in_virtual_time(self, recorder: Recorder) -> None:
        device = recorder.lab.device
        recorder.lab.operator.on["plug_in"] = lambda: device.calls("Heartbeat")

        def body(csms: Any, operator: Any) -> None:
            csms.answer("Heartbeat", late(2.5))
            step("Plug in")
            operator.plug_in()
            beat = csms.expect("Heartbeat")
            csms.expect_nothing("BootNotification", within=3.0)
            check(beat.answer.currentTime, "it was answered late")

        recording = recorder.record(body)
        begun = time.monotonic()
        assert replay(recording, body)[0].verdict == "PASS"
        assert time.monotonic() - begun < 1.0

    def test_a_transaction_to_which_we_give_another_id(self, monkeypatch: pytest.MonkeyPatch) -> None:
        recorder = Recorder(version_id="1.6")
        device, operator = recorder.lab.device, recorder.lab.operator
        stamp = recorder.lab.peer.timestamp()
        given: list[int] = []

        def stop() -> None:
            device.calls("StopTransaction", transactionId=given[0], meterStop=1, timestamp=stamp)

        def starts() -> None:
            device.calls("StartTransaction", connectorId=1, idTag="A", meterStart=0, timestamp=stamp)

        operator.on["plug_in"], operator.on["unplug"] = starts, stop

        def body(csms: Any, operator: Any) -> None:
            step("Plug in", expect="StartTransaction")
            operator.plug_in()
            start = csms.expect("StartTransaction")
            given.append(start.answer.transactionId)
            step("Unplug", expect="StopTransaction")
            operator.unplug()
            csms.expect("StopTransaction", transactionId=start.answer.transactionId)

        recording = recorder.record(body)
        monkeypatch.setattr(type(recorder.lab.peer), "next_transaction_id", lambda self: 5000)
        result, _ = replay(recording, body)
        assert (result.verdict, given[-1]) == ("PASS", 5000), result.reason

    def test_our_station_dials_again(self) -> None:
        recorder = Recorder("CSMS")
        device = recorder.lab.device
        boot = {"status": "Accepted", "interval": 300}
        device.reactions |= {
            "BootNotification": lambda frame: {**boot, "currentTime": recorder.lab.peer.timestamp()},
            "Heartbeat": lambda frame: {"currentTime": recorder.lab.peer.timestamp()},
        }

        class Phone:
            def dial(self, peer: Any, *options: Any, **more: Any) -> None:
                device.connect()

        recorder.lab.peer.phone = Phone()

        def body(station: Any) -> None:
            step("Connect again")
            station.disconnect()
            station.connect()
            station.execute("Booted")

        device.reactions["StatusNotification"] = {}
        recorder.lab.peer.accepted = True
        recording = recorder.record(body)
        result, played = replay(recording, body)
        assert (result.verdict, played.diverged) == ("PASS", ""), result.reason
