"""What a field of an official schema means, as far as the schema does not say: which pool of values it draws from.

The tables name fields as the wire does, with the class or schema before a point where the name alone is not enough.
What stands in no table draws from all that its schema allows within what 2.x Part 2 2.1.4 and 1.6 section 2.2 say of
its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.known import Known
from conformance.fuzz.values import (
    ANYTHING,
    BASE64,
    BELOW,
    HEX,
    IDENTIFIER,
    LONGEST,
    ODD,
    PLAIN,
    PRINTABLE,
    UNICODE,
    Pool,
    decimals,
    digits_only,
    integers,
    only,
    pool,
    readings,
    texts,
    times,
    urls,
)
from conformance.monitor.rules.values import LIMIT_DIGITS
from conformance.ocppj.versions import Version


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: `owner` is the class (2.x) or the path of names (1.6) that has the field `name`, in the
    schema `schema`, which `sender` sends; `node` its part of the schema."""

    version: Version
    schema: str
    draft: int
    sender: str
    owner: str
    name: str
    node: Mapping[str, Any]
    known: Known

    @property
    def limit(self) -> int | None:
        """Characters that the text may have."""
        limit: int | None = self.node.get("maxLength")
        return limit


def pool_of(place: Place) -> Pool:
    """The values of a place whose schema is neither an object nor an array."""
    node = place.node
    kind = node.get("type")
    if kind is None:
        return ANYTHING
    if kind == "boolean":
        return only(*_FIXED_FLAGS.get(f"{place.schema}.{place.name}", (False, True)))
    if "enum" in node:
        return _enum(place)
    low, high = node.get("minimum"), node.get("maximum")
    if "multipleOf" in node:
        return decimals(0, None, plain="16.0", digits=1, any_size=False)
    hint = _hint(place)
    if hint is not None:
        return hint(place)
    if kind == "string":
        return _text(place)
    if kind == "integer":
        return integers(
            None if low is None else int(low), None if high is None else int(high), decimal_point=place.draft >= 6
        )
    return decimals(None if low is None else int(low), None if high is None else int(high), plain="1.5")


def _hint(place: Place) -> Callable[[Place], Pool] | None:
    kind = place.node.get("type")
    for name in (f"{place.schema}.{place.name}", f"{place.owner.rpartition('.')[2]}.{place.name}", place.name):
        hint = _HINTS[str(kind)].get(name)
        if hint is not None:
            return hint
    return None


def _text(place: Place) -> Pool:
    if place.node.get("format") == "date-time":
        past = place.sender == "CS" or place.name in _PAST
        return times(place.known.now, past=past, fraction_digits=place.version.fraction_digits_max)
    if place.node.get("format") == "uri":
        return urls(place.known.host, "http", 512)
    if place.version.family == "1.6":
        # Natural language, for which other letters are allowed (1.6J 4.1.2), is what DataTransfer may hold.
        free = place.name == "data"
        return texts(place.limit, UNICODE if free else PRINTABLE, _PLAIN_TEXTS.get(place.name, "A"))
    return texts(place.limit, UNICODE, _PLAIN_TEXTS.get(place.name, "A"))


def _enum(place: Place) -> Pool:
    members = list(place.node["enum"])
    for name in (f"{place.schema}.{place.name}", f"{place.owner}.{place.name}"):
        wanted = _MEMBERS.get(name)
        if wanted is not None:
            members = [one for one in wanted if one in members]
        unwanted = _NOT_MEMBERS.get(name)
        if unwanted is not None:
            members = [one for one in members if one not in unwanted]
    return only(*members)


_PAST = frozenset({"expiryDate", "expiryDateTime", "endDateTime"})
"""What ends then: what a station was told to keep for somebody, or to show, is over at once."""

_PLAIN_TEXTS: Mapping[str, str] = {
    "chargePointVendor": "Conformance",
    "chargePointModel": "Fuzz",
    "vendorName": "Conformance",
    "model": "Fuzz",
    "vendorId": "org.example.conformance",
    "type": "SettingSystemTime",
    "value": "1",
    "attributeValue": "1",
    "actualValue": "1",
    "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "certificateChain": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "signingCertificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
    "content": "Conformance",
}

# ------------------------------------------------------------------ members of enumerations that may be sent

_MEMBERS: Mapping[str, tuple[str, ...]] = {
    # The device stays usable: nothing is put out of service, and no monitor of the device is taken away.
    "ChangeAvailability.type": ("Operative",),
    "ChangeAvailabilityRequest.operationalStatus": ("Operative",),
    "SetMonitoringBaseRequest.monitoringBase": ("All",),
    # The smallest report first.
    "GetBaseReportRequest.reportBase": ("SummaryInventory", "ConfigurationInventory", "FullInventory"),
    # F01.FR.09, F02.FR.17; 1.6 5.16.2.
    "RemoteStartTransaction.chargingProfile.chargingProfilePurpose": ("TxProfile",),
}
_NEW_KEY = ("SignChargePointCertificate", "SignChargingStationCertificate", "SignV2GCertificate")
_UNTRIGGERED = frozenset({"BootNotification", "SignCombinedCertificate", "SignV2G20Certificate", *_NEW_KEY})
_NOT_MEMBERS: Mapping[str, frozenset[str]] = {
    # An accepted station is not asked to register (1.6 errata 3.40; F06.FR.17); asking for a certificate makes a key.
    "TriggerMessage.requestedMessage": _UNTRIGGERED,
    "ExtendedTriggerMessage.requestedMessage": _UNTRIGGERED,
    "TriggerMessageRequest.requestedMessage": _UNTRIGGERED,
}
_FIXED_FLAGS: Mapping[str, tuple[bool, ...]] = {
    # What is cleared is gone.
    "CustomerInformationRequest.clear": (False,),
    # One part is all there is of a report.
    **{
        f"{name}Request.tbc": (False,)
        for name in (
            "NotifyCustomerInformation",
            "NotifyDisplayMessages",
            "NotifyEvent",
            "NotifyMonitoringReport",
            "NotifyReport",
            "ReportChargingProfiles",
            "ReportDERControl",
        )
    },
}

# ------------------------------------------------------------------ hints


def _url(scheme: str) -> Callable[[Place], Pool]:
    return lambda place: urls(place.known.host, scheme, place.limit or 512)


def _host(place: Place) -> Pool:
    return pool(((PLAIN, place.known.host), (ODD, "127.0.0.1")))


def _identifier(plain: str, *, empty: bool = False) -> Callable[[Place], Pool]:
    return lambda place: texts(place.limit, IDENTIFIER, plain, empty=empty)


def _alphabet(alphabet: str, plain: str = "") -> Callable[[Place], Pool]:
    return lambda place: digits_only(place.limit or 64, alphabet, plain)


def _given(*values: Any) -> Callable[[Place], Pool]:
    return lambda place: only(*values)


def _between(low: int, high: int, plain: int | None = None) -> Callable[[Place], Pool]:
    return lambda place: integers(low, high, plain=low if plain is None else plain, decimal_point=place.draft >= 6)


def _signed(place: Place) -> Pool:
    return integers(-(2**31), None, plain=0, decimal_point=place.draft >= 6)


def _limit_of_current(place: Place) -> Pool:
    digits = 1 if place.version.id in LIMIT_DIGITS.requirements else 6
    return decimals(0, None, plain="16.0", digits=digits)


def _evse(*, whole_station: bool) -> Callable[[Place], Pool]:
    def made(place: Place) -> Pool:
        evses = place.known.evses
        return only(*evses, 0) if whole_station else only(*evses)

    return made


def _tag(place: Place) -> Pool:
    """idTag of 1.6: tokens of the description first, then any printable text (section 7.27)."""
    base = texts(place.limit, PRINTABLE, "OC-NOBODY")
    rows = [(PLAIN, place.known.tokens[0][0])]
    rows += [(ODD, token) for token, _ in place.known.tokens[1:] if len(token) <= 20]
    rows += [(theme, value) for theme, value in base.themes.items() if theme != PLAIN]
    rows += [(ODD, value) for value in base.values]
    return pool(rows, base.free)


def _keys(place: Place) -> Pool:
    """Keys of 1.6 that every station has, in any case (7.17: CiString), and others."""
    base = texts(place.limit, PRINTABLE, "OcppConformance", empty=False)
    given = ("HeartbeatInterval", "heartbeatinterval", "SupportedFeatureProfiles", "NumberOfConnectors")
    return pool(((PLAIN, given[0]), *base.themes.items(), *((ODD, one) for one in given)), base.free)


def _transaction_text(place: Place) -> Pool:
    """A transaction of 2.x: to a station the running one or one that nobody knows, from a station a new one."""
    if place.sender == "CS":
        return only(place.known.fresh)
    base = texts(place.limit, IDENTIFIER, "OC-NOTHING", empty=False)
    if not place.known.transaction:
        return base
    return pool([(PLAIN, place.known.transaction), *((ODD, value) for value in base.values)])


def _transaction_number(place: Place) -> Pool:
    """A transaction of 1.6: the running one, one that nobody knows, or the -1 of errata 3.18."""
    unknown = [900001, 1, 0, -1, 2**31 - 1]
    if place.sender == "CS":
        # -1 stands for a transaction whose number never came; every other number would have to be the CSMS's.
        return only(*([place.known.transaction] if place.known.transaction else []), -1)
    return only(*([place.known.transaction] if place.known.transaction else []), *unknown)


def _register_number(place: Place) -> Pool:
    """meterStart and meterStop: one reading, for a register does not count down."""
    return only(20000)


def _day(place: Place) -> Pool:
    return only("2025-06-15", "2024-02-29", "9999-12-31", "0001-01-01")


def _time_of_day(place: Place) -> Pool:
    return only("12:00", "00:00", "23:59")


def _language(plain: str, below: str, longest: str) -> Callable[[Place], Pool]:
    rows = ((PLAIN, plain), (ODD, "nl-NL"), (BELOW, below), (LONGEST, longest))
    return lambda place: pool(rows)


def _any_id(place: Place) -> Pool:
    return integers(0, None, plain=900001, decimal_point=place.draft >= 6)


_CERTIFIED = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"

_STRINGS: Mapping[str, Callable[[Place], Pool]] = {
    # Addresses: of ours, and of nobody else.
    "location": _url("http"),
    "remoteLocation": _url("http"),
    "responderURL": _url("http"),
    "receiptUrl": _url("http"),
    "urls": _url("http"),
    "ocppCsmsUrl": _url("ws"),
    "server": _host,
    "apn": _host,
    # Tokens and transactions.
    "idTag": _tag,
    "parentIdTag": _tag,
    "transactionId": _transaction_text,
    "additionalIdToken": _identifier("OC-ADDITIONAL"),
    "AdditionalInfoType.type": _identifier("conformance"),
    "idTokens": _identifier("OC-NOBODY"),
    "prioritizedEMAIDs": _identifier("DE8AA1A2B3C4D59"),
    "customerIdentifier": _identifier("OC-NOBODY"),
    "controlId": _identifier("OC-NOTHING"),
    "id": _identifier("OC-NOTHING"),
    "supersededIds": _identifier("OC-NOTHING"),
    "tariffId": _identifier("OC-NOTHING"),
    "tariffIds": _identifier("OC-NOTHING"),
    # Names of the device model.
    "ComponentType.name": _identifier("OcppConformance"),
    "ComponentType.instance": _identifier("Conformance"),
    "VariableType.name": _identifier("OcppConformance"),
    "VariableType.instance": _identifier("Conformance"),
    "ChangeConfiguration.key": lambda place: texts(place.limit, PRINTABLE, "OcppConformance", empty=False),
    "GetConfiguration.key": lambda place: _keys(place),
    # Names that must not be empty, whatever the schema says (1.6 6.3, B01.FR.01: who made it and what it is).
    "chargePointVendor": lambda place: texts(place.limit, PRINTABLE, "Conformance", empty=False),
    "chargePointModel": lambda place: texts(place.limit, PRINTABLE, "Fuzz", empty=False),
    "vendorName": lambda place: texts(place.limit, UNICODE, "Conformance", empty=False),
    "model": lambda place: texts(place.limit, UNICODE, "Fuzz", empty=False),
    # Narrow alphabets.
    "issuerNameHash": _alphabet(HEX, "0" * 64),
    "issuerKeyHash": _alphabet(HEX, "0" * 64),
    "CertificateHashDataType.serialNumber": _alphabet(HEX, "1"),
    "OCSPRequestDataType.serialNumber": _alphabet(HEX, "1"),
    "checksum": _alphabet(HEX, "0" * 32),
    "iccid": _alphabet("0123456789"),
    "imsi": _alphabet("0123456789"),
    "signature": _alphabet(BASE64, "AAAA"),
    "exiRequest": _alphabet(BASE64, "AAAA"),
    "exiResponse": _alphabet(BASE64, "AAAA"),
    "ocspResult": _alphabet(BASE64, "AAAA"),
    "digestValue": _alphabet(BASE64, "AAAA"),
    "priceScheduleSignature": _alphabet(BASE64, "AAAA"),
    "publicKey": _alphabet(BASE64, "AAAA"),
    "signedMeterData": _alphabet(BASE64, "AAAA"),
    "vatNumber": _alphabet("0123456789", "XX000000000"),
    # Lists that a standard keeps elsewhere.
    "language": _language("en", "zh-Hant", "sl-nedis"),
    "language1": _language("en", "zh-Hant", "sl-nedis"),
    "language2": _language("fr", "zh-Hans", "sl-rozaj"),
    "currency": _given("EUR", "USD", "JPY"),
    "chargingLimitSource": _given("CSO", "EMS", "Other", "SO"),
    "connectorType": _given("cType2", "cCCS2", "sType2", "Unknown"),
    "startTimeOfDay": _time_of_day,
    "endTimeOfDay": _time_of_day,
    "validFromDate": _day,
    "validToDate": _day,
    "preferredNetwork": _alphabet("0123456789", "20404"),
    "simPin": _alphabet("0123456789"),
    "encodingMethod": _identifier("OCMF"),
    "signingMethod": _identifier("ECDSA-secp256r1-SHA256"),
    "sampledValue.value": lambda place: readings(),
    # 2.1: SafetyNet of a price is text, too.
    "signingCertificate": lambda place: pool(
        (
            (PLAIN, _CERTIFIED),
            *((theme, value) for theme, value in texts(place.limit, PRINTABLE).themes.items() if theme != PLAIN),
        )
    ),
}

_WHOLE_STATION = (
    *("ChangeAvailability", "ClearChargingProfile", "GetCompositeSchedule", "MeterValues", "SetChargingProfile"),
    "StatusNotification",
)
_WHOLE_STATION_2 = (
    *("SetChargingProfileRequest", "GetChargingProfilesRequest", "GetCompositeScheduleRequest", "MeterValuesRequest"),
    *("ClearChargingProfileType", "ReportChargingProfilesRequest", "NotifyChargingLimitRequest"),
    *("ClearedChargingLimitRequest", "CompositeScheduleType", "SetDefaultTariffRequest", "GetTariffsRequest"),
    "ClearTariffsRequest",
)
"""Where 0 stands for the whole station."""

_INTEGERS: Mapping[str, Callable[[Place], Pool]] = {
    "connectorId": _evse(whole_station=False),
    "evseId": _evse(whole_station=False),
    "evseIds": _evse(whole_station=False),
    **{f"{name}.connectorId": _evse(whole_station=True) for name in _WHOLE_STATION},
    **{f"{name}.evseId": _evse(whole_station=True) for name in _WHOLE_STATION_2},
    "transactionId": _transaction_number,
    "meterStart": _register_number,
    "meterStop": _register_number,
    # 0 and, in 1.6, -1 mean something else as the version of a list (6.41; D01.FR.18).
    "listVersion": _between(1, 2**31 - 1),
    "versionNumber": _between(1, 2**31 - 1),
    # A file that can't be had is asked for once more, at once, and that is all.
    "retries": _between(0, 1),
    "seqNo": _between(0, 2**31 - 1),
    "severity": _between(0, 9, 9),
    "SetMonitoringLevelRequest.severity": _between(8, 9, 9),
    "chargingPriority": _between(-9, 9, 0),
    "stackLevel": _between(0, 2**31 - 1),
    "numberPhases": _between(1, 3, 3),
    "phaseToUse": _between(1, 3),
    "numberOfPhasesUsed": _between(1, 3, 3),
    # Never the low slots: one of them is in use, and the station would try to connect there.
    "configurationSlot": _between(9, 2**31 - 1, 9),
    "securityProfile": _between(0, 3),
    "messageTimeout": _between(1, 2**31 - 1, 30),
    "simPin": _between(0, 9999),
    "multiplier": _between(-3, 3, 0),
    "amountMultiplier": _between(-3, 3, 0),
    "exponent": _between(-3, 3, 0),
    "RationalNumberType.value": _signed,
    "signal": _signed,
    "id": _any_id,
    "requestId": _any_id,
    "reservationId": _any_id,
    "remoteStartId": _any_id,
    "chargingProfileId": _any_id,
}

_NUMBERS: Mapping[str, Callable[[Place], Pool]] = {
    "ChargingSchedulePeriodType.limit": _limit_of_current,
    "minChargingRate": _limit_of_current,
}

_HINTS: Mapping[str, Mapping[str, Callable[[Place], Pool]]] = {
    "string": _STRINGS,
    "integer": _INTEGERS,
    "number": _NUMBERS,
}
