"""The configuration keys of 1.6, as data."""

from __future__ import annotations

import re

import pytest

from conformance.dut.standard_keys import StandardKey, standard_keys

KEYS = {key.name: key for key in standard_keys()}


def test_each_key_once() -> None:
    assert len(KEYS) == len(standard_keys()) == 52
    for key in standard_keys():
        assert key.type in ("boolean", "integer", "CSL", "string")
        assert set(key.mutability) <= {"R", "RW", "W"}
        assert key.mutability and key.source
        re.compile(key.member)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("HeartbeatInterval", "300", True),
        ("HeartbeatInterval", "300 s", False),
        ("HeartbeatInterval", "-1", False),
        ("HeartbeatInterval", None, False),
        ("LocalPreAuthorize", "True", True),
        ("LocalPreAuthorize", "1", False),
        ("StopTxnSampledData", "", True),
        ("MeterValuesSampledData", "Energy.Active.Import.Register, Voltage.L1-N", True),
        ("MeterValuesSampledData", "Energy", False),
        ("SupportedFeatureProfiles", "Core,RemoteTrigger", True),
        ("SupportedFeatureProfiles", "Core,Remote", False),
        ("ConnectorPhaseRotation", "0.RST, 1.RTS", True),
        ("ConnectorPhaseRotation", "RST", False),
        ("CpoName", "any text", True),
    ],
)
def test_values(name: str, value: object, right: bool) -> None:
    assert KEYS[name].takes(value) is right


def test_access() -> None:
    assert KEYS["NumberOfConnectors"].readonly is True
    assert KEYS["HeartbeatInterval"].readonly is False
    assert KEYS["AuthorizeRemoteTxRequests"].readonly is None
    assert KEYS["AuthorizationKey"].write_only and KEYS["AuthorizationKey"].readonly is False


def test_profiles() -> None:
    required: list[StandardKey] = [key for key in standard_keys() if key.required]
    assert {key.profile for key in required} == {"Core", "LocalAuthListManagement", "SmartCharging"}
    assert len(required) == 27
