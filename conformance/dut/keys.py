"""Every section and key of a description as data: the loader, the documentation and `init` all read this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["text", "texts", "bool", "integer", "number", "token", "connectors", "versions", "table", "argv"]


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its type, what it means, its default (None: not given), its unit and its bounds (both inclusive)."""

    name: str
    kind: Kind
    meaning: str
    default: Any = None
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    choices: tuple[str | int, ...] = ()
    role: Literal["", "CS", "CSMS"] = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the description, and what it is for."""

    name: str
    meaning: str
    keys: tuple[Key, ...]

    def key(self, name: str) -> Key | None:
        """The key of that name, or None."""
        return next((key for key in self.keys if key.name == name), None)


DEVICE = Section(
    "device",
    "What is under test, and how it identifies itself.",
    (
        Key("role", "text", "What is under test: a charging station or a CSMS.", REQUIRED, choices=("CS", "CSMS")),
        Key(
            "identity",
            "text",
            "Identity of the charging station: the last part of its connection URL. With a CSMS under test, the one "
            "that our station uses.",
            REQUIRED,
            example='"CS001"',
        ),
        Key("versions", "versions", "OCPP versions to test.", REQUIRED, example='["2.0.1"]'),
        Key("security_profile", "integer", "Security profile in use during the run.", 0, choices=(0, 1, 2, 3)),
        Key("password", "text", "HTTP Basic password of the station, as text.", example='"0123456789abcdef"'),
        Key(
            "password_hex",
            "text",
            "The same password as hexadecimal digits, for passwords that are bytes (AuthorizationKey of 1.6).",
            example='"30313233343536373839616263646566"',
        ),
        Key(
            "subtype",
            "texts",
            "Product subtypes of the certification document that the device belongs to.",
            (),
            choices=("Mode 1/2-only Charging Station", "Wireless Charging Station"),
        ),
    ),
)

REPORT = Section(
    "report",
    "What the report says of device and tester; no case depends on it.",
    (
        Key(
            "device",
            "text",
            "Name of the device, such as maker and model. The name of this file if not given.",
            example='"Example Chargers Wallbox 22"',
        ),
        Key(
            "tester",
            "text",
            "Who tests: a person, a laboratory. --ocpp-tester names another one for a run.",
            example='"Ada Example, Example Laboratory"',
        ),
    ),
)

CONNECTION = Section(
    "connection",
    "Where the two sides meet.",
    (
        Key(
            "listen",
            "text",
            "Address and port where our CSMS listens; port 0 takes a free one.",
            "127.0.0.1:9000",
            role="CS",
            example='"0.0.0.0:9000"',
        ),
        Key("path", "text", "Path before the identity that our CSMS accepts.", "/ocpp", role="CS"),
        Key(
            "url",
            "text",
            "Address of the CSMS under test, without the identity.",
            role="CSMS",
            example='"ws://127.0.0.1:9001/ocpp"',
        ),
        Key(
            "raised_url",
            "text",
            "Its address for a security profile above the one in use, where that is another one.",
            "",
            role="CSMS",
            example='"wss://127.0.0.1:9002/ocpp"',
        ),
        Key(
            "second_identity",
            "text",
            "Identity of a second station that the CSMS under test knows: negative tests look through its connection "
            "whether the CSMS still serves others.",
            role="CSMS",
            example='"CS002"',
        ),
        Key("second_password", "text", "Its HTTP Basic password; not given: the first one's.", role="CSMS"),
    ),
)

FUZZ = Section(
    "fuzz",
    "How negative tests (--ocpp-fuzz) treat this device.",
    (
        Key(
            "pace",
            "number",
            "Negative inputs a second at most; 0 sends as fast as the device answers.",
            20.0,
            lowest=0,
            highest=100000,
        ),
        Key(
            "hazardous",
            "bool",
            "Whether legal CALLs may be drawn at random that a device needs a visit to recover from: firmware, network "
            "profiles, certificates, resets, credentials.",
            False,
        ),
        Key("avoid", "texts", "Actions that no random example may use.", (), example='["UpdateFirmware"]'),
    ),
)

TLS = Section(
    "tls",
    "Certificates for security profiles 2 and 3. Paths are relative to the description. What is not given comes from a "
    "test PKI that is made for the run.",
    (
        Key("certificate", "text", "Our certificate chain (PEM): the CSMS's, or the station's on profile 3."),
        Key("key", "text", "Private key of that certificate (PEM)."),
        Key("trust", "text", "Root certificates that we trust (PEM): those that issued the certificate of the device."),
        Key("names", "texts", "Names and addresses that a certificate made for our CSMS carries.", (), role="CS"),
        Key("algorithm", "text", "Key type of the certificates that the run makes.", "ECDSA", choices=("ECDSA", "RSA")),
    ),
)

EVSES = Section(
    "evses",
    "The EVSEs and their connectors; cases use the first, and the second where they need two.",
    (
        Key(
            "connectors",
            "connectors",
            "Pairs of evseId and connectorId. For 1.6 connectors count over the station: the first is connector 1.",
            ((1, 1),),
            example="[[1, 1], [2, 1]]",
        ),
    ),
)


def _token(number: str, kind: str = "ISO14443") -> str:
    return f'{{ idToken = "{number}", type = "{kind}" }}'


TOKENS = Section(
    "tokens",
    "Tokens that the operator can present, or that the CSMS knows. Each is { idToken, type }; 1.6 uses its idToken. "
    "With a station under test our CSMS answers for each as its name says; a CSMS under test must know them so.",
    (
        Key(
            "valid",
            "token",
            "A token that is accepted.",
            REQUIRED,
            example=_token("AABBCC01"),
        ),
        Key(
            "second",
            "token",
            "Another accepted token, in no group with the first.",
            example=_token("AABBCC02"),
        ),
        Key(
            "invalid",
            "token",
            "A token that is refused as Invalid.",
            example=_token("AABBCC09"),
        ),
        Key(
            "blocked",
            "token",
            "A token that is Blocked.",
            example=_token("AABBCC07"),
        ),
        Key(
            "expired",
            "token",
            "A token that is Expired.",
            example=_token("AABBCC08"),
        ),
        Key(
            "unknown",
            "token",
            "A token that nobody has heard of.",
            example=_token("AABBCC99"),
        ),
        Key(
            "group1",
            "token",
            "An accepted token that belongs to the group `group`.",
            example=_token("AABBCC03"),
        ),
        Key(
            "group2",
            "token",
            "Another accepted token of the same group.",
            example=_token("AABBCC04"),
        ),
        Key(
            "group",
            "token",
            "The group of these two (groupIdToken; parentIdTag in 1.6).",
            example=_token("GROUP01", "Central"),
        ),
        Key(
            "master_pass",
            "token",
            "An accepted token of the master pass group.",
            example=_token("AABBCC05"),
        ),
        Key(
            "master_pass_group",
            "token",
            "The master pass group (MasterPassGroupId).",
            example=_token("MASTERPASS", "Central"),
        ),
        Key(
            "single",
            "token",
            "An accepted token that may be in one transaction at a time (ConcurrentTx otherwise).",
            example=_token("AABBCC06"),
        ),
        Key(
            "prepaid",
            "token",
            "A prepaid card with credit, accepted for that long (2.1).",
            example=_token("AABBCC10"),
        ),
        Key(
            "prepaid_empty",
            "token",
            "A prepaid card without credit: NoCredit (2.1).",
            example=_token("AABBCC11"),
        ),
        Key(
            "key_code",
            "token",
            "A key code that is accepted (type KeyCode), as long as can't come about by chance.",
            example=_token("830175926", "KeyCode"),
        ),
        Key(
            "other_type",
            "token",
            "A valid token, not allowed at EVSEs of the station's type: NotAllowedTypeEVSE.",
            example=_token("AABBCC12"),
        ),
        Key(
            "elsewhere",
            "token",
            "A valid token that is not allowed at this station: NotAtThisLocation.",
            example=_token("AABBCC13"),
        ),
        Key(
            "one_evse",
            "token",
            "A token that is accepted at the first EVSE of the station alone.",
            example=_token("AABBCC14"),
        ),
        Key(
            "contract",
            "token",
            "A token of an ISO 15118 contract (eMAID). To present it at a station is to have an EV with that contract "
            "identify itself (Plug and Charge).",
            example=_token("DE8AA1A2B3C4D59", "eMAID"),
        ),
    ),
)

TIMEOUTS = Section(
    "timeouts",
    "How long the run waits, in seconds. A wait ends as soon as its end is known; a missed one costs it all.",
    (
        Key("message", "number", "For a message or an answer that is due at once.", 5.0, "s", 0.05, 600),
        Key("connect", "number", "For a connection, after something made the device connect.", 10.0, "s", 0.05, 3600),
        Key("boot", "number", "From power-on or restart to the BootNotification.", 30.0, "s", 0.05, 3600),
        Key("reset", "number", "From an accepted reset to the next connection.", 60.0, "s", 0.05, 3600),
        Key(
            "physical",
            "number",
            "For what follows from an act on the hardware: plugging, charging, locking.",
            30.0,
            "s",
            0.05,
            3600,
        ),
        Key("transfer", "number", "For a download or an upload, from the request to its end.", 60.0, "s", 0.05, 7200),
        Key(
            "install",
            "number",
            "For the installation of a firmware, restarts included, until the report that it is installed.",
            300.0,
            "s",
            0.05,
            7200,
        ),
        Key("quiet", "number", "Silence after which the device counts as idle.", 0.3, "s", 0.001, 60),
        Key("tolerance", "number", "How far clocks and intervals of the device may be off.", 4.0, "s", 0, 3600),
        Key("operator", "number", "For an operator that is a program to make an act.", 30.0, "s", 0.05, 3600),
    ),
)

VALUES = Section(
    "values",
    "What cases configure or ask for, where the standard leaves the choice to the tester.",
    (
        Key("heartbeat_interval", "integer", "Heartbeat interval of an accepted boot.", 300, "s", 1, 86400),
        Key("boot_retry_interval", "integer", "Interval of a boot answered Pending or Rejected.", 5, "s", 1, 3600),
        Key("sampled_interval", "integer", "Interval of sampled meter values during a transaction.", 5, "s", 1, 3600),
        Key("aligned_interval", "integer", "Interval of clock-aligned meter values.", 10, "s", 1, 86400),
        Key(
            "measurands",
            "texts",
            "Measurands that meter values are configured to carry.",
            ("Energy.Active.Import.Register",),
        ),
        Key(
            "transaction_duration",
            "integer",
            "How long a transaction is left to run where its length matters.",
            10,
            "s",
            1,
            3600,
        ),
        Key(
            "energy_limit",
            "integer",
            "Energy after which a transaction is limited; the EV has to take 1 kW at least.",
            20,
            "Wh",
            1,
            10000,
            role="CS",
        ),
        Key(
            "ev_connection_timeout",
            "integer",
            "Time to plug in after authorization (EVConnectionTimeOut, ConnectionTimeOut).",
            10,
            "s",
            1,
            3600,
        ),
        Key("reservation_time", "integer", "Time until a reservation expires that nobody uses.", 10, "s", 1, 3600),
        Key(
            "cache_entries",
            "integer",
            "How many tokens the authorization cache holds, which a case fills (2.x); 0: not known.",
            0,
            "",
            0,
            10000,
            role="CS",
        ),
        Key("offline_threshold", "integer", "OfflineThreshold.", 10, "s", 1, 86400),
        Key("retry_back_off", "integer", "RetryBackOffWaitMinimum.", 5, "s", 1, 3600),
        Key("cert_signing_wait", "integer", "CertSigningWaitMinimum.", 5, "s", 1, 3600, role="CS"),
        Key(
            "message_timeout",
            "integer",
            "How long the device waits for an answer; of a station its MessageTimeout.",
            5,
            "s",
            1,
            600,
        ),
        Key("message_attempts", "integer", "Attempts to deliver a transaction message.", 3, "", 1, 20),
        Key("message_attempt_interval", "integer", "Interval between these attempts.", 2, "s", 1, 3600),
        Key("charging_rate_unit", "text", "Unit of limits in charging profiles.", "A", choices=("A", "W")),
        Key("number_phases", "integer", "numberPhases in charging profiles.", 3, "", 1, 3),
        Key("stack_level", "integer", "stackLevel of charging profiles.", 0, "", 0, 1000),
        Key("limit", "number", "Limit of a charging profile, in A; for W it is multiplied by 1000.", 8.0, "A", 0, 1000),
        Key("line_voltage", "integer", "Set voltage of the line, between A and W (1.6 7.12).", 230, "V", 100, 1000),
        Key(
            "local_limit",
            "number",
            "Limit of the station itself, in charging_rate_unit, as composite schedules tell it where no profile "
            "limits; 0: not known, and judged less.",
            0.0,
            "A or W",
            0,
            10000000,
        ),
        Key("configuration_slot", "integer", "Slot of the network profile in use.", 1, "", 0, 1000),
        Key("spare_configuration_slot", "integer", "Another slot that may be written.", 2, "", 0, 1000),
        Key("ocpp_interface", "text", "ocppInterface of network profiles.", "Wired0"),
        Key("connector_type", "text", "Type of the first connector.", "cType2"),
        Key(
            "unknown_vendor_id",
            "text",
            "A vendorId that the device does not know, for DataTransfer.",
            "org.example.unknown",
        ),
        Key("customer_identifier", "text", "customerIdentifier for customer information.", "customer-1"),
        Key(
            "transfer_protocols",
            "texts",
            "Protocols by which files come and go, the first one where a case uses one alone. The station supports "
            "them, and trusts the certificate of our server (see [tls]) for HTTPS and FTPS.",
            ("HTTP",),
            choices=("HTTP", "HTTPS", "FTP", "FTPS"),
            role="CS",
        ),
        Key(
            "transfer_retry_interval",
            "integer",
            "retryInterval of uploads and downloads that fail.",
            5,
            "s",
            1,
            3600,
        ),
        Key(
            "firmware",
            "text",
            "File of a firmware that the station takes and installs, relative to the description.",
            "",
            role="CS",
            example='"firmware.bin"',
        ),
        Key(
            "contract_chain",
            "text",
            "The contract certificate of the EV that the operator plugs in, the sub-CAs above it and the root, in this "
            "order (PEM), as a file.",
            "",
            role="CS",
            example='"contract.pem"',
        ),
        Key(
            "firmware_certificate",
            "text",
            "The manufacturer's certificate with which that firmware is signed (PEM), as a file. A station under test: "
            "without it the run signs, under its own root. A CSMS under test: one that it can send.",
            "",
            example='"firmware.pem"',
        ),
        Key(
            "firmware_signature",
            "text",
            "The signature of that firmware in base64, as a file.",
            "",
            example='"firmware.sig"',
        ),
        Key(
            "firmware_location",
            "text",
            "URL of a firmware that the CSMS can send.",
            "ftp://files.example.com/firmware.bin",
            role="CSMS",
        ),
        Key(
            "log_location",
            "text",
            "URL of a folder for logs and diagnostics that the CSMS can send.",
            "ftp://files.example.com/logs",
            role="CSMS",
        ),
        Key("vat_number", "text", "A VAT number that is valid (2.1; at most 20 characters).", "NL001234567B01"),
        Key("invalid_vat_number", "text", "A VAT number that is not.", "NL000000000B00"),
        Key(
            "payment_page",
            "text",
            "URL of the CSMS's page for payments by QR code, as WebPaymentsCtrlr.URLTemplate begins; after it come "
            "/{chargingstationid}/{evse}/{totp}/{version} (2.1).",
            "https://pay.example.com",
            role="CSMS",
        ),
        Key(
            "payment_secret",
            "text",
            "WebPaymentsCtrlr.SharedSecret of our station, as the CSMS knows it; ValidityTime is 30, Length 8 (2.1).",
            "mysharedsecret",
            role="CSMS",
        ),
        Key(
            "cpo_name",
            "text",
            "The operator's name, which the station is to have in its certificate (1.6: CpoName).",
            "OCPP Conformance",
            role="CS",
        ),
        Key(
            "serial_number",
            "text",
            "Serial number in the certificate of the station; the identity if not given.",
            "",
            role="CS",
            example='"SN-0815"',
        ),
        Key("model", "text", "Model in our station's BootNotification.", "Conformance Station", role="CSMS"),
        Key("vendor", "text", "Vendor in our station's BootNotification.", "OCPP Conformance", role="CSMS"),
    ),
)

OPERATOR = Section(
    "operator",
    "Who acts on the device: presents tokens, plugs in, or has the CSMS send a message.",
    (
        Key(
            "kind",
            "text",
            "How the operator is reached: manual, a person is asked on the terminal; http, a bench or simulator that "
            "has the operator interface; octt, a CSMS that has `POST /api/octt/...`; command, a program; python, a "
            "class.",
            "manual",
            choices=("manual", "http", "octt", "command", "python"),
        ),
        Key(
            "url",
            "text",
            "For http and octt: base address of the operator's or the CSMS's interface.",
            example='"http://127.0.0.1:9100"',
        ),
        Key("argv", "argv", "For command: the program and its arguments.", (), example='["./operate.sh"]'),
        Key(
            "class",
            "text",
            "For python: a class as `package.module:Class`, or an entry point in group `ocpp_conformance.operators`.",
            example='"lab.relay:Relay"',
        ),
        Key("timeout", "number", "Time that one act may take; timeouts.operator if not given.", None, "s", 0.05, 3600),
        Key(
            "headers",
            "table",
            "For http and octt: headers of every request, where the interface asks for them.",
            example='{ Authorization = "Bearer ..." }',
        ),
        Key("options", "table", "For python: keyword arguments of the class."),
        Key(
            "verbs",
            "table",
            'Verbs that another operator makes: `plug_in = "manual"`, a kind or a name of [operators.NAME].',
        ),
    ),
)

EXPECTED_FAILURES = Section(
    "expected_failures",
    "Cases that are known to fail. They run, must fail, and are reported as expected; a pass, or an id that matches "
    "nothing, fails the run.",
    (
        Key("id", "text", "Id of the case.", REQUIRED, example='"TC_B_01_CS"'),
        Key("reason", "text", "Why it fails.", REQUIRED),
        Key("link", "text", "Where the defect is tracked.", ""),
        Key("version", "text", "Only under this OCPP version; under all if not given."),
        Key(
            "findings",
            "texts",
            "Fingerprints of the findings that are known; a failure with another one is no expected one. In any way if "
            "not given. `ocpp-conformance baseline` writes them.",
            (),
            example='["0f3a5c7e9b1d"]',
        ),
    ),
)

SECTIONS: Final[tuple[Section, ...]] = (
    DEVICE,
    REPORT,
    CONNECTION,
    TLS,
    EVSES,
    TOKENS,
    TIMEOUTS,
    VALUES,
    FUZZ,
    OPERATOR,
    EXPECTED_FAILURES,
)
"""Sections with fixed keys; [features] takes the ids of the catalogue, [operators.NAME] the keys of [operator]."""
