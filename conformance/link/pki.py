"""A public key infrastructure for tests: root, intermediate, certificates that are right and ones that are wrong.

Shaped after OCPP 2.0.1 part 2, A00.FR.501 to 514: ECDSA P-256 or RSA from 2048 bits, SHA-256, an organization name in
every subject, the host as common name of a server and the serial number (or identity) as that of a station, key usage
but no extended key usage. The leaves of one process share their RSA keys, because making them is slow; nothing here
protects anything but a test.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
import threading
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.link.tls import Credentials

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey
    Hierarchy = tuple[x509.Certificate, x509.Certificate, PrivateKey]


class KeyKind(StrEnum):
    """What kind of key a certificate is for."""

    EC = "EC"
    """ECDSA on the curve P-256."""
    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_1024 = "RSA-1024"
    """Too weak for A00.FR.502."""


class Variant(StrEnum):
    """What is wrong with a certificate."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_NAME = "wrong-name"
    """Issued to another host or station (`TestPki.WRONG_NAME`)."""
    WILDCARD = "wildcard"
    """A server's name has `*` for its first label."""
    SELF_SIGNED = "self-signed"
    FOREIGN_CA = "foreign-ca"
    """Issued by a root of the same name that nobody was told to trust."""
    NO_INTERMEDIATE = "no-intermediate"
    """Right, but shown without the intermediate certificate."""
    WEAK_KEY = "weak-key"
    """RSA with 1024 bits."""
    SUCCESSOR = "successor"
    """Right, but issued by the authority that shall come after this one (`TestPki.successor`)."""


_BITS = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072, KeyKind.RSA_1024: 1024}
_rsa_keys: dict[KeyKind, PrivateKey] = {}
_rsa_lock = threading.Lock()
_LEAF_DAYS = 398
_AUTHORITY_DAYS = 3650


class TestPki:
    """One hierarchy, root → intermediate → leaves, written as PEM files below `folder` (keys with mode 0600).

    A hierarchy of the same kind of key that stands in `folder` already, and is valid, is taken up again, so that a
    device that was told to trust `roots.pem` need not be told at every run. Leaves are made anew.

    `keys` is the kind of every key unless a call says otherwise. `ocsp_url` goes into the leaves' authority information
    access. `now` is the time around which certificates are valid: from a day before it until 398 days after it.
    `roots` is the PEM file to trust, `root_certificate` and `issuer_certificate` (the intermediate) with `issuer_key`
    are the objects of `cryptography`.
    """

    __test__ = False  # its name looks like a test class to pytest

    WRONG_NAME = "wrong-name.invalid"

    def __init__(
        self,
        folder: Path,
        *,
        keys: KeyKind = KeyKind.EC,
        organization: str = "OCPP Conformance",
        ocsp_url: str | None = None,
        now: datetime | None = None,
    ) -> None:
        self.folder = folder
        self.keys = keys
        self.organization = organization
        self.ocsp_url = ocsp_url
        self.now = (now or datetime.now(UTC)).replace(microsecond=0)
        self._numbers = itertools.count(1)
        self._foreign: TestPki | None = None
        self._successor: TestPki | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.roots = folder / "roots.pem"
        self.root_certificate, self.issuer_certificate, self.issuer_key = self._found() or self._made()

    def server(
        self,
        *hosts: str,
        variant: Variant = Variant.VALID,
        keys: KeyKind | None = None,
    ) -> Credentials:
        """Certificate of a server for these host names and IP addresses; the first is the common name.

        ValueError without a host.
        """
        if not hosts:
            raise ValueError("a server certificate needs a host name or an IP address")
        names = list(hosts)
        if variant is Variant.WRONG_NAME:
            names = [self.WRONG_NAME]
        elif variant is Variant.WILDCARD:
            names = ["*." + (name.partition(".")[2] or name) for name in names]
        return self._leaf(names[0], names, variant, keys)

    def station(
        self,
        common_name: str,
        *,
        variant: Variant = Variant.VALID,
        keys: KeyKind | None = None,
    ) -> Credentials:
        """Client certificate of a station; `common_name` is its serial number or identity, as the CSMS expects it."""
        name = self.WRONG_NAME if variant is Variant.WRONG_NAME else common_name
        return self._leaf(name, [], variant, keys)

    def request(self, common_name: str, *, keys: KeyKind | None = None) -> tuple[str, Path]:
        """A certificate signing request as PEM, and the file of its fresh key (RSA: the shared one)."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization

        key = _leaf_key(keys or self.keys)
        builder = x509.CertificateSigningRequestBuilder().subject_name(self._name(common_name))
        text = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")
        return text, self._write_key(key, f"{self._stem(common_name)}-request")

    def sign(self, request: str | bytes, *, days: int = _LEAF_DAYS, variant: Variant = Variant.VALID) -> str:
        """The PEM chain (leaf, intermediate) that answers a signing request; its subject and key are taken over.

        `days` is the validity from now. ValueError for text that is no signing request, or whose signature is wrong.
        """
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

        data = request.encode("utf-8") if isinstance(request, str) else request
        try:
            asked = x509.load_pem_x509_csr(data)
            sound = asked.is_signature_valid
        except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
            raise ValueError(f"this is no certificate signing request in PEM: {error}") from error
        if not sound:
            raise ValueError("the signature of the certificate signing request does not match its key")
        issuer = self._foreign_pki() if variant is Variant.FOREIGN_CA else self
        certificate = issuer._certificate(
            asked.subject,
            asked.public_key(),
            issuer.issuer_certificate,
            issuer.issuer_key,
            variant=variant,
            days=days,
        )
        chain = [certificate] if variant is Variant.NO_INTERMEDIATE else [certificate, issuer.issuer_certificate]
        return b"".join(map(_pem, chain)).decode("ascii")

    def contract(self, common_name: str, ocsp_url: str, variant: Variant = Variant.VALID) -> str:
        """The PEM chain (leaf, intermediate, root) of a certificate with that responder in it; nobody needs its key."""
        key = _new_key(KeyKind.EC).public_key()
        issuer = self._foreign_pki() if variant is Variant.FOREIGN_CA else self
        above = issuer.issuer_certificate
        leaf = issuer._certificate(common_name, key, above, issuer.issuer_key, variant=variant, ocsp_url=ocsp_url)
        return b"".join(map(_pem, (leaf, above, issuer.root_certificate))).decode("ascii")

    def sign_for_another_key(self, request: str | bytes) -> str:
        """The chain for a signing request whose key has been exchanged; ValueError as `sign`."""
        from cryptography import x509

        asked = x509.load_pem_x509_csr(request.encode("utf-8") if isinstance(request, str) else request)
        key = _new_key(KeyKind.EC).public_key()
        certificate = self._certificate(asked.subject, key, self.issuer_certificate, self.issuer_key)
        return b"".join(map(_pem, (certificate, self.issuer_certificate))).decode("ascii")

    def spoilt_root(self, variant: Variant | str) -> str:
        """A root certificate of its own key as PEM, with something wrong with it."""
        key = _new_key(self.keys)
        root = self._certificate("Test Root", key.public_key(), None, key, authority=1, variant=Variant(variant))
        return _pem(root).decode("ascii")

    @property
    def successor(self) -> TestPki:
        """The hierarchy of the authority that shall come after this one."""
        if self._successor is None:
            self._successor = TestPki(
                self.folder / "successor", keys=self.keys, organization=f"{self.organization} 2", now=self.now
            )
        return self._successor

    def root_signed_by(self, other: TestPki) -> str:
        """This hierarchy's root, with its own key, signed by another one's root (M05.FR.12), as PEM.

        ValueError when the other one was taken up from a folder without the key of its root.
        """
        from cryptography.hazmat.primitives import serialization

        path = other.folder / "root.key"
        if not path.exists():
            raise ValueError(f"{path} is missing: the root of {other.folder} can't sign another one")
        root, key = self.root_certificate, serialization.load_pem_private_key(path.read_bytes(), None)
        signed = self._certificate(
            root.subject,
            root.public_key(),
            other.root_certificate,
            key,  # type: ignore[arg-type]  # of the two kinds of PrivateKey: we wrote it
            authority=1,
            days=_AUTHORITY_DAYS,
        )
        return _pem(signed).decode("ascii")

    def write(self, chain: str, key: Path, name: str) -> Credentials:
        """Credentials of a PEM chain such as `sign` returns and the key file that `request` returned."""
        path = self.folder / f"{self._stem(name)}.pem"
        path.write_text(chain, encoding="ascii")
        return Credentials(path, key)

    def bundle(self, *others: TestPki) -> Path:
        """A PEM file with the roots of this and other hierarchies, for who trusts ECDSA and RSA at once."""
        path = self.folder / f"roots-{next(self._numbers)}.pem"
        path.write_bytes(b"".join(_pem(pki.root_certificate) for pki in (self, *others)))
        return path

    def _made(self) -> Hierarchy:
        root_key, issuer_key = _new_key(self.keys), _new_key(self.keys)
        days = _AUTHORITY_DAYS
        root = self._certificate("Test Root", root_key.public_key(), None, root_key, authority=1, days=days)
        issuer = self._certificate("Test Intermediate", issuer_key.public_key(), root, root_key, authority=0, days=days)
        self._write_key(root_key, "root")
        self._write_key(issuer_key, "intermediate")
        (self.folder / "intermediate.pem").write_bytes(_pem(issuer))
        self.roots.write_bytes(_pem(root))
        return root, issuer, issuer_key

    def _found(self) -> Hierarchy | None:
        """The hierarchy that an earlier run left here, if it is whole, of our kind, and outlives the leaves."""
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import serialization

        try:
            root = x509.load_pem_x509_certificate(self.roots.read_bytes())
            issuer = x509.load_pem_x509_certificate((self.folder / "intermediate.pem").read_bytes())
            key = serialization.load_pem_private_key((self.folder / "intermediate.key").read_bytes(), None)
            issuer.verify_directly_issued_by(root)
        except (OSError, ValueError, TypeError, InvalidSignature):
            return None
        outlives = min(root.not_valid_after_utc, issuer.not_valid_after_utc) > self.now + timedelta(days=_LEAF_DAYS)
        valid = outlives and max(root.not_valid_before_utc, issuer.not_valid_before_utc) < self.now
        if not valid or key.public_key() != issuer.public_key() or _kind(key) is not self.keys:
            return None
        return root, issuer, key  # type: ignore[return-value]  # _kind knows only the two kinds of Hierarchy

    def _leaf(self, common_name: str, hosts: list[str], variant: Variant, keys: KeyKind | None) -> Credentials:
        kind = KeyKind.RSA_1024 if variant is Variant.WEAK_KEY else keys or self.keys
        key = _leaf_key(kind)
        authority = self
        if variant is Variant.FOREIGN_CA:
            authority = self._foreign_pki()
        elif variant is Variant.SUCCESSOR:
            authority = self.successor
        issuer: x509.Certificate | None = authority.issuer_certificate
        issuer_key: PrivateKey = authority.issuer_key
        if variant is Variant.SELF_SIGNED:
            issuer, issuer_key = None, key
        certificate = authority._certificate(
            common_name, key.public_key(), issuer, issuer_key, hosts=hosts, variant=variant
        )
        chain = [certificate]
        if variant not in (Variant.SELF_SIGNED, Variant.NO_INTERMEDIATE):
            chain.append(authority.issuer_certificate)
        stem = f"{self._stem(common_name)}-{variant.value}"
        path = self.folder / f"{stem}.pem"
        path.write_bytes(b"".join(map(_pem, chain)))
        return Credentials(path, self._write_key(key, stem))

    def _foreign_pki(self) -> TestPki:
        if self._foreign is None:
            self._foreign = TestPki(
                self.folder / "foreign", keys=self.keys, organization=self.organization, now=self.now
            )
        return self._foreign

    def _certificate(
        self,
        subject: str | x509.Name,
        public_key: object,
        issuer: x509.Certificate | None,
        issuer_key: PrivateKey,
        *,
        authority: int | None = None,
        hosts: list[str] | None = None,
        variant: Variant = Variant.VALID,
        days: int = _LEAF_DAYS,
        ocsp_url: str | None = None,
    ) -> x509.Certificate:
        """A certificate; `authority`: how many more may follow below it, None for a leaf; no issuer: self-signed."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.x509.oid import AuthorityInformationAccessOID

        name = self._name(subject) if isinstance(subject, str) else subject
        start, end = self.now - timedelta(days=1), self.now + timedelta(days=days)
        if variant is Variant.EXPIRED:
            start, end = self.now - timedelta(days=30), self.now - timedelta(days=1)
        elif variant is Variant.NOT_YET_VALID:
            start, end = self.now + timedelta(days=7), self.now + timedelta(days=30)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer.subject if issuer else name)
            .public_key(public_key)  # type: ignore[arg-type]  # any key that a signing request may carry
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority is not None, path_length=authority), critical=True)
            .add_extension(_usage(authority is not None, isinstance(public_key, RSAPublicKey)), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(public_key),  # type: ignore[arg-type]  # as above
                critical=False,
            )
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
            )
        responder = ocsp_url or self.ocsp_url
        if responder and authority is None:
            access = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())

    def _name(self, common_name: str) -> x509.Name:
        from cryptography import x509
        from cryptography.x509.oid import NameOID

        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            ]
        )

    def _stem(self, name: str) -> str:
        return f"{next(self._numbers):03}-{re.sub(r'[^A-Za-z0-9.-]', '_', name)[:40]}"

    def _write_key(self, key: PrivateKey, stem: str) -> Path:
        from cryptography.hazmat.primitives import serialization

        path = self.folder / f"{stem}.key"
        data = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        return path


def _new_key(kind: KeyKind) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if kind is KeyKind.EC:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS[kind])


def _kind(key: object) -> KeyKind | None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return KeyKind.EC
    if isinstance(key, RSAPrivateKey):
        return next((kind for kind, bits in _BITS.items() if bits == key.key_size), None)
    return None


def _leaf_key(kind: KeyKind) -> PrivateKey:
    """A fresh ECDSA key, or this process' RSA key of that size. Issuers never share a key: one would vouch for both."""
    if kind is KeyKind.EC:
        return _new_key(kind)
    with _rsa_lock:
        if kind not in _rsa_keys:
            _rsa_keys[kind] = _new_key(kind)
        return _rsa_keys[kind]


def _usage(authority: bool, rsa: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        # The cipher suites without forward secrecy encipher with the server's RSA key.
        key_encipherment=rsa and not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
