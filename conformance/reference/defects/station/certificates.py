"""Defects of a charge point's passwords, certificates and security profiles (1.6, security whitepaper)."""

from __future__ import annotations

from conformance.reference.defects import flag
from conformance.reference.defects.station.bases import CS, OLD


def _flag(name: str, profile: int | None, breaks: str, *must_fail: str) -> None:
    """A defect that the charge point itself asks for by name, found on a security profile (None: on any)."""
    variant = "" if profile is None else f"station on security profile {profile}"
    flag(name, role=CS, families=OLD, breaks=breaks, must_fail=must_fail, variant=variant)


# -- passwords --------------------------------------------------------------------------------------------------------

_flag("new-password-not-used", 1, "it comes back with the password from before (A01)", "TC_073_CS")
_flag("no-reconnection-with-new-password", 2, "a new password is accepted, and nothing follows (A01)", "TC_073_CS")
_flag(
    "password-sent-with-certificate", 3, "a password is sent on profile 3, too (A00.FR.001)", "TC_086_CS", "TC_087_CS"
)

# -- signing requests -------------------------------------------------------------------------------------------------

_flag(
    "signing-request-of-another-operator",
    3,
    "O of a signing request is not what CpoName says (A02.FR.13)",
    "TC_074_CS",
)
_flag("signing-request-of-another-station", 3, "its CN is not the serial number (A00.FR.511)", "TC_074_CS")
_flag("signing-request-signature-wrong", 3, "its signature does not fit its key (A02.FR.03)", "TC_074_CS", "TC_077_CS")
_flag("signing-request-with-small-key", 3, "its key has 1024 bits of RSA (A00.FR.502)", "TC_074_CS")
_flag("signing-request-for-old-key", 3, "the key that is in use is signed again (A02.FR.02)", "TC_074_CS")

# -- its own certificate ----------------------------------------------------------------------------------------------

_flag("signed-certificate-not-used", 3, "a new certificate is accepted, and never shown (A02.FR.08)", "TC_074_CS")
_flag("certificate-for-another-key-accepted", 3, "a certificate for a foreign key is taken (A02.FR.06)", "TC_077_CS")
_flag("expired-own-certificate-accepted", 3, "an expired certificate is taken (A02.FR.06)", "TC_077_CS")
_flag("own-certificate-of-anybody-accepted", 3, "a certificate of any authority is taken (A02.FR.06)", "TC_077_CS")
_flag("invalid-certificate-not-told", 3, "a refused certificate is not told of (A02.FR.07)", "TC_077_CS")

# -- root certificates ------------------------------------------------------------------------------------------------

_flag("expired-root-installed", None, "a root that has expired is installed (M05.FR.06)", "TC_078_CS")
_flag(
    "installed-certificate-left-out",
    2,
    "of several roots of a kind only the first is listed (M03.FR.04)",
    "TC_075_1_CS",
    "TC_075_2_CS",
)
_flag(
    "certificate-hash-of-pem",
    None,
    "issuerKeyHash is the hash of something else (whitepaper 6.1)",
    "TC_075_1_CS",
    "TC_075_2_CS",
)
_flag("certificate-not-deleted", None, "a deleted root is still there (M04.FR.02)", "TC_076_CS")
_flag("root-in-use-deleted", 2, "the root that the connection rests on is deleted (M04.FR.06)", "TC_076_CS")

# -- TLS, events ------------------------------------------------------------------------------------------------------

_flag("one-cipher-suite-only", 2, "of a pair of cipher suites one is missing (A00.FR.318)", "TC_086_CS")
_flag(
    "boot-not-told-as-security-event",
    1,
    "neither StartupOfTheDevice nor ResetOrReboot is told (A04.FR.01, chapter 8)",
    "TC_085_CS",
)
