"""A responder that tells the CSMS under test what has become of a certificate (RFC 6960): what a case sees of it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from conformance.peers.files import Download, Files, Transfer

PATH = "ocsp"


class Responder(Files):
    """Answers for every certificate that the lab's authority has issued, while a `with` statement lasts."""

    def say(self, status: str) -> None:
        """What it says of any certificate from now on: "good" or "revoked"."""
        self.offer(PATH, Download(status.encode()))

    @property
    def address(self) -> str:
        """Its URL."""
        return self.url(PATH)

    def expect_request(self, about: Mapping[str, str], *, requirement: str = "") -> None:
        """Wait until the CSMS has asked about a certificate, named as in OCSPRequestDataType."""
        self._expect(
            f"the CSMS asks about the certificate {about['serialNumber']}",
            lambda one: _asks(one, about),
            None,
            requirement,
        )


def _asks(transfer: Transfer, about: Mapping[str, str]) -> bool:
    """Whether a request, by POST or GET, is about that certificate (RFC 6960, 4.1.1 and A.1)."""
    from cryptography.x509 import ocsp

    path = transfer.path.lstrip("/")
    if path.partition("/")[0] != PATH:
        return False
    try:
        asked: Any = ocsp.load_der_ocsp_request(transfer.content or b64decode(unquote(path.partition("/")[2])))
    except ValueError:
        return False
    told = (asked.issuer_name_hash.hex(), asked.issuer_key_hash.hex(), f"{asked.serial_number:x}")
    # The CSMS may name the issuer by another algorithm than our station has.
    hashes = told[:2] == (about["issuerNameHash"], about["issuerKeyHash"])
    return told[2] == about["serialNumber"] and (hashes or asked.hash_algorithm.name != _SAME)


_SAME = "sha256"
