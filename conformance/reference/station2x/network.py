"""Network connection profiles: slots, their order, and which one is in use (2.0.1 B09, B10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.reference import link
from conformance.reference.station2x.certificates import CSMS
from conformance.reference.station2x.model import SLOTS
from conformance.reference.station2x.remote import rejected
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x


class NetworkProfiles:
    """The slots; slot 1 holds at first what the station was started with."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._connected_since_boot = False
        self._trying = "1"
        slots = self._slots()
        if "1" not in slots:
            slots["1"] = {"url": station.options.csms, "securityProfile": station.security_profile}

    def _slots(self) -> dict[str, dict[str, Any]]:
        slots: dict[str, dict[str, Any]] = self._station.memory.section("network").setdefault("slots", {})
        return slots

    @property
    def active(self) -> str:
        """The slot of the present or latest connection."""
        return str(self._station.memory.section("network").get("active", "1"))

    def power_up(self) -> None:
        """After a boot the first entry of the priority list is tried first (B10.FR.04)."""
        self._connected_since_boot = False

    @property
    def migrating(self) -> bool | None:
        """Whether the profile that is tried is another than the one that worked last; None when no change is under way.

        A change is under way from a boot, for which another profile was put first, until a connection stands.
        """
        if self._connected_since_boot or self._order()[0] == self.active:
            return None
        return self._trying != self.active

    def connected(self) -> None:
        """The slot that was tried works; there is no way back to a lower security profile (A05.FR.06)."""
        self._connected_since_boot = True
        network = self._station.memory.section("network")
        network["active"] = self._trying
        reached = self._slots()[self._trying]["securityProfile"]
        if reached != self.security_profile:
            network["securityProfile"] = reached
            if not self._station.defects.active("lower-profiles-kept"):
                self._forget_lower(reached)
        self._station.memory.save()

    @property
    def security_profile(self) -> int:
        """That of the latest connection: the highest so far, unless a lower one is allowed."""
        return int(self._station.memory.section("network").get("securityProfile", self._station.security_profile))

    def _forget_lower(self, reached: int) -> None:
        slots, model = self._slots(), self._station.model
        for slot in [one for one, profile in slots.items() if profile["securityProfile"] < reached]:
            del slots[slot]
        priority = model.find("OCPPCommCtrlr", "NetworkConfigurationPriority")
        left = [slot for slot in model.members("OCPPCommCtrlr", "NetworkConfigurationPriority") if slot in slots]
        model.store(priority, ",".join(left or [self._trying]))

    def objection_to_priority(self, value: str) -> str | None:
        """Every slot of the list must hold a profile that can be used (B10.FR.02, A05.FR.02, A05.FR.03, A05.FR.10)."""
        wanted = [part.strip() for part in value.split(",") if part.strip()]
        if not wanted or not all(slot in self._slots() for slot in wanted):
            return "InvalidNetworkConf"
        profiles = [self._slots()[slot]["securityProfile"] for slot in wanted]
        if self._too_low(min(profiles)):
            return "NoSecurityDowngrade"
        highest, certificates, active = max(profiles), self._station.certificates, self._station.defects.active
        if highest <= max(1, self.security_profile) or active("profile-raised-without-certificates"):
            return None
        ready = certificates.roots(CSMS) and (highest < 3 or certificates.has_own)
        return None if ready else "InvalidNetworkConf"

    def _too_low(self, profile: int) -> bool:
        """Whether a security profile is below the one in use: from 3 to 2 it may be allowed (A05.FR.08 to FR.10)."""
        lower = profile < self.security_profile
        allowed = self._station.model.flag("SecurityCtrlr", "AllowSecurityProfileDowngrade") and profile == 2
        return lower and not allowed and not self._station.defects.active("security-downgrade-accepted")

    def set_profile(self, request: Payload) -> Payload:
        """Answer SetNetworkProfile."""
        slot = str(request["configurationSlot"])
        data = request["connectionData"]
        if slot not in SLOTS:
            return rejected("InvalidConfSlot")
        if self._too_low(data["securityProfile"]):
            return rejected("NoSecurityDowngrade")
        url = data["ocppCsmsUrl"]
        parts = urlsplit(url)
        scheme = "ws" if data["securityProfile"] <= 1 else "wss"
        if parts.scheme != scheme or not parts.hostname:
            return rejected("InvalidURL")
        profile: dict[str, Any] = {"url": url, "securityProfile": data["securityProfile"]}
        for key in ("basicAuthPassword", "messageTimeout"):
            if key in data:
                profile[key] = data[key]
        self._slots()[slot] = profile
        self._station.memory.save()
        self._station.security.happened("ReconfigurationOfSecurityParameters", critical=False, info=f"slot {slot}")
        return {"status": "Accepted"}

    def _order(self) -> list[str]:
        """Slots to try after a boot; the last that worked comes last (B10.FR.07)."""
        wanted = self._station.model.members("OCPPCommCtrlr", "NetworkConfigurationPriority")
        return [slot for slot in wanted if slot in self._slots()] or [self.active]

    def attempts_of_a_round(self) -> int:
        """Attempts after which every profile that is tried has had its turn (B10.FR.03)."""
        each = max(1, self._station.model.number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts"))
        return each * (1 if self._connected_since_boot else len(self._order()))

    def target(self, attempt: int) -> tuple[str, str | None]:
        """URL and Authorization header of an attempt."""
        if self._connected_since_boot:
            slot = self.active
        else:
            order = self._order()
            attempts = max(1, self._station.model.number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts"))
            position = attempt // attempts
            slot = order[position] if position < len(order) else self.active
            if self._station.defects.active("no-rollback-of-network-profile"):
                slot = order[0]
        self._trying = slot
        profile = self._slots()[slot]
        identity = self._station.options.identity
        sent = profile["securityProfile"] < 3 or self._station.defects.active("password-sent-with-certificate")
        password = self._station.password(profile.get("basicAuthPassword")) if sent else None
        if sent and profile["securityProfile"] == 3:
            password = password or "left over from before"
        authorization = link.basic_authorization(identity, password) if password else None
        return link.station_url(profile["url"], identity), authorization
