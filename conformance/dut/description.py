"""The device under test as the description gives it: plain values that a case reads, and nothing that can go wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from conformance.dut.errors import ValueMissing
from conformance.dut.features import Features
from conformance.ocppj.versions import version as version_data

Role = Literal["CS", "CSMS"]


class Connector(NamedTuple):
    """A connector by the numbers of the wire. In 1.6 evseId equals connectorId, which counts over the station."""

    evseId: int  # noqa: N815 - the field's name on the wire
    connectorId: int  # noqa: N815 - the field's name on the wire

    @property
    def evse(self) -> dict[str, int]:
        """The EVSEType of 2.x that names this connector."""
        return {"id": self.evseId, "connectorId": self.connectorId}


class Token(dict[str, str]):
    """An IdTokenType as it goes on the wire: a JSON object that can also be read by attribute."""

    @property
    def idToken(self) -> str:  # noqa: N802 - the field's name on the wire
        """The token's characters; what 1.6 calls idTag."""
        return self["idToken"]

    @property
    def type(self) -> str:
        """IdTokenEnumType, such as ISO14443."""
        return self["type"]

    @property
    def idTag(self) -> str:  # noqa: N802 - the field's name on the wire
        """The token as an idTag of 1.6."""
        return self["idToken"]


class Tokens:
    """The tokens by name. Reading one that the description does not give raises ValueMissing."""

    def __init__(self, given: Mapping[str, Token]) -> None:
        self._given = dict(given)

    def _get(self, name: str) -> Token:
        token = self._given.get(name)
        if token is None:
            raise ValueMissing(
                f"token tokens.{name}", f'add under [tokens]: {name} = {{ idToken = "...", type = "ISO14443" }}'
            )
        return token

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def given(self) -> Mapping[str, Token]:
        """Every token that the description gives."""
        return dict(self._given)

    @property
    def valid(self) -> Token:
        """A token that is accepted."""
        return self._get("valid")

    @property
    def second(self) -> Token:
        """Another accepted token, in no group with the first."""
        return self._get("second")

    @property
    def invalid(self) -> Token:
        """A token that is refused as Invalid."""
        return self._get("invalid")

    @property
    def blocked(self) -> Token:
        """A token that is Blocked."""
        return self._get("blocked")

    @property
    def expired(self) -> Token:
        """A token that is Expired."""
        return self._get("expired")

    @property
    def unknown(self) -> Token:
        """A token that nobody has heard of."""
        return self._get("unknown")

    @property
    def group1(self) -> Token:
        """An accepted token that belongs to the group."""
        return self._get("group1")

    @property
    def group2(self) -> Token:
        """Another accepted token of the same group."""
        return self._get("group2")

    @property
    def group(self) -> Token:
        """The group of group1 and group2."""
        return self._get("group")

    @property
    def master_pass(self) -> Token:
        """An accepted token of the master pass group."""
        return self._get("master_pass")

    @property
    def prepaid(self) -> Token:
        """A prepaid card with credit (2.1)."""
        return self._get("prepaid")

    @property
    def prepaid_empty(self) -> Token:
        """A prepaid card without credit (2.1)."""
        return self._get("prepaid_empty")

    @property
    def key_code(self) -> Token:
        """A key code that is accepted."""
        return self._get("key_code")

    @property
    def other_type(self) -> Token:
        """A valid token that is not allowed at EVSEs of this type."""
        return self._get("other_type")

    @property
    def elsewhere(self) -> Token:
        """A valid token that is not allowed at this station."""
        return self._get("elsewhere")

    @property
    def one_evse(self) -> Token:
        """A token that is accepted at the first EVSE alone."""
        return self._get("one_evse")

    @property
    def master_pass_group(self) -> Token:
        """The master pass group."""
        return self._get("master_pass_group")

    @property
    def single(self) -> Token:
        """An accepted token that may be in one transaction at a time."""
        return self._get("single")

    @property
    def contract(self) -> Token:
        """A token of an ISO 15118 contract."""
        return self._get("contract")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the run waits, in seconds; the meanings stand in `keys.TIMEOUTS`."""

    message: float = 5.0
    connect: float = 10.0
    boot: float = 30.0
    reset: float = 60.0
    physical: float = 30.0
    transfer: float = 60.0
    install: float = 300.0
    quiet: float = 0.3
    tolerance: float = 4.0
    operator: float = 30.0


@dataclass(frozen=True, slots=True)
class Values:
    """What the tester chooses where the standard leaves it open; meanings and units stand in `keys.VALUES`."""

    heartbeat_interval: int = 300
    boot_retry_interval: int = 5
    sampled_interval: int = 5
    aligned_interval: int = 10
    measurands: tuple[str, ...] = ("Energy.Active.Import.Register",)
    transaction_duration: int = 10
    energy_limit: int = 20
    ev_connection_timeout: int = 10
    reservation_time: int = 10
    offline_threshold: int = 10
    retry_back_off: int = 5
    cert_signing_wait: int = 5
    message_timeout: int = 5
    message_attempts: int = 3
    message_attempt_interval: int = 2
    charging_rate_unit: str = "A"
    number_phases: int = 3
    stack_level: int = 0
    limit: float = 8.0
    line_voltage: int = 230
    local_limit: float = 0.0
    cache_entries: int = 0
    configuration_slot: int = 1
    spare_configuration_slot: int = 2
    ocpp_interface: str = "Wired0"
    connector_type: str = "cType2"
    unknown_vendor_id: str = "org.example.unknown"
    customer_identifier: str = "customer-1"
    transfer_protocols: tuple[str, ...] = ("HTTP",)
    transfer_retry_interval: int = 5
    firmware: str = ""
    firmware_certificate: str = ""
    contract_chain: str = ""
    firmware_signature: str = ""
    firmware_location: str = "ftp://files.example.com/firmware.bin"
    log_location: str = "ftp://files.example.com/logs"
    vat_number: str = "NL001234567B01"
    invalid_vat_number: str = "NL000000000B00"
    payment_page: str = "https://pay.example.com"
    payment_secret: str = "mysharedsecret"
    cpo_name: str = "OCPP Conformance"
    serial_number: str = ""
    model: str = "Conformance Station"
    vendor: str = "OCPP Conformance"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the two sides meet: `listen` (host, port) and `path` for our CSMS, `url` of a CSMS under test.

    `raised_url`: its address for a security profile above the one in use, "" for the same. `second_identity` and
    `second_password`: another station that a CSMS under test knows; "" and None if none.
    """

    listen: tuple[str, int] = ("127.0.0.1", 9000)
    path: str = "/ocpp"
    url: str = ""
    raised_url: str = ""
    second_identity: str = ""
    second_password: bytes | None = None


@dataclass(frozen=True, slots=True)
class FuzzSettings:
    """How negative tests treat the device; the meanings stand in `keys.FUZZ`."""

    pace: float = 20.0
    hazardous: bool = False
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportNames:
    """What the report calls the device, and who tests it; "" for what is not given."""

    device: str = ""
    tester: str = ""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificates that the tester brings; None means that the run makes them.

    `folder` is where a run keeps what it makes, None: beside the description.
    """

    certificate: Path | None = None
    key: Path | None = None
    trust: Path | None = None
    names: tuple[str, ...] = ()
    algorithm: str = "ECDSA"
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """One operator as described; which fields count depends on `kind`."""

    kind: str = "manual"
    url: str = ""
    argv: tuple[str, ...] = ()
    class_name: str = ""
    timeout: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperatorPlan:
    """Who makes which act: the default operator, others by name, and the verbs that those others make."""

    default: OperatorSettings = OperatorSettings()
    named: Mapping[str, OperatorSettings] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedFailure:
    """A case that is known to fail, under one version or (None) under all; `source` is the file that says so.

    `findings` holds the fingerprints of the ways in which it may fail; empty: in any way.
    """

    id: str
    reason: str
    link: str = ""
    version: str | None = None
    findings: tuple[str, ...] = ()
    source: str = ""

    def matches(self, id: str, version: str) -> bool:
        """Whether this entry speaks of that case under that version."""
        return self.id == id and self.version in (None, version)

    def excuses(self, fingerprints: Collection[str]) -> bool:
        """Whether a failure with findings of these fingerprints is the one that is known."""
        return not self.findings or (bool(fingerprints) and set(fingerprints) <= set(self.findings))


@dataclass(frozen=True)
class Dut:
    """The device under test. Immutable: `dataclasses.replace` makes a variant, `under` the view of one OCPP version."""

    role: Role
    identity: str
    versions: tuple[str, ...]
    features: Features
    tokens: Tokens
    security_profile: int = 0
    password: bytes | None = None
    subtypes: frozenset[str] = frozenset()
    connectors: tuple[Connector, ...] = (Connector(1, 1),)
    address: Address = Address()
    tls: TlsFiles = TlsFiles()
    timeouts: Timeouts = Timeouts()
    values: Values = Values()
    fuzz: FuzzSettings = FuzzSettings()
    report: ReportNames = ReportNames()
    operator: OperatorPlan = OperatorPlan()
    expected_failures: tuple[ExpectedFailure, ...] = ()
    source: str = "the description"
    variant: str = ""
    """Name of the variant that this is of an embedded device; "" for a device as its description has it."""
    only_cases: frozenset[str] = frozenset()
    """The cases that run on a variant; empty: every case."""
    elsewhere: frozenset[str] = frozenset()
    """The cases that a variant runs in this device's stead."""
    started_with: tuple[str, ...] = ()
    """Further arguments of a variant's command line."""

    @property
    def connector(self) -> Connector:
        """The first connector: the one that cases use."""
        return self.connectors[0]

    @property
    def evse(self) -> int:
        """evseId of the first EVSE: the one that cases use."""
        return self.connectors[0].evseId

    @property
    def evses(self) -> tuple[int, ...]:
        """Every evseId, in the order of the description."""
        return tuple(dict.fromkeys(connector.evseId for connector in self.connectors))

    @property
    def two_evses(self) -> bool:
        """Whether there are two EVSEs or more."""
        return len(self.evses) > 1

    @property
    def second_connector(self) -> Connector:
        """The first connector of the second EVSE; ValueMissing if there is none."""
        for connector in self.connectors:
            if connector.evseId != self.evse:
                return connector
        raise ValueMissing("second EVSE", "add it under [evses]: connectors = [[1, 1], [2, 1]]")

    @property
    def second_evse(self) -> int:
        """evseId of the second EVSE; ValueMissing if there is none."""
        return self.second_connector.evseId

    @property
    def heartbeat_interval(self) -> int:
        """Heartbeat interval of an accepted boot, in seconds."""
        return self.values.heartbeat_interval

    @property
    def boot_time(self) -> float:
        """Seconds that the device may take from power-on to its BootNotification."""
        return self.timeouts.boot

    @property
    def firmware(self) -> bytes:
        """A firmware that the station takes and installs; ValueMissing if the description gives none."""
        return self.file("firmware")

    @property
    def firmware_signed(self) -> dict[str, str]:
        """The fields `signingCertificate` and `signature` of a firmware; ValueMissing if the description gives none."""
        signature = self.file("firmware_signature").decode("ascii")
        return {
            "signingCertificate": self.file("firmware_certificate").decode("ascii"),
            "signature": "".join(signature.split()),
        }

    def file(self, name: str) -> bytes:
        """What is in the file that a value names; ValueMissing if it is not given, or not to be read."""
        given = getattr(self.values, name)
        if not given:
            raise ValueMissing(f"values.{name}", f'add under [values]: {name} = "path of a file"')
        try:
            return (Path(self.source).parent / str(given)).read_bytes()
        except OSError as error:
            raise ValueMissing(
                f"values.{name}", f"{given} can't be read ({error.strerror}): correct the path"
            ) from None

    def expected_failures_of(self, id: str, version: str) -> tuple[ExpectedFailure, ...]:
        """The entries that declare the case as known to fail, those of the description first."""
        return tuple(entry for entry in self.expected_failures if entry.matches(id, version))

    def under(self, version: str) -> Dut:
        """The device as that OCPP version sees it; ValueError if the version is unknown.

        1.6 has no EVSEs: its connectors count over the station, so the nth pair of the description is connector n.
        """
        if version_data(version).family != "1.6" or all(pair.evseId == pair.connectorId for pair in self.connectors):
            return self
        numbered = tuple(Connector(number, number) for number in range(1, len(self.connectors) + 1))
        return replace(self, connectors=numbered)
