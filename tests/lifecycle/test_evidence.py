"""A whole run with evidence: what was secret stands in no file and on no terminal, and the folder verifies."""

from __future__ import annotations

import re
from collections.abc import Callable

from conformance.cli import main
from tests.lifecycle.conftest import Ended

SECRETS = re.compile(r"AABBCC0\d|reference-password|MASTERPASS|GROUP01")
"""Of the descriptions of the embedded devices."""


def test_evidence_of_a_run_holds_no_secret_and_verifies(run: Callable[..., Ended]) -> None:
    chosen = ("--ocpp-role", "CS", "--ocpp-version", "1.6", "-k", "TC_010_CS", "-v")
    ended = run(*chosen, "--ocpp-evidence", "evidence", "--ocpp-report-dir", "out")
    assert ended.code == 0, ended.output
    folder = ended.folder / "evidence"
    assert re.search(r"evidence: evidence \(\d+ files, not signed\)", ended.output)
    files = [path for part in (folder, ended.folder / "out") for path in part.rglob("*") if path.is_file()]
    assert {"report.html", "results.json", "trace.jsonl"} <= {path.name for path in files}
    for path in files:
        assert not SECRETS.search(path.read_text("utf-8")), path
    assert not SECRETS.search(ended.output)
    assert "idToken valid" in (folder / "trace.jsonl").read_text("utf-8")
    assert main(["verify", str(folder)]) == 0
