"""Baselines: what is read, what is refused in one line, and which devices an entry concerns."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from conformance.dut.baseline import FORMAT, load_baseline, with_baseline
from conformance.dut.description import ExpectedFailure
from conformance.dut.errors import DescriptionError
from conformance.dut.reading import read_description
from tests.dut.test_description import CSMS, STATION

ENTRY = """
[[expected_failures]]
id = "TC_B_01_CS"
version = "2.0.1"
reason = "known since spring"
link = "https://tracker.example/1"
findings = ["0123456789ab"]
"""


def loaded(folder: Path, text: str) -> tuple[ExpectedFailure, ...]:
    path = folder / "baseline.toml"
    path.write_text(text, encoding="utf-8")
    return load_baseline(path)


def test_an_entry_says_case_version_reason_and_ways_to_fail(tmp_path: Path) -> None:
    (entry,) = loaded(tmp_path, f'format = "{FORMAT}"\n{ENTRY}')
    assert entry.matches("TC_B_01_CS", "2.0.1") and not entry.matches("TC_B_01_CS", "2.1")
    assert (entry.reason, entry.link) == ("known since spring", "https://tracker.example/1")
    assert entry.findings == ("0123456789ab",) and entry.source.endswith("baseline.toml")


def test_a_baseline_without_failures_is_one(tmp_path: Path) -> None:
    assert loaded(tmp_path, f'format = "{FORMAT}"\n') == ()


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("", "it is no baseline: format is missing", "write one with `ocpp-conformance baseline"),
        ('format = "x/1"\n', 'it is no baseline: format is the text "x/1"', "write one with"),
        ("format = \n", "it is no TOML", "correct that line"),
        (f'format = "{FORMAT}"\n[device]\n', 'there is no section "device"', "expected_failures"),
        (f'format = "{FORMAT}"\n{ENTRY}'.replace("B_01", "B_99"), "there is no case", "did you mean"),
        (
            f'format = "{FORMAT}"\n{ENTRY}'.replace('"2.0.1"', '"3.0"'),
            '"3.0" is not in the versions of OCPP',
            "correct",
        ),
        (f'format = "{FORMAT}"\n{ENTRY}'.replace('reason = "', 'raison = "'), 'there is no key "raison"', "reason"),
        (f'format = "{FORMAT}"\n{ENTRY}'.replace("0123456789ab", "B01.FR.01"), "is no fingerprint", "results.json"),
        (f'format = "{FORMAT}"\n{ENTRY}'.replace('["0123456789ab"]', "12"), "findings: it is the number 12", "a list"),
    ],
)
def test_a_mistake_is_one_line_with_place_and_remedy(tmp_path: Path, text: str, what: str, remedy: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        loaded(tmp_path, text)
    found = str(caught.value).splitlines()
    assert any("baseline.toml" in line and what in line and remedy in line for line in found), found


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match=r"no\.toml: there is no such file; write one with"):
        load_baseline(tmp_path / "no.toml")


def test_each_device_has_the_entries_of_its_role_and_versions(tmp_path: Path) -> None:
    station, csms = (read_description(tomllib.loads(text)) for text in (STATION, CSMS))
    entries = [
        ExpectedFailure("TC_B_01_CS", "x"),
        ExpectedFailure("TC_B_01_CSMS", "x", version="2.1"),
        ExpectedFailure("TC_B_02_CS", "x", version="2.0.1"),
    ]
    first, second = with_baseline([station, csms], entries)
    assert [one.id for one in first.expected_failures] == ["TC_B_01_CS", "TC_B_02_CS"]
    assert [one.id for one in second.expected_failures] == ["TC_B_01_CSMS"]


def test_an_entry_about_no_device_of_the_run_is_refused() -> None:
    station = read_description(tomllib.loads(STATION))
    strange = ExpectedFailure("TC_B_01_CS", "x", version="2.1", source="baseline.toml")
    with pytest.raises(DescriptionError) as caught:
        with_baseline([station], [strange])
    assert str(caught.value) == (
        "baseline.toml: expected_failures: TC_B_01_CS under OCPP 2.1: no device of this run has that role and version; "
        "remove the entry, or describe that device with --ocpp-dut"
    )
