"""Every rule is broken at least once, and barely kept at least once.

A play writes traffic with the verbs of `conftest.Script`. `@breaks` says which rule it breaks and how much that weighs;
`@keeps` says which rule it comes near to without breaking it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.monitor import RULES
from conformance.ocppj.findings import Blame, Severity

Play = Callable[[Any], None]


@dataclass
class Case:
    rule: str
    play: Play
    version: str
    dut: str
    severity: str | None
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        verb = "keeps" if self.severity is None else "breaks"
        return f"{self.rule}-{verb}-{self.version}-{self.play.__name__}"


CASES: list[Case] = []


def breaks(
    rule: str, *versions: str, dut: str = "CS", severity: str = "MUST", **settings: Any
) -> Callable[[Play], Play]:
    def register(play: Play) -> Play:
        for version in versions or ("2.0.1",):
            CASES.append(Case(rule, play, version, dut, severity, settings))
        return play

    return register


def keeps(rule: str, *versions: str, dut: str = "CS", **settings: Any) -> Callable[[Play], Play]:
    def register(play: Play) -> Play:
        for version in versions or ("2.0.1",):
            CASES.append(Case(rule, play, version, dut, None, settings))
        return play

    return register


ALL = ("1.6", "2.0.1", "2.1")

# ---------------------------------------------------------------- wire


@breaks("wire.json", *ALL)
def not_json(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat",{]')


@breaks("wire.json", severity="SHOULD")
def key_twice(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat",{"customData":{"vendorId":"a","vendorId":"a"}}]')


@keeps("wire.json", *ALL)
def odd_but_json(s: Any) -> None:
    s.ready()
    s.raw("CS", ' [ 2 , "\\u0078" , "Heartbeat" , { } ] ')
    s.reply(currentTime=s.time())


@breaks("wire.envelope")
def element_missing(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat"]')


@breaks("wire.envelope", *ALL, severity="SHOULD")
def null_payload(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat",null]')


@keeps("wire.envelope")
def all_elements(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat",{}]')


@breaks("wire.message-type")
def send_before_21(s: Any) -> None:
    s.ready()
    s.raw("CS", '[6,"x","NotifyPeriodicEventStream",{}]')


@breaks("wire.message-type", "2.1")
def type_seven(s: Any) -> None:
    s.ready()
    s.raw("CS", '[7,"x","Heartbeat",{}]')


@keeps("wire.message-type", "2.1")
def send_in_21(s: Any) -> None:
    s.ready()
    s.raw(
        "CS",
        '[6,"x","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2025-01-31T12:00:00Z",'
        '"data":[{"t":0,"v":"1"}]}]',
    )


@breaks("wire.message-id", *ALL)
def id_of_37(s: Any) -> None:
    s.ready()
    s.raw("CS", f'[2,"{"x" * 37}","Heartbeat",{{}}]')


@keeps("wire.message-id", *ALL)
def id_of_36(s: Any) -> None:
    s.ready()
    s.raw("CS", f'[2,"{"x" * 36}","Heartbeat",{{}}]')


@keeps("wire.message-id", *ALL)
def an_error_repeats_our_id_of_37(s: Any) -> None:
    s.ready()
    s.raw("CSMS", f'[2,"{"x" * 37}","ClearCache",{{}}]', deliberate="for the test")
    s.raw("CS", f'[4,"{"x" * 37}","ProtocolError","",{{}}]')


@breaks("wire.unique-id", *ALL)
def same_id_on_one_connection(s: Any) -> None:
    s.ready()
    for _ in range(2):
        s.raw("CS", '[2,"x","Heartbeat",{}]')
        s.reply(currentTime=s.time())


@breaks("wire.unique-id", "2.0.1", "2.1")
def same_id_after_reconnecting(s: Any) -> None:
    s.ready()
    for _ in range(2):
        s.raw("CS", '[2,"x","Heartbeat",{}]')
        s.reply(currentTime=s.time())
        s.heartbeat()
        s.close()
        s.open()


@keeps("wire.unique-id", "2.0.1", "2.1")
def answer_lost_with_the_connection(s: Any) -> None:
    s.ready()
    for _ in range(2):
        s.raw("CS", '[2,"x","Heartbeat",{}]')
        s.reply(currentTime=s.time())
        s.close()
        s.open()


@keeps("wire.unique-id", "1.6")
def same_id_on_another_connection(s: Any) -> None:
    s.ready()
    for _ in range(2):
        s.raw("CS", '[2,"x","Heartbeat",{}]')
        s.reply(currentTime=s.time())
        s.close()
        s.open()


@keeps("wire.unique-id", "2.0.1", "2.1")
def retry_with_its_id(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat",{}]')
    s.wait(40)
    s.raw("CS", '[2,"x","Heartbeat",{}]')
    s.reply(currentTime=s.time())


@keeps("wire.unique-id", *ALL)
def both_sides_use_one_id(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Heartbeat",{}]')
    s.reply(currentTime=s.time())
    s.raw("CSMS", '[2,"x","ClearCache",{}]')
    s.reply(status="Accepted")


@breaks("wire.action", *ALL)
def unknown_action(s: Any) -> None:
    s.ready()
    s.cs("HeartBeat")


@keeps("wire.action", *ALL)
def known_action(s: Any) -> None:
    s.ready()
    s.heartbeat()


@breaks("wire.direction", *ALL)
def station_resets(s: Any) -> None:
    s.ready()
    s.cs("Reset", type="Immediate")


@keeps("wire.direction", *ALL)
def data_transfer_both_ways(s: Any) -> None:
    s.ready()
    s.cs("DataTransfer", vendorId="v")
    s.reply(status="Accepted")
    s.csms("DataTransfer", vendorId="v")
    s.reply(status="Accepted")


@breaks("wire.send", "2.1")
def stream_as_call(s: Any) -> None:
    s.ready()
    s.cs(
        "NotifyPeriodicEventStream",
        {"id": 1, "pending": 0, "basetime": s.time(), "data": [{"t": 0, "v": "1"}]},
    )


@keeps("wire.send", "2.1")
def stream_as_send(s: Any) -> None:
    s.ready()
    s.raw(
        "CS",
        '[6,"x","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2025-01-31T12:00:00Z",'
        '"data":[{"t":0,"v":"1"}]}]',
    )


@breaks("wire.one-call", "2.0.1", "2.1")
@breaks("wire.one-call", "1.6", severity="SHOULD")
def two_calls_at_once(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.cs("Heartbeat")


@breaks("wire.one-call", "2.0.1", severity="INFO")
def call_after_three_seconds(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.wait(3)
    s.cs("Heartbeat")


@keeps("wire.one-call", *ALL)
def call_after_time_out(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.wait(31)
    s.cs("Heartbeat")


@keeps("wire.one-call", "2.0.1", dut="CSMS")
def a_call_that_is_wrong_on_purpose_holds_nobody_up(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,4711,"Heartbeat",{}]', deliberate="for the test")
    s.cs("Heartbeat")


@keeps("wire.one-call", *ALL)
def calls_cross(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.csms("ClearCache")


@keeps("wire.one-call", "2.1")
def send_between(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.raw(
        "CS",
        '[6,"x","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2025-01-31T12:00:00Z",'
        '"data":[{"t":0,"v":"1"}]}]',
    )


@breaks("wire.no-answer", *ALL)
def never_answers(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.wait(31)


@breaks("wire.no-answer", dut="CSMS")
def csms_never_answers(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.wait(31)
    s.close()


@keeps("wire.no-answer", *ALL)
def not_yet_answered(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.wait(29)


@keeps("wire.no-answer")
def invalid_call_dropped(s: Any) -> None:
    s.ready()
    s.deliberate("CSMS", "Reset", type="Sideways")
    s.wait(31)


@keeps("wire.no-answer")
def our_own_silence(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.wait(31)


@breaks("wire.late-answer", *ALL, severity="SHOULD")
def answers_late(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.wait(31)
    s.reply(status="Accepted")


@keeps("wire.late-answer", *ALL)
def answers_slowly(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.wait(29)
    s.reply(status="Accepted")


@breaks("wire.answers-nothing", *ALL)
def answers_twice(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.reply(status="Accepted")
    s.reply(status="Accepted")


@breaks("wire.answers-nothing", *ALL)
def complains_about_an_answer(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    call = s.last[1]
    s.reply(currentTime=s.time())
    s.raw("CS", f'[4,"{call.id}","InternalError","",{{}}]')


@breaks("wire.answers-nothing", "2.0.1")
def minus_one_for_nothing(s: Any) -> None:
    s.ready()
    s.raw("CS", '[4,"-1","RpcFrameworkError","",{}]')


@keeps("wire.answers-nothing", "1.6", "2.0.1", "2.1")
def minus_one_after_rubbish(s: Any) -> None:
    s.ready()
    s.raw("CSMS", "rubbish", deliberate="for the test")
    s.raw("CS", '[4,"-1","GenericError","",{}]')


@keeps("wire.answers-nothing", *ALL)
def late_but_first(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.wait(100)
    s.reply(status="Accepted")


@keeps("wire.answers-nothing", *ALL)
def an_answer_to_each_of_two_calls_with_one_id(s: Any) -> None:
    s.ready()
    for _ in range(2):
        s.raw("CSMS", '[2,"x","ClearCache",{}]', deliberate="for the test")
    for _ in range(2):
        s.raw("CS", '[3,"x",{"status":"Accepted"}]')


@breaks("wire.answers-nothing", *ALL)
def three_answers_to_two_calls_with_one_id(s: Any) -> None:
    an_answer_to_each_of_two_calls_with_one_id(s)
    s.raw("CS", '[3,"x",{"status":"Accepted"}]')


@keeps("wire.answers-nothing", "2.1")
def complaint_of_21(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    call = s.last[1]
    s.reply(currentTime=s.time())
    s.raw("CS", f'[5,"{call.id}","FormatViolation","",{{}}]')


@breaks("wire.answers-nothing", "2.1")
def complaint_about_nothing(s: Any) -> None:
    s.ready()
    s.raw("CS", '[5,"x","FormatViolation","",{}]')


@breaks("wire.error-code", *ALL)
def made_up_code(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.refuse("Oops")


@breaks("wire.error-code", "2.0.1", "2.1", severity="SHOULD")
def code_of_16(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.refuse("FormationViolation")


@keeps("wire.error-code", "1.6")
def code_of_16_in_16(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.refuse("FormationViolation")


@keeps("wire.error-code", "2.0.1", "2.1")
def code_of_2(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.refuse("FormatViolation")


@breaks("wire.error-details", *ALL)
def details_null(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.raw("CS", f'[4,"{s.last[1].id}","InternalError","",null]')


@keeps("wire.error-details", *ALL)
def details_empty(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.refuse("InternalError")


@breaks("wire.error-description", "2.0.1", "2.1")
def description_of_256(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.raw("CS", f'[4,"{s.last[1].id}","InternalError","{"x" * 256}",{{}}]')


@keeps("wire.error-description", "1.6")
def description_of_256_in_16(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.raw("CS", f'[4,"{s.last[1].id}","InternalError","{"x" * 256}",{{}}]')


@keeps("wire.error-description", "2.0.1")
def description_of_255(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.raw("CS", f'[4,"{s.last[1].id}","InternalError","{"x" * 255}",{{}}]')


@breaks("wire.subprotocol", *ALL)
def offers_none(s: Any) -> None:
    s.open(offered=[], subprotocol=None)


@breaks("wire.subprotocol", dut="CSMS")
def picks_another(s: Any) -> None:
    s.open(offered=["ocpp2.0.1"], subprotocol="ocpp1.6")


@keeps("wire.subprotocol", *ALL)
def offers_more(s: Any) -> None:
    s.open(offered=["ocpp0.9", s.version.subprotocol])


@keeps("wire.subprotocol", *ALL, dut="CSMS")
def picks_none(s: Any) -> None:
    s.open(subprotocol=None)


@breaks("wire.pong", *ALL)
def no_pong(s: Any) -> None:
    s.ready()
    s.note("ping", "CSMS")
    s.wait(31)


@keeps("wire.pong", *ALL)
def one_pong_for_two(s: Any) -> None:
    s.ready()
    s.note("ping", "CSMS")
    s.note("ping", "CSMS")
    s.note("pong", "CS")
    s.wait(31)


# ---------------------------------------------------------------- schema


@breaks("schema.request", *ALL)
def extra_field(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat", extra=1)


@keeps("schema.request", "2.0.1", "2.1")
def custom_data(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat", customData={"vendorId": "v", "more": 1})


@breaks("schema.answer", *ALL)
def unknown_status(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.reply(status="Done")


@keeps("schema.answer", *ALL)
def known_status(s: Any) -> None:
    s.ready()
    s.csms("ClearCache")
    s.reply(status="Rejected")


# ---------------------------------------------------------------- boot


def restarted(s: Any, reason: str, *, by: str) -> None:
    s.ready()
    if by.startswith("power"):
        s.act(by)
    else:
        s.csms("Reset", type=by)
        s.reply(status="Accepted")
    s.close()
    s.open()
    s.cs("BootNotification", reason=reason, chargingStation={"vendorName": "V", "model": "M"})
    s.reply(status="Accepted", currentTime=s.time(), interval=300)


@breaks("boot.reason", "2.0.1", "2.1")
def power_cycle_told_as_reset(s: Any) -> None:
    restarted(s, "RemoteReset", by="power_cycle")


@breaks("boot.reason", "2.0.1", "2.1")
def reset_told_as_power_cycle(s: Any) -> None:
    restarted(s, "PowerUp", by="Immediate")


@keeps("boot.reason", "2.0.1", "2.1")
def restarts_told_as_they_were(s: Any) -> None:
    restarted(s, "PowerUp", by="power_cycle")
    s.heartbeat()
    restarted(s, "PowerUp", by="power_on")
    restarted(s, "RemoteReset", by="Immediate")
    restarted(s, "ScheduledReset", by="OnIdle")
    s.close()
    s.open()
    s.cs("BootNotification", reason="Watchdog", chargingStation={"vendorName": "V", "model": "M"})
    s.reply(status="Accepted", currentTime=s.time(), interval=300)


@breaks("boot.first", *ALL)
def heartbeat_after_power_cycle(s: Any) -> None:
    s.ready()
    s.act("power_cycle")
    s.close()
    s.open()
    s.cs("Heartbeat")


@keeps("boot.first", *ALL)
def boots_after_power_cycle(s: Any) -> None:
    s.ready()
    s.act("power_cycle")
    s.heartbeat()
    s.close()
    s.open()
    s.boot()
    s.heartbeat()


@keeps("boot.first", *ALL)
def reconnects(s: Any) -> None:
    s.ready()
    s.close()
    s.open()
    s.heartbeat()


@breaks("boot.before-accepted", *ALL)
def status_while_pending(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.cs("Heartbeat")
    s.refuse("SecurityError")


@breaks("boot.before-accepted", *ALL)
def heartbeat_while_rejected(s: Any) -> None:
    s.open()
    s.boot("Rejected")
    s.cs("Heartbeat")
    s.refuse("SecurityError")


@keeps("boot.before-accepted", *ALL)
def triggered_while_pending(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.csms("TriggerMessage", requestedMessage="Heartbeat")
    s.reply(status="Accepted")
    s.heartbeat()
    s.heartbeat()


@keeps("boot.before-accepted", "2.0.1", "2.1")
def report_while_pending(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.csms("GetBaseReport", requestId=1, reportBase="FullInventory")
    s.reply(status="Accepted")
    s.cs("NotifyReport", requestId=1, seqNo=0, generatedAt=s.time())
    s.reply()


@breaks("boot.retry-interval", "2.0.1", "2.1")
@breaks("boot.retry-interval", "1.6", severity="SHOULD")
def boots_early(s: Any) -> None:
    s.open()
    s.boot("Pending", 60)
    s.wait(30)
    s.boot("Accepted")


@breaks("boot.retry-interval", *ALL)
def boots_early_when_rejected(s: Any) -> None:
    s.open()
    s.boot("Rejected", 60)
    s.wait(30)
    s.boot("Accepted")


@keeps("boot.retry-interval", *ALL)
def boots_in_time(s: Any) -> None:
    s.open()
    s.boot("Rejected", 60)
    s.wait(59.5)
    s.boot("Accepted")


@keeps("boot.retry-interval", *ALL)
def boots_when_triggered(s: Any) -> None:
    s.open()
    s.boot("Pending", 60)
    s.csms("TriggerMessage", requestedMessage="BootNotification")
    s.reply(status="Accepted")
    s.boot("Accepted")


@keeps("boot.retry-interval", *ALL)
def boots_after_reset(s: Any) -> None:
    s.open()
    s.boot("Pending", 60)
    s.csms("Reset", type="Hard" if s.version.family == "1.6" else "Immediate")
    s.reply(status="Accepted")
    s.close()
    s.open()
    s.boot("Accepted")


@breaks("boot.rejected-silence", "2.0.1", "2.1", dut="CSMS")
@breaks("boot.rejected-silence", "1.6", dut="CSMS", severity="SHOULD")
def calls_a_rejected_station(s: Any) -> None:
    s.open()
    s.boot("Rejected")
    s.csms("ClearCache")


@keeps("boot.rejected-silence", *ALL, dut="CSMS")
def calls_a_pending_station(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.csms("ClearCache")


@breaks("boot.rejected-answer", *ALL)
def serves_while_rejected(s: Any) -> None:
    s.open()
    s.boot("Rejected")
    s.deliberate("CSMS", "ClearCache")
    s.reply(status="Accepted")


@keeps("boot.rejected-answer", "2.0.1", "2.1")
def refuses_while_rejected(s: Any) -> None:
    s.open()
    s.boot("Rejected")
    s.deliberate("CSMS", "ClearCache")
    s.refuse("SecurityError")


@keeps("boot.rejected-answer", "1.6")
def serves_after_the_interval(s: Any) -> None:
    s.open()
    s.boot("Rejected", 10)
    s.wait(11)
    s.deliberate("CSMS", "ClearCache")
    s.reply(status="Accepted")


@breaks("boot.security-error", "2.0.1", "2.1", dut="CSMS")
@breaks("boot.security-error", "1.6", dut="CSMS", severity="SHOULD")
def serves_a_premature_message(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.deliberate("CS", "Heartbeat")
    s.reply(currentTime=s.time())


@breaks("boot.security-error", "2.0.1", dut="CSMS")
def refuses_with_another_code(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.deliberate("CS", "Heartbeat")
    s.refuse("GenericError")


@keeps("boot.security-error", *ALL, dut="CSMS")
def refuses_a_premature_message(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.deliberate("CS", "Heartbeat")
    s.refuse("SecurityError")


@breaks("boot.pending-remote", "1.6", dut="CSMS")
def remote_start_while_pending_16(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.csms("RemoteStartTransaction", idTag="TAG")


@breaks("boot.pending-remote", "2.0.1", "2.1")
def remote_stop_accepted_while_pending(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.deliberate("CSMS", "RequestStopTransaction", transactionId="T1")
    s.reply(status="Accepted")


@keeps("boot.pending-remote", "1.6", dut="CSMS")
def remote_start_when_accepted_16(s: Any) -> None:
    s.ready()
    s.csms("RemoteStartTransaction", idTag="TAG")


@keeps("boot.pending-remote", "2.0.1", "2.1")
def remote_stop_rejected_while_pending(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.deliberate("CSMS", "RequestStopTransaction", transactionId="T1")
    s.reply(status="Rejected")


@breaks("boot.trigger-accepted", "1.6", dut="CSMS")
@breaks("boot.trigger-accepted", "2.0.1", "2.1")
def trigger_boot_when_accepted(s: Any) -> None:
    s.ready()
    s.csms("TriggerMessage", requestedMessage="BootNotification")
    s.reply(status="Accepted")


@keeps("boot.trigger-accepted", "1.6", dut="CSMS")
@keeps("boot.trigger-accepted", "2.0.1", "2.1")
def trigger_boot_when_pending(s: Any) -> None:
    s.open()
    s.boot("Pending")
    s.csms("TriggerMessage", requestedMessage="BootNotification")
    s.reply(status="Accepted")


# ---------------------------------------------------------------- time


@breaks("time.format", "2.0.1", "2.1")
@breaks("time.format", "1.6", severity="SHOULD")
def no_offset(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T12:00:00"})


@breaks("time.format", *ALL)
def no_date(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "222222017-02-18T10:10:10Z"})


@keeps("time.format", *ALL)
def an_offset(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T13:00:00.123+01:00"})


@breaks("time.fraction", "2.0.1", "2.1")
def six_digits(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T12:00:00.123456Z"})


@keeps("time.fraction", "1.6")
def six_digits_16(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T12:00:00.123456Z"})


@keeps("time.fraction", "2.0.1")
def three_digits(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T12:00:00.123Z"})


@breaks("time.utc", *ALL, severity="SHOULD")
def other_offset(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T13:00:00+01:00"})


@keeps("time.utc", *ALL)
def zero_offset(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": "2025-01-31T12:00:00+00:00"})


@breaks("time.current-time", *ALL, dut="CSMS")
def csms_clock_off(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.reply(currentTime=s.time(60))


@keeps("time.current-time", *ALL, dut="CSMS")
def csms_clock_nearly_right(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.reply(currentTime=s.time(-3.9))


@breaks("time.future", "2.0.1", "2.1")
@breaks("time.future", "1.6", severity="SHOULD")
def tomorrow(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": s.time(86400)})


@breaks("time.future", *ALL, severity="SHOULD")
def in_half_a_minute(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": s.time(30)})


@breaks("time.future", "2.0.1")
def reading_of_tomorrow(s: Any) -> None:
    s.ready()
    s.cs(
        "MeterValues",
        {"evseId": 1, "meterValue": [{"timestamp": s.time(86400), "sampledValue": [{"value": 1}]}]},
    )


@keeps("time.future", *ALL)
def yesterday(s: Any) -> None:
    s.ready()
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": s.time(-86400)})


@keeps("time.future", "2.0.1")
def by_the_time_of_the_csms(s: Any) -> None:
    s.ready()
    s.cs("Heartbeat")
    s.reply(currentTime=s.time(3600))
    s.cs("SecurityEventNotification", {"type": "x", "timestamp": s.time(3600)})


@breaks("time.late", "2.0.1", "2.1", severity="SHOULD")
def event_of_a_minute_ago(s: Any) -> None:
    s.ready()
    s.wait(120)
    s.event("Started", "CablePluggedIn", timestamp=s.time(-60))


@breaks("time.late", "1.6", severity="SHOULD")
def start_of_a_minute_ago(s: Any) -> None:
    s.ready()
    s.wait(120)
    s.start16(timestamp=s.time(-60))


@keeps("time.late", "2.0.1", "2.1")
def event_from_before_the_connection(s: Any) -> None:
    s.ready()
    s.wait(120)
    s.close()
    s.open()
    s.event("Started", "CablePluggedIn", timestamp=s.time(-60))


@keeps("time.late", "2.0.1", "2.1")
def event_sent_again(s: Any) -> None:
    s.ready()
    s.send_event("Started", "CablePluggedIn")
    at = s.time()
    s.refuse()
    s.wait(60)
    s.event("Started", "CablePluggedIn", seqNo=0, timestamp=at)


@breaks("time.offline-flag", "2.0.1", "2.1")
def offline_without_saying_so(s: Any) -> None:
    s.ready()
    s.close()
    s.wait(60)
    at = s.time()
    s.wait(60)
    s.open()
    s.event("Started", "CablePluggedIn", timestamp=at)


@keeps("time.offline-flag", "2.0.1", "2.1")
def offline_and_says_so(s: Any) -> None:
    s.ready()
    s.close()
    s.wait(60)
    at = s.time()
    s.wait(60)
    s.open()
    s.event("Started", "CablePluggedIn", timestamp=at, offline=True)


@keeps("time.offline-flag", "2.0.1", "2.1")
def just_before_the_link_was_back(s: Any) -> None:
    s.ready()
    s.close()
    s.wait(60)
    s.open()
    s.event("Started", "CablePluggedIn", timestamp=s.time(-3))


# ---------------------------------------------------------------- transactions of 2.x

TOKEN = {"idToken": "04AABBCC", "type": "ISO14443"}
OTHER_TOKEN = {"idToken": "04DDEEFF", "type": "ISO14443"}
TWO = ("2.0.1", "2.1")


@breaks("tx.started-first", *TWO)
def begins_with_updated(s: Any) -> None:
    s.ready()
    s.event("Updated", "CablePluggedIn")


@breaks("tx.started-first", *TWO)
def never_started(s: Any) -> None:
    s.ready()
    s.event("Updated", "CablePluggedIn", seqNo=5)
    s.event("Updated", "MeterValuePeriodic", seqNo=6)


@breaks("tx.started-first", *TWO)
def never_started_before_the_link_broke(s: Any) -> None:
    s.ready()
    s.event("Updated", "CablePluggedIn", seqNo=5)
    s.close()
    s.open()


@breaks("tx.started-first", *TWO)
def never_started_while_offline(s: Any) -> None:
    s.ready()
    s.event("Updated", "MeterValuePeriodic", seqNo=5, offline=True)


@keeps("tx.started-first", *TWO)
def started_given_up(s: Any) -> None:
    s.ready()
    s.send_event("Updated", "CablePluggedIn", seqNo=5)
    s.refuse()
    s.event("Updated", "MeterValuePeriodic", seqNo=6)


@breaks("tx.started-first", *TWO)
def starts_twice(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Started", "Authorized")


@keeps("tx.started-first", *TWO)
def started_arrives_second(s: Any) -> None:
    s.ready()
    s.event("Updated", "Authorized", seqNo=1)
    s.event("Started", "CablePluggedIn", seqNo=0)


@keeps("tx.started-first", *TWO)
def started_again_because_unanswered(s: Any) -> None:
    s.ready()
    at = s.time()
    s.send_event("Started", "CablePluggedIn", timestamp=at)
    s.refuse()
    s.event("Started", "CablePluggedIn", seqNo=0, timestamp=at)


@breaks("tx.ended-last", *TWO)
def goes_on_after_ended(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted")
    s.event("Updated", "MeterValuePeriodic")


@keeps("tx.ended-last", *TWO)
def late_event_after_ended(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted", seqNo=2)
    s.event("Updated", "MeterValuePeriodic", seqNo=1)


@breaks("tx.seq-start", *TWO, severity="SHOULD")
def counts_from_one(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", seqNo=1)


@keeps("tx.seq-start", *TWO)
def counts_from_zero(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", seqNo=0)


@breaks("tx.seq-repeat", *TWO)
def number_twice(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", seqNo=1)
    s.event("Updated", "ChargingStateChanged", seqNo=1, info={"chargingState": "Charging"})


@keeps("tx.seq-repeat", *TWO)
def event_twice(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    at = s.time()
    s.event("Updated", "MeterValuePeriodic", seqNo=1, timestamp=at)
    s.event("Updated", "MeterValuePeriodic", seqNo=1, timestamp=at, offline=True)


@breaks("tx.seq-gap", *TWO)
def number_left_out(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted", seqNo=2)


@keeps("tx.seq-gap", *TWO)
def number_late(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted", seqNo=2)
    s.event("Updated", "MeterValuePeriodic", seqNo=1)


@keeps("tx.seq-gap", *TWO)
def dropped_while_offline(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", seqNo=2, offline=True)


@breaks("tx.id-reused", *TWO)
def same_id_again(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted")
    s.wait(10)
    s.event("Started", "CablePluggedIn", seqNo=0)


@breaks("tx.id-reused", *TWO)
def same_id_counting_on(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted")
    s.event("Started", "CablePluggedIn")


@keeps("tx.id-reused", *TWO)
def another_id(s: Any) -> None:
    s.ready()
    for tx in ("T1", "T2"):
        s.event("Started", "CablePluggedIn", tx)
        s.event("Ended", "EVDeparted", tx)


@breaks("tx.evse", *TWO)
def moves(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", evse={"id": 1, "connectorId": 1})
    s.event("Updated", "MeterValuePeriodic", evse={"id": 2, "connectorId": 1})


@breaks("tx.evse", *TWO, severity="SHOULD", connectors=frozenset())
def other_connector(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", evse={"id": 1, "connectorId": 1})
    s.event("Updated", "MeterValuePeriodic", evse={"id": 1, "connectorId": 2})


@keeps("tx.evse", *TWO)
def connector_known_later(s: Any) -> None:
    s.ready()
    s.event("Started", "Authorized")
    s.event("Updated", "MeterValuePeriodic", evse={"id": 1})
    s.event("Updated", "CablePluggedIn", evse={"id": 1, "connectorId": 1})


@breaks("tx.one-per-evse", *TWO)
def two_on_one_evse(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", "T1", evse={"id": 1, "connectorId": 1})
    s.event("Started", "CablePluggedIn", "T2", evse={"id": 1, "connectorId": 1})


@keeps("tx.one-per-evse", *TWO)
def two_on_two_evses(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", "T1", evse={"id": 1, "connectorId": 1})
    s.event("Started", "CablePluggedIn", "T2", evse={"id": 2, "connectorId": 1})


@keeps("tx.one-per-evse", *TWO)
def one_ends_late(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", "T1", evse={"id": 1, "connectorId": 1})
    s.event("Started", "CablePluggedIn", "T2", evse={"id": 1, "connectorId": 1})
    s.event("Ended", "EVDeparted", "T1")


@breaks("tx.token", *TWO)
def token_changes(s: Any) -> None:
    s.ready()
    s.event("Started", "Authorized", idToken=TOKEN)
    s.event("Updated", "MeterValuePeriodic", idToken=OTHER_TOKEN)


@breaks("tx.token", *TWO)
def not_the_token_of_the_remote_start(s: Any) -> None:
    s.ready()
    s.csms("RequestStartTransaction", remoteStartId=9, idToken=TOKEN)
    s.reply(status="Accepted")
    s.event("Started", "RemoteStart", idToken=OTHER_TOKEN, info={"remoteStartId": 9})


@breaks("tx.token", *TWO, severity="SHOULD")
def authorized_anew_with_another(s: Any) -> None:
    s.ready()
    s.event("Started", "Authorized", idToken=TOKEN)
    s.event("Updated", "Authorized", idToken=OTHER_TOKEN)


@keeps("tx.token", *TWO)
def stopped_by_another_of_the_group(s: Any) -> None:
    s.ready()
    s.event("Started", "Authorized", idToken=TOKEN)
    s.event("Updated", "StopAuthorized", idToken=OTHER_TOKEN)


@keeps("tx.token", *TWO)
def same_token_in_lower_case(s: Any) -> None:
    s.ready()
    s.csms("RequestStartTransaction", remoteStartId=9, idToken=TOKEN)
    s.reply(status="Accepted")
    token = {**TOKEN, "idToken": TOKEN["idToken"].lower()}
    s.event("Started", "RemoteStart", idToken=token, info={"remoteStartId": 9})
    s.event("Updated", "MeterValuePeriodic", idToken=TOKEN)


@breaks("tx.remote-start-id", *TWO)
def remote_start_without_id(s: Any) -> None:
    s.ready()
    s.event("Started", "RemoteStart")


@breaks("tx.remote-start-id", *TWO)
def remote_start_of_nobody(s: Any) -> None:
    s.ready()
    s.event("Started", "RemoteStart", info={"remoteStartId": 9})


@keeps("tx.remote-start-id", *TWO)
def remote_start_of_the_csms(s: Any) -> None:
    s.ready()
    s.csms("RequestStartTransaction", remoteStartId=9, idToken=TOKEN)
    s.reply(status="Accepted")
    s.event("Started", "RemoteStart", info={"remoteStartId": 9})


@breaks("tx.charging-state", *TWO)
def state_changed_to_nothing(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "ChargingStateChanged")


@breaks("tx.charging-state", *TWO, severity="SHOULD")
def state_changed_to_the_same(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
    s.event("Updated", "ChargingStateChanged", info={"chargingState": "EVConnected"})


@keeps("tx.charging-state", *TWO)
def state_changed(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
    s.event("Updated", "ChargingStateChanged", info={"chargingState": "Charging"})
    s.event("Updated", "MeterValuePeriodic")


@breaks("tx.stopped-reason", *TWO)
def remote_stop_without_reason(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "RemoteStop", info={"stoppedReason": "Local"})


@breaks("tx.stopped-reason", *TWO)
def deauthorized_without_reason(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "Deauthorized")


@keeps("tx.stopped-reason", *TWO)
def stopped_at_the_station(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "StopAuthorized")


@keeps("tx.stopped-reason", *TWO)
def remote_stop_with_reason(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "RemoteStop", info={"stoppedReason": "Remote"})


@breaks("tx.token-info", *TWO, dut="CSMS")
def no_token_info(s: Any) -> None:
    s.ready()
    s.send_event("Started", "Authorized", idToken=TOKEN)
    s.reply()


@breaks("tx.token-info", *TWO, dut="CSMS", severity="SHOULD")
def token_info_for_nothing(s: Any) -> None:
    s.ready()
    s.send_event("Started", "CablePluggedIn")
    s.reply(idTokenInfo={"status": "Accepted"})


@breaks("tx.token-info", *TWO, dut="CSMS")
def button_refused(s: Any) -> None:
    s.ready()
    token_type = {"idToken": "", "type": "NoAuthorization"}
    s.send_event("Started", "Authorized", idToken=token_type)
    s.reply(idTokenInfo={"status": "Invalid"})


@keeps("tx.token-info", *TWO, dut="CSMS")
def token_info_as_due(s: Any) -> None:
    s.ready()
    s.send_event("Started", "Authorized", idToken=TOKEN)
    s.reply(idTokenInfo={"status": "Invalid"})
    s.send_event("Updated", "CablePluggedIn")
    s.reply()


@breaks("tx.time-order", *TWO, severity="SHOULD")
def time_runs_backwards(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", timestamp=s.time(-2))


@keeps("tx.time-order", *TWO)
def same_time_twice(s: Any) -> None:
    s.ready()
    at = s.time()
    s.event("Started", "CablePluggedIn", timestamp=at)
    s.event("Updated", "MeterValuePeriodic", timestamp=at)


def readings(s: Any, *values: float, context: str = "Sample.Periodic", offset: float = 0.0) -> list[dict[str, Any]]:
    return [{"timestamp": s.time(offset), "sampledValue": [{"value": value, "context": context}]} for value in values]


@breaks("tx.meter-time", *TWO)
def reading_after_its_event(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 1, 2, offset=2))


@keeps("tx.meter-time", *TWO)
def reading_with_its_event(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 1, 2))


@breaks("tx.reading-context", *TWO)
def begins_without_begin(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", meterValue=readings(s, 1))


@breaks("tx.reading-context", *TWO)
def ends_without_end(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted", meterValue=readings(s, 2))


@breaks("tx.reading-context", *TWO, severity="SHOULD")
def ends_without_end_when_power_was_lost(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "AbnormalCondition", info={"stoppedReason": "PowerLoss"}, meterValue=readings(s, 2))


@breaks("tx.reading-context", *TWO)
def periodic_without_periodic(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 2, context="Sample.Clock"))


@keeps("tx.reading-context", *TWO)
def clock_alone(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValueClock", meterValue=readings(s, 2, context="Sample.Clock"))
    s.event("Updated", "CablePluggedIn", meterValue=readings(s, 2, context="Other"))
    s.event("Ended", "EVDeparted", meterValue=readings(s, 2, context="Sample.Clock"))


@keeps("tx.reading-context", *TWO)
def begins_with_begin(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", meterValue=readings(s, 1, context="Transaction.Begin"))
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 1))
    s.event("Ended", "EVDeparted", meterValue=readings(s, 1) + readings(s, 2, context="Transaction.End"))


# ---------------------------------------------------------------- transactions of 1.6


@breaks("tx16.id-given", "1.6", dut="CSMS")
def id_of_a_running_transaction(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    s.start16(2, 7)


@breaks("tx16.id-given", "1.6", dut="CSMS", severity="SHOULD")
def id_zero(s: Any) -> None:
    s.ready()
    s.start16(1, 0)


@breaks("tx16.id-given", "1.6", dut="CSMS", severity="SHOULD")
def second_id_for_a_retry(s: Any) -> None:
    s.ready()
    at = s.time()
    s.start16(1, 7, timestamp=at)
    s.start16(1, 8, timestamp=at)


@keeps("tx16.id-given", "1.6", dut="CSMS")
def id_for_each(s: Any) -> None:
    s.ready()
    at = s.time()
    s.start16(1, 7, timestamp=at)
    s.start16(1, 7, timestamp=at)
    s.start16(2, 8)


@breaks("tx16.id-used", "1.6")
def stops_another(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    s.stop16(8)


@breaks("tx16.id-used", "1.6", severity="SHOULD", idle_at_start=False)
def stops_one_from_before(s: Any) -> None:
    s.ready()
    s.stop16(8)


@keeps("tx16.id-used", "1.6")
def stops_its_own(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    s.stop16(7)
    s.stop16(-1)


@breaks("tx16.stop-once", "1.6")
def stops_twice(s: Any) -> None:
    s.ready()
    s.start16()
    s.stop16()
    s.stop16()


@keeps("tx16.stop-once", "1.6")
def stops_again_because_the_link_broke(s: Any) -> None:
    s.ready()
    s.start16()
    at = s.time()
    s.stop16(timestamp=at)
    s.close()
    s.open()
    s.stop16(timestamp=at)


@keeps("tx16.stop-once", "1.6")
def stops_again_because_unanswered(s: Any) -> None:
    s.ready()
    s.start16()
    stop = {"transactionId": 7, "meterStop": 200, "timestamp": s.time()}
    s.cs("StopTransaction", stop)
    s.refuse()
    s.wait(60)
    s.cs("StopTransaction", stop)
    s.reply()


@keeps("tx16.stop-once", "1.6")
def stops_again_because_the_answer_was_broken_on_purpose(s: Any) -> None:
    s.ready()
    s.start16()
    stop = {"transactionId": 7, "meterStop": 200, "timestamp": s.time()}
    s.cs("StopTransaction", stop)
    s.raw("CSMS", f'[3,"{s.last[1].id}",{{"idTagInfo":{{}}}}]', deliberate="a negative test")
    s.cs("StopTransaction", stop)
    s.reply()


@keeps("tx16.stop-once", "1.6")
@keeps("tx16.meter-place", "1.6")
@keeps("tx16.meter-stop", "1.6")
def stops_each_of_two_that_were_given_one_id(s: Any) -> None:
    s.ready()
    s.start16(1, 7, meterStart=5000)
    s.start16(2, 7, meterStart=9000)
    meter16(s, 1, 7)
    s.stop16(7, meterStop=5100)
    s.stop16(7, meterStop=9100)


@breaks("tx16.meter-stop", "1.6")
def stops_below_start(s: Any) -> None:
    s.ready()
    s.start16(meterStart=100)
    s.stop16(meterStop=99)


@keeps("tx16.meter-stop", "1.6")
def stops_at_start(s: Any) -> None:
    s.ready()
    s.start16(meterStart=100)
    s.stop16(meterStop=100)


def meter16(s: Any, connector: int, transaction: int | None, value: str = "1", **sample: Any) -> None:
    fields = {} if transaction is None else {"transactionId": transaction}
    s.cs(
        "MeterValues",
        {
            "connectorId": connector,
            "meterValue": [{"timestamp": s.time(), "sampledValue": [{"value": value, **sample}]}],
            **fields,
        },
    )
    s.reply()


@breaks("tx16.meter-place", "1.6")
def values_of_another_connector(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    meter16(s, 2, 7)


@breaks("tx16.meter-place", "1.6", severity="SHOULD")
def main_meter_of_a_transaction(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    meter16(s, 0, 7)


@keeps("tx16.meter-place", "1.6")
def values_of_its_connector(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    meter16(s, 1, 7)
    meter16(s, 2, None)


@breaks("tx16.time-order", "1.6", severity="SHOULD")
def stops_before_it_starts(s: Any) -> None:
    s.ready()
    s.start16()
    s.stop16(timestamp=s.time(-2))


@keeps("tx16.time-order", "1.6")
def starts_and_stops_at_once(s: Any) -> None:
    s.ready()
    at = s.time()
    s.start16(timestamp=at)
    s.stop16(timestamp=at)


@breaks("tx16.one-per-connector", "1.6", severity="SHOULD")
def starts_over(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    s.wait(1)
    s.start16(1, 8)


@keeps("tx16.one-per-connector", "1.6")
def starts_elsewhere(s: Any) -> None:
    s.ready()
    s.start16(1, 7)
    s.start16(2, 8)
    s.stop16(7)
    s.start16(1, 9)


# ---------------------------------------------------------------- status


@breaks("status.connector-exists", "1.6")
def third_connector(s: Any) -> None:
    s.ready()
    s.status16("Available", 3)


@breaks("status.connector-exists", "1.6")
def starts_on_connector_zero(s: Any) -> None:
    s.ready()
    s.start16(0)


@breaks("status.connector-exists", *TWO)
def third_evse(s: Any) -> None:
    s.ready()
    s.cs("StatusNotification", timestamp=s.time(), connectorStatus="Available", evseId=3, connectorId=1)


@breaks("status.connector-exists", *TWO)
def transaction_on_third_evse(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", evse={"id": 3})


@keeps("status.connector-exists", "1.6")
def connector_zero(s: Any) -> None:
    s.ready()
    s.status16("Available", 0)
    meter16(s, 0, None)


@keeps("status.connector-exists", *TWO)
def main_meter(s: Any) -> None:
    s.ready()
    s.cs("MeterValues", evseId=0, meterValue=readings(s, 1))
    s.reply()
    s.event("Started", "CablePluggedIn", evse={"id": 2, "connectorId": 1})


@keeps("status.connector-exists", *TWO, connectors=frozenset())
def connectors_not_described(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", evse={"id": 9})


@breaks("status.connector-zero", "1.6")
def station_charges(s: Any) -> None:
    s.ready()
    s.status16("Charging", 0)


@keeps("status.connector-zero", "1.6")
def station_faulted(s: Any) -> None:
    s.ready()
    s.status16("Faulted", 0)


@breaks("status.transition", "1.6", severity="SHOULD")
def available_to_finishing(s: Any) -> None:
    s.ready()
    s.status16("Available")
    s.status16("Finishing")


@keeps("status.transition", "1.6")
def preparing_to_finishing(s: Any) -> None:
    s.ready()
    s.status16("Preparing")
    s.status16("Finishing")
    s.status16("Finishing")
    s.close()
    s.open()
    s.status16("Charging")


@breaks("status.ev-communication-error", "1.6")
def communication_error_while_available(s: Any) -> None:
    s.ready()
    s.status16("Available", errorCode="EVCommunicationError")


@keeps("status.ev-communication-error", "1.6")
def communication_error_while_preparing(s: Any) -> None:
    s.ready()
    s.status16("Preparing", errorCode="EVCommunicationError")


# ---------------------------------------------------------------- results


def variable(component: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}, **fields}


@breaks("results.variables", *TWO)
def another_variable(s: Any) -> None:
    s.ready()
    s.csms("GetVariables", getVariableData=[variable("ClockCtrlr", "DateTime")])
    result = variable("ClockCtrlr", "TimeZone", attributeType="Actual", attributeStatus="Rejected")
    s.reply(getVariableResult=[result])


@breaks("results.variables", *TWO)
def one_result_too_few(s: Any) -> None:
    s.ready()
    data = [variable("ClockCtrlr", "DateTime", attributeValue="x"), variable("A", "B", attributeValue="y")]
    s.csms("SetVariables", setVariableData=data)
    s.reply(setVariableResult=[variable("A", "B", attributeType="Actual", attributeStatus="Accepted")])


@breaks("results.variables", *TWO, severity="SHOULD")
def actual_left_out(s: Any) -> None:
    s.ready()
    s.csms("GetVariables", getVariableData=[variable("A", "B")])
    s.reply(getVariableResult=[variable("A", "B", attributeStatus="UnknownComponent")])


@keeps("results.variables", *TWO)
def in_any_order_and_case(s: Any) -> None:
    s.ready()
    s.csms("GetVariables", getVariableData=[variable("A", "B"), variable("C", "D", attributeType="Target")])
    s.reply(
        getVariableResult=[
            variable("c", "d", attributeType="Target", attributeStatus="UnknownComponent"),
            variable("a", "b", attributeType="Actual", attributeStatus="UnknownComponent"),
        ]
    )


@breaks("results.attribute-value", *TWO)
def accepted_without_value(s: Any) -> None:
    s.ready()
    s.csms("GetVariables", getVariableData=[variable("A", "B")])
    s.reply(getVariableResult=[variable("A", "B", attributeType="Actual", attributeStatus="Accepted")])


@keeps("results.attribute-value", *TWO)
def accepted_with_empty_value(s: Any) -> None:
    s.ready()
    s.csms("GetVariables", getVariableData=[variable("A", "B")])
    result = variable("A", "B", attributeType="Actual", attributeStatus="Accepted", attributeValue="")
    s.reply(getVariableResult=[result])


def monitor(component: str, name: str, **fields: Any) -> dict[str, Any]:
    return variable(component, name, **{"type": "Delta", "severity": 5, **fields})


@breaks("results.monitors", *TWO)
def another_monitor(s: Any) -> None:
    s.ready()
    s.csms("SetVariableMonitoring", setMonitoringData=[monitor("A", "B", value=1)])
    s.reply(setMonitoringResult=[monitor("A", "B", status="Accepted", severity=6, id=1)])


@breaks("results.monitors", *TWO)
def cleared_another(s: Any) -> None:
    s.ready()
    s.csms("ClearVariableMonitoring", id=[1, 2])
    s.reply(clearMonitoringResult=[{"status": "Accepted", "id": 1}])


@keeps("results.monitors", *TWO)
def monitors_in_any_order(s: Any) -> None:
    s.ready()
    s.csms("SetVariableMonitoring", setMonitoringData=[monitor("A", "B", value=1), monitor("C", "D", value=1)])
    s.reply(setMonitoringResult=[monitor("C", "D", status="Rejected"), monitor("A", "B", status="Accepted", id=1)])
    s.csms("ClearVariableMonitoring", id=[1, 2])
    s.reply(clearMonitoringResult=[{"status": "NotFound", "id": 2}, {"status": "Accepted", "id": 1}])


@breaks("results.configuration", "1.6")
def ignores_the_filter(s: Any) -> None:
    s.ready()
    s.csms("GetConfiguration", key=["A"])
    s.reply(configurationKey=[{"key": name, "readonly": True, "value": "1"} for name in "AB"])


@breaks("results.configuration", "1.6")
def forgets_the_key(s: Any) -> None:
    s.ready()
    s.csms("GetConfiguration", key=["A"])
    s.reply()


@keeps("results.configuration", "1.6")
def some_known_some_not(s: Any) -> None:
    s.ready()
    s.csms("GetConfiguration", key=["Alpha", "Beta"])
    s.reply(configurationKey=[{"key": "alpha", "readonly": True, "value": "1"}], unknownKey=["Beta"])
    s.csms("GetConfiguration")
    s.reply(configurationKey=[{"key": name, "readonly": True, "value": "1"} for name in "AB"])


def report(s: Any, id: int, seq: int, **fields: Any) -> None:
    s.cs("NotifyReport", requestId=id, seqNo=seq, generatedAt=s.time(), **fields)
    s.reply()


def ask_for_report(s: Any, id: int, status: str = "Accepted") -> None:
    s.csms("GetBaseReport", requestId=id, reportBase="FullInventory")
    s.reply(status=status)


@breaks("results.report-id", *TWO)
def report_for_nobody(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1)
    report(s, 2, 0)


@breaks("results.report-id", *TWO)
def report_after_refusal(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1, "Rejected")
    report(s, 1, 0)


@breaks("results.report-id", *TWO)
def report_before_answer(s: Any) -> None:
    s.ready()
    s.csms("GetBaseReport", requestId=1, reportBase="FullInventory")
    s.cs("NotifyReport", requestId=1, seqNo=0, generatedAt=s.time())


@keeps("results.report-id", *TWO)
def report_as_asked(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1)
    report(s, 1, 0)


@breaks("results.report-parts", *TWO)
def part_left_out(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1)
    report(s, 1, 0, tbc=True)
    report(s, 1, 2)


@breaks("results.report-parts", *TWO)
def part_after_the_last(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1)
    report(s, 1, 0)
    report(s, 1, 1)


@breaks("results.report-parts", *TWO)
def event_numbers_run_on(s: Any) -> None:
    s.ready()
    data = [
        {
            "eventId": 1,
            "timestamp": s.time(),
            "trigger": "Delta",
            "actualValue": "1",
            "eventNotificationType": "CustomMonitor",
            **variable("A", "B"),
        }
    ]
    for seq in range(2):
        s.cs("NotifyEvent", generatedAt=s.time(), seqNo=seq, eventData=data)
        s.reply()


@keeps("results.report-parts", *TWO)
def two_reports_of_two_parts(s: Any) -> None:
    s.ready()
    for id in (1, 2):
        ask_for_report(s, id)
        report(s, id, 0, tbc=True)
        report(s, id, 1)


@keeps("results.report-parts", *TWO)
def part_sent_again_because_the_link_broke(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1)
    report(s, 1, 0, tbc=True)
    s.close()
    s.open()
    report(s, 1, 0, tbc=True)
    report(s, 1, 1)


@keeps("results.report-parts", *TWO)
def part_sent_again(s: Any) -> None:
    s.ready()
    ask_for_report(s, 1)
    s.cs("NotifyReport", requestId=1, seqNo=0, generatedAt=s.time(), tbc=True)
    s.refuse()
    report(s, 1, 0, tbc=True)
    report(s, 1, 1)


@breaks("results.status-request-id", *TWO)
def log_status_of_nobody(s: Any) -> None:
    s.ready()
    s.csms("GetLog", logType="SecurityLog", requestId=1, log={"remoteLocation": "http://x/"})
    s.reply(status="Accepted", filename="f")
    s.cs("LogStatusNotification", status="Uploading", requestId=2)


@breaks("results.status-request-id", *ALL)
def log_status_without_id(s: Any) -> None:
    s.ready()
    s.cs("LogStatusNotification", status="Uploading")


@keeps("results.status-request-id", *ALL)
def idle_without_id(s: Any) -> None:
    s.ready()
    s.cs("LogStatusNotification", status="Idle")
    s.reply()
    s.cs("FirmwareStatusNotification", status="Idle")


@keeps("results.status-request-id", *ALL)
def log_status_as_asked(s: Any) -> None:
    s.ready()
    s.csms("GetLog", logType="SecurityLog", requestId=1, log={"remoteLocation": "http://x/"})
    s.reply(status="Accepted", filename="f")
    s.cs("LogStatusNotification", status="Uploading", requestId=1)


@breaks("results.triggered", *TWO)
@breaks("results.triggered", "1.6", severity="SHOULD")
def trigger_forgotten(s: Any) -> None:
    s.ready()
    s.csms("TriggerMessage", requestedMessage="Heartbeat")
    s.reply(status="Accepted")
    s.wait(61)


@keeps("results.triggered", *ALL)
def trigger_obeyed(s: Any) -> None:
    s.ready()
    s.csms("TriggerMessage", requestedMessage="Heartbeat")
    s.reply(status="Accepted")
    s.heartbeat()
    s.wait(61)


@keeps("results.triggered", *ALL)
def trigger_crossed(s: Any) -> None:
    s.ready()
    s.csms("TriggerMessage", requestedMessage="Heartbeat")
    trigger = s.last
    s.heartbeat()
    s.last = trigger
    s.reply(status="Accepted")
    s.wait(61)


def schedule2(s: Any, **fields: Any) -> dict[str, Any]:
    return {
        "evseId": 1,
        "duration": 300,
        "scheduleStart": s.time(),
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
        **fields,
    }


@breaks("results.composite-schedule", *TWO)
def schedule_of_another_evse(s: Any) -> None:
    s.ready()
    s.csms("GetCompositeSchedule", duration=300, evseId=1)
    s.reply(status="Accepted", schedule=schedule2(s, evseId=2))


@breaks("results.composite-schedule", *TWO)
def schedule_missing(s: Any) -> None:
    s.ready()
    s.csms("GetCompositeSchedule", duration=300, evseId=1)
    s.reply(status="Accepted")


@breaks("results.composite-schedule", "1.6")
def schedule_of_another_connector(s: Any) -> None:
    s.ready()
    s.csms("GetCompositeSchedule", duration=300, connectorId=1)
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
    s.reply(status="Accepted", connectorId=2, scheduleStart=s.time(), chargingSchedule=schedule)


@breaks("results.composite-schedule", *TWO, severity="SHOULD")
def schedule_too_long(s: Any) -> None:
    s.ready()
    s.csms("GetCompositeSchedule", duration=300, evseId=1)
    s.reply(status="Accepted", schedule=schedule2(s, duration=400))


@keeps("results.composite-schedule", *TWO)
def schedule_as_asked(s: Any) -> None:
    s.ready()
    s.csms("GetCompositeSchedule", duration=300, evseId=1, chargingRateUnit="A")
    s.reply(status="Accepted", schedule=schedule2(s))
    s.csms("GetCompositeSchedule", duration=300, evseId=9)
    s.reply(status="Rejected")


@breaks("results.transaction-status", *TWO)
def ended_but_ongoing(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Ended", "EVDeparted")
    s.csms("GetTransactionStatus", transactionId="T1")
    s.reply(ongoingIndicator=True, messagesInQueue=False)


@breaks("results.transaction-status", *TWO)
def ongoing_what(s: Any) -> None:
    s.ready()
    s.csms("GetTransactionStatus")
    s.reply(ongoingIndicator=False, messagesInQueue=False)


@keeps("results.transaction-status", *TWO)
def status_as_it_is(s: Any) -> None:
    s.ready()
    s.csms("GetTransactionStatus")
    s.reply(messagesInQueue=False)
    s.event("Started", "CablePluggedIn")
    s.csms("GetTransactionStatus", transactionId="T1")
    s.reply(ongoingIndicator=True, messagesInQueue=False)
    s.csms("GetTransactionStatus", transactionId="T1")
    s.reply(ongoingIndicator=False, messagesInQueue=True)
    s.csms("GetTransactionStatus", transactionId="T9")
    s.reply(ongoingIndicator=False, messagesInQueue=False)


@breaks("results.remote-stop", *TWO)
def stops_what_never_was(s: Any) -> None:
    s.ready()
    s.csms("RequestStopTransaction", transactionId="T9")
    s.reply(status="Accepted")


@breaks("results.remote-stop", "1.6")
def stops_what_is_over(s: Any) -> None:
    s.ready()
    s.start16()
    s.stop16()
    s.csms("RemoteStopTransaction", transactionId=7)
    s.reply(status="Accepted")


@keeps("results.remote-stop", *TWO)
def stops_what_runs(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.csms("RequestStopTransaction", transactionId="T1")
    s.reply(status="Accepted")
    s.csms("RequestStopTransaction", transactionId="T9")
    s.reply(status="Rejected")


HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}


@breaks("results.certificates", *ALL)
def found_but_not_listed(s: Any) -> None:
    s.ready()
    if s.version.family == "1.6":
        s.csms("GetInstalledCertificateIds", certificateType="CentralSystemRootCertificate")
    else:
        s.csms("GetInstalledCertificateIds")
    s.reply(status="Accepted")


@breaks("results.certificates", *TWO)
def lists_another_type(s: Any) -> None:
    s.ready()
    s.csms("GetInstalledCertificateIds", certificateType=["CSMSRootCertificate"])
    chain = {"certificateType": "V2GRootCertificate", "certificateHashData": HASH}
    s.reply(status="Accepted", certificateHashDataChain=[chain])


@keeps("results.certificates", *TWO)
def lists_what_was_asked_for(s: Any) -> None:
    s.ready()
    s.csms("GetInstalledCertificateIds", certificateType=["CSMSRootCertificate"])
    chain = {"certificateType": "CSMSRootCertificate", "certificateHashData": HASH}
    s.reply(status="Accepted", certificateHashDataChain=[chain])
    s.csms("GetInstalledCertificateIds")
    s.reply(status="NotFound")


@breaks("results.data-transfer", "1.6")
def data_of_an_unknown_vendor(s: Any) -> None:
    s.ready()
    s.csms("DataTransfer", vendorId="v")
    s.reply(status="UnknownVendorId", data="x")


@keeps("results.data-transfer", "1.6")
def data_of_a_known_vendor(s: Any) -> None:
    s.ready()
    s.csms("DataTransfer", vendorId="v")
    s.reply(status="UnknownMessageId", data="x")


@breaks("results.log-name", *ALL)
def log_without_name(s: Any) -> None:
    s.ready()
    s.csms("GetLog", logType="SecurityLog", requestId=1, log={"remoteLocation": "http://x/"})
    s.reply(status="Accepted")


@keeps("results.log-name", *ALL)
def no_log(s: Any) -> None:
    s.ready()
    s.csms("GetLog", logType="SecurityLog", requestId=1, log={"remoteLocation": "http://x/"})
    s.reply(status="Rejected")


# ---------------------------------------------------------------- values


@breaks("values.register", *TWO)
def counts_down(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 100))
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 99))


@breaks("values.register", "1.6")
def counts_down_in_kwh(s: Any) -> None:
    s.ready()
    s.start16()
    meter16(s, 1, 7, "1500", unit="Wh")
    meter16(s, 1, 7, "1.2", unit="kWh")


@keeps("values.register", "1.6")
def rounded_to_kwh(s: Any) -> None:
    s.ready()
    s.start16()
    meter16(s, 1, 7, "1234", unit="Wh")
    meter16(s, 1, 7, "1.2", unit="kWh")
    meter16(s, 1, 7, "-5", measurand="Power.Active.Import")


@keeps("values.register", *TWO)
def other_measurands_go_down(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    for power in (7000, 11):
        sample = [
            {"value": power, "measurand": "Power.Active.Import"},
            {"value": 7, "measurand": "Energy.Active.Import.Register", "phase": "L1"},
            {"value": 100, "measurand": "Energy.Active.Import.Register"},
        ]
        s.event("Updated", "MeterValuePeriodic", meterValue=[{"timestamp": s.time(), "sampledValue": sample}])


@keeps("values.register", *TWO)
def older_reading_is_lower(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    older = readings(s, 99)
    s.event("Updated", "MeterValuePeriodic", meterValue=readings(s, 100))
    s.event("Ended", "EVDeparted", meterValue=older + readings(s, 101, context="Transaction.End"))


@breaks("values.reading", "1.6")
def empty_reading(s: Any) -> None:
    s.ready()
    meter16(s, 1, None, "")


@keeps("values.reading", "1.6")
def signed_reading(s: Any) -> None:
    s.ready()
    meter16(s, 1, None, "A0F1", format="SignedData")
    meter16(s, 1, None, "-1.50")


def in_unit(s: Any, unit: str, measurand: str) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn")
    sample = {"value": 1, "measurand": measurand, "unitOfMeasure": {"unit": unit}}
    s.event("Updated", "MeterValuePeriodic", meterValue=[{"timestamp": s.time(), "sampledValue": [sample]}])


@breaks("values.unit", *TWO)
def energy_in_watts(s: Any) -> None:
    in_unit(s, "W", "Energy.Active.Import.Register")


@breaks("values.unit", *TWO)
def reactive_energy_in_wh(s: Any) -> None:
    in_unit(s, "Wh", "Energy.Reactive.Export.Register")


@breaks("values.unit", *TWO)
def watts_where_it_was_watt_hours_before(s: Any) -> None:
    in_unit(s, "Wh", "Energy.Active.Import.Register")
    in_unit(s, "W", "Energy.Active.Import.Register")


@breaks("values.unit", *TWO, severity="SHOULD")
def kwh_in_small_letters(s: Any) -> None:
    in_unit(s, "kwh", "Energy.Active.Import.Register")


@keeps("values.unit", *TWO)
def units_of_the_list(s: Any) -> None:
    in_unit(s, "kWh", "Energy.Active.Import.Register")
    for measurand, unit in (("Voltage", "V"), ("Power.Active.Import", "kW"), ("SoC", "Percent"), ("Power.Factor", "x")):
        sample = [{"value": 1, "measurand": measurand, "unitOfMeasure": {"unit": unit}}]
        s.cs("MeterValues", evseId=1, meterValue=[{"timestamp": s.time(), "sampledValue": sample}])
        s.reply()


@breaks("values.empty-list", "1.6")
def no_samples(s: Any) -> None:
    s.ready()
    s.cs("MeterValues", connectorId=1, meterValue=[{"timestamp": s.time(), "sampledValue": []}])


@keeps("values.empty-list", "1.6")
def one_sample(s: Any) -> None:
    s.ready()
    meter16(s, 1, None)


def profile(**fields: Any) -> dict[str, Any]:
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": fields.pop("periods", [{"startPeriod": 0, "limit": 16}]),
    }
    schedule.update(fields.pop("schedule", {}))
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
        **fields,
    }


@breaks("values.limit-digits", "2.0.1", dut="CSMS")
def limit_of_two_digits(s: Any) -> None:
    s.ready()
    s.raw(
        "CSMS",
        '[2,"x","SetChargingProfile",{"evseId":1,"chargingProfile":{"id":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":'
        '[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.25}]}]}}]',
    )


@keeps("values.limit-digits", "2.0.1", dut="CSMS")
def limit_of_one_digit(s: Any) -> None:
    s.ready()
    s.raw(
        "CSMS",
        '[2,"x","SetChargingProfile",{"evseId":1,"chargingProfile":{"id":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":'
        '[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.10}]}]}}]',
    )


@breaks("values.decimals", *TWO, dut="CSMS")
def seven_digits(s: Any) -> None:
    s.ready()
    s.raw("CSMS", '[2,"x","CostUpdated",{"totalCost":1.1234567,"transactionId":"T1"}]')


@keeps("values.decimals", *TWO, dut="CSMS")
def six_decimal_digits(s: Any) -> None:
    s.ready()
    s.raw("CSMS", '[2,"x","CostUpdated",{"totalCost":1.1234560,"transactionId":"T1"}]')


@breaks("values.identifier", "2.0.1", severity="SHOULD")
def token_with_a_blank(s: Any) -> None:
    s.ready()
    s.cs("Authorize", idToken={"idToken": "my key", "type": "Local"})


@breaks("values.identifier", *TWO)
def transaction_id_with_a_blank(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", "T 1")


@keeps("values.identifier", *TWO)
def transaction_id_with_signs(s: Any) -> None:
    s.ready()
    s.event("Started", "CablePluggedIn", "T1*-_=:+|@.")


@breaks("values.token-type", *TWO)
def button_with_a_name(s: Any) -> None:
    s.ready()
    kind = "NoAuthorization"
    s.event("Started", "Authorized", idToken={"idToken": "button", "type": kind})


@breaks("values.token-type", *TWO, severity="INFO")
def card_with_a_name(s: Any) -> None:
    s.ready()
    s.cs("Authorize", idToken={"idToken": "my card", "type": "ISO14443"})


@keeps("values.token-type", *TWO)
def card_and_button(s: Any) -> None:
    s.ready()
    s.cs("Authorize", idToken={"idToken": "04aabbCC", "type": "ISO14443"})
    s.reply(idTokenInfo={"status": "Accepted"})
    kind = "NoAuthorization"
    s.event("Started", "Authorized", idToken={"idToken": "", "type": kind})


@breaks("values.printable", "1.6")
def tag_with_a_control_character(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Authorize",{"idTag":"TAG\\u0001"}]')


@breaks("values.printable", "1.6", severity="SHOULD")
def letters_beyond_ascii(s: Any) -> None:
    s.ready()
    s.status16("Available", info="Grüße")


@keeps("values.printable", "1.6")
def printable_tag(s: Any) -> None:
    s.ready()
    s.raw("CS", '[2,"x","Authorize",{"idTag":"TAG ~!"}]')


@breaks("values.vendor", "1.6", severity="SHOULD")
def no_vendor(s: Any) -> None:
    s.open()
    s.cs("BootNotification", chargePointVendor="", chargePointModel="M")


@breaks("values.vendor", *TWO, severity="SHOULD")
def no_model(s: Any) -> None:
    s.open()
    s.cs("BootNotification", reason="PowerUp", chargingStation={"vendorName": "V", "model": " "})


@keeps("values.vendor", *ALL)
def vendor_and_model(s: Any) -> None:
    s.ready()


@breaks("values.interval", *ALL, dut="CSMS", severity="SHOULD")
def interval_below_zero(s: Any) -> None:
    s.open()
    s.boot("Accepted", -1)


@keeps("values.interval", *ALL, dut="CSMS")
def interval_zero(s: Any) -> None:
    s.open()
    s.boot("Accepted", 0)


@breaks("values.remote-profile", *TWO, dut="CSMS")
def remote_start_with_default_profile(s: Any) -> None:
    s.ready()
    s.csms("RequestStartTransaction", remoteStartId=1, idToken=TOKEN, chargingProfile=profile())


@breaks("values.remote-profile", *TWO, dut="CSMS")
def remote_start_with_transaction_id(s: Any) -> None:
    s.ready()
    tx_profile = profile(chargingProfilePurpose="TxProfile", transactionId="T1")
    s.csms("RequestStartTransaction", remoteStartId=1, idToken=TOKEN, chargingProfile=tx_profile)


@keeps("values.remote-profile", *TWO, dut="CSMS")
def remote_start_with_tx_profile(s: Any) -> None:
    s.ready()
    tx_profile = profile(chargingProfilePurpose="TxProfile")
    s.csms("RequestStartTransaction", remoteStartId=1, idToken=TOKEN, chargingProfile=tx_profile)


@breaks("values.profile", *TWO, dut="CSMS")
def first_period_later(s: Any) -> None:
    s.ready()
    s.csms("SetChargingProfile", evseId=1, chargingProfile=profile(periods=[{"startPeriod": 60, "limit": 16}]))


@breaks("values.profile", *TWO, dut="CSMS")
def periods_out_of_order(s: Any) -> None:
    s.ready()
    periods = [{"startPeriod": start, "limit": 16} for start in (0, 60, 30)]
    s.csms("SetChargingProfile", evseId=1, chargingProfile=profile(periods=periods))


@breaks("values.profile", *TWO, dut="CSMS")
def tx_profile_without_transaction(s: Any) -> None:
    s.ready()
    s.csms("SetChargingProfile", evseId=1, chargingProfile=profile(chargingProfilePurpose="TxProfile"))


@breaks("values.profile", *TWO, dut="CSMS")
def absolute_without_start(s: Any) -> None:
    s.ready()
    s.csms("SetChargingProfile", evseId=1, chargingProfile=profile(chargingProfileKind="Absolute"))


@breaks("values.profile", "1.6", dut="CSMS")
def first_period_later_16(s: Any) -> None:
    s.ready()
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 60, "limit": 16}]}
    profile16 = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    s.csms("SetChargingProfile", connectorId=1, csChargingProfiles=profile16)


@keeps("values.profile", *TWO, dut="CSMS")
def fitting_profiles(s: Any) -> None:
    s.ready()
    s.csms("SetChargingProfile", evseId=0, chargingProfile=profile())
    s.reply(status="Accepted")
    absolute = profile(chargingProfileKind="Absolute", schedule={"startSchedule": s.time()})
    s.csms("SetChargingProfile", evseId=1, chargingProfile=absolute)
    s.reply(status="Accepted")
    tx_profile = profile(chargingProfilePurpose="TxProfile", transactionId="T1")
    s.csms("SetChargingProfile", evseId=1, chargingProfile=tx_profile)


@breaks("values.language", *TWO, dut="CSMS")
def second_language_alone(s: Any) -> None:
    s.ready()
    s.cs("Authorize", idToken=TOKEN)
    s.reply(idTokenInfo={"status": "Accepted", "language2": "de"})


@keeps("values.language", *TWO, dut="CSMS")
def two_languages(s: Any) -> None:
    s.ready()
    s.cs("Authorize", idToken=TOKEN)
    s.reply(idTokenInfo={"status": "Accepted", "language1": "en", "language2": "de"})


@breaks("values.list-version", *ALL, dut="CSMS")
def list_version_zero(s: Any) -> None:
    s.ready()
    name = "listVersion" if s.version.family == "1.6" else "versionNumber"
    s.csms("SendLocalList", {name: 0, "updateType": "Full"})


@keeps("values.list-version", *ALL, dut="CSMS")
def list_version_one(s: Any) -> None:
    s.ready()
    name = "listVersion" if s.version.family == "1.6" else "versionNumber"
    s.csms("SendLocalList", {name: 1, "updateType": "Full"})


@breaks("values.told-list-version", *TWO)
def told_version_of_16(s: Any) -> None:
    s.ready()
    s.csms("GetLocalListVersion")
    s.reply(versionNumber=-1)


@keeps("values.told-list-version", *TWO)
def told_version_of_no_list(s: Any) -> None:
    s.ready()
    s.csms("GetLocalListVersion")
    s.reply(versionNumber=0)


@breaks("values.list-unique", *TWO, dut="CSMS")
def token_listed_twice(s: Any) -> None:
    s.ready()
    tokens = [{"idToken": TOKEN}, {"idToken": {**TOKEN, "idToken": "04aabbcc"}}]
    s.csms("SendLocalList", versionNumber=1, updateType="Full", localAuthorizationList=tokens)


@keeps("values.list-unique", *TWO, dut="CSMS")
def tokens_listed_once(s: Any) -> None:
    s.ready()
    tokens = [{"idToken": TOKEN}, {"idToken": OTHER_TOKEN}]
    s.csms("SendLocalList", versionNumber=1, updateType="Full", localAuthorizationList=tokens)


@breaks("values.set-twice", *TWO, dut="CSMS")
def variable_set_twice(s: Any) -> None:
    s.ready()
    data = [
        variable("A", "B", attributeValue="1"),
        variable("A", "B", attributeValue="2", attributeType="Actual"),
    ]
    s.csms("SetVariables", setVariableData=data)


@keeps("values.set-twice", *TWO, dut="CSMS")
def two_attributes(s: Any) -> None:
    s.ready()
    data = [
        variable("A", "B", attributeValue="1"),
        variable("A", "B", attributeValue="2", attributeType="Target"),
    ]
    s.csms("SetVariables", setVariableData=data)


@breaks("values.trigger-place", *TWO, dut="CSMS")
def trigger_without_connector(s: Any) -> None:
    s.ready()
    s.csms("TriggerMessage", requestedMessage="StatusNotification", evse={"id": 1})


@keeps("values.trigger-place", *TWO, dut="CSMS")
def trigger_with_connector(s: Any) -> None:
    s.ready()
    s.csms("TriggerMessage", requestedMessage="StatusNotification", evse={"id": 1, "connectorId": 1})
    s.reply(status="Rejected")
    s.csms("TriggerMessage", requestedMessage="MeterValues", evse={"id": 1})


@breaks("values.profile-criterion", *TWO, dut="CSMS")
def any_profile(s: Any) -> None:
    s.ready()
    s.csms("GetChargingProfiles", requestId=1, chargingProfile={})


@keeps("values.profile-criterion", *TWO, dut="CSMS")
def profiles_by_level(s: Any) -> None:
    s.ready()
    s.csms("GetChargingProfiles", requestId=1, chargingProfile={"stackLevel": 0})


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case, script: Any) -> None:
    play = script(case.version, case.dut, **case.settings)
    case.play(play)
    findings = play.finish()
    mine = [finding for finding in findings if finding.rule == case.rule]
    if case.severity is None:
        assert not mine, mine
        invalid = [finding for finding in findings if finding.rule.startswith("schema.")]
        assert not invalid, "the play itself is wrong"
        return
    assert mine, f"not found; found {[finding.rule for finding in findings]}"
    assert {finding.severity for finding in mine} == {Severity(case.severity)}
    assert {finding.blame for finding in mine} == {Blame.DEVICE}
    assert all(finding.expected and finding.actual and finding.requirement for finding in mine)


@pytest.mark.parametrize("case", [case for case in CASES if case.severity == "MUST"], ids=str)
def test_the_other_side_is_not_blamed(case: Case, script: Any) -> None:
    """With the roles exchanged the same traffic is no fault of the device."""
    play = script(case.version, "CSMS" if case.dut == "CS" else "CS", **case.settings)
    case.play(play)
    for finding in play.finish():
        if finding.rule == case.rule and finding.severity is Severity.MUST:
            assert finding.blame is not Blame.DEVICE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_broken_and_barely_kept(rule: Any) -> None:
    cases = [case for case in CASES if case.rule == rule.id]
    assert any(case.severity is not None for case in cases)
    assert any(case.severity is None for case in cases)
    severities = {case.severity for case in cases if case.severity}
    assert str(rule.severity) in severities, "the worst that it can say is not shown"
