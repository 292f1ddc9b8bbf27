"""A run as evidence: one folder with everything that was written, sums of all of it, and a signature if wished.

The sums are in the format of `sha256sum`, the signature is one that `openssl` checks: whoever is given the folder
needs nothing of ours. docs/evidence.md describes it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.report.record import RunRecord
from conformance.report.redaction import Redactor
from conformance.report.secret_paths import TOKEN, kind_of
from conformance.report.trace_file import NAME as TRACE_NAME
from conformance.report.trace_file import TraceFile
from conformance.report.uploads import FOLDER as UPLOADS
from conformance.report.uploads import harmless

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
SIGNER = "signer.pem"
"""The public key; it proves nothing by itself: compare it with one that you were given another way."""
DESCRIPTIONS = "descriptions"
FINDINGS = "findings"
_README = "README.txt"
_LINE = re.compile(r"(?P<sum>[0-9a-f]{64})[ ][ *](?P<path>[^\\\r\n]+)")


class EvidenceError(ValueError):
    """What keeps evidence from being written, in one line: what, where, what to do."""


class Evidence:
    """The evidence of one run, in a folder of its own."""

    def __init__(self, folder: Path, redactor: Redactor, *, started: datetime, version: str, key: Path | None) -> None:
        """`started`: time zero of the run; `key`: file of a private key to sign with.

        Raises EvidenceError: a folder that is not empty or can't be written, a key that can't be used.
        """
        from conformance.report.signing import UnusableKey, load_private

        self.folder = folder
        self._redactor = redactor
        try:
            self._key = load_private(key) if key is not None else None
        except UnusableKey as error:
            raise EvidenceError(f"--ocpp-evidence-key {error}") from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise EvidenceError(f"--ocpp-evidence {folder}: the folder is not empty; name a new one for each run")
            self.trace = TraceFile(
                folder / TRACE_NAME,
                started=started,
                tool_version=version,
                secrets="kept" if redactor.keep else "redacted",
            )
        except OSError as error:
            raise EvidenceError(
                f"--ocpp-evidence {folder}: cannot be written ({error.strerror}); name another folder"
            ) from None

    @property
    def signed(self) -> bool:
        """Whether there is a key to sign with."""
        return self._key is not None

    def finish(self, record: RunRecord, reports: Path, views: Iterable[str], descriptions: Iterable[Path]) -> int:
        """Take in what the run wrote in `reports`, sum it up and sign it; the number of files that are summed.

        `views`: names of files in `reports`; one that is not there is left out. Raises OSError.
        """
        self.trace.close()
        for name in views:
            if (reports / name).is_file():
                shutil.copyfile(reports / name, self.folder / name)
        for case in record.cases:
            for upload in case.uploads:
                self._copy(reports / upload, self.folder / upload)
            for saved in case.campaign.get("saved", []):
                self._copy(Path(saved), self.folder / FINDINGS / harmless(Path(saved).name))
        self._describe(descriptions)
        from conformance.report.signing import openssl_command

        openssl = openssl_command(self._key, SUMS, SIGNATURE) if self.signed else ""
        (self.folder / _README).write_text(_readme(record, openssl), encoding="utf-8")
        return self._seal()

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def _describe(self, descriptions: Iterable[Path]) -> None:
        given = list(dict.fromkeys(descriptions))
        for number, path in enumerate(given, 1):
            text = path.read_text(encoding="utf-8")
            name = harmless(path.name) if len(given) == 1 else f"{number}-{harmless(path.name)}"
            target = self.folder / DESCRIPTIONS / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(without_secrets(text, self._redactor), encoding="utf-8")

    def _seal(self) -> int:
        from conformance.report.signing import public_pem, sign

        if self._key is not None:
            (self.folder / SIGNER).write_bytes(public_pem(self._key))
        files = sorted(files_of(self.folder))
        content = "".join(f"{sum_of(self.folder / name)}  {name}\n" for name in files).encode()
        (self.folder / SUMS).write_bytes(content)
        if self._key is not None:
            (self.folder / SIGNATURE).write_bytes(sign(self._key, content))
        return len(files)


def files_of(folder: Path) -> Iterator[str]:
    """Every file below a folder, as a path with slashes from there; the sums and their signature left out."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if (path.is_symlink() or not path.is_dir()) and name not in (SUMS, SIGNATURE):
            yield name


def sum_of(path: Path) -> str:
    """The SHA-256 sum of a file in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(content: bytes) -> tuple[dict[str, str], list[str]]:
    """The sums by path, and one line for each line of the file that is none."""
    sums: dict[str, str] = {}
    problems = []
    for number, line in enumerate(content.decode("utf-8", "backslashreplace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        parts = match["path"].split("/") if match else []
        if match is None or ".." in parts or "" in parts:
            problems.append(f"{SUMS}: line {number} is no sum of a file in this folder: {line[:80]!r}")
        else:
            sums[match["path"]] = match["sum"]
    return sums, problems


def without_secrets(text: str, redactor: Redactor) -> str:
    """A description's text without its secrets, comments and layout as they were."""
    if redactor.keep:
        return text
    text = redactor.text(text)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text
    for kind, value in _secrets(told):
        shown = redactor.placeholder(value, kind)
        for mark in ('"', "'"):
            text = text.replace(f"{mark}{value}{mark}", f"{mark}{shown}{mark}")
    return text


def _secrets(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """What is still secret in a description that was read: its kind and value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, name)
    elif isinstance(value, str) and value and not value.startswith("«"):
        kind = TOKEN if name == "idToken" else kind_of(name)
        if kind:
            yield kind, value


def _readme(record: RunRecord, openssl: str) -> str:
    run = record.run
    verdicts: dict[str, int] = {}
    for case in record.cases:
        verdicts[case.verdict] = verdicts.get(case.verdict, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "no case"
    secrets = {
        "redacted": "Placeholders such as «idToken valid» stand for passwords, keys and tokens.\n"
        "Uploaded files that are no text were not looked through.\n",
        "kept": "Passwords, keys and tokens stand in these files as they are: do not hand them on.\n",
    }
    check = f"  sha256sum --check --strict {SUMS}\n"
    if openssl:
        check += (
            f"  {openssl}\nwith the public key of the signer, which you were given another way than with this folder.\n"
        )
    return (
        f"Evidence of a run of ocpp-conformance {run.tool_version}: a self-test, not a certification by the OCA.\n\n"
        f"Device:  {run.device_name} ({record.role_name})\n"
        f"From:    {run.started}\nTo:      {run.ended}\n"
        f"Verdicts: {told}{'; the run broke off: ' + run.interruption if run.interrupted else ''}\n\n"
        "report.html    the report, for people\n"
        "results.json   the record of which everything else is a view\n"
        "trace.jsonl    every frame and act, uncut, as JSON lines\n"
        f"{DESCRIPTIONS}/  what was said of the device\n"
        f"{UPLOADS}/       files that the device uploaded, if any\n"
        f"{FINDINGS}/      inputs that negative tests found something with, if any\n"
        f"{SUMS}     SHA-256 sums of all of it\n\n"
        f"{secrets.get(run.secrets, '')}\n"
        "To check that nothing was changed: `ocpp-conformance verify FOLDER`, or, in this folder:\n"
        f"{check}"
    )
