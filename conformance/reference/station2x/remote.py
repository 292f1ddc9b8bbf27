"""What the CSMS can make the station do from afar: start, stop, unlock, send a message now.

Source: 2.0.1 F01 to F06, E14.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.station2x.availability import connector_of
from conformance.reference.station2x.metering import meter_value
from conformance.reference.station2x.tokens import usable
from conformance.reference.station2x.transactions import Session
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x


def rejected(reason: str) -> Payload:
    """A response with status Rejected and a reasonCode."""
    return {"status": "Rejected", "statusInfo": {"reasonCode": reason}}


class Remote:
    """Handlers of block F."""

    def __init__(self, station: Station2x) -> None:
        self._station = station

    def start(self, request: Payload) -> Answer | Payload:
        """Answer RequestStartTransaction, and then act on it."""
        station = self._station
        if station.registration != "Accepted":
            return rejected("CSNotAccepted")
        session = self._session_to_start(request)
        if session is None:
            return rejected("UnknownEvse")
        if not usable(request["idToken"]):
            return rejected("InvalidIdToken")
        if station.payments.kept_free(session.evse.id) and station.defects.active("web-payer-locked-out"):
            return rejected("TxInProgress")
        if session.authorized or session.remote_start_id is not None:
            return rejected("TxInProgress")
        profile = request.get("chargingProfile")
        objection = station.charging.objection_to_start(profile) if profile is not None else None
        if objection is not None:
            return rejected(objection)
        group = station.tokens.trusted(request["idToken"], request.get("groupIdToken")).group
        if not station.tokens.may_start(session.evse, request["idToken"], group):
            return rejected("Unspecified")
        session.remote_start_id = request["remoteStartId"]
        session.profile = profile if station.charging.supported else None
        station.charging.begins(session)
        station.payments.started_remotely(session, request["idToken"])
        answer: Payload = {"status": "Accepted"}
        if session.transaction is not None:
            answer["transactionId"] = session.transaction.id
        return Answer(answer, lambda: station.spawn(self._authorize(session, request)))

    def _session_to_start(self, request: Payload) -> Session | None:
        """That of the EVSE that is named; else of one that the token may use, if possible where an EV is."""
        sessions, tokens = self._station.transactions.sessions, self._station.tokens
        if "evseId" in request:
            return sessions.get(request["evseId"])
        token, group = request["idToken"], tokens.trusted(request["idToken"], request.get("groupIdToken")).group
        idle = [one for one in sessions.values() if not one.authorized and one.remote_start_id is None]
        free = [one for one in idle if tokens.may_start(one.evse, token, group)]
        connected = [one for one in free if one.evse.connected]
        return next(iter(connected or free), None)

    async def _authorize(self, session: Session, request: Payload) -> None:
        station = self._station
        token = request["idToken"]
        verdict = trusted = station.tokens.trusted(token, request.get("groupIdToken"))
        if station.model.flag("AuthCtrlr", "AuthorizeRemoteStart"):
            verdict = await station.tokens.judge(token)
        may_start = station.tokens.may_start(session.evse, token, verdict.group or trusted.group)
        if station.tokens.refused_to_start(session, verdict) or session.authorized or not may_start:
            session.remote_start_id = None
            return
        station.transactions.authorize(session, token, verdict)

    def stop(self, request: Payload) -> Answer | Payload:
        """Answer RequestStopTransaction, and then act on it."""
        station = self._station
        session = station.transactions.by_id(request["transactionId"])
        if station.registration != "Accepted":
            return rejected("CSNotAccepted")
        if session is None:
            return rejected("UnknownTxId")
        return Answer({"status": "Accepted"}, lambda: station.transactions.stop_remotely(session))

    def unlock(self, request: Payload) -> Payload:
        """Answer UnlockConnector."""
        evse = self._station.hardware.evse(request["evseId"])
        connector = connector_of(evse, request["connectorId"]) if evse is not None else None
        if evse is None or connector is None:
            return {"status": "UnknownConnector"}
        session = self._station.transactions.session(evse)
        if session.transaction is not None and session.authorized:
            return {"status": "OngoingAuthorizedTransaction"}
        if not connector.unlock():
            return {"status": "UnlockFailed"}
        self._station.transactions.cable_freed(session)
        return {"status": "Unlocked"}

    def transaction_status(self, request: Payload) -> Payload:
        """Answer GetTransactionStatus."""
        transaction_id = request.get("transactionId")
        answer: Payload = {"messagesInQueue": self._station.queue.waiting_for(transaction_id)}
        if transaction_id is not None:
            answer["ongoingIndicator"] = self._station.transactions.by_id(transaction_id) is not None
        return answer

    # -- TriggerMessage ----------------------------------------------------------------------------------------------

    def trigger(self, request: Payload) -> Answer | Payload:
        """Answer TriggerMessage; the message follows the answer (F06.FR.04)."""
        kind = request["requestedMessage"]
        makers: dict[str, Callable[[Payload], Callable[[], object] | None]] = {
            "BootNotification": self._trigger_boot,
            "Heartbeat": lambda evse: lambda: self._station.spawn(self._station.heartbeat()),
            "StatusNotification": self._trigger_status,
            "MeterValues": self._trigger_meter_values,
            "TransactionEvent": self._trigger_transaction_event,
            "LogStatusNotification": lambda evse: self._station.files.tell_log_status,
            "FirmwareStatusNotification": lambda evse: self._station.files.tell_firmware_status,
        }
        certificates = self._station.certificates
        if kind in makers:
            act = makers[kind](request.get("evse") or {})
        elif kind == "CustomTrigger":
            act = self._trigger_custom(request.get("customTrigger", ""))
            if act is None:
                return {"status": "NotImplemented"}
        elif certificates.offers(kind):
            act = certificates.trigger(kind)
        else:
            return {"status": "NotImplemented"}
        if act is None:
            return rejected("UnsupportedRequest")
        return Answer({"status": "Accepted"}, act)

    def _trigger_custom(self, name: str) -> Callable[[], object] | None:
        """What a maker's own trigger brings: data of that maker (F06.FR.18)."""
        model, where = self._station.model, ("CustomizationCtrlr", "CustomTriggers")
        known = model.members(*where) if model.has(*where) else []
        if name not in known and not self._station.defects.active("custom-trigger-invented"):
            return None
        if self._station.defects.active("custom-trigger-without-message"):
            return lambda: None
        vendor, _, message = name.rpartition(".")
        payload = {"vendorId": vendor or "com.example", "messageId": message or "unnamed"}
        return lambda: self._station.spawn(self._station.tell("DataTransfer", payload))

    def _trigger_boot(self, evse: Payload) -> Callable[[], object] | None:
        """Only while it has not been accepted (F06.FR.17)."""
        return None if self._station.registration == "Accepted" else self._station.boot_again

    def _trigger_status(self, target: Payload) -> Callable[[], object] | None:
        evse = self._station.hardware.evse(target.get("id", 0))
        if evse is None or connector_of(evse, target.get("connectorId", 0)) is None:
            # F06.FR.12: only one connector's status can be asked for.
            return None
        place = (target["id"], target["connectorId"])
        return lambda: self._station.availability.report(place)

    def _sessions(self, target: Payload) -> list[Session]:
        sessions = self._station.transactions.sessions
        return [one for key, one in sessions.items() if target.get("id") in (None, key)]

    def _trigger_meter_values(self, target: Payload) -> Callable[[], object] | None:
        sessions = self._sessions(target)
        measurands = self._station.model.members("AlignedDataCtrlr", "Measurands")
        if not sessions or not measurands:
            return None

        def send() -> None:
            for session in sessions:
                taken = meter_value(self._station, session.evse, measurands, "Trigger")
                payload = {"evseId": session.evse.id, "meterValue": [taken]}
                self._station.spawn(self._station.tell("MeterValues", payload))

        return send

    def _trigger_transaction_event(self, target: Payload) -> Callable[[], object] | None:
        sessions = [one for one in self._sessions(target) if one.transaction is not None]
        if not sessions:
            return None

        def send() -> None:
            for session in sessions:
                self._station.transactions.triggered(session)

        return send
