"""TLS as a description asks for it: the tester's files, or a test PKI made for the run."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

PKI_FOLDER = "ocpp-test-pki"
"""Where a run writes the certificates that it made, beside the description; the device has to trust its roots.pem."""


def context_for(dut: Any) -> ssl.SSLContext:
    """The context of our side: a server's for a station under test, a client's for a CSMS (security profiles 2 and 3).

    Raises ValueError for files that are no certificate and key.
    """
    return {"CS": _server, "CSMS": _client}[dut.role](dut)


def _server(dut: Any) -> ssl.SSLContext:
    from conformance.link.tls import server_context

    roots = dut.tls.trust if dut.security_profile == 3 else None
    given = _given(dut)
    if given is None:
        pki = _pki(dut)
        given = pki.server(*(dut.tls.names or (dut.address.listen[0], "localhost")))
        roots = roots or (pki.roots if dut.security_profile == 3 else None)
    return server_context(given, client_roots=roots)


def _client(dut: Any) -> ssl.SSLContext:
    from conformance.link.tls import client_context

    credentials = _given(dut)
    if credentials is None and dut.security_profile == 3:
        credentials = _pki(dut).station(dut.identity)
    return client_context(dut.tls.trust, credentials=credentials)


def _given(dut: Any) -> Any:
    from conformance.link.tls import Credentials

    if dut.tls.certificate is None or dut.tls.key is None:
        return None
    return Credentials(dut.tls.certificate, dut.tls.key)


def _pki(dut: Any) -> Any:
    from conformance.link.pki import KeyKind, TestPki

    kind = {"ECDSA": KeyKind.EC, "RSA": KeyKind.RSA_2048}[dut.tls.algorithm]
    return TestPki(Path(dut.source).parent / PKI_FOLDER, keys=kind)
