"""What the CSMS makes of a contract certificate: its chain, and what OCSP responders say of it (2.x C07.FR.05).

Source: 2.0.1 part 2, C07.FR.05 and C07.FR.15 to FR.17; RFC 6960.
"""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from cryptography import x509

ACCEPTED, REVOKED, EXPIRED, BROKEN = "Accepted", "CertificateRevoked", "CertificateExpired", "CertChainError"
PATIENCE = 2.0
"""Seconds that a responder has for its answer."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A request to a responder, and the serial number that it is about."""

    url: str
    request: bytes
    serial: int


async def judge(roots: Path, payload: Payload) -> str:
    """AuthorizeCertificateStatus of the certificate that an Authorize tells of, or brings."""
    from cryptography import x509

    trusted = x509.load_pem_x509_certificates(roots.read_bytes())
    known: list[x509.Certificate] = []
    try:
        if "certificate" in payload:
            known = x509.load_pem_x509_certificates(payload["certificate"].encode())
            above = next((one for one in trusted if _issued(known[-1], one)), known[-1])
            links = [*pairwise(known), (known[-1], above)]
            if above not in trusted or not all(_issued(below, issuer) for below, issuer in links):
                return BROKEN
            if any(not one.not_valid_before_utc <= datetime.now(UTC) <= one.not_valid_after_utc for one in known):
                return EXPIRED
            questions = list(_about_chain(links))
        else:
            questions = [_about_hashes(one) for one in payload["iso15118CertificateHashData"]]
        told = [await asyncio.to_thread(_ask, one, known, trusted) for one in questions]
    except (OSError, ValueError, KeyError, AttributeError):
        return BROKEN
    if not told or BROKEN in told:
        return BROKEN
    return REVOKED if REVOKED in told else ACCEPTED


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _about_chain(links: Sequence[tuple[x509.Certificate, x509.Certificate]]) -> Iterator[_Question]:
    """A question about each certificate that names a responder."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp

    for below, above in links:
        try:
            access = below.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        except x509.ExtensionNotFound:
            continue
        request = ocsp.OCSPRequestBuilder().add_certificate(below, above, hashes.SHA256()).build()
        for one in access:
            yield _Question(str(one.access_location.value), request.public_bytes(Encoding.DER), below.serial_number)


def _about_hashes(told: Mapping[str, str]) -> _Question:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp

    algorithm = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}
    serial = int(told["serialNumber"], 16)
    names = bytes.fromhex(told["issuerNameHash"]), bytes.fromhex(told["issuerKeyHash"])
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*names, serial, algorithm[told["hashAlgorithm"]])
    return _Question(told["responderURL"], builder.build().public_bytes(Encoding.DER), serial)


def _ask(question: _Question, known: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]) -> str:
    """What a responder says, if it may: signed by an issuer below a trusted root. Blocks; OSError, ValueError."""
    from cryptography.x509 import ocsp

    if not question.url.startswith(("http://", "https://")):
        raise ValueError(f"{question.url} is no responder")
    headers = {"Content-Type": "application/ocsp-request"}
    post = urllib.request.Request(question.url, question.request, headers)
    with urllib.request.urlopen(post, timeout=PATIENCE) as response:
        answer = ocsp.load_der_ocsp_response(response.read())
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL or answer.serial_number != question.serial:
        return BROKEN
    issuers = [*known, *answer.certificates]
    may = [*trusted, *(one for one in issuers if any(_issued(one, root) for root in trusted))]
    if not any(_signed(answer, one.public_key()) for one in may):
        return BROKEN
    said = {ocsp.OCSPCertStatus.GOOD: ACCEPTED, ocsp.OCSPCertStatus.REVOKED: REVOKED}
    return said.get(answer.certificate_status, BROKEN)


def _signed(answer: Any, key: Any) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding

    how: tuple[Any, ...] = (padding.PKCS1v15(), answer.signature_hash_algorithm)
    if isinstance(key, ec.EllipticCurvePublicKey):
        how = (ec.ECDSA(answer.signature_hash_algorithm),)
    try:
        key.verify(answer.signature, answer.tbs_response_bytes, *how)
    except InvalidSignature:
        return False
    return True
