"""Who is let in, what is let out, and what brings a CSMS down: the defects behind the security probes."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Iterator
from typing import Any

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Payload

ROLE = "CSMS"
BOTH = ("1.6", "2")


def _door(name: str, profile: int, breaks: str, *must_fail: str, families: tuple[str, ...] = BOTH) -> None:
    """A defect of the door, found on a security profile: `csms_door` asks for it by name."""
    variant = f"CSMS on security profile {profile}"
    flag(name, role=ROLE, families=families, breaks=breaks, must_fail=must_fail, variant=variant)


# -- user name and password ---------------------------------------------------------------------------------------

_door(
    "password-unchecked",
    1,
    "The password is not looked at (A00.FR.207, FR.324).",
    "OC_S_02_CSMS",
    "OC_S_03_CSMS",
    "TC_A_03_CSMS",
    "OC_A_22_CSMS",
)
_door(
    "password-prefix-accepted",
    2,
    "The beginning of the password opens the door, too (A00.FR.207, FR.324).",
    "OC_S_03_CSMS",
)
_door(
    "password-of-another-accepted",
    1,
    "The password of any station opens the door to every identity (A00.FR.207, FR.324).",
    "OC_S_02_CSMS",
)
_door(
    "user-name-unchecked",
    2,
    "The user name need not be the identity in the URL (A00.FR.204, FR.207).",
    "OC_S_02_CSMS",
    "TC_A_02_CSMS",
)
_door(
    "missing-header-let-in",
    1,
    "Who sends no Authorization header is not asked for a password (A00.FR.207; CWE-306).",
    "OC_S_01_CSMS",
)
_door(
    "unknown-identity-let-in",
    1,
    "An identity that nobody knows is let in without credentials, as a new station (A00.FR.207; CWE-306).",
    "OC_S_05_CSMS",
)

# -- TLS ----------------------------------------------------------------------------------------------------------

_door(
    "old-tls-allowed",
    2,
    "TLS 1.0 and 1.1 are spoken (A00.FR.313, FR.315); 1.6 can be read to allow it.",
    "OC_S_07_CSMS",
    "TC_A_06_CSMS",
    families=("2",),
)
_door(
    "weak-ciphers-allowed",
    3,
    "Cipher suites without encryption or authentication are agreed to (A00.FR.423, FR.425; 1.6: FR.423).",
    "OC_S_07_CSMS",
)
_door(
    "plain-on-tls-port",
    2,
    "The port of profile 2 takes connections without TLS (A00.FR.002, FR.312).",
    "OC_S_07_CSMS",
    "OC_A_24_CSMS",
)
_door(
    "client-certificate-optional",
    3,
    "On profile 3 a station without certificate is let in (A00.FR.407).",
    "OC_S_01_CSMS",
)
_door(
    "certificate-of-another-accepted",
    3,
    "The client certificate is not bound to the identity: any station can be any other [67] (A00.FR.405).",
    "OC_S_06_CSMS",
    "TC_A_08_CSMS",
    "OC_A_23_CSMS",
)
_door(
    "expired-certificate-accepted",
    3,
    "An expired client certificate opens the door (A00.FR.403, FR.407).",
    "OC_S_06_CSMS",
)
_door(
    "organization-unchecked",
    3,
    "The client certificate may be that of another operator (A00.FR.404).",
    "OC_S_06_CSMS",
)
_door(
    "serial-number-unchecked",
    3,
    "A BootNotification with another serial number than the certificate's is accepted (B01.FR.11, FR.12).",
    "OC_S_06_CSMS",
    families=("2",),
)

# -- sessions -----------------------------------------------------------------------------------------------------

flag(
    "old-session-hears-new",
    role=ROLE,
    families=BOTH,
    breaks="An older connection of an identity is kept and hears what is answered on the newer one (CWE-613).",
    must_fail=("OC_S_04_CSMS",),
    rules=("wire.answers-nothing",),
)


@defect(
    "foreign-transaction-ended",
    role=ROLE,
    families=BOTH,
    breaks="A station ends the transaction of another one by naming its transactionId.",
    must_fail=("OC_S_10_CSMS",),
)
class ForeignTransactionEnded(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        ended = request.get("transactionId") if action == "StopTransaction" else None
        if request.get("eventType") == "Ended":
            ended = request["transactionInfo"]["transactionId"]
        for record in self.context.store.stations.values() if ended is not None else ():
            transaction = record.transaction(ended)
            if transaction is not None and transaction.running:
                transaction.ended = str(request.get("timestamp"))
        return answer


# -- what brings it down ------------------------------------------------------------------------------------------


@defect(
    "dies-of-far-timestamp",
    role=ROLE,
    families=BOTH,
    breaks="The year 222222017 in a timestamp ends the process, refused or not (steve-community/steve#1609).",
    must_fail=("OC_S_09_CSMS", "OC_S_12_CSMS"),
)
class DiesOfFarTimestamp(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if "222222017-" in json.dumps(request, default=str):
            os._exit(70)
        return answer


@defect(
    "decreasing-meter-crashes",
    role=ROLE,
    families=BOTH,
    breaks="A reading below zero or below the one before cuts every connection [53].",
    must_fail=("OC_S_10_CSMS",),
)
class DecreasingMeterCrashes(Misbehaviour):
    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        for transaction, reading in _readings(request, answer):
            if reading < max(0.0, self._last.get(transaction, 0.0)):
                self.context.drop_all()
                return None
            self._last[transaction] = reading
        return answer


def _readings(request: Payload, answer: Payload | CallError) -> Iterator[tuple[str, float]]:
    """Transaction and reading, of what tells both."""
    answered = answer if isinstance(answer, dict) else {}
    if "meterStart" in request and "transactionId" in answered:
        yield str(answered["transactionId"]), float(request["meterStart"])
    elif "meterStop" in request:
        yield str(request.get("transactionId")), float(request["meterStop"])
    elif isinstance(answer, dict) and "transactionInfo" in request:
        for value in request.get("meterValue", ()):
            for sample in value["sampledValue"]:
                yield request["transactionInfo"]["transactionId"], float(sample["value"])


@defect(
    "busy-with-big-messages",
    role=ROLE,
    families=BOTH,
    breaks="A message of half a megabyte keeps the whole CSMS busy for seconds: no other station is served (CWE-400).",
    must_fail=("OC_S_08_CSMS",),
)
class BusyWithBigMessages(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if len(json.dumps(request, default=str)) > 500_000:
            time.sleep(3.0)
        return answer


# -- what it lets out ---------------------------------------------------------------------------------------------


@defect(
    "traceback-in-error-description",
    role=ROLE,
    families=BOTH,
    breaks="The errorDescription of a CALLERROR ends with the place in the source that refused (CWE-209).",
    must_fail=("OC_S_11_CSMS",),
)
class TracebackInErrorDescription(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if not isinstance(answer, CallError):
            return answer
        return CallError(answer.code, traceback.format_stack(limit=1)[0], answer.details)


@defect(
    "sql-in-error-description",
    role=ROLE,
    families=BOTH,
    breaks="A quotation mark in a text brings a CALLERROR that shows the SQL that failed [5].",
    must_fail=("OC_S_11_CSMS",),
)
class SqlInErrorDescription(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        quoted: Any = next((value for value in request.values() if isinstance(value, str) and "'" in value), None)
        if action != "Heartbeat" and quoted is not None:
            return CallError("InternalError", f"insert into station_log (station_pk, text) values (7, '{quoted[:20]}')")
        return answer
