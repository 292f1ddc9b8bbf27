"""What a CSMS gets wrong in 1.6 about files: what it asks for, and what it does not take."""

from __future__ import annotations

from base64 import b64decode

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import CallError, Payload

ROLE = "CSMS"
OLD = ("1.6",)
FIRMWARE = ("TC_044_1_CSMS", "TC_044_2_CSMS", "TC_044_3_CSMS")
DIAGNOSTICS = ("TC_045_1_CSMS", "TC_045_2_CSMS")
SIGNED = ("TC_080_CSMS", "TC_081_CSMS")


class _Refuses(Misbehaviour):
    """Base of defects that answer one action by a CALLERROR."""

    action = ""

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return CallError("NotImplemented", "") if action == self.action else answer


@defect(
    "diagnostics-status-refused",
    role=ROLE,
    families=OLD,
    breaks="DiagnosticsStatusNotification is answered by a CALLERROR [26] (4.4)",
    must_fail=DIAGNOSTICS,
)
class _DiagnosticsRefused(_Refuses):
    action = "DiagnosticsStatusNotification"


@defect(
    "signed-firmware-status-refused",
    role=ROLE,
    families=OLD,
    breaks="SignedFirmwareStatusNotification is answered by a CALLERROR [26] (whitepaper 5.20)",
    must_fail=SIGNED,
)
class _SignedRefused(_Refuses):
    action = "SignedFirmwareStatusNotification"


class _Asks(Misbehaviour):
    """Base of defects in what is asked of the charge point."""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action in ("UpdateFirmware", "GetDiagnostics"):
            self.spoil(payload)
        elif action in ("SignedUpdateFirmware", "GetLog"):
            self.spoil_newer(payload, payload["firmware" if action == "SignedUpdateFirmware" else "log"])
        return [(action, payload)]

    def spoil(self, payload: Payload) -> None:
        """Change a request of 1.6 itself."""

    def spoil_newer(self, payload: Payload, inside: Payload) -> None:
        """Change a request of the whitepaper, or what is inside `firmware` or `log`."""


@defect(
    "file-location-replaced",
    role=ROLE,
    families=OLD,
    breaks="files are wanted at another location than the operator has chosen (5.9, 5.19; whitepaper N01, L01)",
    must_fail=(*FIRMWARE, *DIAGNOSTICS, "TC_079_CSMS", *SIGNED),
)
class _OtherLocation(_Asks):
    def spoil(self, payload: Payload) -> None:
        payload["location"] = "ftp://127.0.0.1:21/files"

    def spoil_newer(self, payload: Payload, inside: Payload) -> None:
        inside["location" if "location" in inside else "remoteLocation"] = "ftp://127.0.0.1:21/files"


@defect(
    "transfer-retries-left-out",
    role=ROLE,
    families=OLD,
    breaks="retries and retryInterval are not sent, whatever the operator has chosen (6.25, 6.55)",
    must_fail=("TC_044_2_CSMS", "TC_045_2_CSMS"),
)
class _NoRetries(_Asks):
    def spoil(self, payload: Payload) -> None:
        payload.pop("retries", None)
        payload.pop("retryInterval", None)


@defect(
    "retrieve-date-in-local-time",
    role=ROLE,
    families=OLD,
    breaks="a local time is sent as UTC: retrieveDate and startTime are an hour late [28] (6.25, 6.55)",
    must_fail=(*FIRMWARE, "TC_045_1_CSMS", *SIGNED),
)
class _LocalTime(_Asks):
    def spoil(self, payload: Payload) -> None:
        for name in ("retrieveDate", "startTime", "stopTime"):
            if name in payload:
                payload[name] = _an_hour_later(payload[name])

    def spoil_newer(self, payload: Payload, inside: Payload) -> None:
        if "retrieveDateTime" in inside:
            inside["retrieveDateTime"] = _an_hour_later(inside["retrieveDateTime"])


def _an_hour_later(text: str) -> str:
    from datetime import datetime, timedelta

    return (datetime.fromisoformat(text) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")


@defect(
    "diagnostics-instead-of-security-log",
    role=ROLE,
    families=OLD,
    breaks="the diagnostics are asked for where the operator wants the security log (whitepaper N01.FR.03)",
    must_fail=("TC_079_CSMS",),
)
class _OtherLog(_Asks):
    def spoil_newer(self, payload: Payload, inside: Payload) -> None:
        if "logType" in payload:
            payload["logType"] = "DiagnosticsLog"


@defect(
    "firmware-signature-spoilt",
    role=ROLE,
    families=OLD,
    breaks="a signature loses its plus signs on the way (whitepaper 6.9: base64)",
    must_fail=SIGNED,
)
class _SpoiltSignature(_Asks):
    def spoil_newer(self, payload: Payload, inside: Payload) -> None:
        if "signature" in inside:
            inside["signature"] = inside["signature"].replace("+", " ")


@defect(
    "signing-certificate-in-hex",
    role=ROLE,
    families=OLD,
    breaks="the signing certificate goes as DER in hex, as in edition 1 of the whitepaper, not as PEM (6.9)",
    must_fail=SIGNED,
)
class _HexCertificate(_Asks):
    def spoil_newer(self, payload: Payload, inside: Payload) -> None:
        lines = inside.get("signingCertificate", "").split("\n")
        if "signingCertificate" in inside:
            inside["signingCertificate"] = b64decode("".join(lines[1:-2])).hex()
