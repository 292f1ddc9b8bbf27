"""TLS of security profiles 2 and 3, right and wrong, and the test PKI behind it."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from conformance.link.errors import LinkError, LinkStalled
from conformance.link.pki import KeyKind, TestPki, Variant
from conformance.link.tls import CIPHER_SUITES, Credentials, client_context, server_context

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return TestPki(tmp_path_factory.mktemp("pki"), ocsp_url="http://127.0.0.1:1/ocsp")


@pytest.fixture(scope="module")
def rsa_pki(tmp_path_factory):
    return TestPki(tmp_path_factory.mktemp("rsa"), keys=KeyKind.RSA_2048)


@pytest.fixture(scope="module")
def server_credentials(pki):
    return pki.server("127.0.0.1", "localhost")


def leaf_of(credentials):
    return x509.load_pem_x509_certificates(credentials.chain.read_bytes())[0]


# Profiles


@pytest.mark.parametrize("version", [V12, V13])
def test_profile_2(lab, pki, server_credentials, version):
    accepted, dialled = lab.pair(
        tls=server_context(server_credentials, minimum=version, maximum=version),
        dial_tls=client_context(pki.roots),
        dial_basic=("CS001", b"\xff"),
    )
    name = {V12: "TLSv1.2", V13: "TLSv1.3"}[version]
    assert accepted.handshake.tls_version == dialled.handshake.tls_version == name
    assert accepted.handshake.cipher == dialled.handshake.cipher
    assert accepted.handshake.client_certificate is None
    assert accepted.handshake.password == b"\xff"
    texts = ["x" * size for size in (1, 200, 70_000, 3_000_000)]
    for text in texts:
        dialled.send(text)
        accepted.send(text)
    lab.server.wait("received", 4)
    lab.client.wait("received", 4)
    assert lab.server.messages == lab.client.messages == texts
    dialled.close(1000, "done")
    assert lab.server.wait("closed")[0][:2] == (1000, "done")
    assert lab.client.wait("closed")[0][:2] == (1000, "done")


@pytest.mark.parametrize("version", [V12, V13])
def test_profile_3(lab, pki, server_credentials, version):
    station = pki.station("CS001")
    accepted, _ = lab.pair(
        tls=server_context(server_credentials, client_roots=pki.roots, minimum=version, maximum=version),
        dial_tls=client_context(pki.roots, credentials=station),
    )
    shown = x509.load_der_x509_certificate(accepted.handshake.client_certificate)
    assert shown == leaf_of(station)
    assert shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "CS001"


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize(
    "variant", [None, Variant.FOREIGN_CA, Variant.EXPIRED, Variant.NOT_YET_VALID, Variant.SELF_SIGNED]
)
def test_profile_3_refuses_a_station_without_a_valid_certificate(lab, pki, server_credentials, version, variant):
    listener = lab.listen(
        tls=server_context(server_credentials, client_roots=pki.roots, minimum=version, maximum=version)
    )
    credentials = pki.station("CS001", variant=variant) if variant else None
    with pytest.raises(LinkError) as caught:
        lab.dial(listener, tls=client_context(pki.roots, credentials=credentials))
    assert "alert" in str(caught.value) or "reset" in str(caught.value)
    _, status, reason = lab.server.wait("refused")[0]
    assert status == 0
    assert reason.startswith("the TLS handshake failed: ")
    assert lab.server.of("opened") == []


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        (Variant.EXPIRED, "certificate has expired"),
        (Variant.NOT_YET_VALID, "certificate is not yet valid"),
        (Variant.WRONG_NAME, "mismatch"),
        (Variant.SELF_SIGNED, "self-signed certificate"),
        (Variant.FOREIGN_CA, "unable to get local issuer certificate"),
        (Variant.NO_INTERMEDIATE, "unable to get local issuer certificate"),
        (Variant.WEAK_KEY, "EE certificate key too weak"),
    ],
)
def test_dialling_refuses_a_wrong_server_certificate(lab, pki, variant, reason):
    wrong = pki.server("127.0.0.1", variant=variant)
    listener = lab.listen(tls=server_context(wrong, security_level=0))
    with pytest.raises(LinkError) as caught:
        lab.dial(listener, tls=client_context(pki.roots))
    assert str(caught.value).startswith(f"TLS with wss://127.0.0.1:{listener.port}/ocpp/CS001 failed: ")
    assert reason.lower() in str(caught.value).lower().replace("self signed", "self-signed")
    lab.server.wait("refused")
    lab.dial(listener, tls=client_context(verify=False, security_level=0))


def test_wildcard(lab, pki):
    listener = lab.listen(tls=server_context(pki.server("csms.example.org", variant=Variant.WILDCARD)))
    dialled = lab.dial(listener, tls=client_context(pki.roots), server_name="other.example.org")
    assert lab.server.wait("opened")[0][0].handshake.server_name == "other.example.org"
    assert dialled.handshake.server_name == "other.example.org"


def test_missing_sni_is_seen(lab, pki, server_credentials):
    lab.pair(tls=server_context(server_credentials), dial_tls=client_context(pki.roots))  # an IP address sends none
    assert lab.server.of("opened")[0][0].handshake.server_name is None


# Versions and cipher suites


@pytest.mark.parametrize("suite", list(CIPHER_SUITES))
def test_each_cipher_suite_of_the_standard_can_be_pinned(lab, pki, rsa_pki, server_credentials, suite):
    both = server_context(server_credentials, rsa_pki.server("127.0.0.1"), maximum=V12)
    roots = pki.bundle(rsa_pki)
    accepted, _ = lab.pair(tls=both, dial_tls=client_context(roots, ciphers=[suite], maximum=V12))
    assert accepted.handshake.cipher == CIPHER_SUITES[suite]


def test_no_cipher_suite_in_common(lab, pki, server_credentials):
    listener = lab.listen(tls=server_context(server_credentials, maximum=V12))
    with pytest.raises(LinkError, match="handshake failure"):
        lab.dial(listener, tls=client_context(pki.roots, ciphers=["TLS_RSA_WITH_AES_128_GCM_SHA256"], maximum=V12))
    assert lab.server.wait("refused")[0][2] == "the TLS handshake failed: no shared cipher"


@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_versions_below_1_2_are_refused_and_can_be_forced(lab, pki, server_credentials, old):
    forced = client_context(pki.roots, minimum=old, maximum=old, ciphers=["DEFAULT"])
    listener = lab.listen(tls=server_context(server_credentials))
    with pytest.raises(LinkError, match="version"):
        lab.dial(listener, tls=forced)
    assert "unsupported protocol" in lab.server.wait("refused")[0][2]
    legacy = lab.listen(tls=server_context(server_credentials, minimum=old, maximum=old, ciphers=["DEFAULT"]))
    lab.dial(legacy, tls=forced)
    with pytest.raises(LinkError):
        lab.dial(legacy, tls=client_context(pki.roots))


def test_unusable_files_and_ciphers_are_named(tmp_path, server_credentials):
    nothing = tmp_path / "nothing.pem"
    with pytest.raises(ValueError, match=r"nothing\.pem and .* are no usable certificate and key: .*give PEM files"):
        server_context(Credentials(nothing, server_credentials.key))
    nothing.write_text("no certificate")
    with pytest.raises(ValueError, match=r"nothing\.pem holds no usable root certificates"):
        client_context(nothing)
    with pytest.raises(ValueError, match="OpenSSL knows none of the cipher suites NOPE"):
        client_context(ciphers=["NOPE"])
    with pytest.raises(ValueError, match="needs a certificate"):
        server_context()


# What goes wrong on the wire


def test_half_open_tls_does_not_block_the_others(lab, pki, server_credentials):
    listener = lab.listen(tls=server_context(server_credentials), handshake_timeout=0.5)
    silent = lab.raw(listener.port)
    half = lab.raw(listener.port)
    half.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    gone = lab.raw(listener.port)
    gone.close()
    lab.dial(listener, tls=client_context(pki.roots)).send("through")
    lab.server.wait("received")
    reasons = {event[2] for event in lab.server.wait("refused", 3)}
    assert "the TLS handshake was not finished in time" in reasons
    assert "the TLS handshake failed: the connection ended during the TLS handshake" in reasons
    silent.close()


def test_plain_client_on_a_tls_port(lab, server_credentials, request_head):
    listener = lab.listen(tls=server_context(server_credentials))
    sock = lab.raw(listener.port)
    sock.sendall(request_head + b"\r\n")
    assert lab.server.wait("refused")[0][1:] == (0, "the TLS handshake failed: http request")
    with pytest.raises(LinkError):
        lab.dial(f"ws://127.0.0.1:{listener.port}/ocpp", timeout=2)


def test_tls_client_on_a_plain_port(lab):
    listener = lab.listen()
    with pytest.raises(LinkError, match=r"TLS with wss://.* failed"):
        lab.dial(f"wss://127.0.0.1:{listener.port}/ocpp", timeout=2)
    assert "plain WebSocket (ws, not wss)" in lab.server.wait("refused")[0][2]


def test_silent_server_does_not_hold_a_tls_dial(lab, pki):
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(LinkError, match="no answer in time"):
        lab.dial(f"wss://127.0.0.1:{server.getsockname()[1]}", tls=client_context(pki.roots), timeout=0.2)


def test_stalled_reader_over_tls(lab, pki, server_credentials, request_head):
    listener = lab.listen(tls=server_context(server_credentials), write_timeout=0.3)
    sock = client_context(pki.roots).wrap_socket(lab.raw(listener.port), server_hostname="127.0.0.1")
    lab.sockets.append(sock)
    sock.sendall(request_head + b"\r\n")
    accepted = lab.server.wait("opened")[0][0]
    started = time.monotonic()
    with pytest.raises(LinkStalled):
        for _ in range(200):
            accepted.send("x" * 1_000_000)
    assert time.monotonic() - started < 5


def test_abort_over_tls(lab, pki, server_credentials):
    accepted, _ = lab.pair(tls=server_context(server_credentials), dial_tls=client_context(pki.roots))
    accepted.abort()
    assert lab.client.wait("closed")[0][:2] == (None, "connection reset by peer")


def test_both_directions_at_once_over_tls(lab, pki, server_credentials):
    accepted, dialled = lab.pair(tls=server_context(server_credentials), dial_tls=client_context(pki.roots))

    def send(connection) -> None:
        for number in range(100):
            connection.send(f"{number} " + "x" * 5000)

    threads = [threading.Thread(target=send, args=(connection,)) for connection in (accepted, dialled)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for recorder in (lab.server, lab.client):
        recorder.wait("received", 100)
        assert [int(message.split()[0]) for message in recorder.messages] == list(range(100))


# The PKI


def test_certificates_are_shaped_as_the_standard_asks(pki, server_credentials):
    leaf, issuer = x509.load_pem_x509_certificates(server_credentials.chain.read_bytes())
    assert leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "OCPP Conformance"
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "127.0.0.1"
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE)
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access[0].access_location.value == "http://127.0.0.1:1/ocsp"
    assert isinstance(leaf.public_key().curve, ec.SECP256R1)
    assert leaf.signature_hash_algorithm.name == "sha256"
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(pki.root_certificate)
    assert issuer == pki.issuer_certificate


def test_keys_are_private_files(server_credentials):
    assert stat.S_IMODE(server_credentials.key.stat().st_mode) == 0o600


def test_rsa_leaves_share_a_key_and_issuers_do_not(tmp_path, rsa_pki):
    other = TestPki(tmp_path, keys=KeyKind.RSA_2048)
    ours, theirs = (leaf_of(one.server("h")).public_key() for one in (rsa_pki, other))
    assert isinstance(ours, rsa.RSAPublicKey)
    assert ours.key_size == 2048
    assert ours == theirs
    assert other.root_certificate.public_key() != rsa_pki.root_certificate.public_key()


def test_key_kind_of_one_certificate(pki):
    assert leaf_of(pki.station("CS", keys=KeyKind.RSA_3072)).public_key().key_size == 3072
    assert leaf_of(pki.station("CS", variant=Variant.WEAK_KEY)).public_key().key_size == 1024


def test_signing_request_round_trip(lab, pki, server_credentials):
    request, key = pki.request("CS777")
    credentials = pki.write(pki.sign(request, days=3), key, "CS777")
    leaf = leaf_of(credentials)
    assert leaf.not_valid_after_utc == pki.now + timedelta(days=3)
    accepted, _ = lab.pair(
        tls=server_context(server_credentials, client_roots=pki.roots),
        dial_tls=client_context(pki.roots, credentials=credentials),
    )
    assert accepted.handshake.client_certificate is not None


def test_signing_variants(pki):
    request, _ = pki.request("CS777")
    assert pki.sign(request.encode(), variant=Variant.NO_INTERMEDIATE).count("BEGIN CERTIFICATE") == 1
    foreign = x509.load_pem_x509_certificates(pki.sign(request, variant=Variant.FOREIGN_CA).encode())
    assert foreign[1].public_key() != pki.issuer_certificate.public_key()
    assert foreign[1].subject == pki.issuer_certificate.subject
    expired = x509.load_pem_x509_certificate(pki.sign(request, variant=Variant.EXPIRED).encode())
    assert expired.not_valid_after_utc < datetime.now(UTC)


def test_bad_signing_requests_are_refused(pki):
    request, _ = pki.request("CS")
    with pytest.raises(ValueError, match="no certificate signing request in PEM"):
        pki.sign("-----BEGIN NOTHING-----")
    lines = request.splitlines()
    lines[2] = lines[2][:10] + ("A" if lines[2][10] != "A" else "B") + lines[2][11:]
    with pytest.raises(ValueError, match="certificate signing request"):
        pki.sign("\n".join(lines))


def test_a_hierarchy_is_taken_up_again(lab, tmp_path):
    first = TestPki(tmp_path)
    trusted = first.roots.read_bytes()
    again = TestPki(tmp_path)
    assert again.root_certificate == first.root_certificate
    assert again.roots.read_bytes() == trusted
    assert stat.S_IMODE((tmp_path / "intermediate.key").stat().st_mode) == 0o600
    lab.pair(tls=server_context(again.server("127.0.0.1")), dial_tls=client_context(first.roots))


@pytest.mark.parametrize("damage", ["kind", "expired", "early", "no key", "no PEM", "other key", "other root"])
def test_a_hierarchy_that_is_of_no_use_is_made_anew(tmp_path, damage):
    first = TestPki(tmp_path)
    other = TestPki(tmp_path / "other")
    options = {}
    if damage == "kind":
        options["keys"] = KeyKind.RSA_2048
    elif damage == "expired":
        options["now"] = datetime.now(UTC) + timedelta(days=3500)
    elif damage == "early":
        options["now"] = datetime.now(UTC) - timedelta(days=30)
    elif damage == "no key":
        (tmp_path / "intermediate.key").unlink()
    elif damage == "no PEM":
        first.roots.write_text("nothing")
    elif damage == "other key":
        (tmp_path / "intermediate.key").write_bytes((other.folder / "intermediate.key").read_bytes())
    else:
        first.roots.write_bytes(other.roots.read_bytes())
    again = TestPki(tmp_path, **options)
    assert again.root_certificate not in (first.root_certificate, other.root_certificate)
    again.issuer_certificate.verify_directly_issued_by(again.root_certificate)


def test_server_certificate_needs_a_host(pki):
    with pytest.raises(ValueError, match="needs a host"):
        pki.server()


def test_odd_names_make_safe_file_names(pki):
    chain = pki.station("../a b/ü").chain
    assert chain.parent == pki.folder


def test_the_root_of_a_successor_may_be_signed_by_the_one_before(tmp_path: Path) -> None:
    pki = TestPki(tmp_path)
    signed = x509.load_pem_x509_certificate(pki.successor.root_signed_by(pki).encode())
    signed.verify_directly_issued_by(pki.root_certificate)
    pki.successor.issuer_certificate.verify_directly_issued_by(signed)
    chain = x509.load_pem_x509_certificates(pki.server("host", variant=Variant.SUCCESSOR).chain.read_bytes())
    chain[1].verify_directly_issued_by(pki.successor.root_certificate)
    (tmp_path / "root.key").unlink()
    with pytest.raises(ValueError, match=r"root\.key is missing"):
        pki.successor.root_signed_by(pki)
