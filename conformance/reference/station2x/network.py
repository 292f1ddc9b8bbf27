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


_KEYS = {"ocppCsmsUrl": "url"}
_TOLD = (
    *("ocppCsmsUrl", "securityProfile", "identity", "basicAuthPassword"),
    *("messageTimeout", "ocppInterface", "ocppTransport", "ocppVersion"),
)
"""The fields of NetworkConnectionProfileType that are kept."""
_AS_DELIVERED = {"messageTimeout": 30, "ocppInterface": "Wired0", "ocppTransport": "JSON", "ocppVersion": "OCPP201"}


def _valid(profile: dict[str, Any]) -> bool:
    """Whether a profile has what a connection needs, and a URL that fits its security (A00.FR.002)."""
    parts = urlsplit(str(profile.get("url", "")))
    security = profile.get("securityProfile")
    return security is not None and bool(parts.hostname) and parts.scheme == ("ws" if security <= 1 else "wss")


class NetworkProfiles:
    """The slots; slot 1 holds at first what the station was started with."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._connected_since_boot = False
        self._trying = "1"
        slots = self._slots()
        if "1" not in slots:
            slots["1"] = {"url": station.options.csms, "securityProfile": station.security_profile, **_AS_DELIVERED}

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
        for slot in [one for one, profile in slots.items() if profile.get("securityProfile", reached) < reached]:
            del slots[slot]
        priority = model.find("OCPPCommCtrlr", "NetworkConfigurationPriority")
        left = [slot for slot in model.members("OCPPCommCtrlr", "NetworkConfigurationPriority") if slot in slots]
        model.store(priority, ",".join(left or [self._trying]))

    def objection_to_priority(self, value: str) -> str | None:
        """Every slot of the list must hold a profile that can be used (B10.FR.02, A05.FR.02, A05.FR.03, A05.FR.10)."""
        wanted = [part.strip() for part in value.split(",") if part.strip()]
        if not wanted or not all(slot in self._slots() for slot in wanted):
            return "InvalidNetworkConf"
        checked = not self._station.defects.active("network-configuration-not-validated")
        if checked and not all(_valid(self._slots()[slot]) for slot in wanted):
            return "InvalidNetworkConf"
        profiles = [self._slots()[slot].get("securityProfile", 0) for slot in wanted]
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
        active = self._station.defects.active
        down = profile == 2 or active("downgrade-to-any-profile")
        allowed = self._station.model.flag("SecurityCtrlr", "AllowSecurityProfileDowngrade") and down
        return lower and not allowed and not (active("security-downgrade-accepted") or active("downgrade-not-watched"))

    def set_profile(self, request: Payload) -> Payload:
        """Answer SetNetworkProfile."""
        slot = str(request["configurationSlot"])
        data = request["connectionData"]
        if slot not in SLOTS:
            return rejected("InvalidConfSlot")
        if self._too_low(data["securityProfile"]):
            return rejected("NoSecurityDowngrade")
        if not _valid({"url": data["ocppCsmsUrl"], "securityProfile": data["securityProfile"]}):
            return rejected("InvalidURL")
        if "apn" in data or "vpn" in data:
            # It has neither (B09.FR.13).
            return rejected("InvalidNetworkConf")
        self._slots()[slot] = {_KEYS.get(name, name): data[name] for name in _TOLD if name in data}
        self._station.memory.save()
        self._changed(slot)
        return {"status": "Accepted"}

    def _changed(self, slot: str) -> None:
        self._station.security.happened("ReconfigurationOfSecurityParameters", critical=False, info=f"slot {slot}")

    # -- the same as variables (2.1) -------------------------------------------------------------------------------

    def told(self, slot: str, name: str) -> str:
        """A field of a profile as the value of its variable; "" where there is none."""
        if name in ("messageTimeout", "ocppInterface") and self._station.defects.active(
            "network-variables-not-updated"
        ):
            return ""
        return str(self._slots().get(slot, {}).get(_KEYS.get(name, name), ""))

    def objection(self, slot: str, name: str, value: str) -> str | None:
        """Why a variable of a slot can't be set: it may be needed to connect, or is a downgrade (B09.FR.22, FR.32)."""
        in_use = slot in self._station.model.members("OCPPCommCtrlr", "NetworkConfigurationPriority")
        if in_use and not self._station.defects.active("network-in-use-changed"):
            return "PriorityNetworkConf"
        lower = name == "securityProfile" and self._too_low(int(value))
        return "NoSecurityDowngrade" if lower else None

    def store(self, slot: str, name: str, value: str) -> None:
        """A variable of a slot was set."""
        if self._station.defects.active("network-variables-forgotten"):
            return
        profile = self._slots().setdefault(slot, {})
        profile[_KEYS.get(name, name)] = int(value) if name in ("messageTimeout", "securityProfile") else value
        self._station.memory.save()
        self._changed(slot)

    def clear(self, name: str) -> None:
        """What SecurityCtrlr was given counts from now on, not what the profile in use has (B09.FR.26, FR.27)."""
        if not self._station.defects.active("profile-keeps-identity"):
            self._slots().get(self.active, {}).pop(name, None)
            self._station.memory.save()

    @property
    def identity(self) -> str:
        """That of the profile in use, else that of the station (B09.FR.28)."""
        own = self._slots().get(self.active, {}).get("identity")
        return str(own or self._station.own_identity())

    # -- connecting ------------------------------------------------------------------------------------------------

    def _order(self) -> list[str]:
        """Slots to try after a boot; the last that worked comes last (B10.FR.07)."""
        wanted = self._station.model.members("OCPPCommCtrlr", "NetworkConfigurationPriority")
        return [slot for slot in wanted if _valid(self._slots().get(slot, {}))] or [self.active]

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
        identity = str(profile.get("identity") or self._station.own_identity())
        sent = profile["securityProfile"] in (1, 2) or self._station.defects.active("password-sent-with-certificate")
        password = self._station.password(profile.get("basicAuthPassword")) if sent else None
        if sent and profile["securityProfile"] == 3:
            password = password or "left over from before"
        authorization = link.basic_authorization(identity, password) if password else None
        return link.station_url(profile["url"], identity), authorization
