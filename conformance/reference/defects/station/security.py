"""Defects behind the security probes of a station: whom it trusts, what it tells, what brings it down."""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import BOTH, CS, NEW, OLD
from conformance.reference.wire import Payload

REMOTE_STARTS = ("RemoteStartTransaction", "RequestStartTransaction")
AT_ONCE = 0.3
"""Seconds that count as the same moment."""
PROFILE_1, PROFILE_2 = "station on security profile 1", "station on security profile 2"


def _flag(name: str, breaks: str, *must_fail: str, families: tuple[str, ...] = BOTH, variant: str = "") -> None:
    """A defect that the station itself asks for by name."""
    flag(name, role=CS, families=families, breaks=breaks, must_fail=must_fail, variant=variant)


# -- TLS: `lax.weaken` ------------------------------------------------------------------------------------------------

_flag(
    "server-certificate-not-verified",
    "any certificate of a CSMS is taken (A00.FR.308; 1.6 A00.FR.307) [68]",
    "OC_S_20_CS",
    "OC_S_31_CS",
    "TC_A_05_CS",
    variant=PROFILE_2,
)
_flag(
    "host-name-not-checked",
    "the certificate of another host is taken (A00.FR.309; 1.6 A00.FR.308)",
    "OC_S_20_CS",
    variant=PROFILE_2,
)
_flag(
    "expired-certificate-accepted",
    "the time of a certificate is not looked at (A00.FR.308; 1.6 A00.FR.307)",
    "OC_S_20_CS",
    variant=PROFILE_2,
)
_flag(
    "self-signed-certificate-accepted",
    "a certificate that signs itself is taken (A00.FR.308; 1.6 A00.FR.307)",
    "OC_S_20_CS",
    variant=PROFILE_2,
)
_flag(
    "old-tls-accepted",
    "TLS 1.0 and 1.1 are taken (A00.FR.313; 1.6 A00.FR.312)",
    "OC_S_21_CS",
    "TC_A_06_CS",
    variant=PROFILE_2,
)
_flag(
    "unencrypted-tls-accepted",
    "cipher suites without encryption are taken (A00.FR.320; 1.6 A00.FR.319)",
    "OC_S_21_CS",
    variant=PROFILE_2,
)


# -- security events --------------------------------------------------------------------------------------------------


@defect(
    "security-event-flood",
    role=CS,
    families=BOTH,
    breaks="each failed attempt to connect is told by twenty events [66]",
    must_fail=("OC_S_31_CS",),
    variant=PROFILE_2,
)
class _EventFlood(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.security.events_of_a_failure = 20


@defect(
    "wrong-certificate-not-told",
    role=CS,
    families=NEW,
    breaks="the CSMS is never told of a wrong certificate or TLS version (A00.FR.310, A00.FR.316, A04.FR.02)",
    must_fail=("OC_S_21_CS", "OC_S_31_CS", "TC_A_05_CS"),
    variant=PROFILE_2,
)
class _EventsNotTold(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.security.events_of_a_failure = 0


# -- credentials and profiles -----------------------------------------------------------------------------------------

_flag(
    "credentials-sent-to-redirect-target",
    "a redirect of the opening handshake is followed to another server, password and all",
    "OC_S_22_CS",
    variant=PROFILE_1,
)
_flag(
    "redirects-without-end",
    "a redirect of the opening handshake is followed at once, however often",
    "OC_S_22_CS",
    variant=PROFILE_1,
)
_flag(
    "security-downgrade-accepted",
    "a lower security profile is taken (A00.FR.005, B09.FR.04; 1.6 A05.FR.01)",
    "OC_S_24_1_CS",
    "OC_S_24_2_CS",
    "TC_084_CS",
    "TC_A_22_CS",
    variant=PROFILE_2,
)
_flag(
    "password-readable",
    "the password can be read back (BasicAuthPassword is WriteOnly; 1.6 whitepaper 7.2, AuthorizationKey)",
    "OC_S_24_3_CS",
    variant=PROFILE_1,
)
_flag(
    "no-rollback-of-network-profile",
    "the first network profile is tried for ever, though nobody answers there (B10.FR.03)",
    "OC_S_24_4_CS",
    families=NEW,
    variant=PROFILE_1,
)


@defect(
    "password-in-security-log",
    role=CS,
    families=BOTH,
    breaks="the security log tells the password (A01.FR.12)",
    must_fail=("OC_S_24_3_CS",),
    variant=PROFILE_1,
)
class _PasswordInLog(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.security.log.append(f"connecting with {self.context.options.password}")


@defect(
    "security-profile-not-used",
    role=CS,
    families=OLD,
    breaks="a raised SecurityProfile is accepted, and the connection stays as it was (A05.FR.06)",
    must_fail=("OC_S_24_5_CS", "TC_083_CS"),
    variant=PROFILE_1,
)
class _ProfileNotUsed(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        named = action == "ChangeConfiguration" and request["key"] == "SecurityProfile"
        return {"status": "Accepted"} if named else None


# -- files: `transfer.Transfers` --------------------------------------------------------------------------------------

_flag(
    "firmware-signature-not-verified",
    "a firmware is installed whoever signed it (L01.FR.04)",
    "OC_S_25_2_CS",
    "TC_081_CS",
    variant=PROFILE_1,
)
_flag(
    "firmware-certificate-not-checked",
    "any signing certificate of a firmware is taken (L01.FR.21; 1.6 L01.FR.23)",
    "OC_S_25_2_CS",
    "OC_16_72_CS",
    variant=PROFILE_1,
)
_flag("file-url-accepted", "a firmware is taken from the station's own files", "OC_S_25_1_CS")
_flag("dies-on-missing-firmware", "a firmware that is not there brings the station down", "OC_S_25_1_CS")
_flag(
    "failed-upload-called-uploaded",
    "a log that no server took is reported as uploaded (N01.FR.10; 1.6 4.4) [64]",
    "OC_S_25_3_CS",
    "TC_045_2_CS",
)
_flag(
    "log-credentials-follow-redirect",
    "the credentials of an upload go wherever a redirect leads",
    "OC_S_25_3_CS",
)

# -- limits, texts, races ---------------------------------------------------------------------------------------------

_flag(
    "oversized-list-half-applied",
    "a local list that is too long is refused, and its beginning is taken nevertheless",
    "OC_S_26_2_CS",
)
_flag(
    "oversized-list-accepted",
    "the local list takes more than the station declares to have room for (D01.FR.12)",
    "OC_S_26_2_CS",
    families=NEW,
)
_flag(
    "oversized-variables-half-set",
    "SetVariables with too many items is refused, and its beginning is carried out nevertheless",
    "OC_S_26_1_CS",
    families=NEW,
)


def _tokens(request: Payload) -> list[str]:
    """The text of the token that a remote start brings."""
    token = request.get("idTag", request.get("idToken"))
    return [str(token.get("idToken") if isinstance(token, dict) else token)] if token is not None else []


class _Breaks(Misbehaviour):
    """Base of defects that bring the station down over a token."""

    context: Any

    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action in REMOTE_STARTS and any(self.kills(text) for text in _tokens(request)):
            self.context.break_down()
        return None

    def kills(self, text: str) -> bool:
        """Whether this token is too much."""
        raise NotImplementedError


@defect(
    "dies-on-control-characters",
    role=CS,
    families=BOTH,
    breaks="a control character in the token of a remote start brings the station down [19]",
    must_fail=("OC_S_30_CS",),
)
class _DiesOfControlCharacters(_Breaks):
    def kills(self, text: str) -> bool:
        return any(character < " " for character in text)


@defect(
    "dies-on-empty-token",
    role=CS,
    families=BOTH,
    breaks="an empty token in a remote start brings the station down [18]",
    must_fail=("OC_S_30_CS",),
)
class _DiesOfEmptyToken(_Breaks):
    def kills(self, text: str) -> bool:
        return not text


@defect(
    "dies-when-plugged-in-during-remote-start",
    role=CS,
    families=BOTH,
    breaks="a cable that is plugged in at the time of a remote start brings the station down (CVE-2026-26071)",
    must_fail=("OC_S_27_CS",),
)
class _DiesInRace(Misbehaviour):
    context: Any
    _until = 0.0

    def powered_up(self) -> None:
        station = self.context
        told = type(station).cable_in

        def cable_in(evse: Any, connector: Any) -> None:
            told(station, evse, connector)
            if asyncio.get_running_loop().time() < self._until:
                station.break_down()

        station.cable_in = cable_in

    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action in REMOTE_STARTS:
            self._until = asyncio.get_running_loop().time() + AT_ONCE
        return None
