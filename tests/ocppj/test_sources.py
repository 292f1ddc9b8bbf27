"""Where schemas come from: fingerprints, errata, and every way in which a source can be wrong."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.ocppj import sources
from conformance.ocppj.fingerprint import fingerprint, main
from conformance.ocppj.sources import SchemaSource, SchemaSourceError
from conformance.ocppj.versions import VERSIONS, version


def distribution_file(folder: str, name: str) -> Path:
    return Path(str(importlib.metadata.distribution("ocpp").locate_file("ocpp"))) / folder / "schemas" / f"{name}.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All versions in one folder, nested and mixed as an unpacked archive may be."""
    for number, place in (("v16", "OCPP 1.6/json"), ("v201", "a/b/part3"), ("v21", "a/part3")):
        shutil.copytree(distribution_file(number, "Heartbeat").parent, tmp_path / place)
    (tmp_path / "a" / "readme.json").write_text("not a schema at all")
    return tmp_path


def edit(path: Path, change: Any) -> None:
    schema = json.loads(path.read_text(encoding="utf-8-sig"))
    change(schema)
    path.write_text(json.dumps(schema), encoding="utf-8-sig")


@pytest.mark.parametrize("id", list(VERSIONS))
def test_every_file_of_the_distribution_is_official_or_restored(id: str) -> None:
    source = SchemaSource()
    v = version(id)
    source.check(v)
    published = {("1.6", "StopTransaction")}
    for name, fact in v.schemas.items():
        schema = source.read(v, name)
        assert (fingerprint(schema) == fact.sha256) == ((id, name) not in published)
        assert f"draft-0{fact.draft}" in schema["$schema"]


def test_fingerprints_ignore_who_says_it_and_nothing_else() -> None:
    schema = {"$id": "a", "title": "t", "properties": {"id": {"type": "string", "description": "d"}, "title": {}}}
    same = {"properties": {"title": {"title": "x"}, "id": {"type": "string"}}, "description": "e", "javaType": "J"}
    assert fingerprint(schema) == fingerprint(same)
    assert fingerprint(schema) != fingerprint({"properties": {"id": {"type": "string"}}})
    assert fingerprint({"required": ["a", "b"]}) != fingerprint({"required": ["b", "a"]})


def units(schema: Any) -> list[str]:
    items = schema["properties"]
    values = items.get("meterValue", items.get("transactionData"))["items"]["properties"]["sampledValue"]
    return list(values["items"]["properties"]["unit"]["enum"])


def test_erratum_meter_values() -> None:
    source = SchemaSource()
    schema = source.read(version("1.6"), "MeterValues")
    assert "Hertz" not in units(schema)
    assert "Celsius" in units(schema)
    assert "minItems" not in schema["properties"]["meterValue"]
    assert "minItems" not in schema["properties"]["meterValue"]["items"]["properties"]["sampledValue"]
    assert len(source.corrections) == 1
    assert "Hertz" in source.corrections[0]


def test_errata_stop_transaction() -> None:
    source = SchemaSource()
    schema = source.read(version("1.6"), "StopTransaction")
    assert {"Celsius", "Celcius"} <= set(units(schema))
    source.read(version("1.6"), "StopTransaction")
    assert len(source.corrections) == 2
    assert "errata sheet" in source.corrections[1]


def test_erratum_ev_certificate() -> None:
    source = SchemaSource()
    schema = source.read(version("2.0.1"), "Get15118EVCertificateResponse")
    assert schema["properties"]["exiResponse"]["maxLength"] == 5600
    assert len(source.corrections) == 1


def test_an_erratum_that_does_not_restore_is_our_bug_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"restore": [dict(row, changes=row["changes"][:1]) for row in sources._errata("restore")]}
    monkeypatch.setattr(sources, "_errata_file", lambda: broken)
    with pytest.raises(SchemaSourceError, match=r"errata\.toml.*does not restore"):
        SchemaSource().read(version("1.6"), "MeterValues")
    broken["restore"][0]["changes"] = [{"op": "remove", "at": "/properties/no/such"}]
    with pytest.raises(SchemaSourceError, match=r"errata\.toml.*remove at /properties/no/such failed"):
        SchemaSource().read(version("1.6"), "MeterValues")


def test_a_folder_in_any_layout_serves(folder: Path) -> None:
    source = SchemaSource(folder)
    for v in VERSIONS.values():
        source.check(v)


def one_line(error: pytest.ExceptionInfo[SchemaSourceError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_an_edited_file_is_named_with_what_differs(folder: Path) -> None:
    path = folder / "a/b/part3/TransactionEventRequest.json"
    edit(
        path,
        lambda schema: schema["definitions"]["TransactionType"]["properties"]["transactionId"].update(maxLength=37),
    )
    with pytest.raises(SchemaSourceError) as error:
        SchemaSource(folder).check(version("2.0.1"))
    text = one_line(error)
    assert str(path) in text
    assert "/definitions/TransactionType/properties/transactionId/maxLength is 37, officially 36" in text
    assert "give the folder" in text
    SchemaSource(folder).check(version("2.1"))


def test_a_good_file_wins_over_an_edited_one(folder: Path) -> None:
    edit(folder / "a/b/part3/HeartbeatRequest.json", lambda schema: schema.update(minProperties=1))
    assert SchemaSource(folder).read(version("2.0.1"), "HeartbeatRequest").get("minProperties") is None


def test_an_added_and_a_removed_keyword_are_named(folder: Path) -> None:
    path = folder / "a/part3/ResetRequest.json"
    edit(path, lambda schema: schema.update(minProperties=1))
    with pytest.raises(SchemaSourceError, match="/minProperties is not in the official file"):
        SchemaSource(folder).read(version("2.1"), "ResetRequest")
    edit(path, lambda schema: (schema.pop("minProperties"), schema.pop("required")))
    with pytest.raises(SchemaSourceError, match="/required is missing"):
        SchemaSource(folder).read(version("2.1"), "ResetRequest")


def test_another_draft_is_refused(folder: Path) -> None:
    path = folder / "OCPP 1.6/json/Heartbeat.json"
    edit(path, lambda schema: schema.update({"$schema": "http://json-schema.org/draft-07/schema#"}))
    with pytest.raises(SchemaSourceError, match=r"draft-07.*not draft-04"):
        SchemaSource(folder).read(version("1.6"), "Heartbeat")


def test_several_bad_files_are_counted(folder: Path) -> None:
    (folder / "a/part3/ResetRequest.json").write_text("{")
    (folder / "a/part3/ResetResponse.json").write_text("[]")
    (folder / "a/part3/AFRRSignalRequest.json").unlink()
    with pytest.raises(SchemaSourceError) as error:
        SchemaSource(folder).check(version("2.1"))
    text = one_line(error)
    assert "AFRRSignalRequest.json of OCPP 2.1 is missing" in text
    assert "and 2 more" in text
    with pytest.raises(SchemaSourceError, match=r"ResetRequest\.json is no JSON"):
        SchemaSource(folder).read(version("2.1"), "ResetRequest")
    with pytest.raises(SchemaSourceError, match=r"ResetResponse\.json is no JSON schema but a list"):
        SchemaSource(folder).read(version("2.1"), "ResetResponse")


def test_a_folder_with_another_version_only(folder: Path) -> None:
    shutil.rmtree(folder / "a/part3")
    source = SchemaSource(folder)
    source.check(version("2.0.1"))
    with pytest.raises(SchemaSourceError, match=r"TransactionEventRequest\.json of OCPP 2\.1 is missing"):
        source.read(version("2.1"), "TransactionEventRequest")
    with pytest.raises(SchemaSourceError, match=r"AFRRSignalRequest\.json of OCPP 2\.1 is missing"):
        source.check(version("2.1"))
    shutil.rmtree(folder / "a")
    with pytest.raises(SchemaSourceError, match=r"has no schemas of OCPP 2\.1; give the folder"):
        SchemaSource(folder).check(version("2.1"))


def test_no_folder_an_empty_one_a_file_and_archives(tmp_path: Path) -> None:
    with pytest.raises(SchemaSourceError, match="does not exist"):
        SchemaSource(tmp_path / "nowhere")
    with pytest.raises(SchemaSourceError, match=r"has no file such as BootNotificationRequest\.json"):
        SchemaSource(tmp_path)
    (tmp_path / "schemas.zip").write_bytes(b"PK")
    with pytest.raises(SchemaSourceError, match=r"unpack .*schemas\.zip"):
        SchemaSource(tmp_path)
    with pytest.raises(SchemaSourceError, match="is a file, not a folder"):
        SchemaSource(tmp_path / "schemas.zip")


def test_an_edited_distribution_says_how_to_reinstall(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder / "ocpp"
    shutil.copytree(folder / "a/part3", root / "v21/schemas")
    edit(root / "v21/schemas/ResetRequest.json", lambda schema: schema.pop("required"))

    class Distribution:
        def locate_file(self, _: str) -> Path:
            return root

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Distribution())
    with pytest.raises(SchemaSourceError, match=r"its fingerprint is .*; run: pip install --force-reinstall ocpp=="):
        SchemaSource().check(version("2.1"))
    shutil.rmtree(root)
    with pytest.raises(SchemaSourceError, match="has no schemas"):
        SchemaSource()


def test_a_missing_distribution_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(SchemaSourceError, match=r"run: pip install ocpp=="):
        SchemaSource()


def test_the_command_prints_fingerprints(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = folder / "a/b/part3/HeartbeatRequest.json"
    assert main([str(good)]) == 0
    assert "official in 2.0.1" in capsys.readouterr().out
    other = folder / "a/readme.json"
    assert main([str(other), str(folder / "OCPP 1.6/json/MeterValues.json"), str(folder / "nowhere")]) == 1
    out = capsys.readouterr()
    assert "differs from the official one of 1.6" in out.out
    assert len(out.err.splitlines()) == 2
    assert main([]) == 2


def test_the_code_of_the_distribution_is_not_imported() -> None:
    code = (
        "import sys; from conformance.ocppj.schema import SchemaStore; "
        "from conformance.ocppj.versions import version; "
        "assert SchemaStore().judge(version('2.1'), 'HeartbeatRequest', {}) == (); "
        "assert not {'ocpp', 'jsonschema', 'asyncio'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
