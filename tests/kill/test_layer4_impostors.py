"""Layer 4: a dead port, a mute, an echo and a yes-man pass nothing, and are found out soon."""

from __future__ import annotations

import contextlib
import itertools
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.live import LiveBench
from conformance.cases.runner import CaseResult, run_case
from conformance.cases.selection import Wishes, select
from conformance.data import data_path
from conformance.dut.operators import verbs_of
from conformance.dut.reading import load_description
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version

from . import impostors

SHORT = {"message": 0.15, "connect": 0.3, "boot": 0.3, "reset": 0.3, "physical": 0.15, "quiet": 0.02}
LEGALLY_EMPTY: dict[str, str] = {}
"""Cases that a yes-man may pass, because the standard wants empty answers there: id to reason."""
SCHEMAS = SchemaStore()


def _dut(role: str) -> Any:
    name = {"CS": "reference-station.toml", "CSMS": "reference-csms.toml"}[role]
    return load_description(data_path("docs", "devices", name), {"timeouts": SHORT, "connection": _CONNECTION[role]})


_CONNECTION: dict[str, dict[str, Any]] = {"CS": {"listen": "127.0.0.1:0"}, "CSMS": {}}


@contextlib.contextmanager
def _bench(role: str, version_id: str, kind: str) -> Iterator[LiveBench]:
    dut = _dut(role)
    ocpp = version(version_id)
    with contextlib.ExitStack() as stack:
        if role == "CSMS":
            url = (
                _dead_url()
                if kind == "dead"
                else stack.enter_context(impostors.csms(impostors.REACTIONS[kind], ocpp.subprotocol))
            )
            dut = replace(dut, address=replace(dut.address, url=url))
        live = LiveBench(dut, version_id, SCHEMAS)
        stack.callback(live.close)
        live.open()
        live.take(impostors.Nobody(verbs_of(role)))
        if role == "CS" and kind != "dead":
            url = f"ws://127.0.0.1:{live.port}/ocpp/{dut.identity}"
            stack.enter_context(impostors.station(impostors.REACTIONS[kind], ocpp.subprotocol, url))
        yield live


def _dead_url() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"ws://127.0.0.1:{taken.getsockname()[1]}/ocpp"


def _results(role: str, version_id: str, kind: str) -> list[CaseResult]:
    with _bench(role, version_id, kind) as live:
        wishes = Wishes(versions=(version_id,))
        chosen = [
            one
            for info in discover()
            for one in select(info, load_catalogue(), [live.dut], wishes)
            if not one.not_applicable
        ]
        return [run_case(one.info, one.entry, live.bench) for one in chosen]


KINDS = ("dead", "mute", "echo", "yes-man")
IDS = ("1.6", "2.0.1", "2.1")
ROLES = ("CS", "CSMS")
Met = dict[tuple[str, str, str], "Future[list[CaseResult]]"]


@pytest.fixture(scope="module")
def met() -> Iterator[Met]:
    """Every impostor's run; several side by side, because they mostly wait."""
    with ThreadPoolExecutor(6) as pool:
        combinations = itertools.product(ROLES, IDS, KINDS)
        yield {one: pool.submit(_results, *one) for one in combinations}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version_id", IDS)
@pytest.mark.parametrize("role", ROLES)
def test_impostor_passes_nothing(role: str, version_id: str, kind: str, met: Met) -> None:
    results = met[role, version_id, kind].result()
    assert results, f"no case for a {role} of {version_id}"
    allowed = LEGALLY_EMPTY if kind == "yes-man" else {}
    passed = [one.entry.id for one in results if one.verdict == "PASS" and one.entry.id not in allowed]
    assert not passed, f"{kind} {role} passed {', '.join(passed)}"
    errors = [f"{one.entry.id}: {one.reason}" for one in results if one.verdict == "ERROR"]
    assert not errors, "\n".join(errors)


@pytest.mark.parametrize("role", ROLES)
def test_a_dead_device_is_reported_once(role: str, met: Met) -> None:
    results = met[role, "2.0.1", "dead"].result()
    assert len({one.reason for one in results}) == 1
    assert all(one.verdict == "INCONCLUSIVE" for one in results)
    assert sum(one.seconds for one in results[1:]) < len(results) * SHORT["connect"]
