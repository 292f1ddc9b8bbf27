"""Certificates of a station: the roots that it trusts, and its own, which it renews; what every family shares.

Source: 2.0.1 and 2.1 part 2, A00.FR.501 to A00.FR.511, A02, A03, M03 to M05; security whitepaper of 1.6 edition 3,
the same requirements, 6.1 and chapter 7.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from cryptography import x509

    from conformance.reference.station import Station

ROOM = 10
"""Roots that there is room for (CertificateStoreMaxLength; CertificateEntries.maxLimit)."""
LONGEST_CHAIN = 10000
"""Characters of a chain (CertificateSignedMaxChainSize; MaxCertificateChainSize)."""


class CertificateStore:
    """The roots by kind, the key of each signing request, and the station's own certificate. All lives in the memory.

    `trusted` is the kind of root that vouches for a CSMS and for the station's own certificate.
    """

    def __init__(self, station: Station, trusted: str, given: Mapping[str, Path | None]) -> None:
        """`given`: the roots that the station is made with, by kind."""
        self._station = station
        self._trusted = trusted
        self._folder = tempfile.TemporaryDirectory(prefix="charge-point-")
        self._store: list[dict[str, str]] = station.memory.data.setdefault("roots", [])
        for kind, path in given.items():
            if path is not None and not any(one["type"] == kind for one in self._store):
                self._store += [{"type": kind, "pem": pem} for pem in each(path.read_text("ascii"))]
        chain, key = station.options.certificate, station.options.key
        if chain is not None and key is not None and not self._own:
            self._own.update(chain=chain.read_text("ascii"), key=key.read_text("ascii"))

    # -- what others ask -------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Roots that are installed."""
        return len(self._store)

    def roots(self, kind: str) -> list[str]:
        """The installed roots of a kind (PEM)."""
        return [one["pem"] for one in self._store if one["type"] == kind]

    @property
    def has_own(self) -> bool:
        """Whether there is a certificate to show on security profile 3."""
        return bool(self._own)

    @property
    def _own(self) -> dict[str, str]:
        return self._station.memory.section("own_certificate")

    def vouching(self) -> list[str]:
        """The roots of which one has to stand above the certificate of the CSMS."""
        return self.roots(self._trusted)

    def equip(self, context: ssl.SSLContext) -> None:
        """Have a fresh context trust the roots and show the certificate."""
        roots = "".join(self.vouching())
        if roots:
            context.load_verify_locations(cadata=roots)
        if self._own:
            chain, key = (Path(self._folder.name) / name for name in ("own.pem", "own.key"))
            chain.write_text(self._own["chain"], "ascii")
            key.touch(mode=0o600)
            key.write_text(self._own["key"], "ascii")
            context.load_cert_chain(chain, key)

    # -- roots -----------------------------------------------------------------------------------------------------

    def _named(self, pem: str) -> Payload:
        """certificateHashData of an installed root, as it is reported."""
        named = self._hashed(pem)
        if self._station.defects.active("certificate-hash-of-pem"):
            return {**named, "issuerKeyHash": _digest(named["serialNumber"].encode())}
        return named

    def _hashed(self, pem: str, algorithm: str = "SHA256") -> dict[str, str]:
        """Its hash data; the issuer is the root that has signed it, if that is another one."""
        above = next((one.get("issuer", "") for one in self._store if one["pem"] == pem), "")
        return hash_data(pem, algorithm, above)

    def _add(self, kind: str, pem: str, issuer: str = "") -> bool:
        """Install a root, replacing the same one; whether there was room. `issuer` has signed it, if not itself."""
        if pem not in self.roots(kind):
            if len(self._store) >= ROOM:
                return False
            self._store.append({"type": kind, "pem": pem, **({"issuer": issuer} if issuer else {})})
            self._station.memory.save()
        return True

    def _remove(self, entry: dict[str, str]) -> None:
        self._store.remove(entry)
        self._station.memory.save()

    def delete(self, request: Payload) -> Payload:
        """Answer DeleteCertificate: whatever has this hash, but the root that vouches for the connection in use."""
        wanted = request["certificateHashData"]
        for one in self._store:
            if not means(wanted, self._hashed(one["pem"], wanted["hashAlgorithm"])):
                continue
            in_use = one["type"] == self._trusted and one["pem"] == self._in_use()
            if in_use and not self._station.defects.active("root-in-use-deleted"):
                return {"status": "Failed"}
            if not self._station.defects.active("certificate-not-deleted"):
                self._remove(one)
            return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _in_use(self) -> str | None:
        """The root at the end of the chain by which the connection's TLS was verified; None without TLS."""
        inside = self._station.tls_object()
        if inside is None:
            return None
        chain = inside._sslobj.get_verified_chain()  # public from Python 3.13 on
        root = ssl.DER_cert_to_PEM_cert(chain[-1].public_bytes(2))
        return next((one for one in self.roots(self._trusted) if _der(one) == _der(root)), None)

    # -- the station's own -----------------------------------------------------------------------------------------

    def _new_key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        active = self._station.defects.active
        if active("signing-request-with-small-key"):
            return rsa.generate_private_key(public_exponent=65537, key_size=1024)
        if active("signing-request-for-old-key") and self._own:
            return _key(self._own["key"])
        return ec.generate_private_key(ec.SECP256R1())

    def _request_for(self, key: Any, operator: str, name: str) -> str:
        """A signing request (PEM) for a key, with the operator as O and the name as CN."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509.oid import NameOID

        active = self._station.defects.active
        if active("signing-request-of-another-operator"):
            operator = "Somebody Else"
        if active("signing-request-of-another-station"):
            name = "SN-0000"
        parts = [(NameOID.ORGANIZATION_NAME, operator), (NameOID.COMMON_NAME, name)]
        subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        text = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")
        return _spoilt(text) if active("signing-request-signature-wrong") else text

    @property
    def _longest_chain(self) -> int:
        """Characters that a chain may have."""
        return LONGEST_CHAIN

    def _holds(self, chain: str, key: Any, root: str) -> bool:
        """Whether the chain is for this key, valid today, and leads to a root of that kind (A02.FR.06)."""
        from cryptography import x509

        try:
            certificates = x509.load_pem_x509_certificates(chain.encode())
        except ValueError:
            return False
        active = self._station.defects.active
        leaf = certificates[0]
        too_long = len(chain) > self._longest_chain and not active("long-chain-accepted")
        if key is None or too_long:
            return False
        if leaf.public_key() != key.public_key() and not active("certificate-for-another-key-accepted"):
            return False
        if not is_valid_now(leaf) and not active("expired-own-certificate-accepted"):
            return False
        return active("own-certificate-of-anybody-accepted") or self._leads_to_root(certificates, root)

    def _leads_to_root(self, certificates: list[x509.Certificate], kind: str) -> bool:
        from cryptography import x509

        roots = [x509.load_pem_x509_certificate(one.encode()) for one in self.roots(kind)]
        below = certificates[0]
        for above in [*certificates[1:], None]:
            if any(_issued(below, root) for root in roots):
                return True
            if above is None or not _issued(below, above):
                return False
            below = above
        return False

    def _invalid(self, event: str) -> None:
        # Not critical by the list of events; the test cases want the CSMS to be told all the same.
        told = not self._station.defects.active("invalid-certificate-not-told")
        self._station.security.happened(event, critical=told)


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def signed_by(pem: str, root: str) -> bool:
    """Whether one root certificate has signed another (PEM both)."""
    from cryptography import x509

    below, above = (x509.load_pem_x509_certificate(one.encode()) for one in (pem, root))
    return _issued(below, above)


def means(wanted: Payload, own: Payload) -> bool:
    """Whether both are the hash data of one certificate; case does not matter, nor does what else is told."""
    return all(str(wanted.get(name, "")).casefold() == value.casefold() for name, value in own.items())


def private_pem(key: Any) -> str:
    """A private key as PEM, not encrypted."""
    from cryptography.hazmat.primitives import serialization

    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, *kinds).decode("ascii"))


def hash_data(pem: str, algorithm: str = "SHA256", issuer: str = "") -> dict[str, str]:
    """certificateHashData of a certificate whose issuer is given, of a root without (6.1; M03)."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(pem.encode())
    above = x509.load_pem_x509_certificate(issuer.encode()) if issuer else certificate
    # The SHA-1 key identifier is no use: the hash is over the same octets, by the algorithm that is asked for.
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": _digest(certificate.issuer.public_bytes(), algorithm),
        "issuerKeyHash": _digest(_key_octets(above.public_key()), algorithm),
        "serialNumber": f"{certificate.serial_number:X}",
    }


def _key_octets(key: Any) -> bytes:
    """The subject public key of a certificate without tag and length: a point, or a PKCS#1 key."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if isinstance(key, EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def _digest(data: bytes, algorithm: str = "SHA256") -> str:
    return hashlib.new(algorithm.lower(), data).hexdigest()


def _key(pem: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem.encode(), None)


def each(bundle: str) -> Iterator[str]:
    """The certificates of a PEM file, one by one."""
    end = "-----END CERTIFICATE-----"
    for part in bundle.split(end)[:-1]:
        yield f"{part[part.index('-----BEGIN') :]}{end}\n"


def _der(pem: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.strip())


def is_root(pem: str) -> bool:
    """Whether this is the certificate of an authority, signed by itself, valid today, with a key that is no toy."""
    return is_authority(pem) and signed_by(pem, pem)


def is_authority(pem: str) -> bool:
    """Whether this is the certificate of an authority, whoever signed it, valid today, with a key that is no toy."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, x509.ExtensionNotFound):
        return False
    size = getattr(certificate.public_key(), "key_size", 256)
    small = size < (224 if hasattr(certificate.public_key(), "curve") else 2048)
    return authority and is_valid_now(certificate) and not small


def is_valid_now(certificate: x509.Certificate) -> bool:
    """Whether this is a day of its validity."""
    return certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc


def _spoilt(request: str) -> str:
    """The same request with another signature: the last octet is a part of it."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(_as(request, "CERTIFICATE REQUEST", "CERTIFICATE").strip()))
    der[-1] ^= 1
    return _as(ssl.DER_cert_to_PEM_cert(bytes(der)), "CERTIFICATE", "CERTIFICATE REQUEST")


def _as(pem: str, one: str, other: str) -> str:
    return pem.replace(f"BEGIN {one}", f"BEGIN {other}").replace(f"END {one}", f"END {other}")
