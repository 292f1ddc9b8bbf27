"""TLS that is less strict than it should be: what defects of the station do to its context."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable, Mapping

SELF_SIGNED = 18
"""OpenSSL's code for a leaf that signs itself (X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)."""
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for


def _trusting(context: ssl.SSLContext) -> None:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE


def _any_host(context: ssl.SSLContext) -> None:
    context.check_hostname = False


def _any_time(context: ssl.SSLContext) -> None:
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)


def _old(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _any_suite(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")


def _one_suite(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")


_LAX: Mapping[str, Callable[[ssl.SSLContext], None]] = {
    "server-certificate-not-verified": _trusting,
    "host-name-not-checked": _any_host,
    "expired-certificate-accepted": _any_time,
    "old-tls-accepted": _old,
    "unencrypted-tls-accepted": _any_suite,
    "one-cipher-suite-only": _one_suite,
}
"""By the name of the defect."""


def weaken(context: ssl.SSLContext, active: Callable[[str], bool]) -> None:
    """Take away what the defects that are switched on take away."""
    for name, change in _LAX.items():
        if active(name):
            change(context)


def trusting() -> ssl.SSLContext:
    """A context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _trusting(context)
    return context
