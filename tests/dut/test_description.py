"""Descriptions: what is read, and that every mistake becomes one line with place and remedy."""

from __future__ import annotations

import dataclasses
import re
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


class TestPlaceholders:
    """What `init` leaves to be filled in is no answer, wherever it stands."""

    @pytest.mark.parametrize("section", keys.SECTIONS[:-1], ids=lambda one: one.name)
    def test_of_every_key(self, section: keys.Section) -> None:
        fix = "write what the device has, or put # before the line"
        for key in section.keys:
            if key.kind in ("text", "texts", "argv") and not key.choices:
                value: Any = "..." if key.kind == "text" else ["..."]
                found = refused({section.name: {key.name: value}})
                assert [one for one in found if f"[{section.name}] {key.name}" in one] == [
                    f'the description [{section.name}] {key.name}: "..." is a placeholder; {fix}'
                ], key.name

    def test_of_lists_tables_and_features(self) -> None:
        given = {
            "features": {"C-41": ["TLS", "..."], "C-06": {"1": "..."}},
            "operator": {"verbs": {"plug_in": "..."}},
            "expected_failures": [{"id": "TC_B_01_CS", "reason": "..."}],
        }
        places = [re.search(r"(\[.*\] \S+): .* is a placeholder", one) for one in refused(given)]
        assert [one[1] for one in places if one] == [
            "[features] C-41",
            "[features] C-06.1",
            "[operator.verbs] plug_in",
            "[expected_failures[0]] reason",
        ]


def refused(content: dict[str, Any]) -> list[str]:
    with pytest.raises(DescriptionError) as caught:
        read_description(content)
    return [str(one) for one in caught.value.problems]


def test_tokens_that_may_be_one() -> None:
    """A token that nobody knows is Invalid to one CSMS and Unknown to another; group members may be the valid one."""

    def with_lines(lines: str) -> str:
        return STATION.replace("[features]", f"{lines}\n[features]")

    same = '{ idToken = "AABBCC01", type = "ISO14443" }'
    other = '{ idToken = "AABBCC09", type = "ISO14443" }'
    assert read(with_lines(f"group1 = {same}\ninvalid = {other}\nunknown = {other}")).tokens.given()["unknown"]
    for name in ("second", "invalid", "blocked", "expired", "prepaid_empty"):
        (line,) = problems(with_lines(f"{name} = {same}"))
        assert line.endswith("is tokens.valid already; give another token, or remove the key")
