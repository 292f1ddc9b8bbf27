"""Configuration keys: which there are, what they take, and what the Central System set (1.6 chapter 9, 5.3, 5.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.certificates import LONGEST_CHAIN, ROOM
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.memory import Memory

MEASURANDS = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage")
MAX_KEYS = 50
LISTS = "LocalAuthListManagement"
LIST_LENGTH, LIST_PART = 600, 100
"""idTags that the local list has room for, and that one SendLocalList may bring."""
PROFILES = "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging"


@dataclass(frozen=True, slots=True)
class SecurityKeys:
    """What stands behind the keys of the security whitepaper: AuthorizationKey and SecurityProfile.

    `may_be` says whether a profile may be set; `password` is the one given at start, and `readable` what a defect does
    to the key that holds it.
    """

    profile: int
    may_be: Callable[[str], bool]
    password_set: Callable[[str], None]
    profile_set: Callable[[str], None]
    password: str = ""
    readable: bool = False


@dataclass
class Key:
    """One key. `kind` is boolean, integer, measurands or text; `write_only` keys never show their value; without its
    `profile` (of SupportedFeatureProfiles) there is no such key."""

    name: str
    value: str
    kind: str = "integer"
    read_only: bool = False
    write_only: bool = False
    profile: str = "Core"
    check: Callable[[str], bool] | None = None
    changed: Callable[[str], None] | None = None

    def takes(self, value: str) -> bool:
        """Whether the value has the key's type and range."""
        if self.check is not None and not self.check(value):
            return False
        if self.kind == "boolean":
            return value.lower() in ("true", "false")
        if self.kind == "integer":
            return re.fullmatch(r"\d{1,9}", value) is not None
        if self.kind == "measurands":
            parts = [part.strip() for part in value.split(",")] if value else []
            return set(parts) <= set(MEASURANDS) and len(set(parts)) == len(parts)
        return len(value) <= 500


def keys(connectors: int, security: SecurityKeys, *, fixed_cable: bool = False) -> list[Key]:
    """The keys of Core and of the other profiles that the charge point supports."""
    energy = MEASURANDS[0]
    return [
        Key("AllowOfflineTxForUnknownId", "false", "boolean"),
        Key("AuthorizationCacheEnabled", "true", "boolean"),
        Key("AuthorizeRemoteTxRequests", "true", "boolean"),
        Key("ClockAlignedDataInterval", "0"),
        Key("ConnectionTimeOut", "60"),
        Key(
            "ConnectorPhaseRotation",
            ",".join(f"{number}.RST" for number in range(connectors + 1)),
            "text",
            check=lambda text: all(re.fullmatch(r"\d+\.(NotApplicable|Unknown|[RST]{3})", p) for p in text.split(",")),
        ),
        Key("GetConfigurationMaxKeys", str(MAX_KEYS), read_only=True),
        Key("HeartbeatInterval", "300"),
        Key("LocalAuthorizeOffline", "true", "boolean"),
        Key("LocalPreAuthorize", "false", "boolean"),
        Key("MeterValuesAlignedData", energy, "measurands"),
        Key("MeterValuesSampledData", energy, "measurands"),
        Key("MeterValueSampleInterval", "60"),
        Key("NumberOfConnectors", str(connectors), read_only=True),
        Key("ResetRetries", "0"),
        Key("StopTransactionOnEVSideDisconnect", "true", "boolean"),
        Key("StopTransactionOnInvalidId", "true", "boolean"),
        Key("StopTxnAlignedData", "", "measurands"),
        Key("StopTxnSampledData", "", "measurands"),
        Key("SupportedFeatureProfiles", PROFILES, "text", read_only=True),
        Key("TransactionMessageAttempts", "3"),
        Key("TransactionMessageRetryInterval", "10"),
        # Errata 3.83: false and not to be changed where the cable is fixed.
        Key("UnlockConnectorOnEVSideDisconnect", "false" if fixed_cable else "true", "boolean", read_only=fixed_cable),
        Key("WebSocketPingInterval", "0"),
        Key("LocalAuthListEnabled", "true", "boolean", profile=LISTS),
        Key("LocalAuthListMaxLength", str(LIST_LENGTH), read_only=True, profile=LISTS),
        Key("SendLocalListMaxLength", str(LIST_PART), read_only=True, profile=LISTS),
        Key("ReserveConnectorZeroSupported", "true", "boolean", read_only=True, profile="Reservation"),
        Key("ChargeProfileMaxStackLevel", "9", read_only=True),
        Key("ChargingScheduleAllowedChargingRateUnit", "Current,Power", "text", read_only=True),
        Key("ChargingScheduleMaxPeriods", "24", read_only=True),
        Key("MaxChargingProfilesInstalled", "20", read_only=True),
        Key(
            "AuthorizationKey",
            security.password,
            "text",
            write_only=not security.readable,
            check=lambda text: re.fullmatch(r"(?:[0-9A-Fa-f]{2}){10,20}", text) is not None,
            changed=security.password_set,
        ),
        Key("SecurityProfile", str(security.profile), check=security.may_be, changed=security.profile_set),
        Key("AdditionalRootCertificateCheck", "false", "boolean", read_only=True),
        Key("CertificateSignedMaxChainSize", str(LONGEST_CHAIN), read_only=True),
        Key("CertificateStoreMaxLength", str(ROOM), read_only=True),
        Key("CpoName", "", "text", check=lambda text: len(text) <= 64),
        Key("SupportedFileTransferProtocols", "FTP,FTPS,HTTP,HTTPS", "text", read_only=True),
    ]


class Configuration:
    """All keys of a charge point; values that were set live in `memory`. Names are compared without regard to case."""

    def __init__(self, memory: Memory, known: list[Key]) -> None:
        self._memory = memory
        self._keys = {key.name.casefold(): key for key in known}

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys.values())

    def find(self, name: str) -> Key | None:
        """The key of that name."""
        return self._keys.get(name.casefold())

    def text(self, name: str) -> str:
        """The current value. Raises KeyError for an unknown key."""
        key = self._keys[name.casefold()]
        return str(self._memory.section("configuration").get(key.name, key.value))

    def number(self, name: str) -> int:
        return int(self.text(name) or 0)

    def flag(self, name: str) -> bool:
        """Whether the charge point has the key and it is true."""
        return self.find(name) is not None and self.text(name).lower() == "true"

    def members(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def store(self, name: str, value: str) -> None:
        """Set a value without asking whether it may be set."""
        key = self._keys[name.casefold()]
        self._memory.section("configuration")[key.name] = value
        self._memory.save()
        if key.changed is not None:
            key.changed(value)

    def factory(self, settings: dict[str, str]) -> None:
        """Replace factory values; "" leaves out a key that does not take it, and what it stands for (an authorization
        cache, say). Raises ValueError for an unknown key or a value that it does not take."""
        for name, value in settings.items():
            key = self.find(name)
            if key is None:
                raise ValueError(f"--set {name}: the charge point has no such key")
            if key.takes(value):
                key.value = value
            elif not value:
                del self._keys[name.casefold()]
            else:
                raise ValueError(f"--set {name}={value}: not a value of this key")
        profiles = ("Core", *self.members("SupportedFeatureProfiles"))
        self._keys = {name: key for name, key in self._keys.items() if key.profile in profiles}

    # -- for the Central System ------------------------------------------------------------------------------------

    def get(self, request: Payload) -> Payload:
        """Answer GetConfiguration: the keys that were asked for, all if none (5.8)."""
        wanted = request.get("key")
        if not wanted:
            return {"configurationKey": [self._entry(key) for key in self]}
        found = [(name, self.find(name)) for name in wanted]
        answer: Payload = {}
        entries = [self._entry(key) for _, key in found if key is not None]
        unknown = [name for name, key in found if key is None]
        if entries:
            answer["configurationKey"] = entries
        if unknown:
            answer["unknownKey"] = unknown
        return answer

    def _entry(self, key: Key) -> dict[str, Any]:
        entry: dict[str, Any] = {"key": key.name, "readonly": key.read_only}
        if not key.write_only:
            entry["value"] = self.text(key.name)
        return entry

    def change(self, request: Payload) -> Payload:
        """Answer ChangeConfiguration (5.3)."""
        key = self.find(request["key"])
        if key is None:
            return {"status": "NotSupported"}
        if key.read_only or not key.takes(request["value"]):
            return {"status": "Rejected"}
        self.store(key.name, request["value"])
        return {"status": "Accepted"}
