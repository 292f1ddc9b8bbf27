"""Defects of a CSMS's passwords, certificates and security profiles (2.x block A; 1.6: security whitepaper)."""

from __future__ import annotations

from typing import Any

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Payload

ROLE = "CSMS"
OLD, NEW, BOTH = ("1.6",), ("2",), ("1.6", "2")


def _flag(name: str, profile: int, breaks: str, *must_fail: str, families: tuple[str, ...] = BOTH) -> None:
    """A defect that the CSMS itself asks for by name, found on a security profile."""
    variant = f"CSMS on security profile {profile}"
    flag(name, role=ROLE, families=families, breaks=breaks, must_fail=must_fail, variant=variant)


_flag(
    "old-password-accepted-still",
    1,
    "The password from before opens the door, too (A01.FR.03).",
    "TC_073_CSMS",
    "TC_A_09_CSMS",
)
_flag(
    "new-password-not-taken",
    2,
    "A password that the station took is not taken over (A01.FR.03).",
    "TC_073_CSMS",
    "TC_A_09_CSMS",
)
_flag(
    "rejected-password-taken",
    1,
    "A password that the station refused is taken over (A01.FR.04).",
    "TC_A_10_CSMS",
    families=NEW,
)
_flag(
    "lower-profile-let-in-again",
    2,
    "Who was raised to profile 3 may come on 2 (A05.FR.07; 1.6 A05.FR.09).",
    "TC_083_CSMS",
    "TC_A_19_CSMS",
)
_flag(
    "plain-port-stays-open",
    1,
    "Who was raised from profile 1 to 2 may come without TLS (A05.FR.07; 1.6 A05.FR.09).",
    "TC_083_CSMS",
    "TC_A_19_CSMS",
)
_flag(
    "rsa-suites-missing",
    2,
    "The cipher suites for RSA are missing (A00.FR.318, FR.421; 1.6 A00.FR.317).",
    "TC_086_CSMS",
    "TC_A_04_CSMS",
)
_flag(
    "certificate-signed-for-another-key",
    3,
    "A certificate comes for a key that nobody sent (A02).",
    "TC_074_CSMS",
    "TC_A_11_CSMS",
)
_flag(
    "password-good-for-one-connection",
    1,
    "A password opens the door once (A00.FR.203).",
    "TC_085_CSMS",
    families=OLD,
)
_flag(
    "suites-of-256-bits-missing",
    3,
    "The cipher suites with AES-256 are missing (A00.FR.317, FR.421).",
    "TC_086_CSMS",
    "TC_087_CSMS",
    families=OLD,
)
_flag(
    "signed-certificate-never-sent",
    3,
    "A signing request is accepted, and no certificate follows (A02).",
    "TC_074_CSMS",
    "TC_077_CSMS",
    "TC_A_11_CSMS",
    "TC_A_12_CSMS",
)
_flag(
    "any-signing-request-accepted",
    3,
    "What is no signing request is accepted (A02.FR.12).",
    "OC_A_20_CSMS",
    families=NEW,
)


class _Sent(Misbehaviour):
    """Base of defects of what is sent."""

    action = ""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [(action, self.spoilt(payload) if action == self.action else payload)]

    def spoilt(self, payload: Payload) -> Payload:
        """The payload that is sent instead."""
        return payload


@defect(
    "deletes-by-its-own-hash",
    role=ROLE,
    families=OLD,
    breaks="A root is deleted by SHA256, whatever the station used (M04.FR.07).",
    must_fail=("TC_076_CSMS",),
)
class _OwnHash(_Sent):
    action = "DeleteCertificate"

    def spoilt(self, payload: Payload) -> Payload:
        return {"certificateHashData": {**payload["certificateHashData"], "hashAlgorithm": "SHA256"}}


@defect(
    "root-of-another-kind-installed",
    role=ROLE,
    families=OLD,
    breaks="A root is installed as one of the other kind (M05).",
    must_fail=("TC_075_1_CSMS", "TC_075_2_CSMS", "TC_078_CSMS"),
)
class _OtherKind(_Sent):
    action = "InstallCertificate"

    def spoilt(self, payload: Payload) -> Payload:
        kinds = {"CentralSystemRootCertificate", "ManufacturerRootCertificate"}
        return {**payload, "certificateType": (kinds - {payload["certificateType"]}).pop()}


@defect(
    "signing-triggered-of-a-connector",
    role=ROLE,
    families=OLD,
    breaks="SignChargePointCertificate is triggered of connector 1 (whitepaper 5.8).",
    must_fail=("TC_077_CSMS",),
)
class _OfAConnector(_Sent):
    action = "ExtendedTriggerMessage"

    def spoilt(self, payload: Payload) -> Payload:
        return {**payload, "connectorId": 1}


@defect(
    "security-events-refused",
    role=ROLE,
    families=BOTH,
    breaks="SecurityEventNotification is answered by a CALLERROR (A04.FR.03).",
    must_fail=("TC_077_CSMS", "TC_078_CSMS", "OC_A_21_CSMS"),
)
class _EventsRefused(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        refused: Any = CallError("InternalError", "no room for it")
        return refused if action == "SecurityEventNotification" else answer
