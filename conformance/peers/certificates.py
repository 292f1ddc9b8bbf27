"""Certificates as a case sees them: made by the lab's authority, named by their hashes, asked for by a station.

Source: security whitepaper of 1.6 edition 3, chapters 2.6 and 6.1 (CertificateHashDataType); OCPP 2.x part 2, A02, M03.
What the authority makes is noted in the trace, so that a recorded case can be played again with the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from conformance.peers.credentials import subject_facts
from conformance.peers.outcome import Inconclusive
from conformance.peers.payload import ABSENT, PRESENT, Items

if TYPE_CHECKING:
    from conformance.peers.csms import FakeCsms
    from conformance.peers.peer import Peer, Request, Response

_DIGITS = {"SHA256": 64, "SHA384": 96, "SHA512": 128}
"""Hexadecimal digits of a hash."""


class Authority(Protocol):
    """Who makes certificates in a lab; all texts are PEM. Raises NotApplicable for what this lab can't make."""

    def own_root(self) -> str:
        """The root certificate above the one that our CSMS shows."""

    def new_root(self, kind: str) -> str:
        """A root certificate that nobody has: "valid" or "expired"; "successor" is the one above what our CSMS shows
        in `tls.shown("successor")`, "signed-successor" the same, signed by the root that is in use, and
        "signed-predecessor" the way back: the root that is in use, signed by the successor."""

    def contract(self, common_name: str, ocsp_url: str, kind: str) -> str:
        """A contract certificate of an EV ("valid", "expired", "foreign-ca"), with all above it, the root last."""

    def request(self) -> tuple[str, Any]:
        """A signing request of our station with a fresh key, and what `credentials` needs."""

    def sign(self, request: str, kind: str) -> str:
        """The chain for a signing request: "valid", or what is wrong with it: "expired", "foreign-ca", "another-key".

        ValueError for what is no signing request."""

    def credentials(self, chain: str, key: Any) -> Any:
        """The credentials of a signed request of ours; ValueError for a chain that does not belong to its key."""


class Certificates:
    """What a case asks of the lab's authority."""

    def __init__(self, peer: Peer, authority: Authority | None) -> None:
        self._peer = peer
        self._authority = authority
        self._key: Any = None

    @property
    def _made_by(self) -> Authority:
        if self._authority is None:
            raise Inconclusive("nobody makes certificates here")
        return self._authority

    def own_root(self) -> str:
        """The root certificate (PEM) above the one that our CSMS shows."""
        return self._noted(self._made_by.own_root())

    def new_root(self, kind: str = "valid") -> str:
        """A root certificate (PEM) that nobody has: "valid" or "expired"; or that of the certificate which our CSMS
        shows in `tls.shown("successor")`: "successor" signed by itself, "signed-successor" by the root in use;
        "signed-predecessor" is the way back, the root in use, signed by the successor."""
        return self._noted(self._made_by.new_root(kind))

    def sign(self, request: Any, kind: str = "valid") -> str:
        """The chain (PEM) for a station's signing request: "valid", "expired", "foreign-ca" or "another-key".

        What is no signing request fails the case.
        """
        try:
            return self._noted(self._made_by.sign(str(request), kind))
        except ValueError as error:
            raise self._peer.failure(
                "a certificate signing request in PEM", str(error), requirement="A02.FR.03"
            ) from None

    def contract(self, emaid: str, ocsp_url: str, kind: str = "valid") -> str:
        """The chain (PEM) of an EV's contract certificate, with the root last; its status is told at that URL.

        "valid", "expired", or of a root that nobody trusts: "foreign-ca".
        """
        return self._noted(self._made_by.contract(emaid, ocsp_url, kind))

    def request(self) -> str:
        """A signing request (PEM) of our station, with a fresh key."""
        text, self._key = self._made_by.request()
        return self._noted(text)

    def credentials(self, chain: str) -> Any:
        """What our station shows once its latest request has been signed; another key's chain fails the case."""
        try:
            return self._made_by.credentials(chain, self._key)
        except ValueError as error:
            raise self._peer.failure("a certificate chain for the key of our request", str(error)) from None

    def _noted(self, text: str) -> str:
        self._peer._record("note", data={"made": text})
        return text


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A certificate signing request as it can be read; `problem` says why it can't."""

    problem: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    signed: bool = False
    """Whether its own key has signed it."""

    @classmethod
    def of(cls, text: Any) -> SigningRequest:
        """Read PEM (RFC 2986, A02.FR.03); whatever is wrong with it is a result."""
        from cryptography import x509

        if not _begins(str(text), "CERTIFICATE REQUEST"):
            return cls("no PEM that begins with a certificate request")
        try:
            request = x509.load_pem_x509_csr(str(text).encode())
            return cls("", subject_facts(request), request.is_signature_valid)
        except Exception as error:  # what a library stumbles over in a device's bytes
            return cls(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)

    @property
    def organizations(self) -> list[str]:
        """Each O of the subject."""
        return list(self.facts.get("O", ()))

    @property
    def common_names(self) -> list[str]:
        """Each CN of the subject."""
        return list(self.facts.get("CN", ()))

    @property
    def key(self) -> str:
        """The key in words."""
        return str(self.facts.get("key", "none"))

    @property
    def strong(self) -> bool:
        """Whether the key has 2048 bits (RSA, DSA) or 224 (elliptic curves)."""
        return bool(self.facts.get("strong"))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, in hexadecimal digits."""
        return str(self.facts.get("fingerprint", ""))


def signing_request(csms: FakeCsms, **fields: Any) -> tuple[Request, SigningRequest]:
    """Wait for SignCertificate with these fields; the message, and the request in it, which can be read and is
    signed with its own key."""
    asked = csms.expect(
        "SignCertificate", csr=PRESENT, within=csms.deadlines.physical, requirement="A02.FR.03", **fields
    )
    request = SigningRequest.of(asked.csr)
    if request.problem or not request.signed:
        raise csms.failure(
            "a certificate signing request in PEM, signed with its own key",
            request.problem or "another signature",
            entry=asked._entry,
            pointer="/csr",
            requirement="A02.FR.03",
        )
    return asked, request


def send_chain(csms: FakeCsms, asked: Request, certificateType: str, kind: str = "valid", chain: str = "") -> Response:  # noqa: N803  # the wire's own name
    """Send the certificate for a signing request of 2.x, `kind` as for `Certificates.sign`, or this `chain`.

    A requestId comes back as it came (2.1, A02.FR.25). Returns the answer.
    """
    number = asked.requestId
    fields = {} if number is ABSENT else {"requestId": number}
    sent = chain or csms.certificates.sign(asked.csr, kind)
    return csms.send("CertificateSigned", certificateChain=sent, certificateType=certificateType, **fields)


def chain_facts(chain: Any) -> list[Mapping[str, Any]]:
    """The certificates of a PEM chain, leaf first, as `subject_facts`; [] when it can't be read."""
    from cryptography import x509

    if not _begins(str(chain), "CERTIFICATE"):
        return []
    try:
        return [subject_facts(one) for one in x509.load_pem_x509_certificates(str(chain).encode())]
    except ValueError:
        return []


def _begins(text: str, label: str) -> bool:
    """Whether the first boundary of PEM stands at the beginning of a line (RFC 7468)."""
    found = re.search(r"^(.*?)-----BEGIN ([A-Z0-9 ]+)-----", text, re.MULTILINE)
    return found is not None and not found[1] and found[2].removeprefix("NEW ") == label


def split_chain(chain: str) -> list[str]:
    """The certificates of a PEM chain, one by one; ValueError for what is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    read = x509.load_pem_x509_certificates(chain.encode())
    return [one.public_bytes(Encoding.PEM).decode("ascii") for one in read]


def ocsp_request_data(chain: str, algorithm: str = "SHA256") -> list[dict[str, str]]:
    """OCSPRequestDataType of every certificate of a PEM chain, leaf first and root last, but of the root."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID as AccessMethod

    certificates, found = split_chain(chain), []
    for below, above in pairwise(certificates):
        extensions = x509.load_pem_x509_certificate(below.encode()).extensions
        with suppress(x509.ExtensionNotFound):
            access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
            urls = [str(one.access_location.value) for one in access if one.access_method == AccessMethod.OCSP]
            found.append({**hash_data(below, algorithm, above), "responderURL": next(iter(urls), "")})
    return found


def hash_data(certificate: str, algorithm: str = "SHA256", issuer: str = "") -> dict[str, str]:
    """CertificateHashDataType of a certificate and its issuer (PEM); without one, of a root, its own issuer (6.1)."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    read = x509.load_pem_x509_certificate(certificate.encode())
    make = getattr(hashlib, algorithm.lower())
    above = x509.load_pem_x509_certificate(issuer.encode()) if issuer else read
    # SubjectPublicKeyInfo is a sequence of the algorithm and the key's bit string, which is what is hashed.
    key = _bit_string(above.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": make(read.issuer.public_bytes()).hexdigest(),
        "issuerKeyHash": make(key).hexdigest(),
        "serialNumber": f"{read.serial_number:x}",
    }


def _bit_string(encoded: bytes) -> bytes:
    """The value of the second element of a DER sequence, without the octet that counts unused bits."""

    def element(data: bytes) -> tuple[bytes, bytes]:
        length, start = data[1], 2
        if length & 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        return data[start : start + length], data[start + length :]

    inside, _ = element(encoded)
    _, rest = element(inside)
    value, _ = element(rest)
    return value[1:]


def listed(entries: Any, certificate: str, issuer: str = "") -> Mapping[str, Any] | None:
    """The entry of certificateHashData that means a root certificate, by whatever algorithm; None without one.

    `issuer` is the certificate above one that has not signed itself.
    """
    for one in entries if isinstance(entries, (Items, list)) else ():
        algorithm = str(one.hashAlgorithm)
        if algorithm in _DIGITS and _same(one, hash_data(certificate, algorithm, issuer)):
            return hash_data(certificate, algorithm, issuer)
    return None


def _same(entry: Any, wanted: Mapping[str, str]) -> bool:
    return all(str(getattr(entry, name)).casefold() == value for name, value in wanted.items() if name != _NAME)


_NAME = "hashAlgorithm"


def misspelt(entries: Any) -> list[str]:
    """What is wrong with the form of certificateHashData (6.1): hashes of another length, serial numbers not in
    hexadecimal or with leading zeros."""
    wrong = []
    for one in entries if isinstance(entries, Items) else ():
        digits = _DIGITS.get(str(one.hashAlgorithm), 0)
        for name in ("issuerNameHash", "issuerKeyHash"):
            text = str(getattr(one, name))
            if len(text) != digits or not _is_hexadecimal(text):
                wrong.append(f"{name} {text!r}: no {one.hashAlgorithm} in hexadecimal digits")
        number = str(one.serialNumber)
        if not _is_hexadecimal(number) or (number.startswith("0") and number != "0"):
            wrong.append(f"serialNumber {number!r}")
    return wrong


def _is_hexadecimal(text: str) -> bool:
    return bool(text) and all(one in "0123456789abcdefABCDEF" for one in text)
