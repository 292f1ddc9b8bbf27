"""Certificates as a case sees them: signing requests, chains, hash data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from conformance.link.pki import KeyKind, TestPki
from conformance.peers.certificates import SigningRequest, chain_facts, hash_data, listed, misspelt
from conformance.peers.credentials import is_strong, kind_of
from conformance.peers.payload import Fields


@pytest.fixture(scope="module", params=[KeyKind.EC, KeyKind.RSA_2048])
def pki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TestPki:
    return TestPki(tmp_path_factory.mktemp("pki"), keys=request.param)


def answer(*entries: dict[str, str]) -> object:
    return Fields({"certificateHashData": list(entries)}).certificateHashData


class TestHashData:
    @pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
    def test_it_is_that_of_ocsp(self, pki: TestPki, algorithm: str) -> None:
        root = pki.root_certificate
        builder = ocsp.OCSPRequestBuilder().add_certificate(root, root, getattr(hashes, algorithm)())
        asked = builder.build()
        named = hash_data(pki.roots.read_text(), algorithm)
        assert named["issuerNameHash"] == asked.issuer_name_hash.hex()
        assert named["issuerKeyHash"] == asked.issuer_key_hash.hex()
        assert int(named["serialNumber"], 16) == asked.serial_number

    def test_a_root_is_found_by_any_algorithm_and_in_any_case(self, pki: TestPki, tmp_path: Path) -> None:
        root, other = pki.roots.read_text(), TestPki(tmp_path).roots.read_text()
        named = hash_data(root, "SHA384")
        loud = {name: value.upper() for name, value in named.items()}
        assert listed(answer(hash_data(other), loud), root) == named
        assert listed(answer(hash_data(other)), root) is None
        assert listed(Fields({}).certificateHashData, root) is None

    def test_the_form_of_hashes_and_numbers(self, pki: TestPki) -> None:
        right = hash_data(pki.roots.read_text())
        assert misspelt(answer(right)) == []
        for name, wrong in (
            ("hashAlgorithm", "SHA512"),
            ("issuerNameHash", "zz" + right["issuerNameHash"][2:]),
            ("issuerKeyHash", right["issuerKeyHash"][:-2]),
            ("serialNumber", "0" + right["serialNumber"]),
            ("serialNumber", "0x1f"),
        ):
            assert misspelt(answer({**right, name: wrong})), name


class TestSigningRequest:
    def test_what_it_says(self, pki: TestPki) -> None:
        text, _ = pki.request("SN-1")
        request = SigningRequest.of(text)
        assert (request.problem, request.signed, request.strong) == ("", True, True)
        assert (request.common_names, request.organizations) == (["SN-1"], ["OCPP Conformance"])
        key = x509.load_pem_x509_csr(text.encode()).public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert request.fingerprint == hashlib.sha256(der).hexdigest()

    @pytest.mark.parametrize("text", ["", "zz", "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n", None])
    def test_what_is_none(self, text: object) -> None:
        request = SigningRequest.of(text)
        assert request.problem and not request.signed and request.common_names == []

    def test_a_line_before_the_boundary_is_allowed_and_letters_in_it_are_not(self, pki: TestPki) -> None:
        text, _ = pki.request("SN-1")
        assert not SigningRequest.of(f"Subject: SN-1\n{text}").problem
        assert SigningRequest.of(f"zz{text}").problem
        assert SigningRequest.of(pki.roots.read_text()).problem


def test_a_chain_leaf_first(pki: TestPki) -> None:
    text, _ = pki.request("SN-1")
    leaf, issuer = chain_facts(pki.sign(text))
    assert leaf["fingerprint"] == SigningRequest.of(text).fingerprint
    assert issuer["CN"] == ["Test Intermediate"]
    other = chain_facts(pki.sign_for_another_key(text))[0]
    assert other["CN"] == leaf["CN"] and other["fingerprint"] != leaf["fingerprint"]
    assert chain_facts("no chain") == []


def test_keys_in_words() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    modern = ed25519.Ed25519PrivateKey.generate().public_key()
    assert kind_of(small) == "RSA with 1024 bits" and not is_strong(small)
    assert kind_of(modern) == "Ed25519 with unknown bits" and is_strong(modern)
