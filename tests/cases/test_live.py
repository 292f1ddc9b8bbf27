"""What a bench on real sockets takes from the description."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cases.live import LiveBench, deadlines, monitor_factory, token_statuses
from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import version

STATION = load_description(
    data_path("docs", "devices", "reference-station.toml"), {"connection": {"listen": "127.0.0.1:0"}}
)


def test_tokens_are_answered_as_they_are_described() -> None:
    two = token_statuses(STATION, version("2.0.1"))
    assert two[STATION.tokens.valid.idToken] == {"status": "Accepted"}
    assert two[STATION.tokens.blocked.idToken] == {"status": "Blocked"}
    assert two[STATION.tokens.unknown.idToken] == {"status": "Unknown"}
    assert two[STATION.tokens.group1.idToken]["groupIdToken"] == dict(STATION.tokens.group)
    old = token_statuses(STATION, version("1.6"))
    assert old[STATION.tokens.unknown.idToken] == {"status": "Invalid"}, "1.6 knows no Unknown"
    assert old[STATION.tokens.group2.idToken]["parentIdTag"] == STATION.tokens.group.idToken


def test_deadlines_are_the_descriptions() -> None:
    limits = deadlines(STATION)
    assert (limits.message, limits.boot, limits.quiet) == (5.0, 10.0, 0.05)


def test_monitors_know_the_connectors_of_the_version() -> None:
    old = STATION.under("1.6")
    assert [(one.evseId, one.connectorId) for one in old.connectors] == [(1, 1), (2, 2)]
    monitor = monitor_factory(old, version("1.6"), SchemaStore())(Trace(), None)
    assert monitor.findings == []


class TestHandshake:
    """Our CSMS takes its own station with the right credentials, and nobody else."""

    def decide(self, bench: LiveBench, **fields: Any) -> Any:
        given = {"identity": "CS001", "username": None, "password": None, **fields}
        return bench._decide(SimpleNamespace(**given))

    def test_its_own_station_on_profile_0(self) -> None:
        bench = LiveBench(STATION, "2.0.1", SchemaStore())
        assert self.decide(bench) is None
        refusal = self.decide(bench, identity="CS002")
        assert refusal.status == 404 and "'CS002' is not 'CS001' of the description" in refusal.reason

    @pytest.mark.parametrize(
        ("username", "password", "status"),
        [(b"CS001", b"\xffpass", None), (b"CS001", b"wrong", 401), (b"OTHER", b"\xffpass", 401), (None, None, 401)],
    )
    def test_basic_on_profile_1(self, username: Any, password: Any, status: int | None) -> None:
        dut = replace(STATION, security_profile=1, password=b"\xffpass")
        bench = LiveBench(dut, "2.0.1", SchemaStore())
        refusal = self.decide(bench, username=username, password=password)
        assert (refusal.status if refusal else None) == status
        if refusal:
            assert refusal.headers["WWW-Authenticate"].startswith("Basic")

    def test_the_versions_subprotocol_and_no_other(self) -> None:
        bench = LiveBench(STATION, "2.0.1", SchemaStore())
        assert bench._choose(SimpleNamespace(subprotocols=("ocpp1.6", "ocpp2.0.1"))) == "ocpp2.0.1"
        assert bench._choose(SimpleNamespace(subprotocols=("ocpp1.6",))) is None
        assert bench._choose(SimpleNamespace(subprotocols=())) is None
