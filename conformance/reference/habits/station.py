"""Habits of a charging station."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Mapping
from typing import Any

from conformance.reference.habits import Habit, habit, own_habit
from conformance.reference.wire import CallError, Endpoint, Payload

ROLES = ("CS",)
NEW = ("2",)
OLD = ("1.6",)


class Requests(Habit):
    """Base of habits that send CALLs of some actions differently."""

    actions: tuple[str, ...] = ()

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return self.instead(action, payload) if action in self.actions else [(action, payload)]

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        """The CALLs that are sent instead."""
        return [(action, payload)]


class Answers(Habit):
    """Base of habits that answer some actions differently."""

    actions: tuple[str, ...] = ()

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action in self.actions and not isinstance(answer, CallError):
            return self.change(answer)
        return answer

    def change(self, answer: Payload) -> Payload:
        """The answer that is given instead."""
        return answer


def _availability(payload: Payload, level: int, number: int) -> Payload:
    """NotifyEvent about AvailabilityState: of the connector (2), its EVSE (1) or the station (0)."""
    component: Payload = {"name": ("ChargingStation", "EVSE", "Connector")[level]}
    if level:
        component["evse"] = {"id": payload["evseId"]}
    if level == 2:
        component["evse"]["connectorId"] = payload["connectorId"]
    event = {
        "eventId": number,
        "timestamp": payload["timestamp"],
        "trigger": "Delta",
        "actualValue": payload["connectorStatus"] if level else "Available",
        "eventNotificationType": "HardWiredNotification",
        "component": component,
        "variable": {"name": "AvailabilityState"},
    }
    return {"generatedAt": payload["timestamp"], "seqNo": 0, "eventData": [event]}


# -- connector status -----------------------------------------------------------------------------------------------


@habit(
    "status-by-event",
    roles=ROLES,
    families=NEW,
    legal="connector states come by NotifyEvent (Connector.AvailabilityState, trigger Delta) alone "
    "(B01.FR.05, G01.FR.08: either message; a TriggerMessage for StatusNotification brings that message)",
)
class _StatusByEvent(Requests):
    actions = ("StatusNotification",)

    def __init__(self) -> None:
        self._numbers = itertools.count(1_000_000)
        self._asked = 0

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        asked = action == "TriggerMessage" and request.get("requestedMessage") == "StatusNotification"
        if asked and not isinstance(answer, CallError) and answer["status"] == "Accepted":
            self._asked += 1
        return answer

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if self._asked:
            self._asked -= 1
            return [(action, payload)]
        return [("NotifyEvent", _availability(payload, 2, next(self._numbers)))]


@habit(
    "status-of-every-connector",
    roles=ROLES,
    families=NEW,
    legal="with a connector in use the others of its EVSE are reported Occupied (G01.FR.08 only advises against it)",
)
class _StatusOfEveryConnector(Requests):
    actions = ("StatusNotification",)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        evse = self.context.hardware.evse(payload["evseId"])
        alike = evse.connectors if payload["connectorStatus"] == "Occupied" else []
        others = [{**payload, "connectorId": one.id} for one in alike if one.id != payload["connectorId"]]
        return [(action, payload), *((action, one) for one in others)]


@habit(
    "status-of-all-levels",
    roles=ROLES,
    families=NEW,
    legal="NotifyEvent about the AvailabilityState of the connector, its EVSE and the station beside each "
    "StatusNotification (G01, N07: what is monitored is reported)",
)
class _StatusOfAllLevels(Requests):
    actions = ("StatusNotification",)

    def __init__(self) -> None:
        self._numbers = itertools.count(2_000_000)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        told = [("NotifyEvent", _availability(payload, level, next(self._numbers))) for level in (2, 1, 0)]
        return [(action, payload), *told]


class _Held(Requests):
    """StatusNotifications wait; with `last_only`, a later one of the same connector replaces what waits."""

    actions = ("StatusNotification",)
    wait = 0.0
    last_only = False

    def __init__(self) -> None:
        self._released: list[Payload] = []
        self._waiting: dict[Any, object] = {}

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if payload in self._released:
            self._released.remove(payload)
            return [(action, payload)]
        ticket = object()
        place = (payload.get("evseId"), payload["connectorId"])
        self._waiting[place] = ticket

        async def release() -> None:
            await asyncio.sleep(self.wait)
            if not self.last_only or self._waiting.get(place) is ticket:
                self._released.append(payload)
                await self.context.tell(action, payload)

        self.context.spawn(release())
        return []


@habit(
    "late-status",
    roles=ROLES,
    legal="StatusNotification leaves 80 ms after it is due, behind the transaction's messages "
    "(no requirement orders the two: 1.6 4.9, 2.x G01)",
)
class _LateStatus(_Held):
    wait = 0.08


@habit(
    "debounced-status",
    roles=ROLES,
    families=OLD,
    legal="a status that lasts less than 150 ms is not reported (1.6 4.9, MinimumStatusDuration)",
)
class _DebouncedStatus(_Held):
    wait = 0.15
    last_only = True


@habit(
    "late-transactions",
    roles=ROLES,
    legal="transaction messages leave 80 ms after they are due, behind StatusNotification "
    "(no requirement orders the two: 1.6 4.9, 2.x E02)",
)
class _LateTransactions(Habit):
    def pause(self, action: str) -> float:
        return 0.08 if action in ("TransactionEvent", "StartTransaction", "StopTransaction") else 0.0


@habit(
    "suspended-first",
    roles=ROLES,
    families=OLD,
    legal="SuspendedEVSE between Preparing and Charging (1.6 4.9, transition B5)",
)
class _SuspendedFirst(Requests):
    actions = ("StatusNotification",)

    def __init__(self) -> None:
        self._last: dict[int, str] = {}

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        before = self._last.get(payload["connectorId"])
        self._last[payload["connectorId"]] = payload["status"]
        if payload["status"] == "Charging" and before in ("Preparing", "Available"):
            return [(action, {**payload, "status": "SuspendedEVSE"}), (action, payload)]
        return [(action, payload)]


own_habit(
    "frees-refused-cable",
    roles=ROLES,
    families=NEW,
    legal="the lock opens when a token is refused in its transaction (E05.FR.11 only recommends to keep it shut)",
)
own_habit(
    "bay-of-several-evses",
    roles=ROLES,
    families=NEW,
    legal="an EV in the bay starts a transaction that names no EVSE before its cable is in (E01.FR.16, E01.FR.17)",
)
own_habit(
    "suspended-before-charging",
    roles=ROLES,
    families=NEW,
    legal="a chargingState SuspendedEVSE between EVConnected and Charging (E02, ChargingStateEnumType)",
)
own_habit(
    "merged-transitions",
    roles=ROLES,
    families=NEW,
    legal="the energy flows when a token completes what charging needs, or a cable that starts the transaction: one "
    "event tells of both (E01.FR.18 wants the state at the time of the event)",
)


@habit(
    "plain-status",
    roles=ROLES,
    families=OLD,
    legal="StatusNotification with its required fields alone (1.6 6.47: timestamp and info are optional)",
)
class _PlainStatus(Requests):
    actions = ("StatusNotification",)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [(action, {name: payload[name] for name in ("connectorId", "errorCode", "status")})]


@habit(
    "wordy-status",
    roles=ROLES,
    families=OLD,
    legal="StatusNotification with info, vendorId and vendorErrorCode (1.6 6.47)",
)
class _WordyStatus(Requests):
    actions = ("StatusNotification",)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        more = {"info": "all is well", "vendorId": "org.example.habits", "vendorErrorCode": "0x0000"}
        return [(action, {**more, **payload})]


# -- what is said besides ---------------------------------------------------------------------------------------------


@habit(
    "chatty",
    roles=ROLES,
    legal="Heartbeat, DataTransfer, and MeterValues, in 2.x NotifyEvent and SecurityEventNotification too, between the "
    "messages that are due (1.6 4.3, 4.6, 4.7; 2.x G02, A04, J01, N07, P02: none is bound to an occasion)",
)
class _Chatty(Habit):
    QUIET = ("BootNotification", "Heartbeat", "NotifyReport")

    def __init__(self) -> None:
        self._turn = itertools.count()

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        station = self.context
        if station.registration != "Accepted" or action in self.QUIET:
            return [(action, payload)]
        said = self._said(station, next(self._turn), station.clock.stamp())
        return [(action, payload), said]

    def _said(self, station: Any, turn: int, now: str) -> tuple[str, Payload]:
        old = station.version.family == "1.6"
        register = str(int(station.hardware.evses[0].meter.read()))
        topics: list[tuple[str, Payload]] = [
            ("Heartbeat", {}),
            ("DataTransfer", {"vendorId": "org.example.habits", "messageId": "diary", "data": "dear diary"}),
        ]
        if old:
            sample = {"timestamp": now, "sampledValue": [{"value": register, "context": "Other"}]}
            topics.append(("MeterValues", {"connectorId": 1, "meterValue": [sample]}))
        else:
            value = {"value": 21.5, "measurand": "Voltage", "context": "Other", "unitOfMeasure": {"unit": "V"}}
            event = {
                "eventId": 3_000_000 + turn,
                "timestamp": now,
                "trigger": "Periodic",
                "actualValue": "21.5",
                "eventNotificationType": "PreconfiguredMonitor",
                "component": {"name": "TemperatureSensor"},
                "variable": {"name": "Temperature"},
            }
            topics += [
                ("MeterValues", {"evseId": 1, "meterValue": [{"timestamp": now, "sampledValue": [value]}]}),
                ("NotifyEvent", {"generatedAt": now, "seqNo": 0, "eventData": [event]}),
                ("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": now, "techInfo": "NTP"}),
            ]
        return topics[turn % len(topics)]


@habit(
    "startup-told-as-reboot",
    roles=ROLES,
    families=NEW,
    legal="ResetOrReboot, whatever the reason of a boot, with techInfo (A04.FR.01; part 6 lets either type tell of it)",
)
class _StartupToldAsReboot(Requests):
    actions = ("SecurityEventNotification",)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if payload["type"] == "StartupOfTheDevice":
            payload = {**payload, "type": "ResetOrReboot", "techInfo": "power is back"}
        return [(action, payload)]


@habit(
    "acts-before-answering",
    roles=ROLES,
    legal="the messages that follow a remote start, a remote stop or a change of availability leave before the answer "
    "(only Reset, reports and TriggerMessage, F06.FR.04, are bound to answer first)",
)
class _ActsBeforeAnswering(Habit):
    ACTIONS = (
        "RequestStartTransaction",
        "RequestStopTransaction",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ChangeAvailability",
    )

    def acts_first(self, action: str) -> bool:
        return action in self.ACTIONS

    def pause(self, action: str) -> float:
        return 0.05 if action in self.ACTIONS else 0.0


@habit(
    "full-boot-notification",
    roles=ROLES,
    legal="BootNotification with every optional field (1.6 6.3; 2.x ChargingStationType, ModemType)",
)
class _FullBootNotification(Requests):
    actions = ("BootNotification",)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        modem = {"iccid": "89310410106543789301", "imsi": "204043398599999"}
        if "chargingStation" in payload:
            payload["chargingStation"]["modem"] = modem
            return [(action, payload)]
        more = {
            "chargeBoxSerialNumber": self.context.options.identity[:25],
            "meterType": "eHZ",
            "meterSerialNumber": "1EMH0012345678",
        }
        return [(action, {**payload, **modem, **more})]


@habit(
    "heartbeats-often",
    roles=ROLES,
    legal="a Heartbeat every 100 ms (1.6 4.6, 2.x G02: the interval is a minimum of liveliness, no upper bound)",
)
class _HeartbeatsOften(Habit):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        async def beat() -> None:
            while not endpoint.closed.is_set():
                await asyncio.sleep(0.1)
                if self.context.registration == "Accepted":
                    await endpoint.call("Heartbeat", {})

        return [beat()]


# -- fields -----------------------------------------------------------------------------------------------------------


@habit(
    "wordy-transactions",
    roles=ROLES,
    families=NEW,
    legal="optional fields of TransactionEvent wherever they may stand: offline false, numberOfPhasesUsed, "
    "cableMaxCurrent, timeSpentCharging, more measurands, phases and locations",
)
class _WordyTransactions(Requests):
    actions = ("TransactionEvent",)

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        payload["transactionInfo"].setdefault("timeSpentCharging", 0)
        payload = {"offline": False, "numberOfPhasesUsed": 3, "cableMaxCurrent": 32, **payload}
        for value in payload.get("meterValue", []):
            context = value["sampledValue"][0]["context"]
            value["sampledValue"] += [_extra(context, *one) for one in _MEASURED]
        return [(action, payload)]


_MEASURED: tuple[tuple[str, float, str, str | None, str], ...] = (
    ("Voltage", 229.7, "V", "L1-N", "Outlet"),
    ("Voltage", 230.4, "V", "L2-N", "Outlet"),
    ("Current.Import", 15.9, "A", "L3", "Inlet"),
    ("SoC", 54, "Percent", None, "EV"),
    ("Frequency", 50.02, "Hz", None, "Inlet"),
)


def _extra(context: str, measurand: str, value: float, unit: str, phase: str | None, location: str) -> Payload:
    sample: Payload = {
        "value": value,
        "measurand": measurand,
        "context": context,
        "location": location,
        "unitOfMeasure": {"unit": unit, "multiplier": 0},
    }
    if phase is not None:
        sample["phase"] = phase
    return sample


_DEFAULTS: Mapping[str, Any] = {
    "measurand": "Energy.Active.Import.Register",
    "context": "Sample.Periodic",
    "location": "Outlet",
    "unitOfMeasure": {"unit": "Wh"},
    "unit": "Wh",
    "format": "Raw",
}


@habit(
    "sparse-meter-values",
    roles=ROLES,
    legal="meter values without the fields that have a default: measurand, context, unit, location "
    "(2.x SampledValueType, 1.6 7.43)",
)
class _SparseMeterValues(Requests):
    actions = ("TransactionEvent", "MeterValues", "StopTransaction")

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        for value in [*payload.get("meterValue", []), *payload.get("transactionData", [])]:
            value["sampledValue"] = [
                {name: item for name, item in one.items() if _DEFAULTS.get(name) != item}
                for one in value["sampledValue"]
            ]
        return [(action, payload)]


@habit(
    "other-letter-case",
    roles=ROLES,
    families=NEW,
    legal="names of components and variables in other letters in answers and reports "
    "(part 2, ComponentType and VariableType: names are case insensitive)",
)
class _OtherLetterCase(Answers):
    actions = ("GetVariables", "SetVariables")

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "NotifyReport":
            payload["reportData"] = [self._renamed(one) for one in payload["reportData"]]
        return [(action, payload)]

    def change(self, answer: Payload) -> Payload:
        return {name: [self._renamed(one) for one in items] for name, items in answer.items()}

    def _renamed(self, item: Payload) -> Payload:
        for name, letters in (("component", str.upper), ("variable", str.lower)):
            item[name] = {**item[name], "name": letters(item[name]["name"])}
        return item


@habit(
    "small-reports",
    roles=ROLES,
    families=NEW,
    legal="three variables in a NotifyReport (B07.FR.08 to .10: how many parts a report has is up to the station)",
)
class _SmallReports(Requests):
    actions = ("NotifyReport",)
    SIZE = 3

    def __init__(self) -> None:
        self._sent: dict[int, int] = {}

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        data = payload["reportData"]
        first = self._sent.get(payload["requestId"], 0) if payload["seqNo"] else 0
        chunks = [data[at : at + self.SIZE] for at in range(0, len(data), self.SIZE)]
        self._sent[payload["requestId"]] = first + len(chunks)
        last = len(chunks) - 1
        return [
            (
                action,
                {**payload, "seqNo": first + at, "reportData": chunk, "tbc": at < last or payload.get("tbc", False)},
            )
            for at, chunk in enumerate(chunks)
        ]


@habit(
    "reason-codes",
    roles=ROLES,
    families=NEW,
    legal="statusInfo in every answer that has a status (StatusInfoType is optional wherever it stands)",
)
class _ReasonCodes(Habit):
    WITHOUT = ("GetInstalledCertificateIds",)

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, CallError) or "status" not in answer or action in self.WITHOUT:
            return answer
        return {"statusInfo": {"reasonCode": "NoError", "additionalInfo": "as it should be"}, **answer}


@habit(
    "vendor-keys",
    roles=ROLES,
    families=OLD,
    legal="GetConfiguration lists keys of the vendor, with and without a value (1.6 chapter 9, 7.29)",
)
class _VendorKeys(Habit):
    KEYS = (
        ("org.example.Mood", {"readonly": True, "value": "cheerful"}),
        ("org.example.Secret", {"readonly": False}),
    )

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action != "GetConfiguration" or isinstance(answer, CallError):
            return answer
        asked = request.get("key") or [name for name, _ in self.KEYS]
        found = [{"key": name, **entry} for name, entry in self.KEYS if name in asked]
        unknown = [name for name in answer.get("unknownKey", []) if name not in dict(self.KEYS)]
        more: Payload = {"configurationKey": [*answer.get("configurationKey", []), *found], "unknownKey": unknown}
        return {name: items for name, items in more.items() if items}


@habit(
    "spontaneous-meter-values",
    roles=ROLES,
    legal="MeterValues of every connector, 0 included, twice a second (1.6 4.7, 2.x J01)",
)
class _SpontaneousMeterValues(Habit):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        async def measure() -> None:
            old = endpoint.version.family == "1.6"
            while not endpoint.closed.is_set():
                await asyncio.sleep(0.5)
                if self.context.registration != "Accepted":
                    continue
                for number in (0, *(evse.id for evse in self.context.hardware.evses)):
                    sample: Payload = {
                        "value": "230" if old else 230,
                        "measurand": "Voltage",
                        "context": "Sample.Clock",
                    }
                    value = {"timestamp": self.context.clock.stamp(), "sampledValue": [sample]}
                    payload = {"connectorId" if old else "evseId": number, "meterValue": [value]}
                    await endpoint.call("MeterValues", payload)

        return [measure()]


# -- smart charging --------------------------------------------------------------------------------------------------


class _Composites(Answers):
    actions = ("GetCompositeSchedule",)

    def change(self, answer: Payload) -> Payload:
        return self.told(answer) if "chargingSchedule" in answer else answer

    def told(self, answer: Payload) -> Payload:
        """The schedule that is told instead."""
        return answer


@habit(
    "composite-in-pieces",
    roles=ROLES,
    families=OLD,
    legal="a composite schedule has more periods than it needs: two with the same limit follow each other (1.6 5.7, "
    "7.13: what counts is the limit at each moment)",
)
class _CompositeInPieces(_Composites):
    def told(self, answer: Payload) -> Payload:
        schedule = answer["chargingSchedule"]
        pieces: list[Payload] = []
        ends = [one["startPeriod"] for one in schedule["chargingSchedulePeriod"][1:]] + [schedule["duration"]]
        for period, end in zip(schedule["chargingSchedulePeriod"], ends, strict=True):
            start = period["startPeriod"]
            pieces += [period] if end - start < 20 else [period, {**period, "startPeriod": start + 10}]
        schedule["chargingSchedulePeriod"] = pieces
        return answer


@habit(
    "sparse-composite",
    roles=ROLES,
    families=OLD,
    legal="a composite schedule names no phases where there are three, and starts on a whole second "
    "(1.6 7.14: three are assumed; 3.15: nothing asks for fractions)",
)
class _SparseComposite(_Composites):
    def told(self, answer: Payload) -> Payload:
        for period in answer["chargingSchedule"]["chargingSchedulePeriod"]:
            if period.get("numberPhases") == 3:
                del period["numberPhases"]
        return {**answer, "scheduleStart": answer["scheduleStart"][:19] + "Z"}


# -- files of 1.6 ----------------------------------------------------------------------------------------------------

own_habit(
    "signing-request-names-no-root",
    roles=ROLES,
    families=NEW,
    legal="SignCertificate for EVs is without hashRootCertificate (A02.FR.27 only recommends it)",
)
own_habit(
    "web-payment-keeps-nothing-free",
    roles=ROLES,
    families=NEW,
    legal="an EVSE for which somebody pays on the web is not kept free (C25.FR.22 only recommends it)",
)
own_habit(
    "installs-without-restart",
    roles=ROLES,
    families=OLD,
    legal="a firmware is installed without a restart (1.6 5.19: the restart is one of two alternatives)",
)
own_habit(
    "installed-before-statuses",
    roles=ROLES,
    families=OLD,
    legal="Installed is told after the boot, before the connectors' statuses (TC_044_1_CS, TC_080_CS: any order)",
)
own_habit(
    "in-service-while-updating",
    roles=ROLES,
    families=OLD,
    legal="connectors stay Available while a firmware is installed that nobody's transaction delays (1.6 5.19)",
)
own_habit(
    "uploads-by-form",
    roles=ROLES,
    legal="an upload by HTTP is a form that is posted to the folder, with the name of the file in it (nothing "
    "prescribes the method: 1.6 8.2, 2.0.1 N01)",
)


@habit(
    "stages-told-twice",
    roles=ROLES,
    families=OLD,
    legal="each stage of an update or upload is told again while it lasts (1.6 4.4, 4.5: to keep informed)",
)
class _StagesToldTwice(Requests):
    actions = (
        "FirmwareStatusNotification",
        "DiagnosticsStatusNotification",
        "SignedFirmwareStatusNotification",
        "LogStatusNotification",
    )

    def instead(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        lasts = payload["status"].endswith("ing") and payload["status"] != "InstallRebooting"
        return [(action, payload)] * (2 if lasts else 1)


# -- what is set at the factory --------------------------------------------------------------------------------------


@habit(
    "tokens-cached",
    roles=ROLES,
    legal="the tokens that are valid stand in the authorization cache and are let in at once, without Authorize "
    "(1.6 3.5.1, 4.1; 2.x C10.FR.02, C12, LocalPreAuthorize)",
)
class _TokensCached(Habit):
    TOKENS = ("AABBCC01", "AABBCC02", "AABBCC06")

    def powered_up(self) -> None:
        from conformance.reference.authorization import Verdict

        old = self.context.version.family == "1.6"
        for token in self.TOKENS:
            self.context.cache.learn(token if old else f"ISO14443 {token}", Verdict("Accepted"), None, None, 0)
        if old:
            self.context.configuration.find("LocalPreAuthorize").value = "true"
        else:
            self.context.model.find("AuthCtrlr", "LocalPreAuthorize").value = "true"


@habit(
    "list-off-callerror",
    roles=ROLES,
    families=OLD,
    legal="while local lists are switched off, GetLocalListVersion and SendLocalList get a CALLERROR NotSupported "
    "(OCPP-J 4.2.3, TC_042_1_CS, TC_043_1_CS)",
)
class _ListOffCallError(Habit):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if answer == {"listVersion": -1} or (action == "SendLocalList" and answer == {"status": "NotSupported"}):
            return CallError("NotSupported", "local lists are switched off")
        return answer


@habit(
    "fixed-transaction-points",
    roles=ROLES,
    families=NEW,
    legal="TxStartPoint and TxStopPoint are read-only (part 2, section 2.6.6; features C-51 and C-52)",
)
class _FixedTransactionPoints(Habit):
    def powered_up(self) -> None:
        for name in ("TxStartPoint", "TxStopPoint"):
            self.context.model.find("TxCtrlr", name).mutability = "ReadOnly"
