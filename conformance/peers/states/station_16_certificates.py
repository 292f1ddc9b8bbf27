"""States of certificates of a charge point under test in 1.6 (security whitepaper edition 3, A02, M03 to M05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.certificates import SigningRequest, listed, misspelt, signing_request
from conformance.peers.csms import FakeCsms
from conformance.peers.peer import Request
from conformance.peers.states import accepted, state

CENTRAL = "CentralSystemRootCertificate"


@state("CertificateInstalled", family="1.6", dut="CS")
def certificate_installed(csms: FakeCsms, lab: Any, certificate: str, kind: str = CENTRAL) -> Mapping[str, Any]:
    """A root certificate (PEM) is installed, if it was not before; what the charge point calls it."""
    csms.mark()
    if _named(csms, kind, certificate) is None:
        answer = csms.send("InstallCertificate", certificateType=kind, certificate=certificate)
        accepted(answer, csms, "InstallCertificate", "M05.FR.02")
    named: Mapping[str, Any] = certificate_listed(csms, lab, certificate, kind)
    return named


@state("CertificateListed", family="1.6", dut="CS")
def certificate_listed(csms: FakeCsms, lab: Any, certificate: str, kind: str = CENTRAL) -> Mapping[str, Any]:
    """A root certificate (PEM) is among the installed ones of its kind; what the charge point calls it."""
    return _named(csms, kind, certificate, needed=True) or {}


def _named(csms: FakeCsms, kind: str, certificate: str, needed: bool = False) -> Mapping[str, Any] | None:
    """What the charge point calls a root among those of its kind; None when it is not there and not `needed`."""
    ids = csms.send("GetInstalledCertificateIds", certificateType=kind)
    status = "Accepted" if ids.certificateHashData else "NotFound"
    wrong = misspelt(ids.certificateHashData)
    found = listed(ids.certificateHashData, certificate)
    if ids.status != status or wrong or (needed and found is None):
        raise csms.failure(
            f"{status}, with the hash data of each certificate" + (", the installed one among them" if needed else ""),
            f"{ids.status}, {'; '.join(wrong) or ids.certificateHashData!r}",
            entry=ids._entry,
            pointer="/certificateHashData",
            requirement="M03.FR.04",
        )
    return found


@state("SigningRequested", family="1.6", dut="CS")
def signing_requested(csms: FakeCsms, lab: Any) -> tuple[Request, SigningRequest]:
    """The charge point was triggered to renew its certificate, and asks for it; the message, and the request in it."""
    csms.mark()
    answer = csms.send("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
    accepted(answer, csms, "ExtendedTriggerMessage", "A02")
    csms.follow(answer)
    return signing_request(csms)


@state("RenewChargePointCertificate", family="1.6", dut="CS")
def renewed(csms: FakeCsms, lab: Any) -> SigningRequest:
    """The charge point has a certificate of the operator of the lab; the request that it is for."""
    asked, request = signing_requested(csms, lab)
    answer = csms.send("CertificateSigned", certificateChain=csms.certificates.sign(asked.csr))
    accepted(answer, csms, "CertificateSigned", "A02.FR.06")
    renewed_by: SigningRequest = request
    return renewed_by
