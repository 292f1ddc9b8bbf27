"""The variables of the reference station: the required ones of every functional block that it implements.

Source: 2.0.1 part 2, "Referenced Components and Variables"; part 4 section 9 for the WebSocket's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.reference.certificates import LONGEST_CHAIN, ROOM
from conformance.reference.device_model import READ_ONLY, READ_WRITE, WRITE_ONLY, Variable
from conformance.reference.hardware import PHASES
from conformance.reference.station import FIRMWARE, MODEL, VENDOR

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

AVAILABILITY = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
POINTS = (
    "ParkingBayOccupancy",
    "EVConnected",
    "Authorized",
    "DataSigned",
    "PowerPathClosed",
    "EnergyTransfer",
)
MEASURANDS = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage")
ITEMS = {"GetReport": "50", "GetVariables": "50", "SetVariables": "50"}
BYTES = "65536"
BASE_REPORTS = ("FullInventory", "ConfigurationInventory", "SummaryInventory")
LIST_ENTRIES = 100
SLOTS = ("1", "2", "3")
INTERFACES = (*(f"{kind}{number}" for kind in ("Wired", "Wireless") for number in range(4)), "Any")
_HAS_NETWORK_CONFIGURATION = {"2.0.1": False, "2.1": True}
"""Whether a version has the component NetworkConfiguration."""
PASSWORD = r"[A-Za-z0-9*\-_=:+|@.]+"
"""passwordString."""
CHAIN_SIZE = 5600
"""Characters of a certificate chain, as part 2 recommends at least."""


def variables(station: Station2x) -> list[Variable]:
    """Every variable of `station`, those of its EVSEs and connectors included."""
    return [
        *_infrastructure(station),
        *_communication(station),
        *(_network(station) if _HAS_NETWORK_CONFIGURATION[station.version.id] else ()),
        *_security(station),
        *(_plug_and_charge(station) if station.options.iso15118 else ()),
        *_authorization(station),
        *_transactions(),
        *_metering(),
        *(_new_in_21() if _KNOWS_21[station.version.id] else ()),
    ]


def _switch(component: str, name: str, value: bool, mutability: str = READ_WRITE, **more: object) -> Variable:
    return Variable(component, name, "true" if value else "false", "boolean", mutability, **more)  # type: ignore[arg-type]  # keywords of Variable


def _number(component: str, name: str, value: int, mutability: str = READ_WRITE, **more: object) -> Variable:
    more.setdefault("minimum", "0")
    return Variable(component, name, str(value), "integer", mutability, **more)  # type: ignore[arg-type]  # keywords of Variable


def _infrastructure(station: Station2x) -> list[Variable]:
    availability = station.availability
    found = [
        _switch("ChargingStation", "Available", True, READ_ONLY),
        Variable(
            "ChargingStation",
            "AvailabilityState",
            data_type="OptionList",
            values=AVAILABILITY,
            read=availability.station_state,
        ),
        Variable("ChargingStation", "Model", MODEL),
        Variable("ChargingStation", "VendorName", VENDOR),
        Variable("ChargingStation", "FirmwareVersion", FIRMWARE),
        Variable("ChargingStation", "SerialNumber", station.options.identity[:25]),
        _number("ChargingStation", "SupplyPhases", PHASES, READ_ONLY),
        _switch("ChargingStation", "Problem", False, READ_ONLY),
    ]
    for evse in station.hardware.evses:
        where = (evse.id, None)
        found += [
            _switch("EVSE", "Available", True, READ_ONLY, evse=where),
            Variable(
                "EVSE",
                "AvailabilityState",
                data_type="OptionList",
                values=AVAILABILITY,
                evse=where,
                read=lambda number=evse.id: availability.evse_state(number),  # type: ignore[misc]  # bound now
            ),
            _switch("EVSE", "AllowReset", True, READ_ONLY, evse=where),
            _number("EVSE", "SupplyPhases", PHASES, READ_ONLY, evse=where),
            Variable(
                "EVSE",
                "Power",
                data_type="decimal",
                unit="W",
                minimum="0",
                maximum=str(evse.max_watts),
                evse=where,
                read=lambda one=evse: str(one.meter.watts),  # type: ignore[misc]  # bound now
            ),
            Variable(
                "EVSE",
                "Problem",
                data_type="boolean",
                evse=where,
                read=lambda one=evse: "true" if one.faulted else "false",  # type: ignore[misc]  # bound now
            ),
        ]
        for connector in evse.connectors:
            place = (evse.id, connector.id)
            found += [
                _switch("Connector", "Available", True, READ_ONLY, evse=place),
                Variable(
                    "Connector",
                    "AvailabilityState",
                    data_type="OptionList",
                    values=AVAILABILITY,
                    evse=place,
                    read=lambda a=evse.id, b=connector.id: availability.connector_state(a, b),  # type: ignore[misc]  # bound now
                ),
                Variable("Connector", "ConnectorType", "sType2", evse=place),
                _number("Connector", "SupplyPhases", PHASES, READ_ONLY, evse=place),
                Variable(
                    "ConnectorPlugRetentionLock",
                    "Problem",
                    data_type="boolean",
                    evse=place,
                    read=lambda one=connector: "true" if one.jammed else "false",  # type: ignore[misc]  # bound now
                ),
            ]
    return found


def _communication(station: Station2x) -> list[Variable]:
    com = "OCPPCommCtrlr"
    found = [
        _number(com, "HeartbeatInterval", 300, unit="s", minimum="1"),
        _number(
            com,
            "MessageTimeout",
            max(1, round(station.options.message_timeout)),
            READ_ONLY,
            instance="Default",
            unit="s",
        ),
        _number(com, "MessageAttempts", 3, instance="TransactionEvent", minimum="1"),
        _number(com, "MessageAttemptInterval", 10, instance="TransactionEvent", unit="s"),
        Variable(com, "FileTransferProtocols", "HTTP,HTTPS", "MemberList", values=("HTTP", "HTTPS")),
        Variable(
            com,
            "NetworkConfigurationPriority",
            "1",
            "SequenceList",
            READ_WRITE,
            values=SLOTS,
            reboot=True,
            check=station.network_profiles.objection_to_priority,
        ),
        _number(com, "NetworkProfileConnectionAttempts", 3, minimum="1"),
        Variable(com, "ActiveNetworkProfile", data_type="integer", read=lambda: station.network_profiles.active),
        _number(com, "OfflineThreshold", 60, unit="s"),
        _switch(com, "QueueAllMessages", False, READ_ONLY),
        _number(com, "ResetRetries", 0),
        _number(com, "RetryBackOffRandomRange", 0, unit="s"),
        _number(com, "RetryBackOffRepeatTimes", 5),
        _number(com, "RetryBackOffWaitMinimum", 0, unit="s"),
        _switch(com, "UnlockOnEVSideDisconnect", True),
        _number(com, "WebSocketPingInterval", 0, unit="s"),
        Variable(
            com,
            "PublicKeyWithSignedMeterValue",
            "EveryMeterValue",
            "OptionList",
            READ_WRITE,
            values=("Never", "OncePerTransaction", "EveryMeterValue"),
        ),
        Variable("ClockCtrlr", "DateTime", data_type="dateTime", read=station.clock.stamp),
        Variable("ClockCtrlr", "TimeSource", "Heartbeat", "SequenceList", READ_WRITE, values=("Heartbeat",)),
        Variable("ClockCtrlr", "NextTimeOffsetTransitionDateTime", "", "dateTime", READ_WRITE),
    ]
    # A variable of this station's own: the summary is optional (B07.FR.12).
    found.append(
        Variable("DeviceDataCtrlr", "SupportedBaseReports", ",".join(BASE_REPORTS), "MemberList", values=BASE_REPORTS)
    )
    for operation, items in ITEMS.items():
        found.append(_number("DeviceDataCtrlr", "ItemsPerMessage", int(items), READ_ONLY, instance=operation))
        found.append(_number("DeviceDataCtrlr", "BytesPerMessage", int(BYTES), READ_ONLY, instance=operation))
    return found


def _network(station: Station2x) -> list[Variable]:
    """The network connection profiles, slot by slot; there is neither APN nor VPN (B09.FR.08, FR.13)."""
    profiles, component, found = station.network_profiles, "NetworkConfiguration", []
    for slot in SLOTS:

        def place(name: str, data_type: str = "string", *, slot: str = slot, **more: Any) -> Variable:
            field = name[0].lower() + name[1:]
            return Variable(
                component,
                name,
                "",
                data_type,
                more.pop("mutability", READ_WRITE),
                component_instance=slot,
                read=lambda: profiles.told(slot, field),
                check=lambda value: profiles.objection(slot, field, value),
                changed=lambda value: profiles.store(slot, field, value),
                **more,
            )

        found += [
            place("OcppCsmsUrl", maximum="2000"),
            place("OcppInterface", "OptionList", values=INTERFACES),
            place("OcppTransport", "OptionList", values=("JSON",)),
            place("OcppVersion", "OptionList", values=("OCPP16", "OCPP20", "OCPP201", "OCPP21")),
            place("MessageTimeout", "integer", unit="s", minimum="1"),
            place("SecurityProfile", "integer", minimum="0", maximum="3"),
            place("Identity", maximum="48"),
            place("BasicAuthPassword", mutability=WRITE_ONLY, minimum="16", maximum="64"),
            *(
                Variable(component, name, "false", "boolean", component_instance=slot)
                for name in ("VpnEnabled", "ApnEnabled")
            ),
        ]
    return found


def _security(station: Station2x) -> list[Variable]:
    security = "SecurityCtrlr"
    return [
        Variable(
            security,
            "Identity",
            station.options.identity,
            mutability=READ_WRITE if _HAS_NETWORK_CONFIGURATION[station.version.id] else READ_ONLY,
            maximum="48",
            read=lambda: station.network_profiles.identity,
            changed=lambda value: station.network_profiles.clear("identity"),
        ),
        Variable(security, "OrganizationName", "Conformance", mutability=READ_WRITE),
        Variable(
            security,
            "CertificateEntries",
            data_type="integer",
            minimum="0",
            maximum=str(ROOM),
            read=lambda: str(len(station.certificates)),
        ),
        _switch(security, "AdditionalRootCertificateCheck", False, READ_ONLY),
        _switch(security, "AllowSecurityProfileDowngrade", False, READ_ONLY),
        _number(security, "MaxCertificateChainSize", CHAIN_SIZE, READ_ONLY, maximum=str(LONGEST_CHAIN)),
        _number(security, "CertSigningWaitMinimum", 30, unit="s"),
        _number(security, "CertSigningRepeatTimes", 3),
        Variable(
            security,
            "SecurityProfile",
            data_type="integer",
            minimum="0",
            maximum="3",
            read=lambda: str(station.network_profiles.security_profile),
        ),
        Variable(
            security,
            "BasicAuthPassword",
            station.options.password or "",
            mutability=READ_WRITE if station.defects.active("password-readable") else WRITE_ONLY,
            minimum="1" if station.defects.active("short-password-taken") else "16",
            maximum="40",
            check=lambda value: None if re.fullmatch(PASSWORD, value) else "InvalidValue",
            changed=lambda value: station.password_changed(),
        ),
    ]


def _plug_and_charge(station: Station2x) -> list[Variable]:
    iso = "ISO15118Ctrlr"
    return [
        _switch(iso, "Enabled", True),
        _switch(iso, "PnCEnabled", True),
        _switch(iso, "CentralContractValidationAllowed", False),
        _switch(iso, "ContractCertificateInstallationEnabled", True),
        _switch(iso, "V2GCertificateInstallationEnabled", True),
        _switch(iso, "ContractValidationOffline", True),
        Variable(iso, "CountryName", "NL", mutability=READ_WRITE, maximum="2"),
        Variable(iso, "OrganizationName", "Conformance", mutability=READ_WRITE),
        Variable(iso, "SeccId", f"SECC-{station.options.identity}"[:25], mutability=READ_WRITE, maximum="25"),
    ]


def _authorization(station: Station2x) -> list[Variable]:
    return [
        _switch("AuthCtrlr", "Enabled", True),
        _switch("AuthCtrlr", "AuthorizeRemoteStart", True),
        _switch("AuthCtrlr", "LocalAuthorizeOffline", True),
        _switch("AuthCtrlr", "LocalPreAuthorize", False),
        _switch("AuthCtrlr", "OfflineTxForUnknownIdEnabled", False),
        _switch("AuthCtrlr", "DisableRemoteAuthorization", False),
        Variable("AuthCtrlr", "MasterPassGroupId", mutability=READ_WRITE, maximum="36"),
        _switch("AuthCacheCtrlr", "Available", True, READ_ONLY),
        _switch("AuthCacheCtrlr", "Enabled", True),
        _number("AuthCacheCtrlr", "LifeTime", 0, unit="s"),
        _switch("AuthCacheCtrlr", "DisablePostAuthorize", False),
        _switch("LocalAuthListCtrlr", "Available", True, READ_ONLY),
        _switch("LocalAuthListCtrlr", "Enabled", True),
        _switch("LocalAuthListCtrlr", "DisablePostAuthorize", False),
        # The list heeds cacheExpiryDateTime (C13.FR.05, C14.FR.04).
        _switch("LocalAuthListCtrlr", "SupportsExpiryDateTime", True, READ_ONLY),
        Variable(
            "LocalAuthListCtrlr",
            "Entries",
            data_type="integer",
            minimum="0",
            maximum=str(LIST_ENTRIES),
            read=lambda: str(len(station.local_list)),
        ),
        _number("LocalAuthListCtrlr", "ItemsPerMessage", LIST_ENTRIES, READ_ONLY),
        _number("LocalAuthListCtrlr", "BytesPerMessage", int(BYTES), READ_ONLY),
        _switch("ReservationCtrlr", "Available", True, READ_ONLY),
        _switch("ReservationCtrlr", "Enabled", True, READ_ONLY),
        _switch("ReservationCtrlr", "NonEvseSpecific", False, READ_ONLY),
    ]


def _transactions() -> list[Variable]:
    tx = "TxCtrlr"
    return [
        _number(tx, "EVConnectionTimeOut", 60, unit="s"),
        _switch(tx, "StopTxOnEVSideDisconnect", True),
        _switch(tx, "StopTxOnInvalidId", True),
        _number(tx, "MaxEnergyOnInvalidId", 0, unit="Wh"),
        _switch(tx, "TxBeforeAcceptedEnabled", True, READ_ONLY),
        Variable(tx, "TxStartPoint", "EVConnected,Authorized", "MemberList", READ_WRITE, values=POINTS),
        Variable(tx, "TxStopPoint", "EVConnected,Authorized", "MemberList", READ_WRITE, values=POINTS),
    ]


_KNOWS_21 = {"2.0.1": False, "2.1": True}
"""Whether the version has what 2.1 added."""
LIMITS = ("maxEnergy", "maxTime", "maxCost")
CUSTOM_TRIGGERS = ("com.example.Greeting", "com.example.Farewell")


def _new_in_21() -> list[Variable]:
    tx = "TxCtrlr"
    return [
        _number(tx, "ResumptionTimeout", 0, unit="s"),
        _switch(tx, "AllowEnergyTransferResumption", True),
        _number(tx, "EnergyTransferResumptionRandomRange", 0, unit="s"),
        Variable(tx, "SupportedLimits", ",".join(LIMITS), "MemberList", values=LIMITS),
        Variable(
            "CustomizationCtrlr", "CustomTriggers", ",".join(CUSTOM_TRIGGERS), "MemberList", values=CUSTOM_TRIGGERS
        ),
    ]


def _metering() -> list[Variable]:
    def measurands(component: str, name: str, value: str) -> Variable:
        return Variable(component, name, value, "MemberList", READ_WRITE, values=MEASURANDS)

    energy = MEASURANDS[0]
    return [
        _switch("SampledDataCtrlr", "Available", True, READ_ONLY),
        _switch("SampledDataCtrlr", "Enabled", True),
        _switch("SampledDataCtrlr", "SignReadings", False),
        measurands("SampledDataCtrlr", "TxStartedMeasurands", energy),
        measurands("SampledDataCtrlr", "TxUpdatedMeasurands", f"{energy},{MEASURANDS[1]}"),
        measurands("SampledDataCtrlr", "TxEndedMeasurands", energy),
        _number("SampledDataCtrlr", "TxUpdatedInterval", 60, unit="s"),
        _number("SampledDataCtrlr", "TxEndedInterval", 0, unit="s"),
        _switch("AlignedDataCtrlr", "Available", True, READ_ONLY),
        _switch("AlignedDataCtrlr", "Enabled", True),
        measurands("AlignedDataCtrlr", "Measurands", energy),
        _number("AlignedDataCtrlr", "Interval", 0, unit="s"),
        measurands("AlignedDataCtrlr", "TxEndedMeasurands", ""),
        _number("AlignedDataCtrlr", "TxEndedInterval", 0, unit="s"),
    ]
