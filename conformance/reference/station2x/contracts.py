"""The contract certificate by which an EV identifies itself (Plug and Charge), and what the CSMS is told of it.

Source: 2.0.1 part 2, C07, OCSPRequestDataType.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from conformance.data import data_path
from conformance.reference.certificates import each, hash_data, signed_by
from conformance.reference.station2x.certificates import MO, V2G
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

CONTROLLER = "ISO15118Ctrlr"


class Contracts:
    """The contract of the EV that comes to this station."""

    def __init__(self, station: Station2x) -> None:
        self._station = station

    @property
    def enabled(self) -> bool:
        """Whether EVs may identify themselves by their contracts."""
        return self._station.model.flag(CONTROLLER, "PnCEnabled")

    @cached_property
    def _chain(self) -> list[str]:
        """The contract certificate and the sub-CAs above it; the root, which the file has, too, an EV does not show."""
        return list(each(data_path("docs", "devices", "reference-contract.pem").read_text("ascii")))[:-1]

    def valid_offline(self) -> bool:
        """Whether the contract may count offline, and does (C07.FR.07, C07.FR.08)."""
        allowed = self._station.model.flag(CONTROLLER, "ContractValidationOffline")
        return allowed and self._station.certificates.vouches_for(self._chain)

    def particulars(self) -> Payload | None:
        """What Authorize has to say of the certificate (C07.FR.02, C07.FR.06); None for one that can't be judged."""
        told: Payload = {"iso15118CertificateHashData": self._hashes()}
        if self._station.certificates.vouches_for(self._chain):
            return told
        if not self._station.model.flag(CONTROLLER, "CentralContractValidationAllowed"):
            return None
        return {**told, "certificate": "".join(self._chain)}

    def _hashes(self) -> list[Payload]:
        """What an OCSP request needs, for each certificate whose issuer is at hand."""
        roots = [one for kind in (MO, V2G) for one in self._station.certificates.roots(kind)]
        above = [*self._chain[1:], next((one for one in roots if signed_by(self._chain[-1], one)), "")]
        pairs = zip(self._chain, above, strict=True)
        return [{**hash_data(pem, issuer=issuer), "responderURL": _responder(pem)} for pem, issuer in pairs if issuer]


def _responder(pem: str) -> str:
    """Where a certificate says that its status can be asked for."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(pem.encode())
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return next(str(one.access_location.value) for one in access)
