"""What follows from what a station says of itself: features, connectors and values of a description.

2.x: the device model (2.0.1 part 2, B07; the variables of the appendices, with those of 2.1). 1.6: the configuration
keys (1.6 section 9; SupportedFileTransferProtocols and SecurityProfile: security whitepaper). What does not follow from
them is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.dut import keys
from conformance.dut.features import FeatureValue, known_features
from conformance.peers.session import START_FEATURES, STOP_FEATURES

if TYPE_CHECKING:
    from conformance.peers.reports import Report, Reported


@dataclass(frozen=True, slots=True)
class Proposal:
    """The value of a feature or of a key of the description, and what it follows from."""

    value: FeatureValue | str
    how: str


@dataclass(slots=True)
class Told:
    """What a station said of itself."""

    features: dict[str, Proposal] = field(default_factory=dict)
    values: dict[tuple[str, str], Proposal] = field(default_factory=dict)
    """Keys of the description, by section and name."""
    connectors: tuple[tuple[int, int], ...] = ()
    """Pairs of evseId and connectorId; for 1.6 both are the connectorId. Empty: it did not say."""
    name: str = ""
    """Vendor and model of its BootNotification, "" if it sent none."""


# ---------------------------------------------------------------------- 2.x


def from_report(report: Report) -> Told:
    """What follows from a full inventory."""
    told = Told(connectors=tuple(sorted(set(_places(report)))))
    for id, rule in _RULES_2.items():
        proposal = rule(report)
        if proposal is not None and id in known_features():
            told.features[id] = proposal
    for place, value in _values_2(report):
        if value is not None:
            told.values[place] = value
    return told


def _values_2(report: Report) -> Iterator[tuple[tuple[str, str], Proposal | None]]:
    """Keys of the description that follow from a full inventory; None for one that does not."""
    yield (
        ("values", "transfer_protocols"),
        _transfer_protocols(
            "OCPPCommCtrlr.FileTransferProtocols", _possible(report, "OCPPCommCtrlr", "FileTransferProtocols")
        ),
    )
    yield (
        ("values", "charging_rate_unit"),
        _choice("charging_rate_unit", "SmartChargingCtrlr.RateUnit", _possible(report, *_RATE_UNIT)),
    )
    phases = {one.value for one in report.named("EVSE", "SupplyPhases")} - {None, "", "0"}
    number = phases.pop() if len(phases) == 1 else ""
    if number in ("1", "2", "3"):
        yield ("values", "number_phases"), Proposal(int(number), f"EVSE.SupplyPhases is {number}")
    slot = next((one.value or "" for one in report.named("OCPPCommCtrlr", "ActiveNetworkProfile")), "")
    if slot.isdecimal() and int(slot) <= 1000:
        yield ("values", "configuration_slot"), Proposal(int(slot), f"OCPPCommCtrlr.ActiveNetworkProfile is {slot}")
    plug = next((one.value for one in report.named("Connector", "ConnectorType") if one.value), "")
    if plug:
        yield ("values", "connector_type"), Proposal(plug, f"Connector.ConnectorType is {plug}")


_RATE_UNIT = ("SmartChargingCtrlr", "RateUnit")


def _transfer_protocols(source: str, offered: Iterable[str]) -> Proposal | None:
    """The protocols that our servers have among those of the station, those without certificates first."""
    key = keys.VALUES.key("transfer_protocols")
    assert key is not None
    upper = {one.upper() for one in offered}
    found = [str(one) for one in key.choices if one in upper]
    return Proposal(tuple(sorted(found, key=lambda one: one.endswith("S"))), source) if found else None


def _choice(name: str, source: str, offered: Iterable[str]) -> Proposal | None:
    """The key's default where the station offers it, else the first possible value that it offers."""
    key = keys.VALUES.key(name)
    assert key is not None
    found = [one for one in offered if one in key.choices]
    if not found:
        return None
    return Proposal(key.default if key.default in found else found[0], f"{source}: {', '.join(found)}")


def _places(report: Report) -> Iterator[tuple[int, int]]:
    for one in report:
        evse, connector = one.evse
        if one.component == "Connector" and isinstance(evse, int) and isinstance(connector, int):
            yield evse, connector


Rule = Callable[["Report"], "Proposal | None"]


def _present(component: str, variable: str) -> Rule:
    """True where the station has the variable."""

    def rule(report: Report) -> Proposal:
        found = bool(report.named(component, variable))
        return Proposal(found, f"{component}.{variable} {'is there' if found else 'is not there'}")

    return rule


def _on(component: str, *variables: str) -> Rule:
    """True where one of the variables is true, or can be made so."""

    def rule(report: Report) -> Proposal:
        for name in variables:
            for one in report.named(component, name):
                if _truth(one) or _writable(one):
                    return Proposal(True, f"{one.label} is {one.value or 'there'}{', writable' * _writable(one)}")
        return Proposal(False, f"no {component}.{' or '.join(variables)} that is or can be true")

    return rule


def _is(component: str, variable: str, wanted: bool) -> Rule:
    """True where the variable has that value, or can have it; open where it is not there."""

    def rule(report: Report) -> Proposal | None:
        found = report.named(component, variable)
        if not found:
            return None
        can = any(_writable(one) or _truth(one) is wanted for one in found)
        writable = ", writable" if any(map(_writable, found)) else ""
        return Proposal(can, f"{component}.{variable} is {found[0].value}{writable}")

    return rule


def _settable(component: str, variable: str) -> Rule:
    """True where the variable can be written."""

    def rule(report: Report) -> Proposal:
        found = report.named(component, variable)
        can = any(map(_writable, found))
        state = "ReadWrite" if can else "ReadOnly" if found else "not there"
        return Proposal(can, f"{component}.{variable} is {state}")

    return rule


def _member(component: str, variable: str, member: str, *also: str) -> Rule:
    """True where a list can hold the member (by its valuesList if it can be written, else by its value)."""

    def rule(report: Report) -> Proposal:
        possible = _possible(report, component, variable)
        return Proposal(
            bool({member, *also} & set(possible)), f"{component}.{variable}: {', '.join(possible) or 'none'}"
        )

    return rule


def _listed(*places: tuple[str, str]) -> Rule:
    """The members that the lists can hold together; open where none is there."""

    def rule(report: Report) -> Proposal | None:
        there = [place for place in places if report.named(*place)]
        if not there:
            return None
        members = dict.fromkeys(member for place in there for member in _possible(report, *place))
        return Proposal(tuple(members), ", ".join(".".join(place) for place in there))

    return rule


def _all_of(*rules: Rule) -> Rule:
    """True where every rule is."""

    def rule(report: Report) -> Proposal:
        found = [one for one in (each(report) for each in rules) if one is not None]
        return Proposal(all(one.value for one in found), "; ".join(one.how for one in found))

    return rule


def _token_type(name: str, *, local: bool) -> Rule:
    """False where AuthCtrlr.SupportedIdTokenTypes does not name the type; open where it is not there.

    2.0.1: errata 2025-01, 2.43; 2.1: part 2, 2.3.9 of the referenced variables.
    Where it does, `local`: tokens of that type are read at the station itself; else it does not tell how they come.
    """

    def rule(report: Report) -> Proposal | None:
        if not report.named("AuthCtrlr", "SupportedIdTokenTypes"):
            return None
        types = _possible(report, "AuthCtrlr", "SupportedIdTokenTypes")
        if name in types and not local:
            return None
        return Proposal(name in types, f"AuthCtrlr.SupportedIdTokenTypes: {', '.join(types) or 'none'}")

    return rule


def _phases(test: Callable[[int], bool]) -> Rule:
    """True where an EVSE's number of supply phases passes the test (0 is DC)."""

    def rule(report: Report) -> Proposal | None:
        values = [one.value or "" for one in report.named("EVSE", "SupplyPhases")]
        numbers = sorted({int(value) for value in values if value.isdecimal()})
        if not numbers:
            return None
        return Proposal(any(map(test, numbers)), f"EVSE.SupplyPhases: {', '.join(map(str, numbers))}")

    return rule


def _in_use(component: str, variable: str, value: str) -> Rule:
    """True where the variable has that value; what it could be else is not known."""

    def rule(report: Report) -> Proposal | None:
        found = any(one.value == value for one in report.named(component, variable))
        return Proposal(True, f"{component}.{variable} is {value}") if found else None

    return rule


def _any_of(*rules: Rule) -> Rule:
    """True where one of the rules is."""

    def rule(report: Report) -> Proposal:
        found = [one for one in (each(report) for each in rules) if one is not None]
        return next((one for one in found if one.value), Proposal(False, "; ".join(one.how for one in found)))

    return rule


def _several(component: str, variable: str) -> Rule:
    """True where a list has more than one member to choose from; open where the variable is not there."""

    def rule(report: Report) -> Proposal | None:
        found = report.named(component, variable)
        members = sorted({member for one in found for member in one.members})
        return Proposal(len(members) > 1, f"{component}.{variable}: {', '.join(members) or 'none'}") if found else None

    return rule


def _speaks(protocol: str) -> Rule:
    """True where ISO15118Ctrlr.ProtocolSupported names that protocol; open where the station names none."""

    def rule(report: Report) -> Proposal | None:
        values = [one.value for one in report.named("ISO15118Ctrlr", "ProtocolSupported") if one.value]
        if not values:
            return None
        return Proposal(any(protocol in one for one in values), f"ISO15118Ctrlr.ProtocolSupported: {'; '.join(values)}")

    return rule


def _has(component: str) -> Rule:
    """True where the station has the component; open where it does not tell: not every station models its parts."""

    def rule(report: Report) -> Proposal | None:
        found = any(one.component.lower() == component.lower() for one in report)
        return Proposal(True, f"{component} is there") if found else None

    return rule


def _no_downgrade(report: Report) -> Proposal:
    found = report.named("SecurityCtrlr", "AllowSecurityProfileDowngrade")
    can = not found or any(_writable(one) or not _truth(one) for one in found)
    state = (found[0].value or "there") if found else "not there"
    return Proposal(can, f"SecurityCtrlr.AllowSecurityProfileDowngrade is {state}")


def _evses(report: Report) -> Proposal | None:
    found = {one.evse[0] for one in report if one.component == "EVSE" and one.evse[0] is not None}
    return Proposal(len(found), "EVSEs in the report") if found else None


def _no_master_pass(report: Report) -> Proposal | None:
    """Whether it has a display is another matter: only the absence of the variable decides."""
    if report.named("AuthCtrlr", "MasterPassGroupId"):
        return None
    return Proposal(False, "AuthCtrlr.MasterPassGroupId is not there")


def _truth(one: Reported) -> bool:
    return (one.value or "").casefold() == "true"


def _writable(one: Reported) -> bool:
    return one.mutability != "ReadOnly"


def _possible(report: Report, component: str, variable: str) -> list[str]:
    members: dict[str, None] = {}
    for one in report.named(component, variable):
        value = [part.strip() for part in (one.value or "").split(",") if part.strip()]
        members |= dict.fromkeys(one.members if _writable(one) and one.members else value)
    return list(members)


_START, _STOP = ("TxCtrlr", "TxStartPoint"), ("TxCtrlr", "TxStopPoint")
_MEASURANDS = (
    ("SampledDataCtrlr", "TxStartedMeasurands"),
    ("SampledDataCtrlr", "TxUpdatedMeasurands"),
    ("SampledDataCtrlr", "TxEndedMeasurands"),
    ("AlignedDataCtrlr", "Measurands"),
    ("AlignedDataCtrlr", "TxEndedMeasurands"),
)

_DER = ("DCDERCtrlr", "ACDERCtrlr")


_RULES_2: Mapping[str, Rule] = {
    "HTTP transfer": _member("OCPPCommCtrlr", "FileTransferProtocols", "HTTP"),
    "HTTPS transfer": _member("OCPPCommCtrlr", "FileTransferProtocols", "HTTPS"),
    "Smart Charging": _on("SmartChargingCtrlr", "Available", "Enabled"),
    "Advanced Security": _in_use("SecurityCtrlr", "SecurityProfile", "3"),
    "Bidirectional Power Transfer": _on("V2XChargingCtrlr", "Available", "Enabled"),
    "DER Control": _any_of(*(_on(one, "Available", "Enabled") for one in _DER)),
    "C-01": _on("AuthCtrlr", "LocalAuthorizeOffline", "OfflineTxForUnknownIdEnabled"),
    "C-02": _on("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    "C-03": _present("TxCtrlr", "MaxEnergyOnInvalidId"),
    "C-04": _present("OCPPCommCtrlr", "MinimumStatusDuration"),
    "C-06.1": _is("TxCtrlr", "StopTxOnEVSideDisconnect", False),
    "C-06.2": _is("TxCtrlr", "StopTxOnEVSideDisconnect", True),
    "C-07": _no_master_pass,
    "C-08": _no_master_pass,
    **{id: _member(*_START, point) for id, point in START_FEATURES.items()},
    **{id: _member(*_STOP, point) for id, point in STOP_FEATURES.items()},
    "C-12.1": _is("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", True),
    "C-12.2": _is("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", False),
    "C-13": _on("EVSE", "AllowReset"),
    "C-20": _on("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate"),
    "C-21": _settable("OCPPCommCtrlr", "QueueAllMessages"),
    "C-23": _listed(("ClockCtrlr", "TimeSource")),
    "C-25": _present("ClockCtrlr", "TimeOffset"),
    "C-26": _present("ClockCtrlr", "TimeZone"),
    "C-28": _on("AlignedDataCtrlr", "SendDuringIdle"),
    "C-29.7": _present("CustomizationCtrlr", "CustomTriggers"),
    "C-30": _token_type("ISO14443", local=True),
    "C-31": _token_type("ISO15693", local=True),
    "C-32": _token_type("KeyCode", local=True),
    "C-33": _token_type("Local", local=True),
    "C-34": _token_type("MacAddress", local=True),
    "C-35": _token_type("NoAuthorization", local=False),
    "C-36": _token_type("ISO14443", local=False),
    "C-37": _token_type("ISO15693", local=False),
    "C-38": _token_type("Central", local=False),
    "C-39": _token_type("NoAuthorization", local=False),
    "C-40": _listed(*_MEASURANDS),
    "C-42": _on("SampledDataCtrlr", "SignReadings"),
    "C-48.1": _is("AuthCtrlr", "AuthorizeRemoteStart", True),
    "C-48.2": _is("AuthCtrlr", "AuthorizeRemoteStart", False),
    "C-49": _on("AuthCacheCtrlr", "Available", "Enabled"),
    "C-51": _settable(*_START),
    "C-52": _settable(*_STOP),
    "C-53": _present("AuthCacheCtrlr", "LifeTime"),
    "C-54": _listed(("AuthCacheCtrlr", "Policy")),
    "C-58": _on("AuthCtrlr", "DisableRemoteAuthorization"),
    "C-59": _on("AuthCacheCtrlr", "DisablePostAuthorize"),
    "C-61": _in_use("SecurityCtrlr", "SecurityProfile", "1"),
    "C-63": _present("TxCtrlr", "SupportedLimits"),
    "C-64": _present("TxCtrlr", "ResumptionTimeout"),
    "R-0": _on("ReservationCtrlr", "Available", "Enabled"),
    "R-2": _on("ReservationCtrlr", "NonEvseSpecific"),
    "R-3": _settable("ReservationCtrlr", "Enabled"),
    "DM-0": _on("MonitoringCtrlr", "Available", "Enabled"),
    "DM-3": _present("MonitoringCtrlr", "OfflineQueuingSeverity"),
    "LA-0": _on("LocalAuthListCtrlr", "Available", "Enabled"),
    "LA-1": _settable("LocalAuthListCtrlr", "Enabled"),
    "LA-3": _on("LocalAuthListCtrlr", "DisablePostAuthorize"),
    "UI-0": _on("DisplayMessageCtrlr", "Available", "Enabled"),
    "UI-1.1": _member("DisplayMessageCtrlr", "SupportedPriorities", "AlwaysFront"),
    "UI-1.2": _member("DisplayMessageCtrlr", "SupportedPriorities", "InFront"),
    "UI-1.3": _member("DisplayMessageCtrlr", "SupportedPriorities", "NormalCycle"),
    "UI-2.1": _member("DisplayMessageCtrlr", "SupportedFormats", "ASCII"),
    "UI-2.2": _member("DisplayMessageCtrlr", "SupportedFormats", "HTML"),
    "UI-2.3": _member("DisplayMessageCtrlr", "SupportedFormats", "URI"),
    "UI-2.4": _member("DisplayMessageCtrlr", "SupportedFormats", "UTF8"),
    "UI-3": _several("DisplayMessageCtrlr", "Language"),
    "AS-2": _in_use("SecurityCtrlr", "AdditionalRootCertificateCheck", "true"),
    "AS-3": _all_of(
        _present("SecurityCtrlr", "CertSigningWaitMinimum"), _present("SecurityCtrlr", "CertSigningRepeatTimes")
    ),
    "AS-4.1": _no_downgrade,
    "AS-4.2": _on("SecurityCtrlr", "AllowSecurityProfileDowngrade"),
    "SC-2.1": _member("SmartChargingCtrlr", "RateUnit", "A"),
    "SC-2.2": _member("SmartChargingCtrlr", "RateUnit", "W"),
    "SC-3": _on("SmartChargingCtrlr", "SupportsLimitAtSoC"),
    "SC-5": _on("SmartChargingCtrlr", "SupportsUseLocalTime"),
    "SC-6": _member("SmartChargingCtrlr", "SupportedAdditionalPurposes", "PriorityCharging"),
    "SC-7": _on("SmartChargingCtrlr", "SupportsRandomizedDelay"),
    "SC-8": _on("SmartChargingCtrlr", "SupportsDynamicProfiles"),
    "SC-9": _member("V2XChargingCtrlr", "SupportedOperationModes", "Idle"),
    "SC-9.1": _on("SmartChargingCtrlr", "SupportsEvseSleep"),
    "ISO-1.1": _speaks("iso:15118:2:"),
    "ISO-1.2": _speaks("iso:15118:-20"),
    "ISO-5": _on("ISO15118Ctrlr", "CentralContractValidationAllowed"),
    "ISO-6": _on("ISO15118Ctrlr", "ServiceRenegotiationSupport"),
    "BPT-2": _present("V2XChargingCtrlr", "LocalLoadBalancing"),
    "P-1": _on("TariffCostCtrlr", "ConditionsSupported"),
    "AQ-18": _has("ConnectorPlugRetentionLock"),
    "AQ-20": _several("DisplayMessageCtrlr", "Language"),
    "HFS-3": _phases(lambda number: number > 0),
    "HFS-4": _phases(lambda number: number == 0),
    "HFS-5": _phases(lambda number: number == 1),
    "HFS-6": _phases(lambda number: number == 2),
    "HFS-7": _phases(lambda number: number == 3),
    "HFS-8": _evses,
}
"""What a full inventory says of each feature. Features that are not here do not follow from the device model."""


# ---------------------------------------------------------------------- 1.6


def from_keys(entries: Iterable[Any]) -> Told:
    """What follows from the entries of a GetConfiguration answer (key, readonly, value)."""
    listed = {str(one.key).casefold(): one for one in entries}
    told = Told(features=dict(_from_keys(listed)))
    count = _value(listed, "NumberOfConnectors")
    protocols = _split(_value(listed, "SupportedFileTransferProtocols"))
    units = [_RATE_UNITS_16.get(one.casefold(), "") for one in _split(_value(listed, _UNITS_16))]
    for name, proposal in (
        ("transfer_protocols", _transfer_protocols("SupportedFileTransferProtocols", protocols)),
        ("charging_rate_unit", _choice("charging_rate_unit", _UNITS_16, units)),
    ):
        if proposal is not None:
            told.values["values", name] = proposal
    if count.isdecimal() and int(count):
        told.connectors = tuple((number, number) for number in range(1, int(count) + 1))
    return told


_UNITS_16 = "ChargingScheduleAllowedChargingRateUnit"
_RATE_UNITS_16 = {"current": "A", "power": "W", "a": "A", "w": "W"}


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _value(listed: Mapping[str, Any], name: str) -> str:
    entry = listed.get(name.casefold())
    return entry.value if entry is not None and isinstance(entry.value, str) else ""


def _from_keys(listed: Mapping[str, Any]) -> Iterator[tuple[str, Proposal]]:
    profiles = _split(_value(listed, "SupportedFeatureProfiles"))
    if profiles:
        how = f"SupportedFeatureProfiles: {', '.join(profiles)}"
        for name in _FEATURE_PROFILES:
            yield name, Proposal(name in profiles, how)
    there = "authorizationcacheenabled" in listed
    yield "AuthorizationCache", Proposal(there, f"AuthorizationCacheEnabled is {'there' if there else 'not there'}")
    offline = [name for name in _OFFLINE if _can_be_true(listed, name)]
    yield (
        "OfflineAuthorization",
        Proposal(bool(offline), f"{' and '.join(offline or _OFFLINE)} can{'not' * (not offline)} be true"),
    )
    for name in _SETTABLE:
        entry = listed.get(name.casefold())
        state = "not there" if entry is None else "read-only" if entry.readonly is True else "writable"
        yield f"{name}.settable", Proposal(state == "writable", f"{name} is {state}")
    zero = _value(listed, "ReserveConnectorZeroSupported").casefold() == "true"
    yield (
        "ReserveConnectorZeroSupported",
        Proposal(zero, f"ReserveConnectorZeroSupported is {'' if zero else 'not '}true"),
    )


def _can_be_true(listed: Mapping[str, Any], name: str) -> bool:
    entry = listed.get(name.casefold())
    return entry is not None and (entry.readonly is not True or _value(listed, name).casefold() == "true")


_FEATURE_PROFILES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)
_OFFLINE = ("LocalAuthorizeOffline", "AllowOfflineTxForUnknownId")
_SETTABLE = ("LocalAuthListEnabled", "AuthorizeRemoteTxRequests", "StopTransactionOnEVSideDisconnect")
