"""How visitors get to a CSMS under test: their address, their credentials, and a TLS that may be wrong on purpose."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.cases.tls import pki_of
from conformance.ocppj.versions import Version
from conformance.peers.outcome import NotApplicable
from conformance.peers.visits import OWN, Login, Visit

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

    def context(self, login: Login, identity: str) -> ssl.SSLContext:
        """A client's context. Raises NotApplicable for a certificate that this lab can't issue."""
        from conformance.link.tls import client_context

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
        return client_context(self._dut.tls.trust, credentials=self._shown(login.certificate, identity), **limits)

    def can_show(self, certificate: str, identity: str) -> bool:
        """Whether there is such a certificate for a station of that identity."""
        return self._given is None or (certificate in ANYBODYS and identity == self._dut.identity)

    def _shown(self, certificate: str, identity: str) -> Credentials | None:
        from conformance.link.pki import Variant

        if certificate == "none" or (certificate == OWN and self._dut.security_profile != 3):
            return None
        if not self.can_show(certificate, identity):
            raise NotApplicable(
                "the description brings our station's certificate ([tls] certificate), so a run can't issue this one: "
                f"{certificate} for {identity}"
            )
        if certificate == OWN and self._given is not None:
            return self._given
        issued: Credentials
        if certificate in (OWN, "another"):
            issued = self._pki.station(identity if certificate == OWN else STRANGER)
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
        address = self._dut.address
        identity, password = self._dut.identity, self._dut.password
        if login.second:
            if not address.second_identity:
                raise NotApplicable("the description names no second station ([connection] second_identity)")
            identity = address.second_identity
            password = address.second_password if address.second_password is not None else password
        identity = login.identity or identity
        return replace(
            login,
            identity=identity,
            username=identity if login.username is None else login.username,
            password=password if login.password == OWN else login.password,
        )

    def lead(self, visit: Visit, login: Login) -> None:
        """See `Guide`; `login` is complete."""
        from conformance.link.dialler import dial

        url = self._dut.address.url
        basic = None
        if isinstance(login.password, bytes):
            basic = (str(login.username), login.password)
        dial(
            visit,
            url.replace("wss://", "ws://", 1) if login.plain else url,
            login.identity,
            now=self._now,
            subprotocols=(self._version.subprotocol,),
            basic=None if login.authorization else basic,
            tls=self._tls(login),
            compression="CS" in self._version.compression_required,
            timeout=self._dut.timeouts.connect,
            headers=(("Authorization", login.authorization),) if login.authorization else (),
        )

    def can_show(self, certificate: str) -> bool:
        """See `Guide`."""
        return self._credentials.can_show(certificate, self._dut.identity)

    def can_speak(self, maximum: str, ciphers: tuple[str, ...] = ()) -> bool:
        """See `Guide`."""
        known = {"TLSv1": ssl.HAS_TLSv1, "TLSv1_1": ssl.HAS_TLSv1_1, "TLSv1_2": ssl.HAS_TLSv1_2}
        if not known.get(maximum, True):
            return False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.set_ciphers(f"{':'.join(ciphers) or 'ALL'}:@SECLEVEL=0")
        except ssl.SSLError:
            return False
        return True

    def _tls(self, login: Login) -> ssl.SSLContext | None:
        if login.plain or self._dut.security_profile < 2:
            return None
        whose = self._dut.identity
        if login.second and login.identity == self._dut.address.second_identity:
            whose = login.identity
        return self._credentials.context(login, whose)
