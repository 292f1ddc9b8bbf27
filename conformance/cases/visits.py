"""How visitors get to a CSMS under test: their address, their credentials, and a TLS that may be wrong on purpose."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.cases.tls import check_spoken, pki_of
from conformance.ocppj.versions import Version
from conformance.peers.outcome import NotApplicable
from conformance.peers.visits import OWN, PASSWORDS, SECOND, Login, Visit

if TYPE_CHECKING:
    from conformance.link.tls import Credentials

ANYBODYS = frozenset({OWN, "none", "self-signed", "foreign-ca"})
"""What can be shown without the key of the authority that the CSMS trusts."""
STRANGER = "OC-STRANGER"
"""The station that certificate "another" was issued to."""
_STRANGE_ORGANIZATION = "Somebody Else"


class StationCredentials:
    """What our station shows to a CSMS under test on security profiles 2 and 3: what is right, and what is not."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut

    @cached_property
    def _pki(self) -> Any:
        return pki_of(self._dut)

    @property
    def _given(self) -> Credentials | None:
        from conformance.link.tls import Credentials

        files = self._dut.tls
        return None if files.certificate is None or files.key is None else Credentials(files.certificate, files.key)

    def context(self, login: Login) -> ssl.SSLContext:
        """A client's context. Raises NotApplicable for a certificate that this lab can't issue, and for a TLS that the
        library of this machine does not speak."""
        from conformance.link.tls import client_context

        check_spoken(login.maximum, login.ciphers)
        limits: dict[str, Any] = {}
        for name, text in (("minimum", login.minimum), ("maximum", login.maximum)):
            if text:
                limits[name] = ssl.TLSVersion[text]
        if login.ciphers:
            limits["ciphers"] = login.ciphers
        if limits:
            # Old TLS and anonymous suites are tried to see them refused: whom they would reach does not matter.
            limits["verify"] = False
        if limits or login.certificate not in (OWN, "none"):
            limits["security_level"] = 0
        return client_context(self._dut.tls.trust, credentials=self._shown(login.certificate), **limits)

    def can_show(self, certificate: str) -> bool:
        """Whether this lab has such a certificate."""
        return self._given is None or certificate in ANYBODYS

    def _shown(self, certificate: str) -> Credentials | None:
        from conformance.link.pki import Variant

        if certificate == "none" or (certificate == OWN and self._dut.security_profile != 3):
            return None
        if not self.can_show(certificate):
            raise NotApplicable(
                "the description brings our station's certificate ([tls] certificate), so a run can't issue this one: "
                f"{certificate}"
            )
        if certificate == OWN and self._given is not None:
            return self._given
        identity = self._dut.identity
        named = {OWN: identity, SECOND: self._dut.address.second_identity, "another": STRANGER}
        issued: Credentials
        if certificate in named:
            issued = self._pki.station(named[certificate])
        elif certificate == "other-organization":
            # Takes up the same authority from its folder.
            issued = type(self._pki)(self._pki.folder, keys=self._pki.keys, organization=_STRANGE_ORGANIZATION).station(
                identity
            )
        else:
            issued = self._pki.station(identity, variant=Variant(certificate))
        return issued


class Guides:
    """Leads visitors to one CSMS under one version; a `conformance.peers.visits.Guide`."""

    def __init__(self, dut: Any, ocpp: Version, now: Callable[[], float]) -> None:
        self._dut = dut
        self._version = ocpp
        self._now = now
        self._credentials = StationCredentials(dut)

    def complete(self, login: Login) -> Login:
        """The login with everything filled in that it leaves to the description.

        Raises NotApplicable for a second station when the description names none.
        """
        meant = SECOND in (login.identity, login.username, login.password, login.certificate)
        if meant and not self._dut.address.second_identity:
            raise NotApplicable("the description names no second station ([connection] second_identity)")
        identities = {OWN: self._dut.identity, SECOND: self._dut.address.second_identity}
        identity = identities.get(login.identity, login.identity)
        return replace(
            login,
            identity=identity,
            username=identities.get(login.username, login.username) or identity,
            serial=identities.get(login.serial, login.serial) or identity,
        )

    def lead(self, visit: Visit, login: Login) -> None:
        """See `Guide`; `login` is complete."""
        from conformance.link.dialler import dial

        url = self._dut.address.url
        password = None if login.authorization else self._password(login.password)
        dial(
            visit,
            url.replace("wss://", "ws://", 1) if login.plain else url,
            login.identity,
            now=self._now,
            subprotocols=(self._version.subprotocol,),
            basic=None if password is None else (login.username, password),
            tls=self._tls(login),
            compression="CS" in self._version.compression_required,
            timeout=self._dut.timeouts.connect,
            headers=(("Authorization", login.authorization),) if login.authorization else (),
        )

    def _password(self, name: str) -> bytes | None:
        """The password of that name; None for none."""
        address, own = self._dut.address, self._dut.password
        if name == SECOND:
            second: bytes | None = address.second_password
            return own if second is None else second
        if name == OWN:
            return own if own is None else bytes(own)
        return None if name == "none" else PASSWORDS[name](own or b"")

    def _tls(self, login: Login) -> ssl.SSLContext | None:
        if login.plain or self._dut.security_profile < 2:
            return None
        return self._credentials.context(login)
