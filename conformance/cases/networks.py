"""Network connection profiles of a station (2.x, B09, B10, A05): a slot that is free, and what to write into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.reports import variable

COMMUNICATION = "OCPPCommCtrlr"
CONFIGURATION = "NetworkConfiguration"
OTHER_WAY = "second"
"""The segment that makes our own URL another one."""


def slots(csms: FakeCsms) -> tuple[str, str]:
    """A slot for a network profile that is not in use, and the one that is."""
    values = csms.lab.dut.values
    known = [str(values.configuration_slot), str(values.spare_configuration_slot)]
    active = csms.configured(COMMUNICATION, "ActiveNetworkProfile") or known[0]
    return next(one for one in known if one != active), active


def connection_data(csms: FakeCsms, profile: int | None = None) -> dict[str, Any]:
    """A network profile that leads to our port by another path, by this security profile (default: the one in use)."""
    dut = csms.lab.dut
    wanted = dut.security_profile if profile is None else profile
    url = csms.url_with(OTHER_WAY)[0].partition("://")[2]
    return {
        "messageTimeout": dut.values.message_timeout,
        "ocppCsmsUrl": f"{'wss' if wanted > 1 else 'ws'}://{url}",
        "ocppInterface": dut.values.ocpp_interface,
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": wanted,
    }


def wanted_data(csms: FakeCsms, profile: int, **fields: Any) -> dict[str, Any]:
    """A network profile of 2.1 for a CSMS that need not be there, on any interface, by this security profile."""
    scheme = "wss" if profile > 1 else "ws"
    return {
        "messageTimeout": csms.lab.dut.values.message_timeout,
        "ocppCsmsUrl": f"{scheme}://csms.example.com/ocpp",
        "ocppInterface": "Any",
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP21",
        "securityProfile": profile,
        **fields,
    }


def as_variables(slot: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A network profile as data of SetVariables for a slot's NetworkConfiguration (2.1, part 2, 2.1.8)."""
    return [
        variable(CONFIGURATION, variable_name(field), of=slot, attributeValue=text(value))
        for field, value in data.items()
    ]


def variable_name(field: str) -> str:
    """The variable of NetworkConfiguration for a field of NetworkConnectionProfileType."""
    return field[:1].upper() + field[1:]


def text(value: Any) -> str:
    """A field's value as that of a variable."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def set_profile(csms: FakeCsms, slot: str, profile: int | None = None) -> str:
    """Write such a profile into a slot; the status of the answer."""
    data = connection_data(csms, profile)
    return str(csms.send("SetNetworkProfile", configurationSlot=int(slot), connectionData=data).status)


def set_priority(csms: FakeCsms, *wanted: str) -> str:
    """Set NetworkConfigurationPriority to these slots; the status of the answer."""
    asked = variable(COMMUNICATION, "NetworkConfigurationPriority", attributeValue=",".join(wanted))
    return str(csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus)
