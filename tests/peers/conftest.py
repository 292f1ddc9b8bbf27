"""A fake CSMS and a fake station, each with a scripted device at the other end."""

from __future__ import annotations

import pytest

from conformance.peers.csms import FakeCsms
from conformance.peers.station import FakeStation
from tests.scripted import Device, csms_with_device, station_with_device


@pytest.fixture
def csms_and_station() -> tuple[FakeCsms, Device]:
    """Our CSMS of 2.0.1 and a station under test."""
    return csms_with_device()


@pytest.fixture
def csms(csms_and_station: tuple[FakeCsms, Device]) -> FakeCsms:
    """Our CSMS."""
    return csms_and_station[0]


@pytest.fixture
def device(csms_and_station: tuple[FakeCsms, Device]) -> Device:
    """The station under test, connected to `csms`."""
    return csms_and_station[1]


@pytest.fixture
def station_and_csms() -> tuple[FakeStation, Device]:
    """Our station of 2.0.1 and a CSMS under test."""
    return station_with_device()
