"""Windows, consumption, optional and alternative expectations, and what a failure says."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed
from conformance.peers.payload import ABSENT, PRESENT, one_of
from tests.scripted import Device, event


def boots(device: Device, reason: str = "PowerUp") -> None:
    device.calls("BootNotification", reason=reason, chargingStation={"model": "m", "vendorName": "v"})


def stimulus(csms: FakeCsms, name: str = "plug_in") -> None:
    csms.act("operator", name, {})


class TestWindow:
    def test_what_came_before_the_stimulus_does_not_count(self, csms: FakeCsms, device: Device) -> None:
        boots(device)
        csms.open_step(1)
        boots(device)
        stimulus(csms)
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")

    def test_what_came_while_the_operator_acted_counts(self, csms: FakeCsms, device: Device) -> None:
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        assert csms.expect("BootNotification", reason="PowerUp").chargingStation.model == "m"

    def test_later_stimuli_of_a_step_do_not_move_it(self, csms: FakeCsms, device: Device) -> None:
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        stimulus(csms, "present_token")
        csms.expect("BootNotification")

    def test_a_step_without_a_stimulus_keeps_the_window_before(self, csms: FakeCsms, device: Device) -> None:
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        csms.open_step(2)
        csms.expect("BootNotification")

    def test_what_came_before_an_answer_that_is_followed_does_not_count(self, csms: FakeCsms, device: Device) -> None:
        def too_early(frame: Any) -> dict[str, str]:
            boots(device, "Triggered")
            return {"status": "Accepted"}

        device.reactions["TriggerMessage"] = too_early
        csms.open_step(1)
        csms.follow(csms.send("TriggerMessage", requestedMessage="BootNotification"))
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")
        boots(device, "Triggered")
        csms.expect("BootNotification", reason="Triggered")

    def test_the_next_step_with_a_stimulus_has_a_window_of_its_own(self, csms: FakeCsms, device: Device) -> None:
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        csms.open_step(2)
        stimulus(csms)
        with pytest.raises(ExpectationFailed, match="no such message"):
            csms.expect("BootNotification")

    def test_a_call_of_ours_is_a_stimulus(self, csms: FakeCsms, device: Device) -> None:
        boots(device)
        device.reactions["Reset"] = {"status": "Accepted"}
        csms.open_step(1)
        csms.send("Reset", type="OnIdle")
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")

    def test_what_a_device_sends_before_it_answers_counts(self, csms: FakeCsms, device: Device) -> None:
        def reset(frame: Any) -> dict[str, str]:
            boots(device, "RemoteReset")
            return {"status": "Accepted"}

        device.reactions["Reset"] = reset
        csms.open_step(1)
        csms.send("Reset", type="Immediate")
        csms.expect("BootNotification", reason="RemoteReset")

    def test_what_the_engine_does_behind_the_scenes_is_no_stimulus(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["GetVariables"] = {"getVariableResult": []}
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        csms.mark()
        with csms.behind_the_scenes():
            csms.call("GetVariables", {"getVariableData": []})
        csms.expect("BootNotification")
        assert [one.data.get("quiet", False) for one in csms.trace.entries if one.kind == "act"] == [False, True]

    def test_set_up_before_the_first_step_has_a_window_too(self, csms: FakeCsms, device: Device) -> None:
        boots(device)
        csms.expect("BootNotification")

    def test_follow_counts_only_what_comes_after_an_answer(self, csms: FakeCsms, device: Device) -> None:
        def reset(frame: Any) -> dict[str, str]:
            boots(device)
            return {"status": "Accepted"}

        device.reactions["Reset"] = reset
        csms.open_step(1)
        csms.follow(csms.send("Reset", type="OnIdle"))
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")
        boots(device)
        csms.expect("BootNotification")

    def test_after_counts_only_what_comes_after_a_request(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("Heartbeat")
        boots(device)
        first = csms.expect("BootNotification")
        with pytest.raises(ExpectationFailed):
            csms.expect("Heartbeat", after=first)
        device.calls("Heartbeat")
        csms.expect("Heartbeat", after=first)
        csms.expect("Heartbeat")


class TestConsuming:
    def test_a_message_is_consumed_once(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        boots(device)
        csms.expect("BootNotification")
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")

    def test_any_order(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("Heartbeat")
        boots(device)
        device.calls("StatusNotification", evseId=1, connectorId=1, connectorStatus="Available")
        csms.expect("StatusNotification")
        csms.expect("BootNotification")
        csms.expect("Heartbeat")

    def test_of_several_that_match_the_first_is_taken(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        for number in range(3):
            device.calls("TransactionEvent", **event(seq_no=number))
        assert [csms.expect("TransactionEvent").seqNo for _ in range(3)] == [0, 1, 2]

    def test_one_that_does_not_match_is_left(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("TransactionEvent", **event(seq_no=0, chargingState="EVConnected"))
        device.calls("TransactionEvent", **event(seq_no=1, chargingState="Charging"))
        csms.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
        csms.expect("TransactionEvent", seqNo=0)

    def test_it_is_consumed_over_the_steps_of_a_window(self, csms: FakeCsms, device: Device) -> None:
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        csms.expect("BootNotification")
        csms.open_step(2)
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")

    def test_a_send_of_21_is_expected_like_a_call(self) -> None:
        from conformance.ocppj import frames
        from tests.scripted import csms_with_device

        csms, device = csms_with_device("2.1")
        stimulus(csms)
        device.says(frames.send("s1", "NotifyPeriodicEventStream", {"id": 4}).text)
        assert csms.expect("NotifyPeriodicEventStream", id=4).answer.status is ABSENT
        assert device.heard == []


class TestWaiting:
    def test_it_waits_until_the_message_comes(self, csms: FakeCsms, device: Device) -> None:
        device.after(4.0, "Heartbeat")
        csms.expect("Heartbeat")
        assert device.clock.now() == pytest.approx(4.0)

    def test_the_deadline_starts_at_the_expectation(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        csms.wait(lambda: False, within=60.0)
        device.after(4.9, "Heartbeat")
        csms.expect("Heartbeat")
        device.after(5.1, "Heartbeat")
        with pytest.raises(ExpectationFailed, match="within 5 s"):
            csms.expect("Heartbeat")

    def test_within_takes_the_place_of_the_deadline(self, csms: FakeCsms, device: Device) -> None:
        device.after(50.0, "Heartbeat")
        with pytest.raises(ExpectationFailed, match="within 30 s"):
            csms.expect("Heartbeat", within=30.0)
        csms.expect("Heartbeat", within=30.0)

    def test_drain_waits_for_silence(self, csms: FakeCsms, device: Device) -> None:
        for at in (0.3, 0.7, 1.1):
            device.after(at, "Heartbeat")
        device.after(2.0, "Heartbeat")
        csms.drain()
        assert len(csms.seen("Heartbeat")) == 3
        assert device.clock.now() == pytest.approx(1.6)

    def test_drain_ends_although_a_device_never_stops(self, csms: FakeCsms, device: Device) -> None:
        def chatter() -> None:
            device.calls("Heartbeat")
            device.after(0.1, chatter)

        chatter()
        csms.drain(quiet=0.5, limit=3.0)
        assert device.clock.now() == pytest.approx(3.0, abs=0.2)

    def test_our_own_acts_are_activity_too(self, csms: FakeCsms, device: Device) -> None:
        device.clock.forward(10.0)
        stimulus(csms)
        csms.drain()
        assert device.clock.now() == pytest.approx(10.5)


class TestOptional:
    def test_settled_by_the_next_mandatory_expectation(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        maybe = csms.expect_optional("Authorize")
        assert not maybe, "declaring it does not wait"
        device.calls("Authorize")
        device.calls("Heartbeat")
        assert not maybe
        csms.expect("Heartbeat")
        assert maybe and maybe.request is not None and maybe.request.is_a("Authorize")
        with pytest.raises(ExpectationFailed):
            csms.expect("Authorize")

    def test_what_comes_after_that_is_no_longer_it(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        maybe = csms.expect_optional("Authorize")
        device.calls("Heartbeat")
        csms.expect("Heartbeat")
        device.calls("Authorize")
        assert not maybe
        csms.expect("Authorize")

    def test_it_does_not_take_what_the_mandatory_one_took(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("Heartbeat")
        maybe = csms.expect_optional("Heartbeat")
        csms.expect("Heartbeat")
        assert not maybe

    def test_two_of_a_kind_take_one_each(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        pair = [csms.expect_optional("Authorize") for _ in range(2)]
        device.calls("Authorize")
        device.calls("Heartbeat")
        csms.expect("Heartbeat")
        assert [bool(one) for one in pair] == [True, False]

    def test_it_matches_by_fields(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        maybe = csms.expect_optional("TransactionEvent", seqNo=1)
        device.calls("TransactionEvent", **event(seq_no=0))
        device.calls("Heartbeat")
        csms.expect("Heartbeat")
        assert not maybe


class TestOneOf:
    def test_whichever_comes_first_in_time(self, csms: FakeCsms, device: Device) -> None:
        device.after(1.0, "StatusNotification", connectorStatus="Occupied")
        device.after(2.0, "Heartbeat")
        found = csms.expect_one_of("Heartbeat", ("StatusNotification", {"connectorStatus": "Occupied"}))
        assert found.is_a("StatusNotification")
        csms.expect("Heartbeat")

    def test_only_the_one_that_it_returns_is_consumed(self, csms: FakeCsms, device: Device) -> None:
        device.calls("Heartbeat")
        boots(device)
        csms.expect_one_of("Heartbeat", "BootNotification")
        csms.expect_one_of("Heartbeat", "BootNotification")
        with pytest.raises(ExpectationFailed, match="Heartbeat or BootNotification within"):
            csms.expect_one_of("Heartbeat", "BootNotification")

    def test_it_settles_optionals(self, csms: FakeCsms, device: Device) -> None:
        maybe = csms.expect_optional("Authorize")
        device.calls("Authorize")
        boots(device)
        csms.expect_one_of("Heartbeat", "BootNotification")
        assert maybe

    def test_unknown_actions_are_mistakes_of_the_case(self, csms: FakeCsms) -> None:
        for wrong in (
            lambda: csms.expect("StartTransaction"),
            lambda: csms.expect_one_of("Heartbeat", "StartTransaction"),
            lambda: csms.expect_optional("StartTransaction"),
            lambda: csms.expect_nothing("StartTransaction", within=1.0),
            lambda: csms.seen("StartTransaction"),
        ):
            with pytest.raises(ValueError, match="no action of OCPP"):
                wrong()


class TestNothing:
    def test_it_waits_the_whole_time(self, csms: FakeCsms, device: Device) -> None:
        device.after(3.1, "Heartbeat")
        csms.expect_nothing("Heartbeat", within=3.0)
        assert device.clock.now() == pytest.approx(3.0)

    def test_a_message_in_that_time_fails(self, csms: FakeCsms, device: Device) -> None:
        device.after(2.9, "TransactionEvent", **event())
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect_nothing("TransactionEvent", within=3.0, eventType="Started", requirement="E01.FR.01")
        finding = failed.value.finding
        assert finding.expected == 'no TransactionEvent with eventType "Started" for 3 s'
        assert finding.requirement == "E01.FR.01" and finding.frame == csms.seen("TransactionEvent")[0]._entry.index

    def test_one_that_came_in_the_step_already_fails_at_once(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("Heartbeat")
        with pytest.raises(ExpectationFailed):
            csms.expect_nothing("Heartbeat", within=3.0)
        assert device.clock.now() == 0.0

    def test_others_and_consumed_ones_do_not(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("TransactionEvent", **event())
        csms.expect("TransactionEvent")
        device.calls("TransactionEvent", **event(kind="Updated"))
        csms.expect_nothing("TransactionEvent", within=1.0, eventType="Started")


class TestFailure:
    def test_near_misses_are_named(self, csms: FakeCsms, device: Device) -> None:
        csms.open_step(3)
        stimulus(csms)
        boots(device, "Watchdog")
        device.calls("Heartbeat")
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect("BootNotification", reason="PowerUp", requirement="B01.FR.01")
        finding = failed.value.finding
        assert finding.expected == 'BootNotification with reason "PowerUp" within 5 s'
        assert finding.actual == 'BootNotification (frame 2) with /reason "Watchdog" instead of "PowerUp"'
        assert (finding.frame, finding.pointer, finding.step) == (2, "/reason", 3)
        assert finding.where == "step 3, frame 2, /reason"
        assert (finding.requirement, finding.rule) == ("B01.FR.01", "expect")

    def test_the_latest_three_are_enough(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        for number in range(6):
            device.calls("TransactionEvent", **event(seq_no=number))
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect("TransactionEvent", seqNo=99)
        assert failed.value.finding.actual.count("instead of 99") == 3
        assert "/seqNo 5" in failed.value.finding.actual and "/seqNo 1 " not in failed.value.finding.actual

    def test_each_alternative_is_compared_with_what_came(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("StatusNotification", connectorStatus="Faulted")
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect_one_of(
                "Heartbeat",
                ("StatusNotification", {"connectorStatus": "Available"}),
                ("StatusNotification", {"connectorStatus": one_of("Occupied", "Reserved")}),
            )
        actual = failed.value.finding.actual
        assert '"Faulted" instead of "Available"' in actual
        assert '"Faulted" instead of one of "Occupied", "Reserved"' in actual

    def test_neither_stale_nor_consumed_messages_are_named(self, csms: FakeCsms, device: Device) -> None:
        boots(device, "Watchdog")
        csms.open_step(1)
        stimulus(csms)
        boots(device)
        csms.expect("BootNotification")
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect("BootNotification", reason="Watchdog")
        assert failed.value.finding.actual == "no such message"

    def test_one_before_the_given_request_is_said_to_be_too_early(self, csms: FakeCsms, device: Device) -> None:
        stimulus(csms)
        device.calls("Heartbeat")
        boots(device)
        boot = csms.expect("BootNotification")
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect("Heartbeat", after=boot)
        assert failed.value.finding.actual == "Heartbeat (frame 2) before frame 4"

    def test_a_device_that_is_gone_is_said_so(self, csms: FakeCsms, device: Device) -> None:
        device.disconnect()
        with pytest.raises(ExpectationFailed, match="the device is not connected"):
            csms.expect("Heartbeat")

    @pytest.mark.parametrize(
        ("match", "words"),
        [
            ({"idToken": PRESENT}, "idToken present"),
            ({"idToken": ABSENT}, "idToken absent"),
            ({"evse": {"id": 1}}, "evse {'id': 1}"),
        ],
    )
    def test_what_was_wanted_in_words(self, csms: FakeCsms, match: dict[str, Any], words: str) -> None:
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect("TransactionEvent", **match)
        assert failed.value.finding.expected == f"TransactionEvent with {words} within 5 s"


class TestLookingBack:
    def test_seen_consumes_nothing_and_does_not_wait(self, csms: FakeCsms, device: Device) -> None:
        boots(device)
        csms.open_step(1)
        stimulus(csms)
        device.calls("Heartbeat")
        boots(device, "Watchdog")
        csms.expect("BootNotification")
        assert [one.reason for one in csms.seen("BootNotification")] == ["PowerUp", "Watchdog"]
        assert [one.reason for one in csms.seen_in_step("BootNotification")] == ["Watchdog"]
        assert len(csms.seen("BootNotification", reason="PowerUp")) == 1
        csms.expect("Heartbeat")

    def test_a_new_case_knows_nothing_of_the_one_before(self, csms: FakeCsms, device: Device) -> None:
        boots(device)
        csms.expect_optional("Heartbeat")
        csms.facts["x"] = 1
        csms.begin(csms.trace, device and Quiet())
        assert csms.seen("BootNotification") == [] and csms.facts == {}
        with pytest.raises(ExpectationFailed):
            csms.expect("BootNotification")


class Quiet:
    """A judge without an opinion."""

    def observe(self, entry: Any) -> None:
        """Nothing."""
