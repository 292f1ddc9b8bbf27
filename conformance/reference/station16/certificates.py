"""Certificates of a charge point: what the Central System asks of the store, in the words of 1.6.

Source: security whitepaper of 1.6 edition 3, A00.FR.501 to A00.FR.511, A02, M03 to M05, 6.1 and chapter 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.certificates import CertificateStore, is_root, private_pem
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
_EVENTS = {CENTRAL: "InvalidCentralSystemCertificate", MANUFACTURER: "InvalidFirmwareSigningCertificate"}


class Certificates(CertificateStore):
    """The handlers of what the Central System asks of the store."""

    _station: Station16

    def __init__(self, station: Station16) -> None:
        super().__init__(station, CENTRAL, {CENTRAL: station.options.ca, MANUFACTURER: station.options.firmware_roots})
        self._pending: Any = None
        """The key of the request that has not been answered by a certificate."""

    def installed(self, request: Payload) -> Payload:
        """Answer GetInstalledCertificateIds."""
        found = [self._named(pem) for pem in self.roots(request["certificateType"])]
        if self._station.defects.active("installed-certificate-left-out"):
            found = found[:1]
        return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}

    def install(self, request: Payload) -> Answer | Payload:
        """Answer InstallCertificate."""
        kind, pem = request["certificateType"], request["certificate"]
        if not is_root(pem) and not self._station.defects.active("expired-root-installed"):
            return Answer({"status": "Rejected"}, lambda: self._invalid(_EVENTS[kind]))
        return {"status": "Accepted" if self._add(kind, pem) else "Rejected"}

    def trigger(self) -> bool:
        """Whether a signing request can be made: CpoName has to be set (A02, prerequisite)."""
        return bool(self._operator)

    @property
    def _operator(self) -> str:
        return self._station.configuration.text("CpoName")

    async def request(self) -> None:
        """Make a fresh key and ask for its certificate."""
        self._pending = self._new_key()
        text = self._request_for(self._pending, self._operator, self._station.options.identity)
        await self._station.tell("SignCertificate", {"csr": text})

    def signed(self, request: Payload) -> Answer | Payload:
        """Answer CertificateSigned: take a good certificate into use, discard any other (A02.FR.06 to A02.FR.08)."""
        chain = request["certificateChain"]
        if not self._holds(chain, self._pending, CENTRAL):
            return Answer({"status": "Rejected"}, lambda: self._invalid("InvalidChargePointCertificate"))
        if not self._station.defects.active("signed-certificate-not-used"):
            self._own.update(chain=chain, key=private_pem(self._pending))
        self._pending = None
        self._station.memory.save()
        return Answer({"status": "Accepted"}, self._switch)

    def _switch(self) -> None:
        if self._station.profiles.current == 3:
            self._station.reconnect()
