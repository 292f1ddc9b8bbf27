"""A bench whose device is scripted, and cases that are written for one test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.cases.bench import Bench, CsmsBench, StationBench
from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.runner import CaseResult, run_case
from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.ocppj.findings import Blame, Finding, Severity
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import version
from tests.scripted import Device, Notes, csms_with_device, station_with_device


class FakeMonitor(Notes):
    """A monitor that finds what a test tells it to find."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.carried: Any = None
        self.finished_at: float | None = None
        self.on_finish: list[Finding] = []

    def carry(self) -> Any:
        """What the next monitor gets."""
        return self

    def finish(self, now: float) -> None:
        """The end of the case."""
        self.finished_at = now
        self.findings += self.on_finish

    def find(self, severity: Severity = Severity.MUST, blame: Blame = Blame.DEVICE, **fields: Any) -> None:
        """Report something."""
        given = {"rule": "rule", "expected": "this", "actual": "that", **fields}
        self.findings.append(Finding(severity=severity, blame=blame, **given))


class FakeOperator:
    """Has the verbs that a test gives it, and notes what it did."""

    def __init__(self, *verbs: str) -> None:
        self.verbs = frozenset(verbs)
        self.did: list[tuple[str, dict[str, Any]]] = []
        self.on: dict[str, Callable[[], Any]] = {}

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Act."""
        self.did.append((verb, args))
        if verb in self.on:
            made = self.on[verb]()
            return made if isinstance(made, dict) else {}
        return {}

    def close(self) -> None:
        """Nothing."""


@dataclass
class Lab:
    """A bench, and what stands on it."""

    bench: Bench
    peer: Any
    device: Device
    operator: FakeOperator

    @property
    def monitor(self) -> FakeMonitor:
        """The monitor of the case that runs or ran last."""
        found: FakeMonitor = self.bench.monitor
        return found

    def run(self, body: Callable[..., None], **options: Any) -> CaseResult:
        """Run a function as a case."""
        entry = CatalogueEntry(
            "TC_X_01", self.peer.version.id, self.bench.dut.role, "X", "A title", **options.pop("entry", {})
        )
        return run_case(CaseInfo("TC_X_01", body), entry, self.bench, **options)


def make_lab(role: str = "CS", version_id: str = "2.0.1", **overrides: Any) -> Lab:
    """A bench in virtual time for a device of that role."""
    name = {"CS": "reference-station.toml", "CSMS": "reference-csms.toml"}[role]
    dut = load_description(data_path("docs", "devices", name), overrides).under(version_id)
    made: tuple[Any, Device] = csms_with_device(version_id) if role == "CS" else station_with_device(version_id)
    peer, device = made
    kind: type[Bench] = StationBench if role == "CS" else CsmsBench

    def monitor_for(trace: Trace, carry: Any) -> FakeMonitor:
        monitor = FakeMonitor()
        monitor.carried = carry
        return monitor

    operator = FakeOperator(
        "plug_in", "unplug", "present_token", "occupy_bay", "free_bay", "network_down", "network_up"
    )
    bench = kind(dut, version(version_id), peer, operator, monitor_for, datetime(2030, 1, 1, tzinfo=UTC))
    bench.begin()
    peer.accepted = True
    device.reactions |= {"GetVariables": {"getVariableResult": []}, "GetConfiguration": {}, "Heartbeat": {}}
    return Lab(bench, peer, device, operator)


@pytest.fixture
def lab() -> Lab:
    """A bench for a station of 2.0.1."""
    return make_lab()
