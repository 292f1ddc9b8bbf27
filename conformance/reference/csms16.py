"""What the reference CSMS answers to an OCPP 1.6 Charge Point, and what it learns from the Charge Point's answers.

Source: OCPP 1.6 chapters 4 and 6; OCPP 1.6 security whitepaper edition 3, chapters 4 to 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.reference import csms_crossing
from conformance.reference.csms_desk import Desk
from conformance.reference.csms_registration import now
from conformance.reference.csms_store import Transaction
from conformance.reference.csms_tokens import Verdict
from conformance.reference.wire import Answer, Payload

Outcome = Answer | Payload


def answer(desk: Desk, action: str, payload: Payload) -> Outcome | None:
    """The answer to a valid CALL of an accepted Charge Point; None for an action that is not supported."""
    handler = _ANSWERS.get(action)
    return None if handler is None else handler(desk, payload)


def learn(desk: Desk, action: str, request: Payload, result: Payload) -> None:
    """Take note of the Charge Point's answer to a CALL of ours."""
    accepted = result.get("status") == "Accepted"
    if action == "ChangeConfiguration" and request["key"].casefold() == "authorizationkey" and accepted:
        if not desk.defects.active("new-password-not-taken"):
            desk.record.password = request["value"]
    elif action == "ChangeConfiguration" and request["key"].casefold() == "securityprofile" and accepted:
        desk.record.raising = int(request["value"])
    elif action == "GetInstalledCertificateIds":
        desk.record.certificates = list(result.get("certificateHashData", []))
    elif action == "GetLocalListVersion":
        desk.record.list_version = max(0, result.get("listVersion", 0))
    elif action == "SendLocalList" and accepted:
        desk.record.list_version = request["listVersion"]
    elif action == "ReserveNow" and accepted:
        desk.record.reservations.append(request["reservationId"])
    else:
        return
    desk.save()


def _boot(desk: Desk, payload: Payload) -> Outcome:
    return desk.registration.boot(payload)


def _heartbeat(desk: Desk, payload: Payload) -> Outcome:
    return {"currentTime": now()}


def _authorize(desk: Desk, payload: Payload) -> Outcome:
    return {"idTagInfo": _info(desk.judge(payload["idTag"]))}


def _start_transaction(desk: Desk, payload: Payload) -> Outcome:
    """A fresh transactionId whatever the idTag's status: the Charge Point reports the end with it (4.8)."""
    known = _repeated(desk, payload)
    transaction = known or desk.record.add(
        Transaction(
            id=desk.next_transaction(),
            evse=payload["connectorId"],
            connector=payload["connectorId"],
            token=payload["idTag"],
            started=payload["timestamp"],
            meter_start=payload["meterStart"],
        )
    )
    verdict = desk.judge(payload["idTag"], own=transaction.id)
    desk.save()
    return {"transactionId": transaction.id, "idTagInfo": _info(verdict)}


def _repeated(desk: Desk, payload: Payload) -> Transaction | None:
    """The transaction that this request has opened before: a Charge Point repeats what was not answered in time."""
    if desk.defects.active("repeated-start-counts-twice"):
        return None
    for one in desk.record.transactions:
        seen = (one.connector, one.token, one.started, one.meter_start)
        if seen == (payload["connectorId"], payload["idTag"], payload["timestamp"], payload["meterStart"]):
            return one
    return None


def _stop_transaction(desk: Desk, payload: Payload) -> Outcome:
    """Always confirmed: a stop cannot be prevented (4.10). idTagInfo only for an idTag that was sent."""
    transaction = csms_crossing.stopped(desk, payload["transactionId"])
    if transaction is not None and transaction.running:
        transaction.ended = payload["timestamp"]
        transaction.meter_stop = payload["meterStop"]
        desk.save()
    if "idTag" not in payload:
        return {}
    return {"idTagInfo": _info(desk.judge(payload["idTag"], own=payload["transactionId"]))}


def _status_notification(desk: Desk, payload: Payload) -> Outcome:
    desk.record.connectors[str(payload["connectorId"])] = payload["status"]
    return {}


def _data_transfer(desk: Desk, payload: Payload) -> Outcome:
    return {"status": "UnknownVendorId"}


def _sign_certificate(desk: Desk, payload: Payload) -> Outcome:
    chain = desk.authority.sign(payload["csr"])
    if chain is None:
        return {"status": "Rejected"}
    if desk.defects.active("certificate-signed-for-another-key"):
        chain = desk.authority.issue(desk.record.identity)
    if desk.defects.active("signed-certificate-never-sent"):
        return {"status": "Accepted"}
    return Answer({"status": "Accepted"}, lambda: desk.initiate("CertificateSigned", {"certificateChain": chain}))


def _nothing(desk: Desk, payload: Payload) -> Outcome:
    return {}


_SPELLED = {"NotAllowedTypeEVSE": "Invalid", "NotAtThisLocation": "Invalid"}
"""What 1.6 says where 2.x has a status of its own."""


def _info(verdict: Verdict) -> Payload:
    info: Payload = {"status": _SPELLED.get(verdict.status, verdict.status)}
    if verdict.group is not None:
        info["parentIdTag"] = verdict.group
    return info


_ANSWERS: Mapping[str, Callable[[Desk, Payload], Outcome]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": _data_transfer,
    "DiagnosticsStatusNotification": _nothing,
    "FirmwareStatusNotification": _nothing,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _nothing,
    "MeterValues": _nothing,
    "SecurityEventNotification": _nothing,
    "SignCertificate": _sign_certificate,
    "SignedFirmwareStatusNotification": _nothing,
    "StartTransaction": _start_transaction,
    "StatusNotification": _status_notification,
    "StopTransaction": _stop_transaction,
}
