"""TLS contexts for the security profiles that use TLS: 2 (the server shows a certificate) and 3 (both sides do).

Minimum version and cipher suites are those of OCPP 2.0.1 part 2, A00.FR.313, 314, 318, 319, 416, 421 and 422, and of
the 1.6 security whitepaper, A00.FR.312, 313, 317 and 318; both can be changed to be wrong on purpose.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CIPHER_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
}
"""The cipher suites that the standard names, as OpenSSL spells them. They belong to TLS 1.2."""

_FORWARD_SECRET_RSA = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384")
DEFAULT_CIPHERS = (*CIPHER_SUITES.values(), *_FORWARD_SECRET_RSA)
"""What a context offers unless told otherwise: the standard's suites, and their forward secret kin for RSA keys."""

_SECURITY_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate with its key, as PEM files: `chain` is the leaf and what stands between it and the root."""

    chain: Path
    key: Path


def server_context(
    *credentials: Credentials,
    client_roots: Path | None = None,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ciphers: Sequence[str] = DEFAULT_CIPHERS,
    security_level: int | None = None,
) -> ssl.SSLContext:
    """The listening side. `client_roots` (PEM) makes it security profile 3: a client certificate is demanded.

    One credential for each kind of key may be given (ECDSA and RSA), as A00.FR.318 asks of a CSMS. `ciphers` are
    names of OpenSSL or of the standard, for TLS 1.2 and below. `security_level` is OpenSSL's: 2 (the default) asks for
    keys of 112 bits of security as A00.FR.501 does; weak keys and TLS 1.0 or 1.1 need 0, which the latter set.
    Raises ValueError for files that are no certificate and key, or ciphers that OpenSSL does not know.
    """
    if not credentials:
        raise ValueError("a TLS server needs a certificate and its key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _limit(context, minimum, maximum, ciphers, security_level)
    for one in credentials:
        _load(context, one)
    if client_roots is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        _trust(context, client_roots)
    # Without tickets a client that only writes leaves nothing unread behind when it closes.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_COMPRESSION
    context.sni_callback = _remember_name
    return context


def client_context(
    roots: Path | None = None,
    *,
    credentials: Credentials | None = None,
    verify: bool = True,
    check_hostname: bool = True,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ciphers: Sequence[str] = DEFAULT_CIPHERS,
    security_level: int | None = None,
) -> ssl.SSLContext:
    """The dialling side. `credentials` (a client certificate) make it security profile 3.

    `roots` is a PEM file with trusted roots; None: the system's. `verify=False` takes any certificate. The rest and the
    errors are those of `server_context`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _limit(context, minimum, maximum, ciphers, security_level)
    context.check_hostname = check_hostname and verify
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if roots is not None:
        _trust(context, roots)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if credentials is not None:
        _load(context, credentials)
    context.options |= ssl.OP_NO_COMPRESSION
    return context


def _remember_name(tls: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
    """Note which server name the client asked for (None: it sent no SNI), for `TlsTransport.requested_name`."""
    tls.requested_name = name  # type: ignore[attr-defined]  # the only place that OpenSSL shows it


def _limit(
    context: ssl.SSLContext,
    minimum: ssl.TLSVersion,
    maximum: ssl.TLSVersion,
    ciphers: Sequence[str],
    security_level: int | None,
) -> None:
    level = security_level
    if level is None:
        # The smallest and largest supported version are negative numbers, beside the order of the others.
        old = minimum < ssl.TLSVersion.TLSv1_2 or 0 < maximum < ssl.TLSVersion.TLSv1_2
        level = 0 if old else _SECURITY_LEVEL
    names = [CIPHER_SUITES.get(name, name) for name in ciphers]
    try:
        context.set_ciphers(f"{':'.join(names)}:@SECLEVEL={level}")
    except ssl.SSLError as error:
        raise ValueError(f"OpenSSL knows none of the cipher suites {', '.join(ciphers)}") from error
    with warnings.catch_warnings():
        # TLS 1.0 and 1.1 are asked for only to see them refused.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = minimum
        context.maximum_version = maximum


def _load(context: ssl.SSLContext, credentials: Credentials) -> None:
    try:
        context.load_cert_chain(credentials.chain, credentials.key)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{credentials.chain} and {credentials.key} are no usable certificate and key: {error}; "
            "give PEM files that belong together"
        ) from error


def _trust(context: ssl.SSLContext, roots: Path) -> None:
    try:
        context.load_verify_locations(roots)
    except (OSError, ValueError) as error:
        raise ValueError(f"{roots} holds no usable root certificates: {error}; give a PEM file") from error
