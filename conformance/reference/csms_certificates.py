"""A small certificate authority for what the reference CSMS signs and installs; keys live as long as the process.

Source: OCPP 2.0.1 part 2, use cases A02, A03, L01, M03 to M05; OCPP 1.6 security whitepaper, chapters 4 and 5.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

ORGANIZATION = "Reference CSMS"
_VALID = timedelta(days=365)


class CertificateAuthority:
    """An ECDSA P-256 root, made when it is first needed."""

    def sign(self, request: str) -> str | None:
        """The certificate chain (PEM, leaf first) for a PEM certificate request; None if it cannot be used."""
        from cryptography import x509

        try:
            asked = x509.load_pem_x509_csr(request.encode())
            valid = asked.is_signature_valid
        except Exception:
            # Whatever the library stumbles over in foreign bytes, the request is of no use.
            return None
        return self._issue(asked.subject, asked.public_key(), ca=False) if valid else None

    def issue(self, common_name: str) -> str:
        """A certificate chain (PEM) for a fresh key that nobody holds; good for an exercise of the messages."""
        from cryptography.hazmat.primitives.asymmetric import ec

        return self._issue(_name(common_name), ec.generate_private_key(ec.SECP256R1()).public_key(), ca=False)

    @cached_property
    def root(self) -> str:
        """The root certificate, PEM."""
        return _pem(self._root)

    @cached_property
    def root_hash(self) -> dict[str, str]:
        """certificateHashData of the root, SHA256."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        certificate = self._root
        key = certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": hashlib.sha256(certificate.issuer.public_bytes()).hexdigest(),
            "issuerKeyHash": hashlib.sha256(key).hexdigest(),
            "serialNumber": f"{certificate.serial_number:x}",
        }

    def signature(self, data: bytes) -> str:
        """An ECDSA SHA-256 signature over `data` by the firmware signing key, base64."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        return base64.b64encode(self._signing_key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()

    @cached_property
    def signing_certificate(self) -> str:
        """The certificate of the firmware signing key, PEM."""
        chain = self._issue(_name("Firmware signing"), self._signing_key.public_key(), ca=False)
        return chain[: chain.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _signing_key(self) -> ec.EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _root(self) -> x509.Certificate:
        return self._build(_name("Reference CSMS root"), self._key.public_key(), ca=True)

    def _issue(self, subject: x509.Name, public_key: object, *, ca: bool) -> str:
        return _pem(self._build(subject, public_key, ca=ca)) + self.root

    def _build(self, subject: x509.Name, public_key: object, *, ca: bool) -> x509.Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        start = datetime.now(UTC) - timedelta(minutes=5)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name("Reference CSMS root"))
            .public_key(public_key)  # type: ignore[arg-type]  # a CSR may hold any of cryptography's key types
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + _VALID)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64] or "station"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
        ]
    )


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()
