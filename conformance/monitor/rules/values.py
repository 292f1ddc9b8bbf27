"""Values that the schema lets pass and the standard's text does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from conformance.monitor.carry import READINGS_KEPT, bounded
from conformance.monitor.context import Call, Context, Tables
from conformance.monitor.reading import raw, remember, remember_items, text
from conformance.monitor.rule import rule
from conformance.monitor.rules.results import variable_key
from conformance.monitor.times import moment_of
from conformance.ocppj.findings import Severity
from conformance.ocppj.trace import Entry

REGISTER = rule(
    "values.register",
    "An energy register never counts down",
    "By the time of the readings, for each register measurand, phase and location of a transaction; a difference below "
    "the resolution of a reading is rounding. Outside transactions a remark: a meter may be replaced, and a station "
    "may start every transaction at zero (it should not).",
    binds="CS",
    v16="1.6 errata 3.77",
    v2="J02.FR.16",
)
READING = rule(
    "values.reading",
    "A raw reading is a decimal number",
    "1.6 writes readings as strings; only those of format SignedData may be something else.",
    binds="CS",
    v16="1.6 7.43",
)
UNIT = rule(
    "values.unit",
    "A reading is in a unit of its measurand",
    "For measurands that the list of standardized units has one for (energy, power, current, voltage, frequency, SoC); "
    "without a unit, energy is in Wh. Another spelling (kwh) is a remark.",
    binds="CS",
    v2="UnitOfMeasureType.unit, Part 2 Appendices, Standardized Units of Measure",
)
EMPTY_LIST = rule(
    "values.empty-list",
    "A list that has to have an element is not empty",
    "meterValue, sampledValue and chargingSchedulePeriod of 1.6, whose schemas do not count.",
    v16="1.6 6.31, 7.13, 7.33",
)
LIMIT_DIGITS = rule(
    "values.limit-digits",
    "A charging limit has at most one digit after the point",
    "limit and minChargingRate in every charging schedule, trailing zeros not counted. In 1.6 the schema says so, "
    "2.1 no longer has the rule.",
    v201="ChargingSchedulePeriodType.limit, ChargingScheduleType.minChargingRate",
)
DECIMALS = rule(
    "values.decimals",
    "A CSMS sends decimals with at most six digits after the point",
    "Trailing zeros not counted.",
    binds="CSMS",
    v2="Part 2 2.1.4",
)
IDENTIFIER = rule(
    "values.identifier",
    "Identifiers have only the characters of identifierString",
    "a-z, A-Z, 0-9 and * - _ = : + | @ . in transactionId and, in 2.0.1, idToken; there a remark, because it may come "
    "from a card or from the tester.",
    binds="CS",
    v2="Part 2 2.1.4",
)
TOKEN_TYPE = rule(
    "values.token-type",
    "A token looks like its type",
    "A token of type NoAuthorization is empty. ISO14443 and ISO15693 are hexadecimal, of 4, 7 (10 for triple size) and "
    "8 bytes: an observation only, because the tester chooses the tokens.",
    binds="CS",
    v2="C02.FR.01, IdTokenEnumType",
)
PRINTABLE = rule(
    "values.printable",
    "Strings of 1.6 are printable ASCII",
    "Control characters are a finding; letters beyond ASCII are a remark, because OCPP-J allows them for natural "
    "language (1.6J 4.1.2).",
    v16="1.6 2.2",
)
VENDOR = rule(
    "values.vendor",
    "A station says who made it and what it is",
    "Vendor and model in BootNotification are not empty. A remark: the text asks for the fields only.",
    binds="CS",
    severity=Severity.SHOULD,
    v16="1.6 6.3",
    v2="B01.FR.01",
)
INTERVAL = rule(
    "values.interval",
    "An interval is not negative",
    "In the answer to BootNotification. A remark: no text says so.",
    binds="CSMS",
    severity=Severity.SHOULD,
    v16="1.6 6.4",
    v2="BootNotificationResponse.interval",
)
REMOTE_PROFILE = rule(
    "values.remote-profile",
    "A charging profile in a remote start is a TxProfile without transactionId",
    "The transaction does not exist yet.",
    binds="CSMS",
    v16="1.6 5.16.2, errata 3.41",
    v2="F01.FR.09, F01.FR.11, F02.FR.17, F02.FR.19",
)
PROFILE = rule(
    "values.profile",
    "A charging profile of the CSMS fits together",
    "The first period starts at 0. In 2.x also: periods in order; TxProfile with transactionId and for an EVSE; "
    "Absolute and Recurring with startSchedule, Relative without; ChargingStationMaxProfile not Relative; no "
    "ChargingStationExternalConstraints.",
    binds="CSMS",
    v16="1.6 errata 3.45, 3.69",
    v2="K01.FR.03, K01.FR.16, K01.FR.22, K01.FR.31, K01.FR.35, K01.FR.38, K01.FR.40, K01.FR.41",
)
LANGUAGE = rule(
    "values.language",
    "language2 goes with language1 and differs from it",
    "In every idTokenInfo.",
    binds="CSMS",
    v2="C01.FR.10, C01.FR.11",
)
LIST_VERSION = rule(
    "values.list-version",
    "The version number of a local list is more than 0",
    "0 and, in 1.6, -1 mean something else in GetLocalListVersion.",
    binds="CSMS",
    v16="1.6 6.41, errata 3.52",
    v2="D01.FR.18",
)
TOLD_VERSION = rule(
    "values.told-list-version",
    "The version that a station tells of its local list is 0 or more",
    "0 means that there is none; the -1 of 1.6 means nothing in 2.x.",
    binds="CS",
    v2="D02.FR.02",
)
LIST_UNIQUE = rule(
    "values.list-unique",
    "A local list names each token once",
    "Within one SendLocalList, by token and type.",
    binds="CSMS",
    v2="D01.FR.06",
)
SET_TWICE = rule(
    "values.set-twice",
    "A SetVariables names each variable once",
    "Same component, variable and attributeType, which is Actual where it is left out.",
    binds="CSMS",
    v2="B05.FR.13",
)
TRIGGER_PLACE = rule(
    "values.trigger-place",
    "A trigger for StatusNotification names the connector",
    "evse with connectorId.",
    binds="CSMS",
    v2="F06.FR.13",
)
PROFILE_CRITERION = rule(
    "values.profile-criterion",
    "GetChargingProfiles says which profiles it means",
    "By chargingProfileId, or by stackLevel, chargingLimitSource or chargingProfilePurpose.",
    binds="CSMS",
    v2="K09.FR.03",
)

RULES = (
    REGISTER,
    READING,
    UNIT,
    EMPTY_LIST,
    LIMIT_DIGITS,
    DECIMALS,
    IDENTIFIER,
    TOKEN_TYPE,
    PRINTABLE,
    VENDOR,
    INTERVAL,
    REMOTE_PROFILE,
    PROFILE,
    LANGUAGE,
    LIST_VERSION,
    TOLD_VERSION,
    LIST_UNIQUE,
    SET_TWICE,
    TRIGGER_PLACE,
    PROFILE_CRITERION,
)

REGISTERS = frozenset(
    f"Energy.{kind}.{way}.Register" for kind in ("Active", "Reactive", "Apparent") for way in ("Import", "Export")
)
_DEFAULT = "Energy.Active.Import.Register"
_UNITS: Mapping[str, int] = {
    "wh": 1,
    "kwh": 1000,
    "varh": 1,
    "kvarh": 1000,
    "vah": 1,
    "kvah": 1000,
}
_STANDARD_UNITS: Mapping[str, tuple[str, ...]] = {
    "Energy.Active": ("Wh", "kWh"),
    "Energy.Reactive": ("varh", "kvarh"),
    "Energy.Apparent": ("VAh", "kVAh"),
    "EnergyRequest": ("Wh", "kWh"),
    "Power.Active": ("W", "kW"),
    "Power.Reactive": ("var", "kvar"),
    "Current": ("A",),
    "Voltage": ("V",),
    "Frequency": ("Hz", "mHz"),
    "SoC": ("Percent",),
}
"""The units of measurands, by the first words of their names; of other measurands the list leaves the unit open."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?|[+-]?\.[0-9]+([eE][+-]?[0-9]{1,3})?")
_IDENTIFIER = re.compile(r"[A-Za-z0-9*\-_=:+|@.]*")
_HEX = re.compile(r"[0-9A-Fa-f]*")
_HEX_DIGITS: Mapping[str, frozenset[int]] = {"ISO14443": frozenset({8, 14, 20}), "ISO15693": frozenset({16})}
_MANY_DIGITS = re.compile(r"\.[0-9]{7}|[0-9][eE]-")


class Values:
    """Everything that can be said of one payload, and the energy registers."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._registers = context.state.registers
        self._right_units: dict[str, str] = {}
        """Measurands with the unit last found to be theirs: a station has few, and names them all the time."""
        self._identifier = ""
        """The last transactionId that was found to be good: one serves a hundred events."""
        self._identifier_token = context.has(LIMIT_DIGITS)
        if context.version.family == "1.6":
            self._tables16(tables)
        else:
            self._tables2(tables)
        tables.on_answer(self._interval, "BootNotification")
        tables.on_call(self._list_version, "SendLocalList")

    def _tables16(self, tables: Tables) -> None:
        tables.on_call(self._meter16, "MeterValues")
        tables.on_call(self._stop16, "StopTransaction")
        tables.on_call(
            self._printable,
            *("Authorize", "BootNotification", "StartTransaction", "StopTransaction", "StatusNotification"),
            *("RemoteStartTransaction", "ReserveNow"),
        )
        tables.on_call(self._vendor16, "BootNotification")
        tables.on_call(self._remote_profile, "RemoteStartTransaction")
        tables.on_call(self._profile16, "SetChargingProfile")
        tables.on_answer(self._composite16, "GetCompositeSchedule")

    def _tables2(self, tables: Tables) -> None:
        tables.on_call(self._event2, "TransactionEvent")
        tables.on_call(self._meter2, "MeterValues")
        tables.on_call(self._authorize2, "Authorize")
        tables.on_call(self._vendor2, "BootNotification")
        tables.on_call(self._remote_profile, "RequestStartTransaction")
        tables.on_call(self._profile2, "SetChargingProfile")
        tables.on_call(self._decimals, "SetChargingProfile", "RequestStartTransaction", "SetVariableMonitoring")
        tables.on_call(self._decimals, "CostUpdated")
        tables.on_answer(self._decimals_answer, "TransactionEvent")
        tables.on_answer(self._language, "Authorize", "TransactionEvent")
        tables.on_call(self._list_unique, "SendLocalList")
        tables.on_answer(self._told_version, "GetLocalListVersion")
        tables.on_call(self._set_twice, "SetVariables")
        tables.on_call(self._trigger_place, "TriggerMessage")
        tables.on_call(self._criterion, "GetChargingProfiles")
        if self._context.has(LIMIT_DIGITS):
            tables.on_call(self._schedules, "NotifyChargingLimit", "NotifyEVChargingSchedule")
            tables.on_call(self._schedules, "SetChargingProfile", "RequestStartTransaction", "ReportChargingProfiles")
            tables.on_answer(self._schedules_answer, "GetCompositeSchedule")

    # ------------------------------------------------------------------ energy registers

    def _event2(self, entry: Entry, payload: Any) -> None:
        event = payload if type(payload) is dict else raw(payload)
        id = event["transactionInfo"]["transactionId"]
        if id != self._identifier:
            if _is_identifier(id):
                self._identifier = id
            else:
                self._odd_identifier(entry, id, "/transactionInfo/transactionId")
        token = event.get("idToken")
        if token is not None:
            self._token(entry, token)
        meter = event.get("meterValue")
        if meter:
            self._readings2(entry, meter, ("transaction", id))

    def _meter2(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        self._readings2(entry, message["meterValue"], ("EVSE", message["evseId"]))

    def _readings2(self, entry: Entry, meter: list[Any], scope: tuple[str, Any]) -> None:
        right_units = self._right_units
        for index, value in enumerate(meter):
            for number, sample in enumerate(value["sampledValue"]):
                measurand = sample.get("measurand", _DEFAULT)
                unit = sample.get("unitOfMeasure")
                if unit is not None and (named := unit.get("unit")) is not None and right_units.get(measurand) != named:
                    units = units_of(measurand)
                    if units and named not in units:
                        self._other_unit(entry, measurand, named, units, f"/meterValue/{index}/sampledValue/{number}")
                    elif units and len(measurand) < 100 and len(right_units) < 100:
                        right_units[measurand] = named
                if measurand not in REGISTERS:
                    continue
                reading = sample["value"]
                factor = 1
                if unit is not None:
                    factor = _factor(unit.get("unit"))
                    exponent = unit.get("multiplier", 0)
                    if exponent:
                        if abs(exponent) > 30:
                            continue
                        reading = Decimal(reading).scaleb(exponent)
                if factor:
                    key = (scope, measurand, sample.get("phase"), sample.get("location"))
                    self._register(entry, key, value.get("timestamp"), reading, factor, ("meterValue", index, number))

    def _other_unit(self, entry: Entry, measurand: str, named: Any, units: tuple[str, ...], place: str) -> None:
        same = isinstance(named, str) and named.lower() in [one.lower() for one in units]
        self._context.report(
            UNIT,
            entry,
            f"{' or '.join(units)} for {measurand}",
            text(named),
            pointer=f"{place}/unitOfMeasure/unit",
            severity=Severity.SHOULD if same else None,
        )

    def _meter16(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        id = message.get("transactionId")
        if id == -1:
            # Every transaction whose id never came is called -1.
            scope = None
        elif id is not None:
            scope = ("transaction", id)
        else:
            scope = ("connector", message["connectorId"])
        self._readings16(entry, message["meterValue"], scope, "meterValue")

    def _stop16(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        id = message["transactionId"]
        scope = None if id == -1 else ("transaction", id)
        self._readings16(entry, message.get("transactionData"), scope, "transactionData")

    def _readings16(self, entry: Entry, meter: Any, scope: tuple[str, Any] | None, name: str) -> None:
        if meter is None:
            return
        if not meter and name == "meterValue":
            self._context.report(EMPTY_LIST, entry, "at least one element", "none", pointer=f"/{name}")
        for index, value in enumerate(meter):
            samples = value["sampledValue"]
            if not samples:
                pointer = f"/{name}/{index}/sampledValue"
                self._context.report(EMPTY_LIST, entry, "at least one element", "none", pointer=pointer)
            for number, sample in enumerate(samples):
                if sample.get("format") == "SignedData":
                    continue
                pointer = f"/{name}/{index}/sampledValue/{number}/value"
                written = sample["value"].strip()
                if _NUMBER.fullmatch(written) is None:
                    self._context.report(READING, entry, "a decimal number", text(sample["value"]), pointer=pointer)
                    continue
                measurand = sample.get("measurand", _DEFAULT)
                factor = _factor(sample.get("unit"))
                if scope is not None and factor and measurand in REGISTERS:
                    key = (scope, measurand, sample.get("phase"), sample.get("location"))
                    self._register(entry, key, value.get("timestamp"), Decimal(written), factor, (name, index, number))

    def _register(
        self,
        entry: Entry,
        key: tuple[Any, ...],
        stamp: Any,
        reading: Any,
        factor: int,
        place: tuple[str, int, int],
    ) -> None:
        at = moment_of(stamp)
        if at is None:
            return
        before = self._registers.get(key)
        if before is None:
            self._registers[key] = (at, reading, factor)
            if len(self._registers) > READINGS_KEPT:
                bounded(self._registers, READINGS_KEPT)
            return
        than, last, last_factor = before
        if at < than:
            return
        self._registers[key] = (at, reading, factor)
        if factor == last_factor:
            # Most readings are compared as they are.
            if reading >= last:
                return
            step = max(_step(reading, 1), _step(last, 1))
            down = last - reading
        else:
            step = max(_step(reading, factor), _step(last, last_factor))
            down = last * last_factor - reading * factor
        if down < step or at == than:
            return
        name, index, number = place
        self._context.report(
            REGISTER,
            entry,
            f"at least {last * last_factor} {_unit(key[1])}, the reading before",
            f"{reading * factor}",
            pointer=f"/{name}/{index}/sampledValue/{number}/value",
            severity=None if key[0][0] == "transaction" else Severity.SHOULD,
        )

    # ------------------------------------------------------------------ tokens and texts

    def _authorize2(self, entry: Entry, payload: Any) -> None:
        self._token(entry, raw(payload)["idToken"])

    def _token(self, entry: Entry, token: Any) -> None:
        value, kind = token["idToken"], token["type"]
        pointer = "/idToken/idToken"
        if kind == "NoAuthorization":
            if value:
                self._context.report(TOKEN_TYPE, entry, "an empty idToken", text(value), pointer=pointer)
            return
        if self._identifier_token and not _is_identifier(value):
            self._odd_identifier(entry, value, pointer, Severity.SHOULD)
        digits = _HEX_DIGITS.get(kind)
        if digits is not None and (len(value) not in digits or _HEX.fullmatch(value) is None):
            counts = " or ".join(map(str, sorted(digits)))
            self._context.report(
                TOKEN_TYPE,
                entry,
                f"{counts} hexadecimal digits",
                text(value),
                pointer=pointer,
                severity=Severity.INFO,
            )

    def _odd_identifier(self, entry: Entry, value: str, pointer: str, severity: Severity | None = None) -> None:
        wanted = "letters, digits and * - _ = : + | @ ."
        self._context.report(IDENTIFIER, entry, wanted, text(value), pointer=pointer, severity=severity)

    def _printable(self, entry: Entry, payload: Any) -> None:
        for name, value in raw(payload).items():
            if type(value) is not str or (value.isascii() and value.isprintable()):
                continue
            control = any(ord(letter) < 32 or ord(letter) == 127 for letter in value)
            self._context.report(
                PRINTABLE,
                entry,
                "printable ASCII",
                text(value),
                pointer=f"/{name}",
                severity=None if control else Severity.SHOULD,
            )

    def _vendor16(self, entry: Entry, payload: Any) -> None:
        for name in ("chargePointVendor", "chargePointModel"):
            self._filled(entry, raw(payload).get(name), f"/{name}")

    def _vendor2(self, entry: Entry, payload: Any) -> None:
        station = raw(payload)["chargingStation"]
        for name in ("vendorName", "model"):
            self._filled(entry, station.get(name), f"/chargingStation/{name}")

    def _filled(self, entry: Entry, value: Any, pointer: str) -> None:
        if isinstance(value, str) and not value.strip():
            self._context.report(VENDOR, entry, "a name", text(value), pointer=pointer)

    def _interval(self, entry: Entry, payload: Any, call: Call) -> None:
        interval = raw(payload)["interval"]
        if interval < 0:
            self._context.report(INTERVAL, entry, "0 or more", str(interval), pointer="/interval")

    def _language(self, entry: Entry, payload: Any, call: Call) -> None:
        info = raw(payload).get("idTokenInfo")
        if info is None:
            return
        first, second = info.get("language1"), info.get("language2")
        if second is not None and (first is None or first.lower() == second.lower()):
            wanted = "no language2 without language1" if first is None else f"another language than {first}"
            self._context.report(LANGUAGE, entry, wanted, text(second), pointer="/idTokenInfo/language2")

    # ------------------------------------------------------------------ charging profiles

    def _remote_profile(self, entry: Entry, payload: Any) -> None:
        profile = raw(payload).get("chargingProfile")
        if profile is None:
            return
        purpose = profile.get("chargingProfilePurpose")
        if purpose != "TxProfile":
            pointer = "/chargingProfile/chargingProfilePurpose"
            self._context.report(REMOTE_PROFILE, entry, "TxProfile", text(purpose), pointer=pointer)
        if "transactionId" in profile:
            self._context.report(
                REMOTE_PROFILE,
                entry,
                "no transactionId",
                text(profile["transactionId"]),
                pointer="/chargingProfile/transactionId",
            )
        self._periods(entry, profile, "/chargingProfile")

    def _profile16(self, entry: Entry, payload: Any) -> None:
        self._periods(entry, raw(payload)["csChargingProfiles"], "/csChargingProfiles")

    def _composite16(self, entry: Entry, payload: Any, call: Call) -> None:
        schedule = raw(payload).get("chargingSchedule")
        if schedule is not None and not schedule["chargingSchedulePeriod"]:
            pointer = "/chargingSchedule/chargingSchedulePeriod"
            self._context.report(EMPTY_LIST, entry, "at least one element", "none", pointer=pointer)

    def _profile2(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        profile = message["chargingProfile"]
        purpose, kind = profile.get("chargingProfilePurpose"), profile.get("chargingProfileKind")
        pointer = "/chargingProfile"
        if purpose == "TxProfile":
            if "transactionId" not in profile:
                self._profile(entry, "transactionId with a TxProfile", "none", f"{pointer}/transactionId")
            if message["evseId"] == 0:
                self._profile(entry, "an EVSE with a TxProfile", "0", "/evseId")
        elif purpose == "ChargingStationExternalConstraints":
            self._profile(entry, "another purpose", purpose, f"{pointer}/chargingProfilePurpose")
        elif purpose == "ChargingStationMaxProfile" and kind == "Relative":
            self._profile(entry, f"{purpose} not Relative", kind, f"{pointer}/chargingProfileKind")
        for index, schedule in enumerate(profile["chargingSchedule"]):
            at = f"{pointer}/chargingSchedule/{index}/startSchedule"
            start = schedule.get("startSchedule")
            if kind in ("Absolute", "Recurring") and start is None:
                self._profile(entry, f"startSchedule with {kind}", "none", at)
            elif kind == "Relative" and start is not None:
                self._profile(entry, "no startSchedule with Relative", text(start), at)
        self._periods(entry, profile, pointer)

    def _profile(self, entry: Entry, expected: str, actual: str, pointer: str) -> None:
        self._context.report(PROFILE, entry, expected, actual, pointer=pointer)

    def _periods(self, entry: Entry, profile: Any, pointer: str) -> None:
        schedules = profile["chargingSchedule"]
        single = isinstance(schedules, dict)
        for index, schedule in enumerate([schedules] if single else schedules):
            at = f"{pointer}/chargingSchedule{'' if single else f'/{index}'}/chargingSchedulePeriod"
            starts = [period["startPeriod"] for period in schedule["chargingSchedulePeriod"]]
            if not starts:
                self._context.report(EMPTY_LIST, entry, "at least one element", "none", pointer=at)
                continue
            if starts[0] != 0:
                self._profile(entry, "0 as the start of the first period", str(starts[0]), f"{at}/0/startPeriod")
            if not single and any(later <= earlier for earlier, later in pairwise(starts)):
                self._profile(entry, "periods in the order of their start", text(starts), at)

    def _schedules(self, entry: Entry, payload: Any) -> None:
        for pointer, value in _limits(raw(payload)):
            if _digits(value) > 1:
                self._context.report(
                    LIMIT_DIGITS, entry, "at most one digit after the point", str(value), pointer=pointer
                )

    def _schedules_answer(self, entry: Entry, payload: Any, call: Call) -> None:
        self._schedules(entry, payload)

    def _decimals(self, entry: Entry, payload: Any) -> None:
        frame = entry.frame
        if frame is None or not payload or _MANY_DIGITS.search(frame.text) is None:
            return
        for pointer, value in _numbers(raw(payload), ""):
            if _digits(value) > 6:
                self._context.report(DECIMALS, entry, "at most six digits after the point", str(value), pointer=pointer)

    def _decimals_answer(self, entry: Entry, payload: Any, call: Call) -> None:
        self._decimals(entry, payload)

    # ------------------------------------------------------------------ other requests of the CSMS

    def _list_version(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        name = "listVersion" if "listVersion" in message else "versionNumber"
        number = message[name]
        if number <= 0 and (self._context.version.family != "1.6" or number in (0, -1)):
            self._context.report(LIST_VERSION, entry, "more than 0", str(number), pointer=f"/{name}")

    def _told_version(self, entry: Entry, payload: Any, call: Call) -> None:
        number = raw(payload)["versionNumber"]
        if number < 0:
            self._context.report(TOLD_VERSION, entry, "0 or more", str(number), pointer="/versionNumber")

    def _list_unique(self, entry: Entry, payload: Any) -> None:
        tokens = Counter(
            (str(remember(item, "idToken", "idToken")).lower(), remember(item, "idToken", "type"))
            for item in remember_items(payload, "localAuthorizationList")
        )
        twice = [f"{token} of type {kind}" for (token, kind), number in tokens.items() if number > 1]
        if twice:
            self._context.report(
                LIST_UNIQUE, entry, "each token once", ", ".join(twice[:5]), pointer="/localAuthorizationList"
            )

    def _set_twice(self, entry: Entry, payload: Any) -> None:
        counts = Counter(variable_key(item) for item in remember_items(payload, "setVariableData"))
        if any(number > 1 for number in counts.values()):
            twice = [key for key, number in counts.items() if number > 1]
            self._context.report(
                SET_TWICE,
                entry,
                "each variable once",
                ", ".join(" ".join(str(part) for part in key if part) for key in twice[:5]),
                pointer="/setVariableData",
            )

    def _trigger_place(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        if message["requestedMessage"] == "StatusNotification" and remember(message, "evse", "connectorId") is None:
            self._context.report(TRIGGER_PLACE, entry, "evse with connectorId", "none", pointer="/evse/connectorId")

    def _criterion(self, entry: Entry, payload: Any) -> None:
        criterion = raw(payload)["chargingProfile"]
        names = ("chargingProfileId", "stackLevel", "chargingLimitSource", "chargingProfilePurpose")
        if not any(name in criterion for name in names):
            self._context.report(
                PROFILE_CRITERION, entry, "one of " + ", ".join(names), "none", pointer="/chargingProfile"
            )


def _is_identifier(value: str) -> bool:
    return _IDENTIFIER.fullmatch(value) is not None


def _digits(number: Any) -> int:
    """Digits after the point, trailing zeros not counted."""
    if not isinstance(number, Decimal) or not number.is_finite():
        return 0
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _step(reading: Any, factor: int) -> Decimal:
    """The smallest difference that the way a reading is written can show."""
    if not isinstance(reading, Decimal):
        return Decimal(factor)
    exponent = reading.as_tuple().exponent
    try:
        return Decimal(factor).scaleb(exponent if isinstance(exponent, int) else 0)
    except InvalidOperation:
        return Decimal(factor)


def units_of(measurand: str) -> tuple[str, ...]:
    """The standardized units of a measurand; () where the list leaves the unit open (part 2, appendix)."""
    family = measurand.split(".", 2)
    return _STANDARD_UNITS.get(".".join(family[:2])) or _STANDARD_UNITS.get(family[0], ())


def _factor(unit: Any) -> int:
    """How many Wh, varh or VAh the unit is; Wh where none is given, 0 for anything that is no energy."""
    if unit is None or unit == "Wh":
        return 1
    return _UNITS.get(unit.lower(), 0)


def _unit(measurand: str) -> str:
    return {"Active": "Wh", "Reactive": "varh"}.get(measurand.split(".")[1], "VAh")


def _limits(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("limit", "minChargingRate") and not isinstance(member, dict | list):
                yield f"{pointer}/{name}", member
            elif isinstance(member, dict | list) and name != "customData":
                yield from _limits(member, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _limits(item, f"{pointer}/{index}")


def _numbers(value: Any, pointer: str) -> Iterator[tuple[str, Decimal]]:
    if isinstance(value, Decimal):
        yield pointer, value
    elif isinstance(value, dict):
        for name, member in value.items():
            if name != "customData":
                yield from _numbers(member, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, f"{pointer}/{index}")
