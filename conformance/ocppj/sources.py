"""Where the official JSON schemas come from, and that they are what OCA published.

No text of the official files stands in this project (they are CC BY-ND): they are read from the distribution `ocpp` on
PyPI, whose code is not imported, or from a folder with OCA's own files. Each file is held against the fingerprint in
`schemas/manifest.json`; what differs is restored by an entry of `schemas/errata.toml` or refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.data import data_path
from conformance.ocppj.fingerprint import fingerprint
from conformance.ocppj.versions import VERSIONS, SchemaFact, Version

DISTRIBUTION = "ocpp"
GOOD_RELEASE = "2.1.0"

Schema = dict[str, Any]


class SchemaSourceError(Exception):
    """The source of schemas is unusable; the message is one line: what, where, and what to do."""


class SchemaSource:
    """Reads official schemas from one place, file by file."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: OCA's files, in any layout of subfolders; None: the distribution `ocpp`.

        Raises SchemaSourceError when there is nothing of use in it. Files are read when asked for.
        """
        self.corrections: list[str] = []
        self._is_folder = folder is not None
        if folder is None:
            self.root, self._files = _distribution_files()
        else:
            self.root, self._files = folder, _folder_files(folder)

    def read(self, version: Version, name: str) -> Schema:
        """The official schema called `name` with errata applied. Raises SchemaSourceError, or KeyError for a name
        that the version does not have."""
        fact = version.schemas[name]
        refused: list[tuple[Path, str]] = []
        for path in self._candidates(version, name):
            schema = _load(path)
            digest = fingerprint(schema)
            restore = _restoration(version, name, digest)
            if restore is not None:
                _apply(restore["changes"], schema, restore["name"])
                if fingerprint(schema) != fact.sha256:
                    raise SchemaSourceError(f"schemas/errata.toml: {restore['name']!r} does not restore {path}")
            elif digest != fact.sha256:
                if not _is_of_another_version(version, name, digest):
                    refused.append((path, self._difference(version, name, schema, fact)))
                continue
            draft = f"draft-0{fact.draft}"
            if draft not in str(schema.get("$schema")):
                refused.append((path, f"its $schema is {schema.get('$schema')!r}, not {draft}"))
                continue
            if restore is not None:
                self._note(restore)
            for erratum in _errata("published"):
                if (erratum["version"], erratum["schema"]) == (version.id, name):
                    _apply(erratum["changes"], schema, erratum["name"])
                    self._note(erratum)
            return schema
        if refused:
            path, difference = refused[0]
            raise SchemaSourceError(
                f"{path} is not the official schema {name} of OCPP {version.id}: {difference}; {self._remedy(version)}"
            )
        raise SchemaSourceError(f"{self.root}: {name}.json of OCPP {version.id} is missing; {self._remedy(version)}")

    def check(self, version: Version) -> None:
        """Read every schema of a version, so that what is wrong is found before a run. Raises SchemaSourceError."""
        names = list(version.schemas)
        failures: list[SchemaSourceError] = []
        for name in names:
            try:
                self.read(version, name)
            except SchemaSourceError as error:
                failures.append(error)
        if len(failures) == len(names):
            raise SchemaSourceError(f"{self.root} has no schemas of OCPP {version.id}; {self._remedy(version)}")
        if failures:
            more = f" (and {len(failures) - 1} more of its files)" if len(failures) > 1 else ""
            raise SchemaSourceError(f"{failures[0]}{more}")

    def _candidates(self, version: Version, name: str) -> Iterator[Path]:
        for path in self._files.get(name, ()):
            if self._is_folder or path.parent.parent.name == _distribution_folder(version):
                yield path

    def _note(self, erratum: Mapping[str, Any]) -> None:
        line = f"{erratum['name']} ({erratum['source']})"
        if line not in self.corrections:
            self.corrections.append(line)

    def _difference(self, version: Version, name: str, schema: Schema, fact: SchemaFact) -> str:
        """In words, by comparison with the distribution where it is at hand."""
        if self._is_folder:
            try:
                official = SchemaSource().read(version, name)
            except SchemaSourceError:
                pass
            else:
                where = _first_difference(schema, official, "")
                if where is not None:
                    return where
        return f"its fingerprint is {fingerprint(schema)[:12]}, the official one {fact.sha256[:12]}"

    def _remedy(self, version: Version) -> str:
        if self._is_folder:
            return (
                f"give the folder with OCA's current JSON schemas of OCPP {version.id}, unpacked, "
                f"or leave it out to use the distribution {DISTRIBUTION}"
            )
        return f"run: pip install --force-reinstall {DISTRIBUTION}=={GOOD_RELEASE}"


def _distribution_folder(version: Version) -> str:
    return f"v{version.id.replace('.', '')}"


def _distribution_files() -> tuple[Path, Mapping[str, list[Path]]]:
    import importlib.metadata

    try:
        root = Path(str(importlib.metadata.distribution(DISTRIBUTION).locate_file(DISTRIBUTION)))
    except importlib.metadata.PackageNotFoundError:
        raise SchemaSourceError(
            f"the distribution {DISTRIBUTION}, where the official schemas are read from, is not installed; "
            f"run: pip install {DISTRIBUTION}=={GOOD_RELEASE}"
        ) from None
    files: dict[str, list[Path]] = {}
    for version in VERSIONS.values():
        folder = root / _distribution_folder(version) / "schemas"
        for name in version.schemas:
            path = folder / f"{name}.json"
            if path.is_file():
                files.setdefault(name, []).append(path)
    if not files:
        raise SchemaSourceError(
            f"{root} has no schemas at v.../schemas; run: pip install --force-reinstall {DISTRIBUTION}=={GOOD_RELEASE}"
        )
    return root, files


def _folder_files(folder: Path) -> Mapping[str, list[Path]]:
    if not folder.is_dir():
        what = "is a file, not a folder; unpack it" if folder.exists() else "does not exist"
        raise SchemaSourceError(f"the schema folder {folder} {what}; give the folder with OCA's JSON schemas")
    known = {name for version in VERSIONS.values() for name in version.schemas}
    files: dict[str, list[Path]] = {}
    try:
        for path in sorted(folder.rglob("*.json")):
            if path.stem in known:
                files.setdefault(path.stem, []).append(path)
        zips = [] if files else sorted(folder.rglob("*.zip"))
    except OSError as error:
        raise SchemaSourceError(f"the schema folder {folder} cannot be read: {error.strerror}") from None
    if not files:
        hint = f"; unpack {zips[0]}" if zips else "; give the folder with OCA's JSON schemas"
        raise SchemaSourceError(f"the schema folder {folder} has no file such as BootNotificationRequest.json{hint}")
    return files


def _load(path: Path) -> Schema:
    try:
        schema = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaSourceError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SchemaSourceError(f"{path} is no JSON: {error}; replace it by the official file") from None
    if not isinstance(schema, dict):
        raise SchemaSourceError(f"{path} is no JSON schema but a {type(schema).__name__}; replace it") from None
    return schema


# ---------------------------------------------------------------- errata


@lru_cache(maxsize=1)
def _errata_file() -> Mapping[str, list[Mapping[str, Any]]]:
    import tomllib

    return tomllib.loads(data_path("schemas", "errata.toml").read_text(encoding="utf-8"))


def _errata(kind: str) -> list[Mapping[str, Any]]:
    return _errata_file().get(kind, [])


def _restoration(version: Version, name: str, digest: str) -> Mapping[str, Any] | None:
    for erratum in _errata("restore"):
        if (erratum["version"], erratum["schema"], erratum["found"]) == (version.id, name, digest):
            return erratum
    return None


def _apply(changes: list[Mapping[str, Any]], schema: Schema, name: str) -> None:
    for change in changes:
        op, at = change["op"], change["at"]
        *path, last = at.split("/")[1:]
        try:
            place: Any = schema
            for token in path:
                place = place[token]
            if op == "remove":
                del place[last]
            elif op == "set":
                place[last] = deepcopy(change["value"])
            elif op == "remove-value":
                place[last].remove(change["value"])
            elif op == "add-value":
                if change["value"] not in place[last]:
                    place[last].append(change["value"])
            else:
                raise KeyError(op)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SchemaSourceError(f"schemas/errata.toml: {name!r}: {op} at {at} failed: {error!r}") from None


def _is_of_another_version(version: Version, name: str, digest: str) -> bool:
    return any(
        other is not version
        and name in other.schemas
        and (other.schemas[name].sha256 == digest or _restoration(other, name, digest) is not None)
        for other in VERSIONS.values()
    )


def _first_difference(found: Any, official: Any, pointer: str) -> str | None:
    """Where two decoded schemas differ first, in words; None where only annotations do."""
    if isinstance(found, dict) and isinstance(official, dict):
        for key in official:
            if key not in found and fingerprint({key: official[key]}) != fingerprint({}):
                return f"{pointer}/{key} is missing"
        for key in found:
            if key not in official:
                if fingerprint({key: found[key]}) != fingerprint({}):
                    return f"{pointer}/{key} is not in the official file"
            elif (where := _first_difference(found[key], official[key], f"{pointer}/{key}")) is not None:
                return where
        return None
    last = pointer.rsplit("/", 1)[-1]
    if found == official or fingerprint({last: found}) == fingerprint({last: official}):
        return None
    shown = [json.dumps(value)[:60] for value in (found, official)]
    return f"{pointer} is {shown[0]}, officially {shown[1]}"
