"""The security profile of a charge point: which one is in use, how it is raised, and the way back when that fails.

Source: security whitepaper of 1.6, A00.FR.005, A01, A05.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from conformance.reference import link
from conformance.reference.station16.certificates import CENTRAL
from conformance.reference.station16.configuration import SecurityKeys

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16

ATTEMPTS = 3
"""Attempts to connect by a raised profile before the one before is taken again (A05.FR.08)."""


class SecurityProfiles:
    """The profile that the key SecurityProfile names, and the password of AuthorizationKey."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        options = station.options
        self.started = 1 if options.password else 0
        if options.csms.startswith("wss:"):
            self.started = 3 if options.certificate is not None else 2

    def keys(self) -> SecurityKeys:
        """What the configuration needs to know."""
        return SecurityKeys(
            self.started,
            self._may_be,
            self._password_set,
            self._profile_set,
            password=self._station.options.password or "",
            readable=self._station.defects.active("password-readable"),
        )

    @property
    def current(self) -> int:
        """The profile in use."""
        return self._station.configuration.number("SecurityProfile")

    def _may_be(self, text: str) -> bool:
        """Only a higher one, and only with what it needs (A05.FR.01 to A05.FR.04)."""
        if text not in ("0", "1", "2", "3"):
            return False
        wanted = int(text)
        if wanted <= self.current:
            return self._station.defects.active("security-downgrade-accepted")
        if wanted in (1, 2) and self._password() is None:
            return False
        if wanted > 1 and not self._station.certificates.roots(CENTRAL):
            return False
        return wanted < 3 or self._station.certificates.has_own

    def _password_set(self, value: str) -> None:
        self._log("AuthorizationKey")
        if not self._station.defects.active("no-reconnection-with-new-password"):
            self._station.reconnect()

    def _profile_set(self, value: str) -> None:
        """It counts from the next connection, which follows at once (A05.FR.06, A05.FR.07)."""
        self._log("SecurityProfile")
        self._station.reconnect()

    def _log(self, what: str) -> None:
        self._station.security.happened("ReconfigurationOfSecurityParameters", critical=False, info=what)

    def _password(self) -> str | bytes | None:
        if self._station.defects.active("new-password-not-used"):
            return self._station.options.password
        key = self._station.memory.section("configuration").get("AuthorizationKey")
        return bytes.fromhex(key) if key else self._station.options.password

    def connected(self) -> None:
        """The profile in use works."""
        self._station.memory.section("security_profile")["worked"] = self.current
        self._station.memory.save()

    def connection_failed(self, attempts: int) -> None:
        """Go back to the profile that worked last, when the one in use has had its attempts (A05.FR.08)."""
        worked = self._station.memory.section("security_profile").get("worked", self.started)
        if attempts >= ATTEMPTS and worked != self.current:
            self._station.memory.section("configuration")["SecurityProfile"] = str(worked)
            self._station.memory.save()
            self._log(f"SecurityProfile back to {worked}")

    def target(self) -> tuple[str, str | None]:
        """URL and Authorization header of the next attempt."""
        options, profile = self._station.options, self.current
        parts = urlsplit(options.csms)
        url = urlunsplit(parts._replace(scheme="wss" if profile > 1 else "ws"))
        needed = profile < 3 or self._station.defects.active("password-sent-with-certificate")
        password = self._password() if needed else None
        if needed and profile == 3:
            password = password or "left over from before"
        authorization = link.basic_authorization(options.identity, password) if password else None
        return link.station_url(url, options.identity), authorization
