"""What the reference CSMS answers to an OCPP 2.0.1 or 2.1 Charging Station, and what it learns from its answers.

Source: OCPP 2.0.1 edition 3 and OCPP 2.1 edition 2, part 2; the use cases stand at the answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from conformance.reference import csms_contracts, csms_limits, csms_payment
from conformance.reference.csms_desk import Desk
from conformance.reference.csms_registration import now
from conformance.reference.csms_store import Transaction
from conformance.reference.csms_tokens import Verdict
from conformance.reference.wire import Answer, Payload

Outcome = Answer | Payload | Awaitable[Payload]


def answer(desk: Desk, action: str, payload: Payload) -> Outcome | None:
    """The answer to a valid CALL of an accepted station; None for an action that is not supported."""
    handler = _ANSWERS.get(action)
    return None if handler is None else handler(desk, payload)


def learn(desk: Desk, action: str, request: Payload, result: Payload) -> None:
    """Take note of the station's answer to a CALL of ours."""
    accepted = result.get("status") == "Accepted"
    if action == "GetVariables":
        for one in result.get("getVariableResult", []):
            if one["attributeStatus"] == "Accepted":
                _note_limit(desk, one, one.get("attributeValue", ""))
    elif action == "SetVariables":
        _note_set(desk, request, result)
    elif action == "SetNetworkProfile" and accepted:
        desk.record.slots[str(request["configurationSlot"])] = request["connectionData"]["securityProfile"]
    elif action == "GetInstalledCertificateIds":
        chain = result.get("certificateHashDataChain", [])
        desk.record.certificates = [one["certificateHashData"] for one in chain]
    elif action == "GetLocalListVersion":
        desk.record.list_version = result.get("versionNumber", 0)
    elif action == "SendLocalList":
        _note_list(desk, request, accepted)
    elif action == "SetChargingProfile" and accepted:
        _note_profile(desk, request)
    elif action == "ReserveNow" and accepted:
        desk.record.reservations.append(request["id"])
    else:
        return
    desk.save()


def _note_profile(desk: Desk, request: Payload) -> None:
    """Remember the profile of a transaction, which a station that resumes it may have forgotten (E17.FR.15)."""
    transaction = desk.record.transaction(request["chargingProfile"].get("transactionId"))
    if transaction is not None:
        transaction.profile = request


def _note_list(desk: Desk, request: Payload, accepted: bool) -> None:
    """Remember the list; after a change that was refused, the station is sent all of it (D01.FR.03)."""
    record, full = desk.record, request["updateType"] == "Full"
    entries = {} if full else dict(record.local_list)
    for one in request.get("localAuthorizationList", []):
        key = f"{one['idToken']['type']} {one['idToken']['idToken']}".casefold()
        if "idTokenInfo" in one:
            entries[key] = one
        else:
            entries.pop(key, None)
    if accepted:
        record.list_version, record.local_list = request["versionNumber"], entries
    elif not full and not desk.defects.active("changes-its-list-no-further"):
        version = max(record.list_version, request["versionNumber"]) + 1
        whole = {"localAuthorizationList": list(entries.values())} if entries else {}
        desk.initiate("SendLocalList", {"versionNumber": version, "updateType": "Full", **whole})


def _note_limit(desk: Desk, data: Payload, value: str) -> None:
    """Remember DeviceDataCtrlr.ItemsPerMessage and TxCtrlr.SupportedLimits: B05.FR.11, B06.FR.05, E16.FR.12 bind us."""
    variable = data["variable"]
    if (data["component"]["name"], variable["name"]) == ("TxCtrlr", "SupportedLimits"):
        desk.record.supported_limits = [one.strip() for one in value.split(",")]
    named = data["component"]["name"] == "DeviceDataCtrlr" and variable["name"] == "ItemsPerMessage"
    if named and "instance" in variable and value.isdecimal() and int(value) > 0:
        desk.record.limits[variable["instance"]] = int(value)


def _note_set(desk: Desk, request: Payload, result: Payload) -> None:
    """What the station has set: a password counts once it is accepted (A01.FR.03), the old one until then (A01.FR.04);
    the network profile that comes first now may raise its security profile (A05)."""
    status = {
        (one["component"]["name"], one["variable"]["name"]): one["attributeStatus"]
        for one in result.get("setVariableResult", [])
    }
    for one in request["setVariableData"]:
        name = (one["component"]["name"], one["variable"]["name"])
        taken = status.get(name) in ("Accepted", "RebootRequired")
        if name == _PASSWORD and (status.get(name) == "Accepted" or desk.defects.active("rejected-password-taken")):
            if not desk.defects.active("new-password-not-taken"):
                desk.record.password = one["attributeValue"]
        elif name == _PRIORITY and taken:
            desk.record.raising = desk.record.slots.get(one["attributeValue"].partition(",")[0].strip(), 0)


_PASSWORD = ("SecurityCtrlr", "BasicAuthPassword")
_PRIORITY = ("OCPPCommCtrlr", "NetworkConfigurationPriority")


# -- B: provisioning ----------------------------------------------------------------------------------------------


def _boot(desk: Desk, payload: Payload) -> Outcome:
    return desk.registration.boot(payload)


def _heartbeat(desk: Desk, payload: Payload) -> Outcome:
    return {"currentTime": now()}


def _notify_report(desk: Desk, payload: Payload) -> Outcome:
    for one in payload.get("reportData", []):
        for attribute in one["variableAttribute"]:
            if attribute.get("type", "Actual") == "Actual":
                _note_limit(desk, one, attribute.get("value", ""))
    desk.save()
    return {}


# -- C: authorization ---------------------------------------------------------------------------------------------


def _authorize(desk: Desk, payload: Payload) -> Outcome:
    contract = "certificate" in payload or "iso15118CertificateHashData" in payload
    roots = desk.registration.settings.contract_roots
    if contract and roots is not None and not desk.defects.active("responder-not-asked"):
        return _authorize_contract(desk, payload, roots)
    return _authorized(desk, payload, contract=contract)


async def _authorize_contract(desk: Desk, payload: Payload, roots: Path) -> Payload:
    """A certificate that does not hold decides, whatever the book says of its eMAID (C07.FR.15 to FR.17)."""
    status = await csms_contracts.judge(roots, payload)
    if status == csms_contracts.REVOKED and desk.defects.active("revoked-contract-accepted"):
        status = csms_contracts.ACCEPTED
    if status == csms_contracts.ACCEPTED:
        return _authorized(desk, payload, contract=True)
    refused = "Expired" if status == csms_contracts.EXPIRED else "Invalid"
    return {"idTokenInfo": {"status": refused}, "certificateStatus": status}


def _authorized(desk: Desk, payload: Payload, *, contract: bool) -> Payload:
    verdict = _judge(desk, payload["idToken"])
    taken = desk.record.used_up(payload["idToken"]["idToken"]) and not desk.defects.active("welcomes-second-tokens")
    if verdict.status == "Accepted" and taken:
        verdict = Verdict("NotAtThisTime", verdict.group)
    result: Payload = {"idTokenInfo": _info(verdict)}
    if contract:
        # The chain itself is taken for good; with a token that may not charge, the contract is over (C07.FR.13, 14).
        result["certificateStatus"] = "Accepted" if verdict.status == "Accepted" else "ContractCancelled"
    return result


def _judge(desk: Desk, token: Mapping[str, Any], own: object = None) -> Verdict:
    if token["type"] == csms_payment.DIRECT_PAYMENT:
        # A payment service provider has authorized it: at the station's terminal, or with us (C18.FR.05, C24.FR.01).
        return Verdict("Accepted")
    return desk.judge(token["idToken"], kind=token["type"], unknown="Unknown", broke="NoCredit", own=own)


def _info(verdict: Verdict) -> Payload:
    """idTokenInfo; evseId stays away where every EVSE is allowed (C01.FR.19, C01.FR.20)."""
    info: Payload = {"status": verdict.status}
    if verdict.evses:
        info["evseId"] = list(verdict.evses)
    if verdict.group is not None:
        info["groupIdToken"] = {"idToken": verdict.group, "type": "Central"}
    if verdict.credit is not None:
        info["cacheExpiryDateTime"] = csms_payment.expiry()
    return info


# -- E: transactions ----------------------------------------------------------------------------------------------


def _transaction_event(desk: Desk, payload: Payload) -> Outcome:
    """idTokenInfo exactly when a token was presented (E01.FR.11, FR.12, C12.FR.03). Events are taken in any order:
    what happened offline arrives late."""
    transaction = _record(desk, payload)
    result: Payload = {}
    verdict = None
    if "idToken" in payload:
        verdict = _judge(desk, payload["idToken"], transaction.id)
        result["idTokenInfo"] = _info(verdict)
    if "NotifySettlement" in desk.version.actions:
        result |= csms_payment.money(desk, transaction, payload, None if verdict is None else verdict.credit)
        csms_limits.answer(desk, transaction, payload, result)
    desk.save()
    profile = csms_limits.resumed(desk, transaction) if payload["triggerReason"] == "TxResumed" else None
    if profile is not None:
        return Answer(result, lambda: desk.initiate("SetChargingProfile", profile))
    return result


_DEAUTHORIZE = ("StopAuthorized", "RemoteStop", "Deauthorized", "EVConnectTimeout")
"""Reasons of events that tell that a token may no longer charge in a transaction."""


def _record(desk: Desk, payload: Payload) -> Transaction:
    info = payload["transactionInfo"]
    transaction = desk.record.transaction(info["transactionId"])
    again = transaction is not None and payload["seqNo"] in transaction.sequence
    if transaction is None or (again and desk.defects.active("repeated-start-counts-twice")):
        transaction = desk.record.add(Transaction(info["transactionId"]))
    transaction.sequence.append(payload["seqNo"])
    transaction.offline = transaction.offline or payload.get("offline", False)
    latest = payload["seqNo"] >= max(transaction.sequence)
    if "evse" in payload:
        transaction.evse = payload["evse"]["id"]
        transaction.connector = payload["evse"].get("connectorId", transaction.connector)
    if "idToken" in payload and not transaction.token:
        transaction.token = payload["idToken"]["idToken"]
        transaction.token_type = payload["idToken"]["type"]
    if "chargingState" in info and latest:
        transaction.charging_state = info["chargingState"]
    transaction.remote_start_id = info.get("remoteStartId", transaction.remote_start_id)
    if payload["eventType"] == "Started":
        transaction.started = payload["timestamp"]
    elif payload["eventType"] == "Ended":
        transaction.ended = payload["timestamp"]
    if payload["triggerReason"] in _DEAUTHORIZE:
        transaction.deauthorized = True
    read = csms_payment.register(payload)
    transaction.meter_start = read if transaction.meter_start is None else transaction.meter_start
    transaction.meter_stop = transaction.meter_stop if read is None else read
    csms_limits.note(transaction, payload)
    return transaction


# -- G, K: availability and smart charging ------------------------------------------------------------------------


def _status_notification(desk: Desk, payload: Payload) -> Outcome:
    desk.record.connectors[f"{payload['evseId']}.{payload['connectorId']}"] = payload["connectorStatus"]
    return {}


def _notify_event(desk: Desk, payload: Payload) -> Outcome:
    for one in payload["eventData"]:
        evse = one["component"].get("evse", {})
        named = one["component"]["name"] == "Connector" and one["variable"]["name"] == "AvailabilityState"
        if named and "connectorId" in evse:
            desk.record.connectors[f"{evse['id']}.{evse['connectorId']}"] = one["actualValue"]
    return {}


def _charging_needs(desk: Desk, payload: Payload) -> Outcome:
    """A schedule follows for a transaction that runs on the EVSE (K15.FR.03, FR.07); without one there is none to
    give (K15.FR.04)."""
    transaction = desk.running(payload["evseId"])
    if transaction is None:
        return {"status": "Rejected"}
    profile = {
        "evseId": payload["evseId"],
        "chargingProfile": {
            "id": desk.store.next("chargingProfileId"),
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "transactionId": transaction.id,
            "chargingSchedule": [
                {
                    "id": 1,
                    "startSchedule": now(),
                    "duration": 86400,
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000}],
                }
            ],
        },
    }
    return Answer({"status": "Accepted"}, lambda: desk.initiate("SetChargingProfile", profile))


# -- A, M: security and certificates ------------------------------------------------------------------------------


def _sign_certificate(desk: Desk, payload: Payload) -> Outcome:
    """A02.FR.11, FR.12; CertificateSigned repeats the type that was asked for (A02.FR.14) and 2.1's requestId."""
    chain = desk.authority.sign(payload["csr"])
    if chain is None and not desk.defects.active("any-signing-request-accepted"):
        return {"status": "Rejected"}
    if chain is None or desk.defects.active("signed-certificate-never-sent"):
        return {"status": "Accepted"}
    if desk.defects.active("certificate-signed-for-another-key"):
        chain = desk.authority.issue(desk.record.identity)
    signed = {"certificateChain": chain}
    for name in ("certificateType", "requestId"):
        if name in payload:
            signed[name] = payload[name]
    return Answer({"status": "Accepted"}, lambda: desk.initiate("CertificateSigned", signed))


def _certificate_status(desk: Desk, payload: Payload) -> Outcome:
    """No OCSP responder is asked, so the status cannot be given (M06.FR.04)."""
    return {"status": "Failed"}


def _certificate_chain_status(desk: Desk, payload: Payload) -> Outcome:
    """2.1: one answer for each certificate asked about; nobody is asked here either."""
    tomorrow = now(timedelta(days=1))
    return {
        "certificateStatus": [
            {
                "certificateHashData": one["certificateHashData"],
                "source": one["source"],
                "status": "Failed",
                "nextUpdate": tomorrow,
            }
            for one in payload["certificateStatusRequests"]
        ]
    }


def _ev_certificate(desk: Desk, payload: Payload) -> Outcome:
    """No contract certificate is held here (M01, M02)."""
    return {"status": "Failed", "exiResponse": ""}


# -- the rest -----------------------------------------------------------------------------------------------------


def _data_transfer(desk: Desk, payload: Payload) -> Outcome:
    return {"status": "UnknownVendorId"}


def _accepted(desk: Desk, payload: Payload) -> Outcome:
    return {"status": "Accepted"}


def _rejected(desk: Desk, payload: Payload) -> Outcome:
    return {"status": "Rejected"}


def _nothing(desk: Desk, payload: Payload) -> Outcome:
    return {}


_ANSWERS: Mapping[str, Callable[[Desk, Payload], Outcome]] = {
    "Authorize": _authorize,
    "BatterySwap": _nothing,
    "BootNotification": _boot,
    "ClearedChargingLimit": _nothing,
    "ClosePeriodicEventStream": _nothing,
    "DataTransfer": _data_transfer,
    "FirmwareStatusNotification": _nothing,
    "Get15118EVCertificate": _ev_certificate,
    "GetCertificateChainStatus": _certificate_chain_status,
    "GetCertificateStatus": _certificate_status,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _nothing,
    "MeterValues": _nothing,
    "NotifyChargingLimit": _nothing,
    "NotifyCustomerInformation": _nothing,
    "NotifyDERAlarm": _nothing,
    "NotifyDERStartStop": _nothing,
    "NotifyDisplayMessages": _nothing,
    "NotifyEVChargingNeeds": _charging_needs,
    "NotifyEVChargingSchedule": _accepted,
    "NotifyEvent": _notify_event,
    "NotifyMonitoringReport": _nothing,
    "NotifyPeriodicEventStream": _nothing,
    "NotifyPriorityCharging": _nothing,
    "NotifyReport": _notify_report,
    "NotifySettlement": csms_payment.settled,
    "OpenPeriodicEventStream": _accepted,
    "PublishFirmwareStatusNotification": _nothing,
    "PullDynamicScheduleUpdate": _rejected,
    "ReportChargingProfiles": _nothing,
    "ReportDERControl": _nothing,
    "ReservationStatusUpdate": _nothing,
    "SecurityEventNotification": _nothing,
    "SignCertificate": _sign_certificate,
    "StatusNotification": _status_notification,
    "TransactionEvent": _transaction_event,
    "VatNumberValidation": csms_payment.vat_number,
}
