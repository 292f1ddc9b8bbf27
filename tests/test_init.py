"""`ocpp-conformance init`: what it writes, that it can be completed, and what a station tells of itself."""

from __future__ import annotations

import re
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance import cli, init
from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes, missing, select
from conformance.data import data_path
from conformance.dut import keys
from conformance.dut.reading import load_description
from conformance.inquiry import from_keys, from_report
from conformance.peers.payload import Fields
from conformance.peers.reports import Report
from tests.lifecycle.conftest import free_port, station_process

REFERENCE = load_description(data_path("docs", "devices", "reference-station.toml"))
ANSWERS = {"true or false": "true", "a number": "2", 'a list, such as ["..."]': '["X"]'}
NOT_DECLARED = {
    "DM-0": "monitoring is declared by a variant of the station only",
    "C-42": "signed values are configured, but not declared",
}
"""What the reference station has and its description does not declare."""


def written(folder: Path, *arguments: str, code: int = 0) -> Path:
    path = folder / "dut.toml"
    assert cli.main(["init", *arguments, str(path)]) == code
    return path


def answered(path: Path) -> None:
    """Answer every open line as a user would: take the mark away, fill in what is asked for."""
    done = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith(init.OPEN):
            line = line.removeprefix(init.OPEN)
            for example, answer in ANSWERS.items():
                line = line.replace(f"= {example}", f"= {answer}")
        done.append(line)
    path.write_text("\n".join(done) + "\n", "utf-8")


KINDS = [
    ("CS", ("1.6",)),
    ("CS", ("2.0.1",)),
    ("CS", ("2.0.1", "2.1")),
    ("CS", ("1.6", "2.0.1", "2.1")),
    ("CSMS", ("1.6",)),
    ("CSMS", ("2.1",)),
]


@pytest.mark.parametrize(
    ("role", "versions"), KINDS, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value
)
class TestFile:
    def make(self, folder: Path, role: str, versions: tuple[str, ...]) -> Path:
        return written(folder, "--role", role, *(part for one in versions for part in ("--version", one)))

    def test_it_is_toml_as_it_stands(self, tmp_path: Path, role: str, versions: tuple[str, ...]) -> None:
        content = tomllib.loads(self.make(tmp_path, role, versions).read_text("utf-8"))
        assert content["device"]["role"] == role and content["device"]["versions"] == list(versions)

    def test_once_answered_it_is_a_description_that_lacks_nothing(
        self, tmp_path: Path, role: str, versions: tuple[str, ...]
    ) -> None:
        path = self.make(tmp_path, role, versions)
        answered(path)
        dut = load_description(path)
        assert (dut.role, dut.versions) == (role, versions)
        chosen = [one for info in discover() for one in select(info, load_catalogue(), [dut], Wishes())]
        assert chosen and missing(chosen) == [], "every feature that decides about a case was asked for"

    def test_every_key_and_feature_is_explained(self, tmp_path: Path, role: str, versions: tuple[str, ...]) -> None:
        text = self.make(tmp_path, role, versions).read_text("utf-8")
        flat = " ".join(line.removeprefix("#").strip() for line in text.splitlines())
        for section in keys.SECTIONS:
            for key in section.keys:
                if key.role in ("", role):
                    assert re.search(rf"^(#\? |# )?{key.name} = ", text, re.MULTILINE), f"{section.name}.{key.name}"
                    assert key.meaning in flat, f"{section.name}.{key.name}"
        for line in text.partition("[features]")[2].splitlines():
            if line.startswith(init.OPEN):
                assert line.partition("    # ")[2], line

    def test_defaults_are_the_loaders(self, tmp_path: Path, role: str, versions: tuple[str, ...]) -> None:
        """A default that is taken out of its comment changes nothing."""
        path = self.make(tmp_path, role, versions)
        answered(path)
        before = load_description(path)
        sections = "|".join(("timeouts", "values"))
        text = path.read_text("utf-8")
        for name in sections.split("|"):
            head, _, tail = text.partition(f"[{name}]")
            body, mark, rest = tail.partition("\n\n")
            plain = re.sub(r"^# ([a-z_]+ = )", r"\1", body, flags=re.MULTILINE)
            text = f"{head}[{name}]{plain}{mark}{rest}"
        path.write_text(text, "utf-8")
        after = load_description(path)
        assert (after.timeouts, after.values) == (before.timeouts, before.values)


class TestRequest:
    def test_it_never_overwrites(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "dut.toml"
        path.write_text("mine")
        assert cli.main(["init", "--role", "CS", "--version", "1.6", str(path)]) == 2
        assert path.read_text() == "mine"
        assert (
            capsys.readouterr().err == f"ocpp-conformance: {path} is there already; give another name, or remove it\n"
        )

    def test_where_it_cannot_write(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["init", "--role", "CS", "--version", "1.6", "/proc/nothere/dut.toml"]) == 2
        assert "/proc/nothere/dut.toml: cannot be written" in capsys.readouterr().err

    def test_a_csms_is_not_asked(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path, "--role", "CSMS", "--version", "1.6", "--ask-device", code=2)
        assert not path.exists() and "--ask-device" in capsys.readouterr().err

    def test_what_was_given_stands_in_it(self, tmp_path: Path) -> None:
        station = tmp_path / "cs"
        path = written(
            station,
            "--role",
            "CS",
            "--version",
            "2.1",
            "--version",
            "1.6",
            "--identity",
            'C"S',
            "--listen",
            "0.0.0.0:1234",
        )
        content = tomllib.loads(path.read_text("utf-8"))
        assert content["device"]["identity"] == 'C"S' and content["device"]["versions"] == ["1.6", "2.1"]
        assert content["connection"]["listen"] == "0.0.0.0:1234"
        csms = written(tmp_path / "csms", "--role", "CSMS", "--version", "2.1", "--url", "wss://example.org/ocpp")
        assert tomllib.loads(csms.read_text("utf-8"))["connection"]["url"] == "wss://example.org/ocpp"

    def test_it_says_what_to_do_next(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path, "--role", "CS", "--version", "2.0.1")
        told = capsys.readouterr().out
        count = sum(line.startswith(init.OPEN) for line in path.read_text("utf-8").splitlines())
        assert told == f"{path}: answer the {count} lines that begin with #?, then run: pytest --ocpp-dut {path}\n"


class TestAsking:
    """The reference station has a description that was written by hand: what is derived must agree with it."""

    @pytest.mark.parametrize(("version", "least"), [("2.0.1", 60), ("1.6", 10)])
    def test_the_reference_station(
        self, tmp_path: Path, version: str, least: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        port = free_port()
        ended: list[int] = []
        arguments = ["--role", "CS", "--version", version, "--listen", f"127.0.0.1:{port}", "--ask-device"]
        path = tmp_path / "dut.toml"
        asking = threading.Thread(target=lambda: ended.append(cli.main(["init", *arguments, str(path)])))
        asking.start()
        with station_process(f"ws://127.0.0.1:{port}/ocpp", version=version):
            asking.join(60)
        assert ended == [0], capsys.readouterr().out
        content = tomllib.loads(path.read_text("utf-8"))
        assert content["evses"]["connectors"] == [[1, 1], [2, 1]]
        answered(path)
        dut = load_description(path)
        declared = {one: REFERENCE.features[one] for one in _told(path)}
        assert len(declared) >= least
        different = {one for one, value in declared.items() if _comparable(dut.features[one]) != _comparable(value)}
        assert different <= set(NOT_DECLARED), sorted(different)

    def test_a_station_that_does_not_come(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(init, "PATIENCE", 0.2)
        arguments = ("--role", "CS", "--version", "2.0.1", "--listen", f"127.0.0.1:{free_port()}", "--ask-device")
        path = written(tmp_path, *arguments, code=1)
        told = capsys.readouterr().out
        assert "nothing was read from the station: the station has not connected within 0.2 s" in told
        answered(path)
        load_description(path)


def _told(path: Path) -> list[str]:
    """The ids of the features whose value the device has told."""
    told, comment = [], ""
    for line in path.read_text("utf-8").partition("[features]")[2].splitlines():
        if line.startswith("#"):
            comment += line
            continue
        if "the device says:" in comment:
            told.append(line.partition(" = ")[0].strip('"'))
        comment = ""
    return told


def _comparable(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else value


def report(*entries: tuple[str, str, str, str]) -> Report:
    """A report of variables: (component, variable, value, mutability)."""

    class Part(Fields):
        pass

    data = [
        {
            "component": {"name": component},
            "variable": {"name": name},
            "variableAttribute": [{"value": value, "mutability": mutability}],
            "variableCharacteristics": {"dataType": "MemberList", "valuesList": "EVConnected,Authorized"},
        }
        for component, name, value, mutability in entries
    ]
    parts: Any = [Part({"seqNo": 0, "tbc": False, "reportData": data})]
    return Report(parts)


class TestRules:
    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ([], {"C-49": False, "R-0": False, "C-48.1": None, "C-07": False, "HFS-8": None, "C-23": None}),
            ([("AuthCacheCtrlr", "Enabled", "false", "ReadWrite")], {"C-49": True}),
            ([("AuthCacheCtrlr", "Enabled", "false", "ReadOnly")], {"C-49": False}),
            ([("AuthCacheCtrlr", "Available", "true", "ReadOnly")], {"C-49": True}),
            ([("AuthCtrlr", "AuthorizeRemoteStart", "true", "ReadOnly")], {"C-48.1": True, "C-48.2": False}),
            ([("AuthCtrlr", "AuthorizeRemoteStart", "true", "ReadWrite")], {"C-48.1": True, "C-48.2": True}),
            ([("AuthCtrlr", "MasterPassGroupId", "", "ReadWrite")], {"C-07": None, "C-08": None}),
            (
                [("TxCtrlr", "TxStartPoint", "Authorized", "ReadOnly")],
                {"C-09.1": False, "C-09.2": True, "C-51": False},
            ),
            (
                [("TxCtrlr", "TxStartPoint", "Authorized", "ReadWrite")],
                {"C-09.1": True, "C-09.2": True, "C-09.5": False, "C-51": True},
            ),
            ([("EVSE", "SupplyPhases", "0", "ReadOnly")], {"HFS-3": False, "HFS-4": True, "HFS-7": False}),
            ([("ClockCtrlr", "TimeSource", "NTP,Heartbeat", "ReadOnly")], {"C-23": ("NTP", "Heartbeat")}),
        ],
    )
    def test_of_the_device_model(self, entries: Any, expected: dict[str, Any]) -> None:
        found = from_report(report(*entries)).features
        assert {one: found[one].value if one in found else None for one in expected} == expected

    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ({}, {"Core": None, "AuthorizationCache": False, "OfflineAuthorization": False}),
            (
                {"SupportedFeatureProfiles": ("Core, Reservation", True)},
                {"Core": True, "Reservation": True, "SmartCharging": False},
            ),
            ({"authorizationcacheenabled": ("false", False)}, {"AuthorizationCache": True}),
            ({"LocalAuthorizeOffline": ("false", True)}, {"OfflineAuthorization": False}),
            ({"LocalAuthorizeOffline": ("false", False)}, {"OfflineAuthorization": True}),
            ({"AuthorizeRemoteTxRequests": ("true", True)}, {"AuthorizeRemoteTxRequests.settable": False}),
            ({"AuthorizeRemoteTxRequests": ("true", False)}, {"AuthorizeRemoteTxRequests.settable": True}),
        ],
    )
    def test_of_configuration_keys(self, entries: Any, expected: dict[str, Any]) -> None:
        listed = [Fields({"key": key, "value": value, "readonly": fixed}) for key, (value, fixed) in entries.items()]
        found = from_keys(listed).features
        assert {one: found[one].value if one in found else None for one in expected} == expected

    @pytest.mark.parametrize("value", [None, 3, [], {}])
    def test_nonsense_is_no_crash(self, value: Any) -> None:
        from_keys([Fields({"key": "NumberOfConnectors", "value": value, "readonly": value})])
        part: Any = Fields({"seqNo": value, "reportData": value})
        if not isinstance(value, int):
            from_report(Report([part]))
