"""What axe-core finds wrong with the report for people who use a screen reader, a keyboard or little contrast.

axe-core comes from npm into a temporary folder, once a day at most; without npm these tests skip.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import View
from tests.browser.test_report import FAILED, ROW

VERSION = "4.10.3"


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    folder = Path(tempfile.gettempdir()) / f"ocpp-conformance-axe-{VERSION}"
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file() or time.time() - source.stat().st_ctime > 86400:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on this machine to fetch axe-core with")
        command = [
            npm,
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            f"axe-core@{VERSION}",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not fetch axe-core within a minute")
        if done.returncode:
            pytest.skip(f"npm could not fetch axe-core: {done.stderr.strip().splitlines()[-1:]}")
    return source.read_text("utf-8")


def serious(tab: Any, axe: str, *, contrast: bool = True) -> list[str]:
    """Violations that axe calls serious or critical, a line each with the first element."""
    tab.evaluate(axe)
    rules = {"color-contrast": {"enabled": contrast}}
    found = tab.evaluate("rules => axe.run(document, { resultTypes: ['violations'], rules })", rules)
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:160]}: {one['nodes'][0]['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_no_serious_violation(view: Callable[..., View], axe: str, scheme: str, width: int) -> None:
    opened = view("small", f"#{FAILED}", color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    opened.tab.wait_for_selector(f"{ROW}[open] svg.diagram")
    opened.tab.evaluate("document.querySelectorAll('details:not(.case-row, .frame)').forEach(one => one.open = true)")
    assert serious(opened.tab, axe) == []


def test_nor_in_the_frame_of_pytest_html(view: Callable[..., View], axe: str) -> None:
    assert serious(view("framed").tab, axe, contrast=False) == []


def test_axe_sees_what_is_wrong(view: Callable[..., View], axe: str) -> None:
    tab = view("small", bypass_csp=True).tab
    tab.evaluate(
        "document.querySelector('select[name=block]').parentElement.replaceWith(document.createElement('select'))"
    )
    assert any(one.startswith("select-name") for one in serious(tab, axe, contrast=False))
