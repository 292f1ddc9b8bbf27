"""Habits of a CSMS."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from conformance.ocppj import frames
from conformance.reference.habits import Habit, habit, own_habit
from conformance.reference.wire import CallError, CallTimeout, Disconnected, Endpoint, InvalidAnswer, Payload

ROLES = ("CSMS",)
NEW = ("2",)
OLD = ("1.6",)


class Answers(Habit):
    """Base of habits that answer differently."""

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return answer if isinstance(answer, CallError) else self.change(action, request, answer)

    def change(self, action: str, request: Payload, answer: Payload) -> Payload:
        """The answer that is given instead."""
        return answer


def _later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


own_habit(
    "identity-before-credentials",
    roles=ROLES,
    legal="an identity that nobody knows gets status 404, whatever its password: OCPP-J recommends it (1.6J 3.2, part "
    "4 3.2), although it tells a guesser which identities exist",
)
own_habit(
    "locks-out",
    roles=ROLES,
    legal="after five wrong passwords an identity is refused for 1.5 s: nothing in OCPP speaks of lock-outs",
)
own_habit(
    "older-connection-kept",
    roles=ROLES,
    legal="a second connection of a station is refused while the first is open: OCPP does not say which one stays",
)


@habit(
    "slow-requests",
    roles=ROLES,
    legal="what the operator asks for leaves 400 ms later: an operator's act has no deadline in the standard",
)
class _SlowRequests(Habit):
    def pause(self, action: str) -> float:
        known = [spoken.actions.get(action) for spoken in self.context.versions.values()]
        return 0.4 if any(one is not None and one.sender == "CSMS" for one in known) else 0.0


def _heartbeat_interval(**more: Any) -> Payload:
    return {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, **more}


_QUESTIONS: Mapping[str, tuple[tuple[str, Payload], ...]] = {
    "1.6": (
        ("GetConfiguration", {}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetLocalListVersion", {}),
    ),
    "2": (
        ("GetVariables", {"getVariableData": [_heartbeat_interval()]}),
        ("SetVariables", {"setVariableData": [_heartbeat_interval(attributeValue="300")]}),
        ("GetBaseReport", {"requestId": 2147480000, "reportBase": "FullInventory"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}),
        ("GetLocalListVersion", {}),
        ("GetInstalledCertificateIds", {}),
    ),
}


@habit(
    "curious",
    roles=ROLES,
    legal="asks for the configuration, sets it, asks for a report and for messages right after the boot "
    "(1.6 5.3, 5.8, 5.17; 2.x B05 to B07, F06): nothing says when a CSMS may",
)
class _Curious(Answers):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        self._endpoint = endpoint
        return []

    def change(self, action: str, request: Payload, answer: Payload) -> Payload:
        if action == "BootNotification" and answer.get("status") == "Accepted":
            self._task = asyncio.get_running_loop().create_task(self._ask(self._endpoint))
        return answer

    async def _ask(self, endpoint: Endpoint) -> None:
        await asyncio.sleep(0.01)
        for action, payload in _QUESTIONS[endpoint.version.family]:
            try:
                await endpoint.call(action, payload)
            except Disconnected:
                return
            except (CallError, CallTimeout, InvalidAnswer):
                continue


@habit(
    "generous-token-info",
    roles=ROLES,
    legal="idTokenInfo and idTagInfo with every optional field (2.x IdTokenInfoType, 1.6 7.27)",
)
class _GenerousTokenInfo(Answers):
    def change(self, action: str, request: Payload, answer: Payload) -> Payload:
        if "idTagInfo" in answer:
            told: Payload = {"expiryDate": _later(days=30), "parentIdTag": "PARENT-OF-ALL"}
            answer["idTagInfo"] = {**told, **answer["idTagInfo"]}
        if "idTokenInfo" in answer:
            more: Payload = {
                "cacheExpiryDateTime": _later(days=30),
                "chargingPriority": -3,
                "language1": "nl",
                "language2": "en-GB",
                "groupIdToken": {"idToken": "GROUP-OF-ALL", "type": "Central"},
                "personalMessage": {"format": "UTF8", "language": "nl", "content": "Goedendag \u2615 \U0001f50c"},
            }
            answer["idTokenInfo"] = {**more, **answer["idTokenInfo"]}
        return answer


@habit(
    "talkative-transactions",
    roles=ROLES,
    families=NEW,
    legal="totalCost, chargingPriority and updatedPersonalMessage in the answers to TransactionEvent "
    "(TransactionEventResponse; I02.FR.02, I03.FR.02)",
)
class _TalkativeTransactions(Answers):
    def change(self, action: str, request: Payload, answer: Payload) -> Payload:
        if action != "TransactionEvent":
            return answer
        message = {"format": "ASCII", "content": "so far, so good"}
        return {"totalCost": 1.25, "chargingPriority": 1, "updatedPersonalMessage": message, **answer}


@habit(
    "status-info",
    roles=ROLES,
    families=NEW,
    legal="statusInfo in the answer to BootNotification and DataTransfer (optional wherever it stands)",
)
class _StatusInfo(Answers):
    def change(self, action: str, request: Payload, answer: Payload) -> Payload:
        if action in ("BootNotification", "DataTransfer"):
            return {**answer, "statusInfo": {"reasonCode": "NoError", "additionalInfo": "as it should be"}}
        return answer


@habit(
    "heartbeat-every-minute",
    roles=ROLES,
    legal="the heartbeat interval is 60 s (1.6 6.4, 2.x B01: the CSMS chooses it)",
)
class _HeartbeatEveryMinute(Answers):
    interval = 60

    def change(self, action: str, request: Payload, answer: Payload) -> Payload:
        if action == "BootNotification" and answer.get("status") == "Accepted":
            return {**answer, "interval": self.interval}
        return answer


@habit(
    "heartbeat-up-to-the-station",
    roles=ROLES,
    families=OLD,
    legal="interval 0: the Charge Point chooses (1.6 4.2 and 6.4; the schema has no minimum)",
)
class _HeartbeatUpToTheStation(_HeartbeatEveryMinute):
    interval = 0


@habit(
    "great-transaction-ids",
    roles=ROLES,
    families=OLD,
    legal="transactionIds just below 2^31 (1.6 6.46: an integer)",
)
class _GreatTransactionIds(Habit):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        counters = self.context.store.counters
        counters["transactionId"] = max(counters.get("transactionId", 0), 2147480000)
        return []


@habit(
    "plain-profiles",
    roles=ROLES,
    families=OLD,
    legal="charging profiles name no phases where three are meant, and write limits with a point (1.6 7.14)",
)
class _PlainProfiles(Habit):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        profile = payload.get("csChargingProfiles", payload.get("chargingProfile"))
        for period in profile["chargingSchedule"]["chargingSchedulePeriod"] if profile else ():
            period["limit"] = Decimal(period["limit"]).quantize(Decimal("0.1"))
            if period.get("numberPhases") == 3:
                del period["numberPhases"]
        return [(action, payload)]


own_habit(
    "changes-its-list-no-further",
    roles=ROLES,
    families=NEW,
    legal="after a change that was refused the full list is not sent by itself (D01.FR.03 only recommends it)",
)
own_habit(
    "welcomes-second-tokens",
    roles=ROLES,
    families=NEW,
    legal="a token is accepted while every EVSE has a transaction that may not charge (C01.FR.24 only recommends it)",
)


@habit(
    "refuses-what-it-handles",
    roles=ROLES,
    legal="takes 10 ms for every CALL, and refuses another one with the same id meanwhile: one of the two uses of "
    "CALLERROR that OCPP-J names (1.6J 4.2.3, part 4 4.2.3)",
)
class _RefusesWhatItHandles(Habit):
    def __init__(self) -> None:
        self._handled: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._endpoints: dict[Any, Endpoint] = {}

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        # A connection is read by one task, which is how `heard` knows whose message it has.
        self._endpoints[asyncio.current_task()] = endpoint
        return []

    def heard(self, data: str | bytes) -> list[str | bytes]:
        frame = frames.parse(data)
        if frame.type != frames.CALL:
            return [data]
        endpoint = self._endpoints[asyncio.current_task()]
        work = self._refuse if frame.id in self._handled else self._handle
        task = asyncio.get_running_loop().create_task(work(endpoint, frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return []

    async def _refuse(self, endpoint: Endpoint, frame: frames.Frame) -> None:
        code = endpoint.code("OccurrenceConstraintViolation")
        await endpoint._write(frames.error(frame.id, code, "is being handled already", {}).text)

    async def _handle(self, endpoint: Endpoint, frame: frames.Frame) -> None:
        self._handled.add(frame.id)
        await asyncio.sleep(0.01)
        self._handled.discard(frame.id)
        await endpoint._received(frame)
