"""The OCSP responder of the lab, asked by what the reference CSMS asks with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.link.pki import TestPki
from conformance.peers.certificates import ocsp_request_data, split_chain
from conformance.peers.files import Download, Transfer
from conformance.reference.csms_contracts import ACCEPTED, BROKEN, REVOKED, judge
from conformance.services.ocsp import OcspServer

EMAID = "DE8AA1A2B3C4D59"


def judged(roots: Path, payload: dict[str, Any]) -> str:
    """What the reference CSMS thinks of a contract certificate."""
    return asyncio.run(judge(roots, payload))


@pytest.fixture
def pki(tmp_path: Path) -> TestPki:
    return TestPki(tmp_path / "own")


@pytest.fixture
def came() -> list[Transfer]:
    return []


@pytest.fixture
def served(pki: TestPki, came: list[Transfer]) -> Iterator[OcspServer]:
    with OcspServer("127.0.0.1", pki, came=came.append) as server:
        server.offer("ocsp", Download(b"good"))
        yield server


@pytest.fixture
def chain(pki: TestPki, served: OcspServer) -> Callable[[], str]:
    return lambda: pki.contract(EMAID, served.url("ocsp"))


def test_a_good_contract_by_its_hashes_and_by_its_chain(
    pki: TestPki, came: list[Transfer], chain: Callable[[], str]
) -> None:
    contract = chain()
    about = ocsp_request_data(contract)
    assert [sorted(one) for one in about] == [
        ["hashAlgorithm", "issuerKeyHash", "issuerNameHash", "responderURL", "serialNumber"]
    ]
    assert judged(pki.roots, {"iso15118CertificateHashData": about}) == ACCEPTED
    assert judged(pki.roots, {"certificate": "".join(split_chain(contract)[:-1])}) == ACCEPTED
    assert [(one.method, one.path) for one in came] == [("POST", "/ocsp")] * 2


def test_a_revoked_contract(pki: TestPki, served: OcspServer, chain: Callable[[], str]) -> None:
    served.offer("ocsp", Download(b"revoked"))
    assert judged(pki.roots, {"iso15118CertificateHashData": ocsp_request_data(chain())}) == REVOKED


def test_a_responder_of_somebody_else_counts_for_nothing(
    tmp_path: Path, chain: Callable[[], str], came: list[Transfer]
) -> None:
    other = TestPki(tmp_path / "other")
    contract = chain()
    assert judged(other.roots, {"iso15118CertificateHashData": ocsp_request_data(contract)}) == BROKEN
    assert len(came) == 1
    assert judged(other.roots, {"certificate": "".join(split_chain(contract)[:-1])}) == BROKEN
    assert len(came) == 1, "a chain that leads nowhere is asked about by nobody"


def test_nobody_answers(pki: TestPki) -> None:
    about = ocsp_request_data(pki.contract(EMAID, "http://127.0.0.1:9/ocsp"))
    assert judged(pki.roots, {"iso15118CertificateHashData": about}) == BROKEN
    assert judged(pki.roots, {"iso15118CertificateHashData": [{**about[0], "responderURL": "file:///x"}]}) == BROKEN
    assert judged(pki.roots, {"certificate": "no certificate"}) == BROKEN
