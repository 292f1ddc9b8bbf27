"""States of certificates of a charging station under test in 2.x (2.0.1 part 6 ed. 3, section 2.18; errata 2025-09)."""

from __future__ import annotations

from typing import Any

from conformance.peers.certificates import SigningRequest, send_chain, signing_request
from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, one_of
from conformance.peers.peer import Request
from conformance.peers.states import accepted, state

STATION = "ChargingStationCertificate"
TRIGGERS = {
    STATION: "SignChargingStationCertificate",
    "V2GCertificate": "SignV2GCertificate",
    "V2G20Certificate": "SignV2G20Certificate",
}


@state("CertificateInstalled", family="2", dut="CS")
def certificate_installed(csms: FakeCsms, lab: Any, certificate: str, kind: str = "CSMSRootCertificate") -> None:
    """A root certificate (PEM) is installed; one that was there before is replaced by itself (M05.FR.17)."""
    csms.mark()
    answer = csms.send("InstallCertificate", certificateType=kind, certificate=certificate)
    accepted(answer, csms, "InstallCertificate", "M05.FR.02")


@state("SigningRequested", family="2", dut="CS")
def signing_requested(
    csms: FakeCsms, lab: Any, kind: str = STATION, evse: Any = None
) -> tuple[Request, SigningRequest]:
    """The station was triggered to renew a certificate, and asks for it; the message, and the request in it."""
    csms.mark()
    target = {} if evse is None else {"evse": {"id": evse}}
    answer = csms.send("TriggerMessage", requestedMessage=TRIGGERS[kind], **target)
    accepted(answer, csms, "TriggerMessage", "F06.FR.04")
    csms.follow(answer)
    asked, request = signing_request(csms, certificateType=certificate_type(csms, kind))
    if not request.strong:
        raise csms.failure(
            "a key of 2048 bits of RSA or 224 of a curve",
            request.key,
            entry=asked._entry,
            pointer="/csr",
            requirement="A00.FR.501",
        )
    return asked, request


def certificate_type(csms: FakeCsms, kind: str) -> Any:
    """What SignCertificate says of a certificate's type: only who has two kinds has to tell (A02.FR.13)."""
    features = csms.lab.dut.features
    both = any(id in features and features[id] for id in ("ISO-1.1", "ISO-1.2"))
    return kind if both or kind != STATION else one_of(ABSENT, kind)


@state("RenewChargingStationCertificate", family="2", dut="CS")
def renewed(csms: FakeCsms, lab: Any) -> SigningRequest:
    """The station has a new certificate; where its connection rests on it, it has come back with the new one."""
    asked, request = signing_requested(csms, lab)
    csms.mark()
    answer = send_chain(csms, asked, STATION)
    accepted(answer, csms, "CertificateSigned", "A02.FR.06")
    if csms.credentials.profile == 3:
        # The errata (2025-02) let a lab drop the connection itself; A02.FR.08 leaves it to the station.
        csms.expect_connection(within=csms.deadlines.reset, requirement="A02.FR.08")
        shown = csms.shown["client_certificate"]
        if shown.get("fingerprint") != request.fingerprint:
            raise csms.failure("the new certificate is shown", f"{shown}", requirement="A02.FR.08")
    signed_for: SigningRequest = request
    return signed_for


@state("RenewV2GChargingStationCertificate", family="2", dut="CS")
def renewed_for_evs(csms: FakeCsms, lab: Any, evse: Any = None) -> SigningRequest:
    """The station has a new certificate to show to EVs; the request that it is for."""
    asked, request = signing_requested(csms, lab, "V2GCertificate", evse)
    csms.mark()
    answer = send_chain(csms, asked, "V2GCertificate")
    accepted(answer, csms, "CertificateSigned", "A02.FR.06")
    signed_for: SigningRequest = request
    return signed_for
