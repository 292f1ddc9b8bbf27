"""The report in a browser: what a person does with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import View

FAILED = "case-TC_B_22_CS-2.0.1"
ROW = f"[id='{FAILED}']"
"""The failed case of the sample in the list."""

Open = Callable[..., View]


@pytest.fixture(params=["sample", "framed"])
def both(request: pytest.FixtureRequest, view: Open) -> View:
    """The report as `render` draws it, and in pytest-html's frame."""
    return view(request.param)


def contrast(tab: Any, selector: str) -> float:
    """The contrast of an element's text to the page behind it, as WCAG reckons it."""
    colors = tab.evaluate(
        """selector => {
          const draw = document.createElement("canvas").getContext("2d");
          const rgb = color => {
            draw.fillStyle = color;
            draw.fillRect(0, 0, 1, 1);
            return [...draw.getImageData(0, 0, 1, 1).data];
          };
          const one = document.querySelector(selector);
          return [rgb(getComputedStyle(one).color), rgb(getComputedStyle(document.body).backgroundColor)];
        }""",
        selector,
    )

    def light(color: list[int]) -> float:
        parts = [one / 255 for one in color[:3]]
        red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted(map(light, colors), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_first_screen_has_the_answer_on_it(both: View) -> None:
    assert both.tab.title() == "OCPP conformance report: Acme Volt 22"
    assert both.tab.get_attribute("html", "lang") == "en"
    assert both.tab.locator("h1:visible").inner_text() == "Acme Volt 22"
    for selector in ("#answer-line", ".disclaimer", ".standings tbody tr >> nth=0", ".tile >> nth=0"):
        box = both.tab.locator(selector).first.bounding_box()
        assert box["y"] + box["height"] <= 900, selector
    assert not both.tab.locator("#results-table").is_visible() if both.tab.locator("#results-table").count() else True
    assert both.tab.evaluate("document.documentElement.scrollWidth") <= 1280


def test_cases_are_filtered_by_verdict_block_profile_requirement_rule_and_words(view: Open) -> None:
    both = view()
    tab = both.tab
    assert len(both.shown()) == 60 and tab.inner_text("#ocpp-shown") == "60 of 60 cases shown"
    tab.check("input[name=verdict][value=FAIL]", force=True)
    assert both.shown()[0] == "TC_B_22_CS" and len(both.shown()) == 4 and both.hash == "verdict=FAIL"
    tab.check("input[name=verdict][value=ERROR]", force=True)
    assert len(both.shown()) == 5
    tab.select_option("select[name=block]", "B")
    assert both.shown() == ["TC_B_22_CS", "TC_B_03_CS", "TC_B_01_CS"]
    tab.select_option("select[name=version]", "2.1")
    assert both.shown() == ["TC_B_01_CS"] and both.hash == "verdict=FAIL%2CERROR&version=2.1&block=B"
    tab.click("#ocpp-clear")
    assert len(both.shown()) == 60 and both.hash == ""
    tab.select_option("select[name=profile]", "Advanced Device Management")
    assert {one.split("_")[1] for one in both.shown()} == {"N"}
    tab.click("#ocpp-clear")
    tab.fill("input[name=req]", "b04.fr.01")
    assert both.shown() == ["TC_B_22_CS", "TC_B_04_CS", "TC_B_04_CS"]
    tab.click("#ocpp-clear")
    tab.fill("input[name=rule]", "timestamp-precision")
    assert both.shown() == ["TC_B_22_CS"]
    tab.click("#ocpp-clear")
    tab.fill("input[name=q]", "COLD boot 2.1")
    assert both.shown() == ["TC_B_01_CS", "TC_B_02_CS", "TC_B_03_CS"]


def test_cases_are_ordered(view: Open) -> None:
    tab = (opened := view()).tab
    assert opened.shown()[:2] == ["TC_E_01_CS", "TC_B_22_CS"], "what needs attention stands first"
    tab.select_option("select[name=sort]", "time")
    assert opened.shown()[0] == "TC_B_22_CS"
    tab.select_option("select[name=sort]", "id")
    assert opened.shown()[:3] == ["TC_A_01_CS", "TC_A_01_CS", "TC_A_02_CS"]
    tab.select_option("select[name=sort]", "run")
    assert opened.shown()[0] == "TC_B_22_CS" and opened.hash == "sort=run"


def test_an_address_brings_back_what_was_shown(both: View) -> None:
    both.go("#verdict=FAIL%2CERROR&block=B")
    assert both.shown() == ["TC_B_22_CS", "TC_B_03_CS", "TC_B_01_CS"]
    assert both.tab.is_checked("input[name=verdict][value=ERROR]")
    both.go("#req=B04.FR.01&version=2.0.1")
    assert both.shown() == ["TC_B_22_CS", "TC_B_04_CS"]
    both.go("#block=nonsense&verdict=<b>")
    assert len(both.shown()) == 60


def test_links_lead_to_lists_and_to_cases(view: Open) -> None:
    both = view()
    tab = both.tab
    tab.click("text=B Provisioning >> nth=0")
    assert {one.split("_")[1] for one in both.shown()} == {"B"}
    tab.wait_for_function("document.querySelector('#cases').getBoundingClientRect().top < 300")
    tab.go_back()
    tab.click(".violated a.req >> nth=0")
    assert "TC_B_03_CS" in both.shown()
    tab.click(f"a[href='#{FAILED}'] >> nth=0")
    tab.wait_for_selector(f"{ROW}[open] svg.diagram")


def test_a_deep_link_opens_the_case_even_if_it_was_filtered_out(both: View) -> None:
    both.go(f"#{FAILED}")
    tab = both.tab
    tab.wait_for_selector(f"{ROW}[open] .sheet")
    assert tab.evaluate("document.activeElement.closest('details').id") == FAILED
    assert 0 <= tab.locator(ROW).bounding_box()["y"] < 200
    tab.check("input[name=verdict][value=PASS]", force=True)
    assert "TC_B_22_CS" not in both.shown()
    tab.evaluate(f"location.hash = '{FAILED}'")
    tab.wait_for_function(f"!document.getElementById('{FAILED}').closest('li').hidden")


def test_a_case_has_findings_steps_frames_and_requirements(view: Open) -> None:
    both = view()
    both.go(f"#{FAILED}")
    sheet = both.tab.locator(f"{ROW} .sheet")
    sheet.locator("svg.diagram").wait_for()
    text = re.sub(r"\s+", " ", sheet.inner_text())
    assert text.index('Expected StatusNotification with connectorStatus "Available"') < text.index(
        "1 Power-cycle the station"
    )
    assert "Where step 3, frame 6, /connectorStatus" in text and "B04.FR.01 expect, MUST" in text
    assert "4 Plug in the cable at EVSE 1 expect TransactionEvent Started" in text and "NOT REACHED" in text.upper()
    assert "violated B04.FR.01" in text and "not exercised B12.FR.03 B12.FR.04" in text
    assert 'pytest "testcases/v2/station/block_b.py::test_reset_immediate[2.0.1-22]"' in text
    bad = sheet.locator("details.frame[open]")
    assert bad.count() == 1 and bad.locator("mark").inner_text().strip() == '"connectorStatus": "Unavailable",'
    assert "09:28:46.500" in bad.locator("summary").inner_text() and "+1.500 s" in bad.locator("summary").inner_text()
    other = sheet.locator("details.frame[data-frame='2']")
    assert other.locator("pre").count() == 0, "a frame is laid out when it is opened"
    other.locator("summary").click()
    assert '"reason": "PowerUp"' in other.locator("pre").inner_text()


def test_the_diagram_draws_every_message_step_and_failure(view: Open) -> None:
    both = view()
    both.go(f"#{FAILED}")
    tab = both.tab
    tab.wait_for_selector("#ocpp-list svg.diagram")
    svg = tab.locator(f"{ROW} svg.diagram")
    words = svg.locator("text").all_text_contents()
    assert words[:2] == ["Charging station", "under test"] and "CSMS" in words and "this tool" in words
    assert svg.get_attribute("aria-label") == (
        "Sequence diagram of TC_B_22_CS: 8 messages. The same messages stand as text in the steps."
    )
    assert svg.locator("g.message").count() == 11 and svg.locator("g.bad").count() == 1
    assert svg.locator("rect.band").count() == 6 and any("not reached" in one for one in words)
    ends = svg.locator("g[data-frame='2'] line.wire, g[data-frame='3'] line.wire").evaluate_all(
        "all => all.map(one => Number(one.getAttribute('x2')) > Number(one.getAttribute('x1')))"
    )
    assert ends == [True, False], "the station's message goes right, the answer back"
    svg.locator("g.message[data-frame='3']").click()
    assert tab.locator(f"{ROW} details.frame[data-frame='3'][open]").count() == 1


def test_silence_is_drawn_where_a_message_is_missing(view: Open, sample: Any, tmp_path: Path) -> None:
    from conformance.report.html import page
    from conformance.report.record import RunRecord

    case = sample.failed_case()
    case.findings[0].frame = None
    case.findings[0].actual = "nothing within 5 s"
    path = tmp_path / "silence.html"
    path.write_text(page(RunRecord(sample.run_info(), [case])), encoding="utf-8")
    tab = view(path, f"#{FAILED}").tab
    tab.wait_for_selector("#ocpp-list svg.diagram")
    wrong = tab.locator(f"{ROW} svg.diagram text.wrong")
    assert wrong.count() == 1 and "got nothing within 5 s" in (wrong.text_content() or "")


def test_light_dark_and_the_switch(view: Open) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = view(color_scheme="light").tab, view(color_scheme="dark").tab
    assert light.evaluate(background) == "rgb(255, 255, 255)" and dark.evaluate(background) == "rgb(18, 22, 27)"
    for tab in (light, dark):
        for selector in ("body", "#answer-line", ".muted", ".tile span", ".ocpp-report a.id"):
            assert contrast(tab, selector) >= 4.5, selector
    light.click("#ocpp-theme")
    light.click("#ocpp-theme")
    assert light.inner_text("#ocpp-theme") == "Theme: dark" and light.evaluate(background) == "rgb(18, 22, 27)"
    light.reload()
    assert light.inner_text("#ocpp-theme") == "Theme: dark", "it is remembered"
    light.click("#ocpp-theme")
    assert light.evaluate(background) == "rgb(255, 255, 255)"


def test_everything_works_from_the_keyboard(view: Open) -> None:
    both = view()
    tab = both.tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.focus("input[name=verdict][value=FAIL]")
    tab.keyboard.press("Space")
    assert len(both.shown()) == 4
    tab.focus("#ocpp-list > li:not([hidden]) summary")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(f"{ROW}[open] .sheet")
    for _ in range(4):
        tab.keyboard.press("Tab")
    assert tab.evaluate(f"document.getElementById('{FAILED}').contains(document.activeElement)")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_it_prints_the_answer_and_the_failing_cases_with_their_diagrams(view: Open, tmp_path: Path) -> None:
    tab = view(color_scheme="dark").tab
    tab.wait_for_selector("html[data-drawn]", state="attached")
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", "paper is white"
    assert not tab.is_visible("nav.sections") and not tab.is_visible("form.filters")
    assert tab.locator(".static .sheet:visible").count() == 9 and tab.locator(".static svg.diagram").count() == 9
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details[data-print]:not([open])").count() == 0
    data = tab.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    assert data.startswith(b"%PDF") and 4 <= pages <= 20


def test_without_javascript_the_answer_and_the_failing_cases_are_there(chromium: Any, pages: dict[str, Path]) -> None:
    tab = chromium.new_page(java_script_enabled=False)
    tab.goto(pages["sample"].as_uri() + f"#{FAILED}")
    assert tab.is_visible("#answer-line") and tab.is_visible(".matrix") is False
    assert tab.is_visible(f"article{ROW}") and not tab.is_visible("form.filters")
    assert "needs JavaScript" in tab.inner_text("noscript")
    tab.close()


def test_hostile_strings_act_on_nothing(view: Open) -> None:
    opened = view("hostile")
    asked: list[str] = []
    opened.tab.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    for summary in opened.tab.locator("#ocpp-list > li > details > summary").all():
        summary.click()
    opened.tab.wait_for_selector("#ocpp-list svg.diagram")
    for summary in opened.tab.locator("details.frame > summary").all()[:6]:
        summary.click()
    assert not asked and opened.tab.locator("img").count() == 0
    shown = opened.tab.evaluate("document.body.textContent")
    assert "\\u202egpj.exe" in shown and not set("\x00\x1b\u202e") & set(shown)


def test_a_narrow_screen_needs_no_sideways_scrolling(view: Open) -> None:
    tab = view(hash=f"#{FAILED}", viewport={"width": 400, "height": 800}).tab
    tab.wait_for_selector("#ocpp-list svg.diagram")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    inside = tab.evaluate(
        "[...document.querySelectorAll('#answer .scroll')].map(one => one.scrollWidth - one.clientWidth)"
    )
    assert inside and max(inside) <= 0, "the standings of profiles are read without scrolling to the side"
    box = tab.locator(f"{ROW} .diagram-box")
    tab.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
