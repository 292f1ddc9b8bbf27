"""Defects of a station's passwords, certificates and security profiles (2.x A and M; 1.6: security whitepaper)."""

from __future__ import annotations

from conformance.reference.defects import flag
from conformance.reference.defects.station.bases import BOTH, CS, NEW, OLD


def _flag(name: str, profile: int | None, breaks: str, *must_fail: str, families: tuple[str, ...] = BOTH) -> None:
    """A defect that the station itself asks for by name, found on a security profile (None: on any)."""
    variant = "" if profile is None else f"station on security profile {profile}"
    flag(name, role=CS, families=families, breaks=breaks, must_fail=must_fail, variant=variant)


# -- passwords --------------------------------------------------------------------------------------------------------

_flag("new-password-not-used", 1, "it comes back with the password from before (A01)", "TC_073_CS", "TC_A_09_CS")
_flag(
    "no-reconnection-with-new-password",
    2,
    "a new password is accepted, and nothing follows (A01)",
    "TC_073_CS",
    "TC_A_09_CS",
)
_flag(
    "short-password-taken", 1, "a password of less than 16 characters is taken (A00.FR.205)", "TC_A_10_CS", families=NEW
)
_flag(
    "password-sent-with-certificate",
    3,
    "a password is sent on profile 3, too (A00.FR.001)",
    "TC_086_CS",
    "TC_087_CS",
    "TC_A_04_CS",
    "TC_A_07_CS",
)
_flag(
    "password-change-not-logged",
    1,
    "the security log does not tell of a new password (A01.FR.11)",
    "OC_A_05_CS",
    families=NEW,
)

# -- signing requests -------------------------------------------------------------------------------------------------

_flag(
    "signing-request-of-another-operator",
    3,
    "O of a signing request is not the operator's name (A00.FR.509; 1.6 A02.FR.13)",
    "TC_074_CS",
    "TC_A_11_CS",
)
_flag(
    "signing-request-of-another-station", 3, "its CN is not the serial number (A00.FR.511)", "TC_074_CS", "TC_A_11_CS"
)
_flag(
    "signing-request-signature-wrong",
    3,
    "its signature does not fit its key (A02.FR.03)",
    "TC_074_CS",
    "TC_077_CS",
    "TC_A_11_CS",
    "TC_A_15_CS",
)
_flag("signing-request-with-small-key", 3, "its key has 1024 bits of RSA (A00.FR.502)", "TC_074_CS", "TC_A_11_CS")
_flag("signing-request-for-old-key", 3, "the key that is in use is signed again (A02.FR.02)", "TC_074_CS", "TC_A_11_CS")
_flag(
    "signing-request-of-another-type",
    3,
    "certificateType is not that of the trigger (A02.FR.13)",
    "TC_A_14_CS",
    families=NEW,
)
_flag(
    "signing-not-repeated",
    3,
    "who gets no certificate does not ask again (A02.FR.17)",
    "OC_A_01_CS",
    "TC_A_23_CS",
    families=NEW,
)
_flag(
    "signing-back-off-not-doubled",
    3,
    "who gets no certificate asks again at the same interval (A02.FR.18)",
    "TC_A_23_CS",
    families=NEW,
)
_flag(
    "signing-repeated-for-ever",
    3,
    "who gets no certificate asks again and again (A02.FR.19)",
    "OC_A_01_CS",
    families=NEW,
)
_flag(
    "signing-repeated-when-refused",
    3,
    "a refused request is sent again, and one whose certificate was refused (A02.FR.17, A02.FR.20)",
    "OC_A_02_CS",
    "TC_A_15_CS",
    families=NEW,
)

# -- its own certificate ----------------------------------------------------------------------------------------------

_flag(
    "signed-certificate-not-used",
    3,
    "a new certificate is accepted, and never shown (A02.FR.08)",
    "TC_074_CS",
    "TC_A_11_CS",
)
_flag(
    "certificate-for-another-key-accepted",
    3,
    "a certificate for a foreign key is taken (A02.FR.06)",
    "TC_077_CS",
    "TC_A_14_CS",
)
_flag("expired-own-certificate-accepted", 3, "an expired certificate is taken (A02.FR.06)", "TC_077_CS", "TC_A_14_CS")
_flag(
    "own-certificate-of-anybody-accepted",
    3,
    "a certificate of any authority is taken (A02.FR.06)",
    "TC_077_CS",
    "TC_A_14_CS",
    "OC_A_02_CS",
)
_flag("invalid-certificate-not-told", 3, "a refused certificate is not told of (A02.FR.07)", "TC_077_CS", "TC_A_14_CS")
_flag(
    "long-chain-accepted", 3, "a chain above MaxCertificateChainSize is taken (A02.FR.16)", "OC_A_03_CS", families=NEW
)
_flag(
    "no-way-back-to-old-certificate",
    3,
    "a new certificate that opens nothing is tried for ever (A02.FR.28)",
    "OC_A_04_CS",
    families=NEW,
)

# -- security profiles ------------------------------------------------------------------------------------------------

_flag(
    "profile-raised-without-certificates",
    2,
    "a profile comes first without what it needs (A05.FR.02, A05.FR.03)",
    "TC_A_21_CS",
    families=NEW,
)
_flag(
    "lower-profiles-kept", 1, "network profiles below the security profile stay (A05.FR.06)", "TC_A_19_CS", families=NEW
)

# -- root certificates ------------------------------------------------------------------------------------------------

_flag("expired-root-installed", None, "a root that has expired is installed (M05.FR.06)", "TC_078_CS", families=OLD)
_flag(
    "installed-certificate-left-out",
    2,
    "of several roots of a kind only the first is listed (M03.FR.04)",
    "TC_075_1_CS",
    "TC_075_2_CS",
    families=OLD,
)
_flag(
    "certificate-hash-of-pem",
    None,
    "issuerKeyHash is the hash of something else (whitepaper 6.1)",
    "TC_075_1_CS",
    "TC_075_2_CS",
    families=OLD,
)
_flag("certificate-not-deleted", None, "a deleted root is still there (M04.FR.02)", "TC_076_CS", families=OLD)
_flag(
    "root-in-use-deleted", 2, "the root that the connection rests on is deleted (M04.FR.06)", "TC_076_CS", families=OLD
)

# -- TLS, events ------------------------------------------------------------------------------------------------------

_flag(
    "one-cipher-suite-only",
    2,
    "of a pair of cipher suites one is missing (A00.FR.319; 1.6 A00.FR.318)",
    "TC_086_CS",
    "TC_A_04_CS",
)
_flag(
    "boot-not-told-as-security-event",
    1,
    "neither StartupOfTheDevice nor ResetOrReboot is told (A04.FR.01)",
    "TC_085_CS",
    "TC_A_01_CS",
)

flag(
    "asks-for-the-older-v2g-certificate",
    role=CS,
    families=NEW,
    breaks="triggered by SignV2G20Certificate, it asks for a certificate of ISO 15118-2 (A02.FR.23)",
    must_fail=("OC_A_08_CS",),
    variant="station with certificates for EVs of both editions of ISO 15118",
)
