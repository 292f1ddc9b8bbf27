"""What the bench waits for, and undoes, before a charging station goes into the next case."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from conformance.cases.bench import StationBench
from conformance.dut.description import Connector
from conformance.ocppj.versions import version
from tests.scripted import Device, Notes, csms_with_device


class Operator:
    """Has every verb of a cable, and notes what it is asked for."""

    verbs = frozenset({"plug_in", "unplug"})

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        self.asked.append((verb, args.get("side")))
        return {}


def bench() -> tuple[StationBench, Device, Operator]:
    peer, device = csms_with_device("1.6")
    peer.accepted = True
    timeouts = SimpleNamespace(message=5.0, reset=8.0, quiet=0.05)
    dut = SimpleNamespace(
        connector=Connector(1, 1),
        connectors=(Connector(1, 1),),
        features={"FixedCable": False},
        timeouts=timeouts,
        values=SimpleNamespace(ev_connection_timeout=3),
    )
    operator = Operator()
    made = StationBench(
        dut, version("1.6"), peer, operator, lambda trace, carry: Notes(), datetime(2030, 1, 1, tzinfo=UTC)
    )
    return made, device, operator


def status(device: Device, value: str) -> None:
    device.calls("StatusNotification", connectorId=1, errorCode="NoError", status=value)


def test_a_driver_who_was_authorized_and_does_not_plug_in_is_waited_for() -> None:
    made, device, _ = bench()
    status(device, "Preparing")
    device.after(2.0, lambda: status(device, "Available"))
    assert made.clean() == []
    assert device.clock.now() >= 2.0


def test_a_connector_that_stays_in_use_is_told_of() -> None:
    made, device, _ = bench()
    status(device, "Preparing")
    assert made.clean() == ["connector 1 of EVSE 1 is still Preparing"]
    assert device.clock.now() >= 8.0


def test_the_stations_end_of_a_cable_is_unplugged_too() -> None:
    made, _, operator = bench()
    made.hands.plug_in()
    made.hands.unplug(side="EV")
    assert made.clean() == []
    assert operator.asked == [("plug_in", None), ("unplug", "EV"), ("unplug", None)]


def test_a_cable_that_is_out_is_left_alone() -> None:
    made, _, operator = bench()
    made.hands.plug_in()
    made.hands.unplug()
    assert made.clean() == []
    assert operator.asked == [("plug_in", None), ("unplug", None)]
