"""What the reference CSMS fills into its CALLs to an OCPP 1.6 Charge Point.

Required fields always; optional ones only where the CALL would be pointless without (the connector of a remote start).
Source: OCPP 1.6 chapters 5 and 6; OCPP 1.6 security whitepaper edition 3, chapter 4 and appendix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from conformance.reference.csms_desk import Desk
from conformance.reference.csms_registration import now
from conformance.reference.wire import Payload

HOUR = timedelta(hours=1)


def defaults(desk: Desk, action: str, asked: Payload) -> Payload:
    """The fields to fill in around `asked`. Raises LookupError for a remote stop when no transaction is known."""
    builder = _DEFAULTS.get(action)
    return {} if builder is None else builder(desk, asked)


def _remote_stop(desk: Desk, asked: Payload) -> Payload:
    if "transactionId" in asked:
        return {}
    transaction = desk.running()
    if transaction is None:
        raise LookupError(f"no transaction of {desk.record.identity!r} is running; name a transactionId")
    return {"transactionId": transaction.id}


def _remote_start(desk: Desk, asked: Payload) -> Payload:
    filled: Payload = {"connectorId": 1, "idTag": desk.tokens.accepted()}
    if "chargingProfile" in asked:
        filled["chargingProfile"] = _profile(desk, asked["chargingProfile"], "TxProfile")
        filled["chargingProfile"].pop("transactionId", None)
    return filled


def _set_charging_profile(desk: Desk, asked: Payload) -> Payload:
    profile = asked.get("csChargingProfiles", {})
    purpose = profile.get("chargingProfilePurpose", "TxDefaultProfile")
    connector = 0 if purpose == "ChargePointMaxProfile" else 1
    return {"connectorId": connector, "csChargingProfiles": _profile(desk, profile, purpose)}


def _profile(desk: Desk, asked: Payload, purpose: str) -> Payload:
    kind = asked.get("chargingProfileKind", "Relative" if purpose == "TxProfile" else "Absolute")
    schedule: Payload = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
    if kind != "Relative":
        schedule["startSchedule"] = now()
    # An id that is asked for takes none of the counter.
    known = asked.get("chargingProfileId")
    profile: Payload = {
        "chargingProfileId": known if known is not None else desk.store.next("chargingProfileId"),
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    if kind == "Recurring":
        profile["recurrencyKind"] = "Daily"
    transaction = desk.running()
    if purpose == "TxProfile" and transaction is not None:
        profile["transactionId"] = transaction.id
    return profile


def _clear_charging_profile(desk: Desk, asked: Payload) -> Payload:
    return {} if asked else {"id": 1}


def _reserve_now(desk: Desk, asked: Payload) -> Payload:
    return {
        "connectorId": 1,
        "expiryDate": now(HOUR),
        "idTag": desk.tokens.accepted(),
        "reservationId": asked.get("reservationId") or desk.store.next("reservationId"),
    }


def _cancel_reservation(desk: Desk, asked: Payload) -> Payload:
    return {"reservationId": desk.record.reservations[-1] if desk.record.reservations else 1}


def _send_local_list(desk: Desk, asked: Payload) -> Payload:
    filled: Payload = {"listVersion": desk.record.list_version + 1, "updateType": "Full"}
    if "localAuthorizationList" not in asked:
        filled["localAuthorizationList"] = [{"idTag": desk.tokens.accepted(), "idTagInfo": {"status": "Accepted"}}]
    return filled


def _trigger(desk: Desk, asked: Payload) -> Payload:
    return {"requestedMessage": "Heartbeat"}


def _get_log(desk: Desk, asked: Payload) -> Payload:
    return {
        "logType": "DiagnosticsLog",
        "requestId": _request_id(desk, asked),
        "log": {"remoteLocation": "https://csms.example.com/logs"},
    }


def _signed_update_firmware(desk: Desk, asked: Payload) -> Payload:
    location = asked.get("firmware", {}).get("location", "https://csms.example.com/firmware.bin")
    return {
        "requestId": _request_id(desk, asked),
        "firmware": {
            "location": location,
            "retrieveDateTime": now(),
            "signingCertificate": desk.authority.signing_certificate,
            "signature": desk.authority.signature(location.encode()),
        },
    }


def _delete_certificate(desk: Desk, asked: Payload) -> Payload:
    known = desk.record.certificates
    return {"certificateHashData": dict(known[-1]) if known else dict(desk.authority.root_hash)}


def _certificate_signed(desk: Desk, asked: Payload) -> Payload:
    return {} if "certificateChain" in asked else {"certificateChain": desk.authority.issue(desk.record.identity)}


def _install_certificate(desk: Desk, asked: Payload) -> Payload:
    return {"certificateType": "CentralSystemRootCertificate", "certificate": desk.authority.root}


def _request_id(desk: Desk, asked: Payload) -> int:
    # A counter that moves only when it is needed leaves no gaps in the request ids.
    return int(asked["requestId"]) if asked.get("requestId") is not None else desk.store.next("requestId")


def _fixed(payload: Payload) -> Callable[[Desk, Payload], Payload]:
    return lambda desk, asked: payload


_DEFAULTS: Mapping[str, Callable[[Desk, Payload], Payload]] = {
    "CancelReservation": _cancel_reservation,
    "CertificateSigned": _certificate_signed,
    "ChangeAvailability": _fixed({"connectorId": 0, "type": "Operative"}),
    "ChangeConfiguration": _fixed({"key": "HeartbeatInterval", "value": "300"}),
    "ClearChargingProfile": _clear_charging_profile,
    "DataTransfer": _fixed({"vendorId": "com.example.csms"}),
    "DeleteCertificate": _delete_certificate,
    "ExtendedTriggerMessage": _trigger,
    "GetCompositeSchedule": _fixed({"connectorId": 1, "duration": 300}),
    "GetDiagnostics": _fixed({"location": "ftp://csms.example.com/diagnostics"}),
    "GetInstalledCertificateIds": _fixed({"certificateType": "CentralSystemRootCertificate"}),
    "GetLog": _get_log,
    "InstallCertificate": _install_certificate,
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "ReserveNow": _reserve_now,
    "Reset": _fixed({"type": "Soft"}),
    "SendLocalList": _send_local_list,
    "SetChargingProfile": _set_charging_profile,
    "SignedUpdateFirmware": _signed_update_firmware,
    "TriggerMessage": _trigger,
    "UnlockConnector": _fixed({"connectorId": 1}),
    "UpdateFirmware": lambda desk, asked: {
        "location": "ftp://csms.example.com/firmware.bin",
        "retrieveDate": now(),
    },
}
