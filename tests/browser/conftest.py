"""Chromium of the system, driven through Playwright; without either these tests skip and say why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.report.html import page
from conformance.report.record import RunRecord
from tests.report.conftest import sample as sample
from tests.report.test_html import run_pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """A browser, started once; gone before other tests begin, because its driver keeps an event loop running."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        except playwright.Error as error:
            pytest.skip(f"{program} does not start on this machine: {error.message.strip().splitlines()[0]}")
        yield browser
        browser.close()


@dataclass
class View:
    """A report in a tab: `problems` is what the browser complained of, `requested` what it asked for."""

    tab: Any
    url: str
    problems: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def go(self, hash: str = "") -> None:
        """Open the report anew, at that hash."""
        self.tab.goto("about:blank")
        self.tab.goto(self.url + hash)

    def shown(self) -> list[str]:
        """The ids of the cases that the list shows."""
        found: list[str] = self.tab.eval_on_selector_all(
            "#ocpp-list > li:not([hidden]) > details > summary > .id", "all => all.map(one => one.textContent)"
        )
        return found

    @property
    def hash(self) -> str:
        """The address behind the #."""
        found: str = self.tab.evaluate("location.hash.slice(1)")
        return found


@pytest.fixture(scope="session")
def pages(sample: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample drawn by `render`, with one case a verdict, as a run with pytest-html leaves it; the hostile one."""
    folder = tmp_path_factory.mktemp("pages")
    sound = [f"--deselect=test_cases.py::{name}" for name in ("test_case[1]", "test_of_someone_else")]
    run_pytest(folder, sample.sample_record(), *sound, "--html=framed.html")
    every = sample.sample_record()
    small = RunRecord(every.run, {case.verdict: case for case in reversed(every.cases)}.values(), every.standard)
    for name, record in (("sample", every), ("small", small), ("hostile", sample.hostile_record())):
        (folder / f"{name}.html").write_text(page(record), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in ("sample", "small", "framed", "hostile")}


@pytest.fixture
def view(chromium: Any, pages: dict[str, Path]) -> Iterator[Callable[..., View]]:
    """Opens a page of `pages` (or any file) in a tab of its own; at the end the browser must not have complained."""
    views: list[View] = []

    def opened(name: str | Path = "sample", hash: str = "", **options: Any) -> View:
        path = name if isinstance(name, Path) else pages[name]
        tab = chromium.new_page(**({"viewport": {"width": 1280, "height": 900}} | options))
        made = View(tab, path.as_uri())
        tab.on("pageerror", lambda error: made.problems.append(str(error)))
        tab.on("console", lambda message: message.type == "error" and made.problems.append(message.text))
        tab.on("request", lambda request: made.requested.append(request.url))
        made.go(hash)
        views.append(made)
        return made

    yield opened
    for one in views:
        one.tab.close()
        assert not one.problems
        assert {url.partition("#")[0].partition("?")[0] for url in one.requested} <= {one.url, "about:blank"}
