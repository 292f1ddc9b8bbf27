"""CALLs of ours, what answers them, connections, and what happens when our own reader breaks."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from conformance.ocppj import frames
from conformance.ocppj.clock import RealClock
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import version
from conformance.peers.answers import default_answers
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed, Inconclusive, PeerCrashed
from conformance.peers.peer import Refusal, Response, require
from conformance.peers.settings import Deadlines
from tests.scripted import Device, Notes


class TestCalls:
    def test_the_answer_is_returned(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["Reset"] = {"status": "Accepted"}
        answer = csms.send("Reset", type="OnIdle")
        assert answer.status == "Accepted" and not answer.statusInfo.reasonCode
        sent = device.heard[0]
        assert (sent.action, sent.payload) == ("Reset", {"type": "OnIdle"})
        call, result = [one for one in csms.trace.entries if one.frame is not None]
        assert (result.answers, result.frame.action) == (call.index, "Reset")  # type: ignore[union-attr]
        assert result.frame.request is call.frame  # type: ignore[union-attr]

    def test_payload_fields_may_have_any_name(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["DataTransfer"] = lambda frame: {"status": "Accepted", "data": frame.payload}
        names = ("action", "payload", "deliberate", "within", "requirement", "codes", "self", "match")
        assert csms.send("DataTransfer", **dict.fromkeys(names, 1)).data == dict.fromkeys(names, 1)

    def test_every_call_has_an_id_of_its_own(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["ClearCache"] = {"status": "Accepted"}
        for _ in range(20):
            csms.send("ClearCache")
        ids = {one.id for one in device.heard}
        assert len(ids) == 20 and all(0 < len(one) <= 36 for one in ids)

    def test_silence_fails_after_the_message_timeout(self, csms: FakeCsms, device: Device) -> None:
        with pytest.raises(ExpectationFailed) as failed:
            csms.send("Reset", type="OnIdle")
        assert device.clock.now() == pytest.approx(5.0)
        finding = failed.value.finding
        assert (finding.expected, finding.actual) == ("an answer to Reset within 5 s", "no answer")
        assert finding.frame == next(one.index for one in csms.trace.entries if one.frame is not None)

    def test_silence_of_a_device_that_left_is_said_so(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["Reset"] = lambda frame: device.disconnect()
        with pytest.raises(ExpectationFailed, match="no answer: the connection is closed"):
            csms.send("Reset", type="OnIdle")

    def test_a_callerror_fails_a_send(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["Reset"] = lambda frame: frames.error(frame.id, "NotSupported", "why")
        with pytest.raises(ExpectationFailed, match=r'a CALLRESULT to Reset; actual CALLERROR NotSupported "why"'):
            csms.send("Reset", type="OnIdle")

    def test_a_refusal_may_be_wanted(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["Reset"] = lambda frame: frames.error(frame.id, "NotSupported", "", {"x": 1})
        assert csms.send_refused("Reset", "NotSupported", "NotImplemented", type="x").details == {"x": 1}
        assert csms.send_refused("Reset").code == "NotSupported"
        with pytest.raises(ExpectationFailed, match="CALLERROR InternalError to Reset; actual CALLERROR NotSupported"):
            csms.send_refused("Reset", "InternalError")

    def test_an_answer_where_a_refusal_was_wanted_fails(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["Reset"] = {"status": "Accepted"}
        with pytest.raises(ExpectationFailed, match="a CALLERROR to Reset; actual CALLRESULT"):
            csms.send_refused("Reset")

    def test_call_returns_either(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["Reset"] = lambda frame: frames.error(frame.id, "NotSupported")
        device.reactions["ClearCache"] = {"status": "Accepted"}
        refusal = csms.call("Reset", {})
        assert isinstance(refusal, Refusal) and not refusal.status.anything
        assert isinstance(csms.call("ClearCache", {}), Response)

    def test_a_deliberate_mistake_is_noted_for_the_judge(self, csms: FakeCsms, device: Device) -> None:
        csms.call_async("Reset", {"type": 3}, deliberate="a number instead of a word")
        assert csms.trace.entries[-1].data == {"deliberate": "a number instead of a word"}

    def test_two_at_a_time_in_any_order(self, csms: FakeCsms, device: Device) -> None:
        one, two = csms.call_async("Reset", {}), csms.call_async("ClearCache", {})
        for sent, status in zip(reversed(device.heard), ("B", "A"), strict=True):
            device.says(frames.result(sent.id, {"status": status}).text)
        assert (csms.await_answer(one).status, csms.await_answer(two).status) == ("A", "B")  # type: ignore[union-attr]

    def test_the_deadline_of_an_answer_starts_with_its_call(self, csms: FakeCsms, device: Device) -> None:
        pending = csms.call_async("Reset", {})
        csms.wait(lambda: False, within=4.0)
        with pytest.raises(ExpectationFailed):
            csms.await_answer(pending)
        assert device.clock.now() == pytest.approx(5.0)

    @pytest.mark.parametrize("late", [True, False])
    def test_second_and_unknown_answers_change_nothing(self, csms: FakeCsms, device: Device, late: bool) -> None:
        pending = csms.call_async("Reset", {})
        id_ = device.heard[0].id
        for text in ([] if late else [f'[3,"{id_}",{{"status":"Accepted"}}]']) + [
            '[3,"nobody",{"status":"Rejected"}]',
            '[4,"nobody","InternalError","",{}]',
            '[3,"",{}]',
            "[3]",
        ]:
            device.says(text)
        if late:
            with pytest.raises(ExpectationFailed):
                csms.await_answer(pending)
            device.says(f'[3,"{id_}",{{"status":"Accepted"}}]')
        device.says(f'[3,"{id_}",{{"status":"Rejected"}}]')
        assert csms.await_answer(pending).status == "Accepted"  # type: ignore[union-attr]
        assert csms.trace.entries[-1].answers is None, "an answer to nothing is recorded as such"

    def test_answers_of_the_case_before_do_not_reach_the_next(self, csms: FakeCsms, device: Device) -> None:
        csms.call_async("Reset", {})
        stale = device.heard[0].id
        csms.begin(Trace(), Notes())
        device.says(f'[3,"{stale}",{{"status":"Accepted"}}]')
        assert csms.trace.entries[-1].answers is None

    def test_what_the_device_did_not_give_cannot_be_sent_back_to_it(self, csms: FakeCsms, device: Device) -> None:
        device.calls("StatusNotification")
        status = csms.seen("StatusNotification")[0]
        with pytest.raises(ExpectationFailed) as failed:
            csms.send("ChangeAvailability", operationalStatus="Operative", evse={"id": status.evseId})
        assert failed.value.finding.expected == "the device has said what our ChangeAvailability needs as /evse/id"
        assert [one.type for one in device.heard] == [frames.CALLRESULT], "nothing was sent"

    def test_views_are_sent_as_they_came(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["DataTransfer"] = {"status": "Accepted"}
        device.calls("DataTransfer", vendorId="v", data={"limit": 0.1, "list": [{"a": 1}]})
        request = csms.seen("DataTransfer")[0]
        csms.send("DataTransfer", vendorId="v", data=request.data, more=[request.data.list[0]])
        assert device.last.text.endswith('{"vendorId":"v","data":{"limit":0.1,"list":[{"a":1}]},"more":[{"a":1}]}]')

    def test_without_a_connection_it_fails(self, csms: FakeCsms, device: Device) -> None:
        device.disconnect()
        with pytest.raises(ExpectationFailed, match="the device is not connected"):
            csms.send("Reset", type="OnIdle")

    def test_the_newest_connection_is_used(self, csms: FakeCsms, device: Device) -> None:
        device.connect()
        device.reactions["Reset"] = {"status": "Accepted"}
        csms.send("Reset", type="OnIdle")
        assert csms.trace.entries[-1].connection == 2
        assert csms.wire_numbers == (1, 2)

    def test_what_could_not_be_written_is_noted(self, csms: FakeCsms, device: Device) -> None:
        device.wire.open = False
        device.says('[2,"x","Heartbeat",{}]')
        told = csms.trace.entries[-1]
        assert (told.sender, told.data["unsent"]) == ("CSMS", "the connection is closed")
        assert (told.data["fate"], told.data["frame"], told.data["id"]) == ("lost", told.index - 1, "x")
        csms.wait(lambda: True)


class TestCrash:
    """An exception in the reader must never look like a silent device."""

    class Broken:
        def observe(self, entry: Any) -> None:
            if entry.frame is not None:
                raise ZeroDivisionError("a rule of ours")

    def crash(self, csms: FakeCsms, device: Device) -> None:
        csms.begin(Trace(), self.Broken())
        with pytest.raises(ZeroDivisionError):
            device.calls("Heartbeat")

    def test_every_wait_raises_it(self, csms: FakeCsms, device: Device) -> None:
        self.crash(csms, device)
        device.reactions["Reset"] = {"status": "Accepted"}
        for wait in (
            lambda: csms.wait(lambda: True),
            lambda: csms.expect("Heartbeat"),
            lambda: csms.expect_one_of("Heartbeat"),
            lambda: csms.expect_nothing("BootNotification", within=1.0),
            lambda: csms.expect_connection(),
            lambda: csms.expect_closed(),
            lambda: csms.send("Reset", type="OnIdle"),
            lambda: csms.call_async("Reset", {}),
            lambda: csms.transaction().wait_until(eventType="Started"),
            lambda: csms.drain(),
        ):
            with pytest.raises(PeerCrashed, match="ZeroDivisionError in this suite's reader: a rule of ours"):
                wait()

    def test_the_first_one_is_kept(self, csms: FakeCsms, device: Device) -> None:
        self.crash(csms, device)
        csms.crashed(None, ValueError("second"))
        with pytest.raises(PeerCrashed) as crash:
            csms.wait(lambda: True)
        assert isinstance(crash.value.__cause__, ZeroDivisionError)

    def test_what_the_link_caught_counts(self, csms: FakeCsms) -> None:
        csms.crashed(None, ValueError("in a handler"))
        with pytest.raises(PeerCrashed, match="in a handler"):
            csms.expect("Heartbeat")

    def test_an_answer_of_the_case_that_raises_counts(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("Heartbeat", lambda request: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            device.calls("Heartbeat")
        with pytest.raises(PeerCrashed):
            csms.drain()

    def test_one_case_is_told_of_it_and_no_other(self, csms: FakeCsms, device: Device) -> None:
        self.crash(csms, device)
        csms.begin(Trace(), Notes())
        with pytest.raises(PeerCrashed):
            csms.wait(lambda: True)
        csms.begin(Trace(), Notes())
        device.calls("Heartbeat")
        csms.expect("Heartbeat")

    def test_a_case_that_waits_is_woken(self) -> None:
        ocpp = version("2.0.1")
        csms = FakeCsms(ocpp, RealClock(), Deadlines(message=30.0), default_answers("CSMS", ocpp))
        csms.begin(Trace(), Notes())

        def crash() -> None:
            while not csms._waiters:
                time.sleep(0.001)
            csms.crashed(None, ValueError("on another thread"))

        thread = threading.Thread(target=crash)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(PeerCrashed, match="on another thread"):
            csms.expect("Heartbeat")
        thread.join()
        assert time.monotonic() - begun < 5.0


class TestThreads:
    def test_a_message_from_the_reader_wakes_the_case(self) -> None:
        ocpp = version("2.0.1")
        clock: Any = RealClock()
        csms = FakeCsms(ocpp, clock, Deadlines(message=30.0), default_answers("CSMS", ocpp))
        csms.begin(Trace(), Notes())
        device = Device(csms, clock)
        device.connect()

        def speak() -> None:
            while not csms._waiters:
                time.sleep(0.001)
            device.calls("Heartbeat")

        thread = threading.Thread(target=speak)
        thread.start()
        begun = time.monotonic()
        csms.expect("Heartbeat")
        thread.join()
        assert time.monotonic() - begun < 5.0

    def test_a_late_answer_leaves_by_itself(self) -> None:
        from conformance.peers.peer import late

        ocpp = version("2.0.1")
        clock: Any = RealClock()
        csms = FakeCsms(ocpp, clock, Deadlines(message=5.0), default_answers("CSMS", ocpp))
        csms.begin(Trace(), Notes())
        device = Device(csms, clock)
        device.connect()
        csms.answer("Heartbeat", late(0.05), late(60.0))
        first = device.calls("Heartbeat")
        assert csms.wait(lambda: csms.seen("Heartbeat")[0].answer.currentTime, within=5.0)
        csms.drain(quiet=0.01)
        assert len(device.answers_to(first)) == 1
        second = device.calls("Heartbeat")
        csms.end()
        assert csms._timers == [] and len(device.answers_to(second)) == 1


class TestConnections:
    def test_a_new_connection_in_this_step(self, csms: FakeCsms, device: Device) -> None:
        csms.act("operator", "power_cycle", {})
        device.disconnect()
        device.after(9.0, device.connect)
        csms.expect_connection()
        assert csms.connected

    def test_the_old_one_is_none(self, csms: FakeCsms, device: Device) -> None:
        csms.act("operator", "power_cycle", {})
        with pytest.raises(ExpectationFailed, match=r"a new WebSocket connection within 10 s; actual none was opened"):
            csms.expect_connection()

    def test_one_without_a_subprotocol_in_common_is_closed_and_does_not_count(
        self, csms: FakeCsms, device: Device
    ) -> None:
        device.disconnect()
        wire = device.connect(agreed=False)
        assert wire.ended == [("close", 1002)] and not csms.connected
        assert [one.kind for one in csms.trace.entries[-2:]] == ["open", "close"]

    def test_the_end_of_a_connection(self, csms: FakeCsms, device: Device) -> None:
        device.after(3.0, device.disconnect)
        csms.expect_closed()
        assert device.clock.now() == pytest.approx(3.0)
        device.connect()
        with pytest.raises(ExpectationFailed, match="still open after 2 s"):
            csms.expect_closed(within=2.0)

    @pytest.mark.parametrize(("cut", "how"), [(False, ("close", 1000)), (True, ("abort", 0))])
    def test_we_end_it(self, csms: FakeCsms, device: Device, cut: bool, how: Any) -> None:
        csms.disconnect(cut=cut)
        assert device.wire.ended == [how] and not csms.connected

    def test_offline_refuses_and_takes_connections_again(self, csms: FakeCsms, device: Device) -> None:
        class Door:
            told: list[str] = []  # noqa: RUF012  # one test

            def pause(self) -> None:
                self.told.append("pause")

            def resume(self) -> None:
                self.told.append("resume")

        csms.door = Door()
        with pytest.raises(ZeroDivisionError), csms.offline():
            assert not csms.connected and csms.facts["refusing"] and Door.told == ["pause"]
            raise ZeroDivisionError
        assert Door.told == ["pause", "resume"] and "refusing" not in csms.facts

    def test_what_happens_on_the_link_is_in_the_trace(self, csms: FakeCsms, device: Device) -> None:
        csms.control(device.wire, "ping", b"\x01", 1.0)
        csms.refused(device.wire.handshake, 404, "who?", 2.0)
        csms.broken(device.wire, "a reserved bit", 3.0)
        device.disconnect(code=1001, reason="bye")
        kinds = [(one.kind, one.sender, one.data) for one in csms.trace.entries]
        assert kinds[1:] == [
            ("ping", "CS", {"payload": "01"}),
            ("handshake", "CS", {"status": 404, "reason": "who?", "path": "/ocpp/CS001"}),
            ("note", "CS", {"broken": "a reserved bit"}),
            ("close", "CS", {"code": 1001, "reason": "bye"}),
        ]
        assert kinds[0][0] == "open" and kinds[0][2]["identity"] == "CS001"

    def test_the_judge_sees_every_entry_once_and_in_order(self, csms: FakeCsms, device: Device) -> None:
        judge = Notes()
        csms.begin(Trace(), judge)
        device.reactions["Reset"] = {"status": "Accepted"}
        device.calls("Heartbeat")
        csms.send("Reset", type="OnIdle")
        csms.act("operator", "plug_in", {})
        device.disconnect()
        assert [one.index for one in judge.seen] == list(range(len(csms.trace.entries)))

    def test_accepted_follows_the_answers_to_boots(self, csms: FakeCsms, device: Device) -> None:
        assert not csms.accepted
        device.calls("BootNotification")
        assert csms.accepted
        csms.answer("BootNotification", {"status": "Pending"}, None)
        device.calls("BootNotification")
        assert not csms.accepted
        device.calls("BootNotification")
        assert not csms.accepted


def test_require() -> None:
    require(1, "fine")
    with pytest.raises(Inconclusive, match="no second EVSE"):
        require(None, "no second EVSE")
