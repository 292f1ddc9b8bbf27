"""TLS as a description asks for it: the tester's files, or a test PKI made for the run; right, and wrong on purpose."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.peers.outcome import NotApplicable

PKI_FOLDER = "ocpp-test-pki"
"""Where a run writes the certificates that it made, beside the description; the device has to trust its roots.pem."""

VALID = "valid"
ANYBODYS = frozenset({VALID, "self-signed", "foreign-ca"})
"""Variants (`conformance.link.pki.Variant`) that need no key of the authority which the device trusts."""


def context_for(dut: Any) -> ssl.SSLContext:
    """The context of our side: a server's for a station under test, a client's for a CSMS (security profiles 2 and 3).

    Raises ValueError for files that are no certificate and key.
    """
    return {"CS": lambda one: CsmsCredentials(one).context(), "CSMS": _client}[dut.role](dut)


def pki_of(dut: Any) -> Any:
    """The hierarchy of a run: what it issues lies beside the description, or where the description's `tls` says."""
    from conformance.link.pki import KeyKind, TestPki

    kind = {"ECDSA": KeyKind.EC, "RSA": KeyKind.RSA_2048}[dut.tls.algorithm]
    return TestPki(dut.tls.folder or Path(dut.source).parent / PKI_FOLDER, keys=kind)


class CsmsCredentials:
    """What our CSMS shows to a station under test: the right certificate, and wrong ones."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut
        self.names: tuple[str, ...] = dut.tls.names or (dut.address.listen[0], "localhost")
        """Host names and addresses that a right certificate carries."""

    @cached_property
    def _pki(self) -> Any:
        return pki_of(self._dut)

    def context(
        self,
        certificate: str = VALID,
        *,
        minimum: str = "",
        maximum: str = "",
        ciphers: Sequence[str] = (),
        rsa: bool = False,
    ) -> ssl.SSLContext:
        """A server's context with the certificate of a `conformance.link.pki.Variant`.

        `minimum` and `maximum` are TLS versions ("TLSv1_2"), `ciphers` those of TLS 1.2 and below, by their names of
        the standard or of OpenSSL; `rsa` wants an RSA key. On security profile 3 a certificate is asked of the station.
        Raises NotApplicable for what only the authority that the device trusts could issue, when the description
        brings a certificate of its own, and for TLS that this machine does not speak; ValueError for files that are no
        certificate and key.
        """
        from conformance.link.tls import server_context

        check_spoken(maximum, ciphers)
        limits: dict[str, Any] = {}
        for name, text in (("minimum", minimum), ("maximum", maximum)):
            if text:
                limits[name] = ssl.TLSVersion[text]
        if ciphers:
            limits["ciphers"] = tuple(ciphers)
        if certificate != VALID or limits:
            # Ours shall go where no good client follows: weak keys, old versions, null ciphers.
            limits["security_level"] = 0
        return server_context(self._credentials(certificate, rsa), client_roots=self._client_roots(), **limits)

    def _credentials(self, certificate: str, rsa: bool) -> Any:
        from conformance.link.pki import KeyKind, Variant

        given = _given(self._dut)
        if given is not None and certificate == VALID and not rsa:
            return given
        if given is not None and (rsa or certificate not in ANYBODYS):
            raise NotApplicable(
                f"the description brings our certificate ([tls] certificate), so a run can't issue this one: "
                f"{'RSA' if rsa else certificate}"
            )
        return self._pki.server(*self.names, variant=Variant(certificate), keys=KeyKind.RSA_2048 if rsa else None)

    def _client_roots(self) -> Path | None:
        if self._dut.security_profile != 3:
            return None
        trust: Path | None = self._dut.tls.trust
        return trust if trust is not None or _given(self._dut) is not None else self._pki.roots


def check_spoken(maximum: str = "", ciphers: Sequence[str] = ()) -> None:
    """Raises NotApplicable when the OpenSSL of this machine lacks a TLS version or has none of some cipher suites."""
    known = {"TLSv1": ssl.HAS_TLSv1, "TLSv1_1": ssl.HAS_TLSv1_1, "TLSv1_2": ssl.HAS_TLSv1_2}
    if not known.get(maximum, True):
        raise NotApplicable(f"{ssl.OPENSSL_VERSION} of this machine does not speak {maximum}")
    from conformance.link.tls import CIPHER_SUITES

    names = [CIPHER_SUITES.get(one, one) for one in ciphers]
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(f"{':'.join(names) or 'ALL'}:@SECLEVEL=0")
    except ssl.SSLError:
        raise NotApplicable(f"{ssl.OPENSSL_VERSION} of this machine has none of {', '.join(ciphers)}") from None


def _client(dut: Any) -> ssl.SSLContext:
    from conformance.link.tls import client_context

    credentials = _given(dut)
    if credentials is None and dut.security_profile == 3:
        credentials = pki_of(dut).station(dut.identity)
    return client_context(dut.tls.trust, credentials=credentials)


def _given(dut: Any) -> Any:
    from conformance.link.tls import Credentials

    if dut.tls.certificate is None or dut.tls.key is None:
        return None
    return Credentials(dut.tls.certificate, dut.tls.key)
