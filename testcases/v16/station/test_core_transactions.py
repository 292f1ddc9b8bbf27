"""Feature profile Core, transactions beyond the official list: a charge point under test (1.6)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from conformance import (
    ABSENT,
    Dut,
    FakeCsms,
    Metering,
    Operator,
    call_error,
    case,
    check,
    moment,
    one_of,
    recommend,
    step,
)

# ------------------------------------------------------------------ transactionId


@case("OC_16_10_CS")
def test_odd_transaction_ids(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """0 and -1 are transactionIds as any others: the charge point uses them, and is stopped by them."""
    csms.configure("MeterValueSampleInterval", str(dut.values.sampled_interval))
    for number in (0, -1):
        csms.answer("StartTransaction", transactionId=number)

        step("Start a transaction, give it the id 0, then -1", expect="MeterValues with this id")
        start = csms.execute("Charging")
        metering = Metering(csms, start)
        values = metering.sampled(1, "Sample.Periodic", every=dut.values.sampled_interval)
        metering.regular(values, dut.values.sampled_interval, since=start.timestamp)
        metering.complete(values, "MeterValuesSampledData")

        step("Send RemoteStopTransaction with this id", expect="Accepted; StopTransaction with this id, Finishing")
        answer = csms.send("RemoteStopTransaction", transactionId=number)
        check(answer.status == "Accepted", "the stop is Accepted", requirement=ODD_IDS, actual=answer.status)
        csms.execute("Stopped", start=start, reason="Remote")

        step("Unplug", expect="StatusNotification Available")
        operator.unplug(dut.connector)
        csms.expect_connector_status("Available", dut.connector, within=dut.timeouts.physical)


@case("OC_16_11_CS")
def test_start_never_taken(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A StartTransaction that the CSMS never takes is given up after some attempts; what follows has the id -1."""
    attempts, interval = dut.values.message_attempts, dut.values.message_attempt_interval
    csms.configure("TransactionMessageAttempts", str(attempts))
    csms.configure("TransactionMessageRetryInterval", str(interval))
    csms.answer_always("StartTransaction", call_error("InternalError"))

    step("Start, answer each StartTransaction by a CALLERROR", expect="the same again, as often as configured")
    csms.execute("Preparing")
    csms.execute("RemotelyAuthorized")
    sent = [_start_told(csms, dut)]
    for number in range(1, attempts):
        again = csms.expect(
            "StartTransaction", within=number * interval + dut.timeouts.tolerance, requirement="1.6 3.7.1"
        )
        check(again == sent[0], "the same StartTransaction", requirement="1.6 3.7.1", actual=again)
        pause = csms.time_between(sent[-1], again)
        recommend(pause >= number * interval / 2, "a pause that grows", requirement="1.6 3.7.1", actual=pause)
        sent.append(again)

    step("Present the token that started", expect="StopTransaction with transactionId -1, and Finishing")
    operator.present_token(dut.tokens.valid, dut.connector)
    _stopped_without_id(csms, dut)
    count = len(csms.seen("StartTransaction"))
    recommend(count == attempts, f"{attempts} attempts", requirement="1.6 3.7.1, 9.1.31", actual=count)


# ------------------------------------------------------------------ offline


@case("OC_16_12_CS")
def test_offline_transaction_in_power_cut(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that began offline is not lost when the power is cut before anybody has heard of it."""
    csms.reach("IdTagKnownOffline")

    step("Offline: start, cut the power, give it back", expect="the charge point connects and boots")
    with csms.offline():
        operator.plug_in(dut.connector)
        operator.present_token(dut.tokens.valid, dut.connector)
        csms.wait(lambda: False, within=dut.values.transaction_duration)
        operator.power_cycle()
    boot = csms.expect("BootNotification", within=dut.timeouts.boot + dut.timeouts.reset, requirement="1.6 4.2")
    after = one_of("Preparing", "Finishing", "Charging")
    csms.execute("Reported", boot=boot, but={dut.connector.connectorId: after})

    step("Let it empty its queue", expect="StartTransaction; then StopTransaction PowerLoss, or it goes on")
    start = _start_told(csms, dut)
    stop = csms.execute("EndedByPowerCut", start=start)
    lasted = moment(stop.timestamp) - moment(start.timestamp)
    check(lasted >= dut.values.transaction_duration - 1, "each has its own time", requirement=TIMES, actual=lasted)


@case("OC_16_13_CS")
def test_offline_transactions_replayed(csms: FakeCsms, dut: Dut) -> None:
    """Two transactions without a connection are told once each, in order, with their own times and ids."""
    csms.reach("IdTagKnownOffline")

    step("Offline: charge twice", expect="the charge point connects again when it can")
    csms.execute("ChargedOffline", sessions=2)

    step("Let it empty its queue", expect="StartTransaction, StopTransaction, and both again, with their own times")
    told: list[Any] = []
    for _ in range(2):
        start = _start_told(csms, dut, after=told[-1] if told else None)
        told += [start, _stop_told(csms, dut, start)]
    times = [moment(one.timestamp) for one in told]
    check(all(a <= b for a, b in pairwise(times)), "times in order", requirement="1.6 3.7", actual=times)
    for begin, end in (times[:2], times[2:]):
        check(end - begin >= dut.values.transaction_duration - 1, "own times", requirement=TIMES, actual=end - begin)
    csms.drain()
    for action in ("StartTransaction", "StopTransaction"):
        count = len(csms.seen_in_step(action))
        check(count == 2, f"each {action} once", requirement="1.6 3.7", actual=count)


# ------------------------------------------------------------------ remote start and stop


@case("OC_16_14_CS")
def test_two_remote_starts(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Of two remote starts for one connector one starts a transaction; while it runs, others are rejected."""
    number = dut.connector.connectorId

    step("Send RemoteStartTransaction, do not plug in", expect="Accepted; Preparing")
    csms.execute("RemotelyAuthorized")
    csms.expect_connector_status("Preparing", dut.connector, requirement="1.6 4.9 A2")

    step("Send another one for the same connector", expect="Rejected, as the connector is in use")
    answer = csms.send("RemoteStartTransaction", idTag=dut.tokens.second.idTag, connectorId=number)
    recommend(answer.status == "Rejected", "Rejected", requirement="1.6 5.11", actual=answer.status)
    winner = dut.tokens.second if answer.status == "Accepted" else dut.tokens.valid

    step("Plug in", expect="one StartTransaction, with the token that was accepted last; Charging")
    operator.plug_in(dut.connector)
    csms.execute("Started", token=winner)

    step("Send two more while it charges", expect="Rejected twice, and no StartTransaction")
    for token in (dut.tokens.valid, dut.tokens.second):
        answer = csms.send("RemoteStartTransaction", idTag=token.idTag, connectorId=number)
        check(answer.status == "Rejected", "the start is Rejected", requirement="1.6 5.11", actual=answer.status)
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 3.6, 4.8")


@case("OC_16_15_CS")
def test_remote_stop_of_other_ids(csms: FakeCsms, dut: Dut) -> None:
    """A remote stop of an id that was never given, or whose transaction has ended, is rejected and stops nothing."""
    start = csms.reach("Charging")
    id_ = start.answer.transactionId

    step("Send RemoteStopTransaction with ids that nobody gave", expect="Rejected each time, no StopTransaction")
    for other in (0, -1, id_ - 1, id_ + 1):
        _expect_stop_rejected(csms, other)
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement="1.6 5.12")

    step("Send it with the right id", expect="Accepted; StopTransaction with reason Remote, and Finishing")
    answer = csms.send("RemoteStopTransaction", transactionId=id_)
    check(answer.status == "Accepted", "the stop is Accepted", requirement="1.6 5.12", actual=answer.status)
    csms.execute("Stopped", start=start, reason="Remote")

    step("Send it once more", expect="Rejected, and no StopTransaction")
    _expect_stop_rejected(csms, id_)
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement="1.6 5.12")


# ------------------------------------------------------------------ availability


@case("OC_16_17_1_CS")
def test_availability_during_transaction(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """ChangeAvailability Inoperative waits for the end of the transaction, and then it happens."""
    start = csms.reach("Charging")

    step("Send ChangeAvailability Inoperative", expect="Scheduled; the transaction goes on, the status stays")
    _expect_scheduled(csms, dut)
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement="1.6 5.2")
    told = csms.statuses_in_step(dut.connector)
    check("Unavailable" not in told, "not Unavailable while it runs", requirement="1.6 5.2", actual=told)

    step("Stop the transaction", expect="StopTransaction; Unavailable, at once or over Finishing")
    operator.present_token(dut.tokens.valid, dut.connector)
    how = {"idTag": dut.tokens.valid.idTag, "reason": one_of("Local", ABSENT)}
    csms.execute("Stopped", start=start, status=one_of("Unavailable", "Finishing"), **how)

    step("Unplug, send RemoteStartTransaction", expect="the status is Unavailable; Rejected")
    operator.unplug(dut.connector)
    csms.expect_connector_stays("Unavailable", dut.connector, within=dut.timeouts.physical, requirement="1.6 5.2")
    number = dut.connector.connectorId
    answer = csms.send("RemoteStartTransaction", idTag=dut.tokens.valid.idTag, connectorId=number)
    check(answer.status == "Rejected", "the start is Rejected", requirement="1.6 5.2, 5.11", actual=answer.status)


@case("OC_16_17_2_CS")
def test_availability_over_restart(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """ChangeAvailability Inoperative that waits for the end of a transaction is not forgotten in a power cut."""
    start = csms.reach("Charging")

    step("Send ChangeAvailability Inoperative", expect="Scheduled")
    _expect_scheduled(csms, dut)

    step("Cut the power, give it back", expect="BootNotification; StopTransaction PowerLoss, or it goes on")
    operator.power_cycle()
    boot = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")
    after = one_of("Unavailable", "Preparing", "Finishing", "Charging")
    csms.execute("Reported", boot=boot, but={dut.connector.connectorId: after})
    csms.execute("EndedByPowerCut", start=start)

    step("Unplug", expect="the status is Unavailable, now or before")
    operator.unplug(dut.connector)
    csms.expect_connector_stays("Unavailable", dut.connector, within=dut.timeouts.physical, requirement="1.6 5.2")


# ------------------------------------------------------------------ what several cases do

ODD_IDS = "1.6 5.12, errata 3.54"
TIMES = "1.6 6.45, 6.49"


def _start_told(csms: FakeCsms, dut: Dut, after: Any = None) -> Any:
    return csms.expect(
        "StartTransaction",
        after=after,
        connectorId=dut.connector.connectorId,
        idTag=dut.tokens.valid.idTag,
        within=dut.timeouts.reset,
        requirement="1.6 3.7, 4.8",
    )


def _stop_told(csms: FakeCsms, dut: Dut, start: Any) -> Any:
    return csms.expect(
        "StopTransaction",
        after=start,
        transactionId=start.answer.transactionId,
        idTag=dut.tokens.valid.idTag,
        reason=one_of("Local", ABSENT),
        within=dut.timeouts.physical,
        requirement="1.6 3.7, 4.10",
    )


def _stopped_without_id(csms: FakeCsms, dut: Dut) -> None:
    csms.expect(
        "StopTransaction",
        transactionId=-1,
        idTag=dut.tokens.valid.idTag,
        reason=one_of("Local", ABSENT),
        within=dut.timeouts.physical,
        requirement="1.6 errata 3.18",
    )
    csms.expect_connector_status("Finishing", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9 C6")


def _expect_stop_rejected(csms: FakeCsms, transactionId: int) -> None:  # noqa: N803  # the wire's own name
    answer = csms.send("RemoteStopTransaction", transactionId=transactionId)
    check(answer.status == "Rejected", "the stop is Rejected", requirement="1.6 5.12", actual=answer.status)


def _expect_scheduled(csms: FakeCsms, dut: Dut) -> None:
    answer = csms.send("ChangeAvailability", connectorId=dut.connector.connectorId, type="Inoperative")
    check(answer.status == "Scheduled", "the change is Scheduled", requirement="1.6 5.2", actual=answer.status)
