"""Descriptions: what is read, and that every mistake becomes one line with place and remedy."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance.dut import keys
from conformance.dut.description import Connector, Dut, Timeouts, Token, Tokens, Values
from conformance.dut.errors import DescriptionError, ValueMissing
from conformance.dut.features import FeatureMissing
from conformance.dut.lines import line_numbers
from conformance.dut.reading import load_description, read_description

DEVICES = Path(__file__).resolve().parents[2] / "docs" / "devices"

STATION = """\
[device]
role = "CS"
identity = "CS001"
versions = ["2.0.1"]

[evses]
connectors = [[1, 1], [2, 1]]

[tokens]
valid = { idToken = "AABBCC01", type = "ISO14443" }

[features]
C-49 = true
C-06.1 = true
"C-06.2" = false
HFS-8 = 2
C-40 = ["Power.Active.Import"]
"""

CSMS = """\
[device]
role = "CSMS"
identity = "CS001"
versions = ["1.6", "2.1"]
[connection]
url = "ws://127.0.0.1:9001/ocpp/"
[tokens]
valid = { idToken = "AABBCC01", type = "ISO14443" }
"""


def read(text: str, overrides: dict[str, Any] | None = None) -> Dut:
    return read_description(tomllib.loads(text), source="dut.toml", lines=line_numbers(text), overrides=overrides)


def problems(text: str) -> list[str]:
    with pytest.raises(DescriptionError) as caught:
        read(text)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems), "every problem is one line"
    return lines


def test_a_station_reads_into_plain_values() -> None:
    dut = read(STATION)
    assert (dut.role, dut.identity, dut.versions, dut.security_profile) == ("CS", "CS001", ("2.0.1",), 0)
    assert dut.evses == (1, 2)
    assert dut.connector == Connector(1, 1)
    assert dut.connector.evse == {"id": 1, "connectorId": 1}
    assert dut.two_evses and dut.second_evse == 2
    assert dut.tokens.valid == {"idToken": "AABBCC01", "type": "ISO14443"}
    assert dut.tokens.valid.idTag == "AABBCC01"
    assert dut.address.listen == ("127.0.0.1", 9000)
    assert dut.heartbeat_interval == 300 and dut.boot_time == 30
    assert dict(dut.features) == {
        "C-49": True,
        "C-06.1": True,
        "C-06.2": False,
        "HFS-8": 2,
        "C-40": ("Power.Active.Import",),
    }


def test_a_csms_reads_into_plain_values() -> None:
    dut = read(CSMS)
    assert dut.address.url == "ws://127.0.0.1:9001/ocpp"
    assert dut.operator.default.kind == "manual"


def test_overrides_are_laid_over_the_file() -> None:
    dut = read(STATION, {"connection": {"listen": "[::1]:0"}, "operator": {"kind": "http", "url": "http://h:1/"}})
    assert dut.address.listen == ("::1", 0)
    assert dut.address.path == "/ocpp"
    assert (dut.operator.default.kind, dut.operator.default.url) == ("http", "http://h:1")
    assert dataclasses.replace(dut, identity="CS002").identity == "CS002"


def test_passwords_are_bytes() -> None:
    text = STATION.replace("[evses]", 'security_profile = 1\npassword = "ä"\n[evses]')
    assert read(text).password == "ä".encode()
    assert read(text.replace('password = "ä"', 'password_hex = "00ff"')).password == b"\x00\xff"


def test_1_6_counts_connectors_over_the_station() -> None:
    dut = read(STATION)
    assert dut.under("2.0.1").connectors == (Connector(1, 1), Connector(2, 1))
    assert dut.under("1.6").connectors == (Connector(1, 1), Connector(2, 2))
    already = dataclasses.replace(dut, connectors=(Connector(2, 2), Connector(1, 1)))
    assert already.under("1.6").connectors == already.connectors


def test_what_is_absent_is_an_error_and_not_a_no() -> None:
    dut = read(STATION)
    with pytest.raises(
        FeatureMissing, match=r"dut\.toml \[features\]: R-0 \(reservation package\) is not declared; add: R-0 ="
    ):
        dut.features["R-0"]
    with pytest.raises(ValueMissing, match=r"tokens\.blocked; add under \[tokens\]: blocked ="):
        _ = dut.tokens.blocked
    one = dataclasses.replace(dut, connectors=(Connector(1, 1),))
    with pytest.raises(ValueMissing, match="second EVSE"):
        _ = one.second_connector


@pytest.mark.parametrize("name", ["reference-station.toml", "reference-csms.toml"])
def test_the_descriptions_of_the_embedded_devices_are_right(name: str) -> None:
    dut = load_description(DEVICES / name)
    assert dut.versions == ("1.6", "2.0.1", "2.1")
    assert len(dut.tokens.given()) == len(keys.TOKENS.keys)


def test_many_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = """\
[device]
role = "CS"
identity = "CS001"
versions = ["2.0"]
security_profil = 1
[conection]
listen = "x"
[timeouts]
message = 0
[tokens]
valid = "AABBCC01"
"""
    assert problems(text) == [
        'dut.toml:4 [device] versions: there is no OCPP version "2.0"; use "1.6", "2.0.1", "2.1"',
        'dut.toml:5 [device] security_profil: there is no key "security_profil"; did you mean "security_profile"?',
        'dut.toml:6 [conection]: there is no section "conection"; did you mean "connection"?',
        "dut.toml:9 [timeouts] message: 0 is out of bounds; use 0.05 to 600 s",
        ('dut.toml:11 [tokens] valid: it is the text "AABBCC01"; write a token { idToken = "...", type = "ISO14443" }'),
    ]


MISTAKES = [
    ('role = "CS"', 'role = "EVSE"', ":2 [device] role", 'use one of "CS", "CSMS"'),
    ('role = "CS"', "", "[device] role: it is missing", 'add: role = "CS"'),
    ('identity = "CS001"', 'identity = ""', "identity: it is empty", "CS001"),
    ('identity = "CS001"', f'identity = "{"x" * 49}"', "49 characters", "at most 48"),
    ('identity = "CS001"', "identity = 7", "the number 7", "write a text"),
    ('versions = ["2.0.1"]', "versions = []", "names no version", '["2.0.1"]'),
    ('versions = ["2.0.1"]', 'versions = "2.0.1"', 'the text "2.0.1"', "list of OCPP versions"),
    ("[evses]", "security_profile = 4\n[evses]", "4 is not possible", "0, 1, 2, 3"),
    ("[evses]", "security_profile = true\n[evses]", "it is true", "a whole number"),
    ("[evses]", "security_profile = 1\n[evses]", "profile 1 needs a password", "add: password"),
    ("[evses]", 'password_hex = "xyz"\n[evses]', "not hexadecimal", "pairs of digits"),
    ("[evses]", 'password_hex = "00"\npassword = "a"\n[evses]', "also a password", "keep one"),
    ("[evses]", 'subtype = ["Mode 1"]\n[evses]', '"Mode 1" is not possible', "Mode 1/2-only Charging Station"),
    ("[evses]", '[connection]\nlisten = "9000"\n[evses]', '"9000" is no address and port', "127.0.0.1:9000"),
    ("[evses]", '[connection]\nlisten = "a:70000"\n[evses]', "no address and port", "0 to 65535"),
    ("[evses]", '[connection]\npath = "ocpp"\n[evses]', "does not begin with a slash", '"/ocpp"'),
    ("[evses]", '[connection]\nurl = "ws://h/"\n[evses]', "no meaning when a charging station", "remove it"),
    ("[[1, 1], [2, 1]]", "[]", "connectors: [] is not possible", "[[1, 1], [2, 1]]"),
    ("[[1, 1], [2, 1]]", "[[0, 1]]", "[[0, 1]] is not possible", "from 1"),
    ("[[1, 1], [2, 1]]", "[[1, 1], [1, 1]]", "named twice", "pairs"),
    ("[[1, 1], [2, 1]]", "[[1, 1, 1]]", "the list [[1, 1, 1]]", "pairs"),
    ("[[1, 1], [2, 1]]", "[[1, 1]]", "HFS-8: it says 2 EVSEs, evses.connectors has 1", "agree"),
    ("C-49 = true", "C-4 = true", 'no feature "C-4"', 'did you mean "C-'),
    ("C-49 = true", 'C-49 = "yes"', 'C-49: it is the text "yes"', "write true or false"),
    ("C-49 = true", "C-49 = 1", "C-49: it is the number 1", "write true or false"),
    ("C-49 = true", "C-11 = true", "C-11: only CSMSs declare it", "remove it"),
    ("HFS-8 = 2", "HFS-8 = true", "HFS-8: it is true", "write a number"),
    ("HFS-8 = 2", "HFS-8 = 2\nC-41 = true", "C-41: it is true", "write a list"),
    ("[features]", "bloked = { idToken = 'a', type = 'b' }\n[features]", 'no key "bloked"', 'did you mean "blocked"?'),
    ('type = "ISO14443" }', 'type = "ISO1443" }', 'no token type "ISO1443"', 'did you mean "ISO14443"?'),
    ('type = "ISO14443" }', 'typ = "ISO14443" }', 'no token field "typ"', 'did you mean "type"?'),
    ('idToken = "AABBCC01"', 'idToken = ""', "idToken is missing", "write a token"),
    ("[features]", "[values]\nheartbeat_interval = 0.5\n[features]", "the number 0.5", "a whole number"),
    ("[features]", '[values]\ncharging_rate_unit = "kW"\n[features]', '"kW" is not possible', "did you mean"),
    ("[features]", '[values]\nmodel = "x"\n[features]', "no meaning when a charging station", "remove it"),
    ("[features]", '[operator]\nkind = "htp"\n[features]', '"htp" is not possible', 'did you mean "http"?'),
    ("[features]", '[operator]\nkind = "http"\n[features]', "[operator] url: it is missing", "add: url"),
    ("[features]", '[operator]\nkind = "http"\nurl = "h:1"\n[features]', "no http address", "http://127.0.0.1:9100"),
    ("[features]", '[operator]\nkind = "command"\n[features]', "argv: it is missing", "add: argv"),
    ("[features]", '[operator]\nkind = "python"\n[features]', "class: it is missing", "add: class"),
    ("[features]", '[operator.verbs]\nplugin = "manual"\n[features]', 'no verb "plugin"', 'did you mean "plug_in"?'),
    ("[features]", '[operator.verbs]\nplug_in = "relay"\n[features]', 'no operator "relay"', "known are manual"),
    ("[features]", '[operator.verbs]\nplug_in = "http"\n[features]', "nothing says how to reach", "[operators.http]"),
    ("[features]", '[operators.a]\nurl = "http://h"\n[features]', "[operators.a] kind: it is missing", "add: kind"),
    ("[features]", "[tls]\ncertificate = 'no.pem'\n[features]", "there is no file no.pem", "correct the path"),
    ("[features]", "[values]\nfirmware = 'no.bin'\n[features]", "there is no file no.bin", "correct the path"),
    ("[features]", "[values]\ntransfer_protocols = ['SFTP']\n[features]", '"SFTP" is not possible', "FTP"),
    ("[features]", "[[expected_failures]]\nid = 'TC_B_01_CSS'\nreason = 'x'\n[features]", "no case", '"TC_B_01_CS"?'),
    (
        "[features]",
        "[[expected_failures]]\nid = 'TC_B_01_CSMS'\nreason = 'x'\n[features]",
        "no case for a CS",
        "remove",
    ),
    ("[features]", "[[expected_failures]]\nid = 'TC_B_01_CS'\n[features]", "reason: it is missing", "add: reason"),
    (
        "[features]",
        "[[expected_failures]]\nid = 'TC_B_01_CS'\nreason = 'x'\nversion = '2.1'\n[features]",
        '"2.1" is not in device.versions',
        "correct or remove",
    ),
]


@pytest.mark.parametrize(("old", "new", "what", "remedy"), MISTAKES, ids=[entry[1][:40] for entry in MISTAKES])
def test_a_mistake_is_one_line_with_place_and_remedy(old: str, new: str, what: str, remedy: str) -> None:
    assert old in STATION
    found = problems(STATION.replace(old, new, 1))
    assert any(what in line and remedy in line for line in found), found


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "url: it is missing"),
        ("http://h/", "is no ws:// or wss:// address"),
        ("ws://h:99999/", "is no ws:// or wss:// address"),
        ("wss://h/", "wss:// does not go with security profile 0"),
        ("ws://h/?a=b", "has more than a path"),
    ],
)
def test_a_csms_needs_a_usable_address(url: str, what: str) -> None:
    found = problems(CSMS.replace('url = "ws://127.0.0.1:9001/ocpp/"', f'url = "{url}"' if url else ""))
    assert len(found) == 1 and what in found[0], found


def test_files_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    for content, what in (
        (None, "there is no such file"),
        (b"[device\n", "it is no TOML: .*line 1"),
        (b"\xff\xfe", "byte 0 is no UTF-8"),
        (b"device = 3\n", r":1 \[device\]: it is the number 3, not a table"),
    ):
        path = tmp_path / "dut.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DescriptionError, match=what) as caught:
            load_description(path)
        assert str(caught.value).startswith(str(path))
    with pytest.raises(DescriptionError, match="cannot be read"):
        load_description(tmp_path)


def test_the_table_of_keys_and_the_dataclasses_say_the_same() -> None:
    timeouts = {key.name: key.default for key in keys.TIMEOUTS.keys}
    assert timeouts == dataclasses.asdict(Timeouts())
    values = {key.name: key.default for key in keys.VALUES.keys}
    assert values == dataclasses.asdict(Values())
    for key in keys.TOKENS.keys:
        assert getattr(Tokens({key.name: Token(idToken="a", type="b")}), key.name) == {"idToken": "a", "type": "b"}


def test_lines_are_found_for_tables_keys_and_lists_of_tables() -> None:
    found = line_numbers('a = 1\n[b]\n"c-1.2" = 2 # x\n[b.d]\ne.f=3\n[[g]]\nh = 1\n[[g]]\nh = 2\n')
    assert found == {
        "a": 1,
        "b": 2,
        "b.c-1.2": 3,
        "b.d": 4,
        "b.d.e.f": 5,
        "g[0]": 6,
        "g[0].h": 7,
        "g[1]": 8,
        "g[1].h": 9,
    }
