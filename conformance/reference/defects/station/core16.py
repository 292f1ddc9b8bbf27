"""Defects of the charge point in Core of 1.6: failures of hardware and power, offline time, meter values."""

from __future__ import annotations

from typing import Any

from conformance.reference.clock import parse_time
from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import CS, OLD, Answers, Requests, wrong_status
from conformance.reference.wire import Payload

WITH_BACKUP = "charge point with back-up power"
TOLD_LATER = ("StartTransaction", "StopTransaction", "MeterValues")
"""Messages about transactions, which have to be queued (3.7)."""


class _Prepared(Misbehaviour):
    """Base of defects that alter the device before each life."""

    context: Any

    def powered_up(self) -> None:
        self.prepare(self.context)

    def prepare(self, station: Any) -> None:
        """Make something go wrong from now on."""


class _Queueing(_Prepared):
    """Base of defects in what is put into the queue of messages about transactions."""

    def prepare(self, station: Any) -> None:
        queue = station.queue

        def add(action: str, payload: Payload, transaction: str, **marks: Any) -> None:
            if station.online or self.keeps(action, payload):
                type(queue).add(queue, action, payload, transaction, **marks)

        queue.add = add

    def keeps(self, action: str, payload: Payload) -> bool:
        """Whether a message that could not be sent at once is sent later."""
        return True


# -- lock, fault, power -----------------------------------------------------------------------------------------------


@defect(
    "lock-failure-ignored",
    role=CS,
    families=OLD,
    breaks="a transaction starts although the connector could not be locked (4.9, 7.6)",
    must_fail=("TC_024_CS",),
)
class _LockFailureIgnored(_Prepared):
    def prepare(self, station: Any) -> None:
        for evse in station.hardware.evses:
            for connector in evse.connectors:
                connector.lock = lambda: True


@defect(
    "lock-failure-untold",
    role=CS,
    families=OLD,
    breaks="a lock that does not close is a fault of no name: OtherError (7.6)",
    must_fail=("TC_024_CS",),
)
class _LockFailureUntold(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        wrong = payload["errorCode"] == "ConnectorLockFailure"
        return [{**payload, "errorCode": "OtherError"} if wrong else payload]


@defect(
    "starts-despite-fault",
    role=CS,
    families=OLD,
    breaks="a transaction starts on a connector that is Faulted (4.9)",
    must_fail=("TC_041_CS",),
)
class _StartsDespiteFault(_Prepared):
    def prepare(self, station: Any) -> None:
        station.statuses.usable = lambda number: True


@defect(
    "fault-untold",
    role=CS,
    families=OLD,
    breaks="the status Faulted is never reported (4.9, errata 3.19)",
    must_fail=("TC_024_CS", "TC_041_CS"),
)
class _FaultUntold(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["status"] == "Faulted" else [payload]


@defect(
    "backup-power-unused",
    role=CS,
    families=OLD,
    breaks="a charge point with back-up power goes down without a word (TC_032_1)",
    must_fail=("TC_032_1_CS",),
    variant=WITH_BACKUP,
)
class _BackupUnused(_Prepared):
    def prepare(self, station: Any) -> None:
        async def at_once(reason: str) -> None:
            """Nothing is wound up."""

        station.remote.wind_up = at_once


@defect(
    "transaction-lost-in-power-cut",
    role=CS,
    families=OLD,
    breaks="a transaction that a power cut interrupted is never stopped [48] (4.10, 7.36)",
    must_fail=("TC_032_2_CS", "OC_16_12_CS", "OC_16_17_2_CS"),
)
class _LostInPowerCut(_Prepared):
    def prepare(self, station: Any) -> None:
        for entry in list(station.queue):
            if entry["payload"].get("reason") == "PowerLoss":
                station.queue._drop(entry)


# -- offline ----------------------------------------------------------------------------------------------------------


@defect(
    "samples-lost-offline",
    role=CS,
    families=OLD,
    breaks="what is sampled without a connection is not queued (3.7)",
    must_fail=("TC_036_CS",),
)
class _SamplesLost(_Queueing):
    def keeps(self, action: str, payload: Payload) -> bool:
        return action != "MeterValues"


@defect(
    "queue-newest-first",
    role=CS,
    families=OLD,
    breaks="MeterValues that were queued are sent in the wrong order, the newest first (3.7)",
    must_fail=("TC_036_CS",),
)
class _NewestFirst(_Prepared):
    def prepare(self, station: Any) -> None:
        entries = station.queue._entries

        async def reconnected(offline: float) -> None:
            waiting = [one for one in entries if one["action"] == "MeterValues"]
            for one in waiting:
                entries.remove(one)
            entries.extend(reversed(waiting))
            await type(station).reconnected(station, offline)

        station.reconnected = reconnected


@defect(
    "samples-stamped-when-sent",
    role=CS,
    families=OLD,
    breaks="queued MeterValues have the time at which they are sent, not that of the sample (7.33)",
    must_fail=("TC_036_CS",),
)
class _StampedWhenSent(Requests):
    context: Any
    action = "MeterValues"

    def spoil(self, payload: Payload) -> list[Payload]:
        stamp = self.context.clock.stamp()
        return [{**payload, "meterValue": [{**one, "timestamp": stamp} for one in payload["meterValue"]]}]


@defect(
    "offline-start-lost",
    role=CS,
    families=OLD,
    breaks="a StartTransaction without a connection is not queued [48] (3.7)",
    must_fail=("TC_037_1_CS", "TC_037_3_CS", "TC_039_CS", "OC_16_12_CS", "OC_16_13_CS"),
)
class _OfflineStartLost(_Queueing):
    def keeps(self, action: str, payload: Payload) -> bool:
        return action != "StartTransaction"


@defect(
    "offline-stop-lost",
    role=CS,
    families=OLD,
    breaks="a StopTransaction without a connection is not queued [48] (3.7)",
    must_fail=("TC_038_CS", "TC_039_CS", "OC_16_13_CS"),
)
class _OfflineStopLost(_Queueing):
    def keeps(self, action: str, payload: Payload) -> bool:
        return action != "StopTransaction"


@defect(
    "offline-times-of-delivery",
    role=CS,
    families=OLD,
    breaks="queued StartTransaction and StopTransaction have the time at which they are sent [51] (6.45, 6.49)",
    must_fail=("TC_039_CS", "OC_16_13_CS"),
)
class _TimesOfDelivery(Misbehaviour):
    context: Any

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action in TOLD_LATER and "timestamp" in payload:
            payload = {**payload, "timestamp": self.context.clock.stamp()}
        return [(action, payload)]


@defect(
    "charges-on-with-invalid-token",
    role=CS,
    families=OLD,
    breaks="a transaction goes on unchanged although StartTransaction was answered Invalid [49] (errata 3.17)",
    must_fail=("TC_037_2_CS", "TC_037_3_CS"),
)
class _ChargesOn(_Prepared):
    def prepare(self, station: Any) -> None:
        station.sessions.judged = lambda key, verdict: None


@defect(
    "stops-instead-of-suspending",
    role=CS,
    families=OLD,
    breaks="an invalid token stops the transaction although StopTransactionOnInvalidId is false (9.1.24)",
    must_fail=("TC_037_2_CS",),
)
class _StopsInsteadOfSuspending(_Prepared):
    def prepare(self, station: Any) -> None:
        _read_as(station, "StopTransactionOnInvalidId", True)


@defect(
    "suspends-instead-of-stopping",
    role=CS,
    families=OLD,
    breaks="an invalid token only suspends the transaction although StopTransactionOnInvalidId is true (9.1.24)",
    must_fail=("TC_037_3_CS",),
)
class _SuspendsInsteadOfStopping(_Prepared):
    def prepare(self, station: Any) -> None:
        _read_as(station, "StopTransactionOnInvalidId", False)


flag(
    "local-authorize-offline-ignored",
    role=CS,
    families=OLD,
    breaks="a listed token starts a transaction offline, though LocalAuthorizeOffline is false (9.1.12)",
    must_fail=("OC_16_25_1_CS",),
)


@defect(
    "no-start-offline",
    role=CS,
    families=OLD,
    breaks="a token that list or cache accepts starts nothing offline, though LocalAuthorizeOffline is true (9.1.12)",
    must_fail=("TC_037_1_CS", "TC_037_2_CS", "TC_037_3_CS", "TC_039_CS"),
)
class _NoStartOffline(_Prepared):
    def prepare(self, station: Any) -> None:
        _read_as(station, "LocalAuthorizeOffline", False)


@defect(
    "no-stop-offline",
    role=CS,
    families=OLD,
    breaks="the token that started a transaction does not stop it while there is no connection (3.10)",
    must_fail=("TC_038_CS", "TC_039_CS"),
)
class _NoStopOffline(_Prepared):
    def prepare(self, station: Any) -> None:
        sessions = station.sessions

        def stop(session: Any, reason: str, **options: Any) -> None:
            if station.online or reason != "Local":
                type(sessions).stop(sessions, session, reason, **options)

        sessions.stop = stop


def _read_as(station: Any, key: str, value: bool) -> None:
    """Have a key read as that value, whatever it is set to."""
    configuration = station.configuration

    def flag(name: str) -> bool:
        return value if name == key else bool(type(configuration).flag(configuration, name))

    configuration.flag = flag


# -- meter values -----------------------------------------------------------------------------------------------------


class _Samples(Requests):
    """Base of defects in what a MeterValues says."""

    action = "MeterValues"

    def spoil(self, payload: Payload) -> list[Payload]:
        values = [
            {**one, "sampledValue": [self.sample(dict(sample)) for sample in one["sampledValue"]]}
            for one in payload["meterValue"]
        ]
        return [{**payload, "meterValue": values}]

    def sample(self, sample: Payload) -> Payload:
        """The sample that is sent instead."""
        return sample


@defect(
    "sample-interval-doubled",
    role=CS,
    families=OLD,
    breaks="meter values are sampled only half as often as configured (errata 3.15)",
    must_fail=("TC_070_CS", "TC_036_CS"),
)
class _IntervalDoubled(_Prepared):
    def prepare(self, station: Any) -> None:
        configuration = station.configuration

        def number(name: str) -> int:
            told = int(type(configuration).number(configuration, name))
            # Two seconds beside one are still within what a frequency leaves open.
            return 3 * told if name == "MeterValueSampleInterval" else told

        configuration.number = number


@defect(
    "sample-context-wrong",
    role=CS,
    families=OLD,
    breaks="periodic and clock-aligned samples have the context Trigger [20] (7.35)",
    must_fail=("TC_070_CS", "TC_071_CS", "TC_036_CS"),
)
class _ContextWrong(_Samples):
    def sample(self, sample: Payload) -> Payload:
        return {**sample, "context": "Trigger"}


@defect(
    "sample-unit-wrong",
    role=CS,
    families=OLD,
    breaks="energy is told in W (7.45)",
    must_fail=("TC_070_CS", "TC_071_CS"),
)
class _UnitWrong(_Samples):
    def sample(self, sample: Payload) -> Payload:
        return {**sample, "unit": "W"}


@defect(
    "measurand-not-the-configured",
    role=CS,
    families=OLD,
    breaks="meter values hold a measurand that was not configured, and not the configured one (9.1.15, 9.1.17)",
    must_fail=("TC_070_CS", "TC_071_CS", "TC_036_CS"),
)
class _OtherMeasurand(_Samples):
    def sample(self, sample: Payload) -> Payload:
        return {**sample, "measurand": "Voltage", "unit": "V"}


@defect(
    "clock-aligned-from-the-start",
    role=CS,
    families=OLD,
    breaks="clock-aligned samples are taken beside the multiples of their interval (9.1.5)",
    must_fail=("TC_071_CS",),
)
class _BesideTheClock(Requests):
    action = "MeterValues"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "meterValue": [{**one, "timestamp": _later(one)} for one in payload["meterValue"]]}]


def _later(value: Payload) -> str:
    told = parse_time(value["timestamp"])
    if told is None or value["sampledValue"][0]["context"] != "Sample.Clock":
        return str(value["timestamp"])
    return told.strftime("%Y-%m-%dT%H:%M:%S.400Z")


@defect(
    "clock-aligned-untold",
    role=CS,
    families=OLD,
    breaks="ClockAlignedDataInterval is taken, and nothing comes of it (errata 3.15)",
    must_fail=("TC_071_CS",),
)
class _AlignedUntold(_Prepared):
    def prepare(self, station: Any) -> None:
        sessions = station.sessions

        def meter_values(session: Any, key: str, context: str, stamp: str = "") -> None:
            if context != "Sample.Clock":
                type(sessions).meter_values(sessions, session, key, context, stamp)

        sessions.meter_values = meter_values


# -- configuration ----------------------------------------------------------------------------------------------------


class _Keys(Answers):
    """Base of defects in the entries of GetConfiguration."""

    context: Any
    actions = ("GetConfiguration",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        entries = [self.entry(dict(one)) for one in answer.get("configurationKey", [])]
        return {**answer, "configurationKey": [one for one in entries if one]}

    def entry(self, entry: Payload) -> Payload:
        """The entry that is told instead; an empty one is left out."""
        return entry


@defect(
    "key-readonly-that-must-not-be",
    role=CS,
    families=OLD,
    breaks="ConnectionTimeOut is readonly (9.1.6: RW)",
    must_fail=("OC_16_01_CS", "TC_019_CS"),
)
class _KeyReadonly(_Keys):
    def entry(self, entry: Payload) -> Payload:
        return {**entry, "readonly": True} if entry["key"] == "ConnectionTimeOut" else entry


@defect(
    "integer-key-with-unit",
    role=CS,
    families=OLD,
    breaks="the value of an integer key has a unit behind it (9.1.10)",
    must_fail=("OC_16_01_CS",),
)
class _KeyWithUnit(_Keys):
    def entry(self, entry: Payload) -> Payload:
        return {**entry, "value": f"{entry['value']} s"} if entry["key"] == "HeartbeatInterval" else entry


@defect(
    "key-list-of-no-measurands",
    role=CS,
    families=OLD,
    breaks="MeterValuesSampledData names what is no measurand (9.1.17, 7.31)",
    must_fail=("OC_16_01_CS",),
)
class _NoMeasurands(_Keys):
    def entry(self, entry: Payload) -> Payload:
        return {**entry, "value": "Energy"} if entry["key"] == "MeterValuesSampledData" else entry


@defect(
    "keys-twice",
    role=CS,
    families=OLD,
    breaks="the list of all keys names each key twice (5.8)",
    must_fail=("OC_16_01_CS",),
)
class _KeysTwice(Answers):
    actions = ("GetConfiguration",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {**answer, "configurationKey": 2 * answer.get("configurationKey", [])}


@defect(
    "unknown-keys-untold",
    role=CS,
    families=OLD,
    breaks="keys that a charge point does not know are left out without a word (5.8)",
    must_fail=("OC_16_16_CS",),
)
class _UnknownUntold(Answers):
    actions = ("GetConfiguration",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {name: value for name, value in answer.items() if name != "unknownKey"}


@defect(
    "keys-case-sensitive",
    role=CS,
    families=OLD,
    breaks="a key in capital letters is unknown (7.17: CiString)",
    must_fail=("OC_16_16_CS",),
)
class _CaseSensitive(Misbehaviour):
    context: Any

    def intercept(self, action: str, request: Payload) -> Payload | None:
        wanted = request.get("key", []) if action == "GetConfiguration" else []
        return {"unknownKey": wanted} if wanted and all(one.isupper() for one in wanted) else None


@defect(
    "heartbeat-interval-change-ignored",
    role=CS,
    families=OLD,
    breaks="a changed HeartbeatInterval counts from the next boot on (4.6, 9.1.10)",
    must_fail=("OC_16_19_CS",),
)
class _OldInterval(_Prepared):
    def prepare(self, station: Any) -> None:
        interval = station.configuration.number("HeartbeatInterval")
        station.heartbeat_interval = lambda: interval


# -- transactions -----------------------------------------------------------------------------------------------------


@defect(
    "transaction-id-zero-is-none",
    role=CS,
    families=OLD,
    breaks="the transactionId 0 is taken for none: messages say -1 [47] (errata 3.54)",
    must_fail=("OC_16_10_CS",),
)
class _ZeroIsNone(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if "transactionId" in payload:
            payload = {**payload, "transactionId": payload["transactionId"] or -1}
        return [(action, payload)]


@defect(
    "odd-transaction-id-not-stopped",
    role=CS,
    families=OLD,
    breaks="RemoteStopTransaction with an id below 1 is rejected, though the transaction has it (errata 3.54)",
    must_fail=("OC_16_10_CS",),
)
class _OddNotStopped(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        odd = action == "RemoteStopTransaction" and request["transactionId"] < 1
        return {"status": "Rejected"} if odd else None


@defect(
    "transaction-without-id-untold",
    role=CS,
    families=OLD,
    breaks="nothing is told of a transaction whose StartTransaction was never answered, not even its end (errata 3.18)",
    must_fail=("OC_16_11_CS",),
)
class _WithoutIdUntold(_Prepared):
    def prepare(self, station: Any) -> None:
        with_id = type(station)._with_id

        def prepared(entry: dict[str, Any]) -> Payload | None:
            payload: Payload | None = with_id(station, entry)
            return None if payload is None or payload.get("transactionId") == -1 else payload

        station._with_id = prepared


@defect(
    "start-not-repeated",
    role=CS,
    families=OLD,
    breaks="a StartTransaction that is answered by a CALLERROR is not sent again (3.7.1, 9.1.31)",
    must_fail=("OC_16_11_CS",),
)
class _NotRepeated(_Prepared):
    def prepare(self, station: Any) -> None:
        configuration = station.configuration

        def number(name: str) -> int:
            return 1 if name == "TransactionMessageAttempts" else int(type(configuration).number(configuration, name))

        configuration.number = number


@defect(
    "queue-lost-in-power-cut",
    role=CS,
    families=OLD,
    breaks="what waits for a connection is gone after a power cut [48] (3.7)",
    must_fail=("OC_16_12_CS",),
)
class _QueueLost(_Prepared):
    def prepare(self, station: Any) -> None:
        for entry in list(station.queue):
            station.queue._drop(entry)


@defect(
    "queue-sent-twice",
    role=CS,
    families=OLD,
    breaks="a StartTransaction that waited for a connection is sent twice [50] (3.7, 4.8)",
    must_fail=("OC_16_13_CS",),
)
class _SentTwice(Misbehaviour):
    context: Any

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        told = parse_time(payload["timestamp"]) if action == "StartTransaction" else None
        waited = told is not None and (self.context.clock.now() - told).total_seconds() > 1
        return [(action, payload)] * (2 if waited else 1)


@defect(
    "queue-by-kind",
    role=CS,
    families=OLD,
    breaks="queued messages are sent by kind: every StartTransaction first (3.7)",
    must_fail=("OC_16_13_CS",),
)
class _ByKind(_Prepared):
    def prepare(self, station: Any) -> None:
        entries = station.queue._entries

        async def reconnected(offline: float) -> None:
            entries.sort(key=lambda one: one["action"] != "StartTransaction")
            await type(station).reconnected(station, offline)

        station.reconnected = reconnected


@defect(
    "second-remote-start-answered-and-dropped",
    role=CS,
    families=OLD,
    breaks="a second remote start for a connector that waits for its EV is Accepted, and never started (5.11)",
    must_fail=("OC_16_14_CS",),
)
class _SecondDropped(Misbehaviour):
    context: Any

    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action != "RemoteStartTransaction" or request.get("connectorId") is None:
            return None
        session = self.context.sessions.of(request["connectorId"])
        return {"status": "Accepted"} if session is not None and session.id_tag is not None else None


@defect(
    "ended-transaction-stopped-again",
    role=CS,
    families=OLD,
    breaks="a remote stop of a transaction that has ended is Accepted (errata 3.33)",
    must_fail=("OC_16_15_CS",),
)
class _StoppedAgain(Misbehaviour):
    def __init__(self) -> None:
        self._ended: set[int] = set()

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "StopTransaction":
            self._ended.add(payload["transactionId"])
        return [(action, payload)]

    def intercept(self, action: str, request: Payload) -> Payload | None:
        ended = action == "RemoteStopTransaction" and request["transactionId"] in self._ended
        return {"status": "Accepted"} if ended else None


wrong_status(
    "availability-accepted-while-charging",
    ("ChangeAvailability",),
    "Scheduled",
    "Accepted",
    families=OLD,
    breaks="ChangeAvailability answers Accepted although a transaction runs [61] (5.2)",
    must_fail=("OC_16_17_1_CS", "OC_16_17_2_CS"),
)


@defect(
    "scheduled-availability-forgotten",
    role=CS,
    families=OLD,
    breaks="a change of availability that was Scheduled never happens [61] (5.2)",
    must_fail=("OC_16_17_1_CS", "OC_16_17_2_CS"),
)
class _ScheduledForgotten(_Prepared):
    def prepare(self, station: Any) -> None:
        station.statuses._scheduled.clear()
        station.statuses.transaction_ended = station.statuses._scheduled.clear


@defect(
    "inoperative-stops-the-transaction",
    role=CS,
    families=OLD,
    breaks="ChangeAvailability Inoperative answers Scheduled, and stops the transaction at once [61] (5.2)",
    must_fail=("OC_16_17_1_CS",),
)
class _StopsAtOnce(Answers):
    context: Any
    actions = ("ChangeAvailability",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        session = self.context.sessions.of(request["connectorId"])
        if answer["status"] == "Scheduled" and session is not None:
            self.context.sessions.stop(session, "Other")
        return answer


@defect(
    "trigger-without-connector-of-zero-alone",
    role=CS,
    families=OLD,
    breaks="a triggered StatusNotification without connectorId is sent of connector 0 alone (5.17)",
    must_fail=("OC_16_18_CS",),
)
class _ZeroAlone(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action == "TriggerMessage" and request["requestedMessage"] == "StatusNotification":
            request.setdefault("connectorId", 0)
        return None


@defect(
    "boot-not-triggered-while-pending",
    role=CS,
    families=OLD,
    breaks="TriggerMessage for BootNotification is Accepted while pending, and waits for the interval [62] (4.2, 5.17)",
    must_fail=("OC_16_18_CS",),
)
class _BootNotTriggered(_Prepared):
    def prepare(self, station: Any) -> None:
        station.boot_again = lambda: None
