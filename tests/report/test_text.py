from __future__ import annotations

import unicodedata

import pytest

from conformance.report.text import duration, fit, pad, plural, visible, width_of


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain <b>", "plain <b>"),
        ("Zürich 充電", "Zürich 充電"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("\x00\x7f\x9b", "\\u0000\\u007f\\u009b"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u200b\ufeff\u2028", "\\u200b\\ufeff\\u2028"),
        ("\ud800", "\\ud800"),
        ("\ufffe\U000e0041", "\\ufffe\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_written_out(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_every_character_comes_out_harmless() -> None:
    shown = visible("".join(map(chr, range(0x110000))))
    shown.encode("utf-8")
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_text_is_cut_by_columns_not_by_characters() -> None:
    assert fit("abcdef", 6) == "abcdef"
    assert fit("abcdefg", 6) == "abcde…"
    assert width_of("充電") == 4
    assert fit("充電充電", 6) == "充電…"
    assert fit("abc", 0) == ""
    assert pad("充", 4) == "充  "


def test_durations_and_plurals_read_as_people_write_them() -> None:
    shown = [duration(s) for s in (-1, 0.0004, 0.34, 0.9996, 12.44, 59.96, 185, 7261)]
    assert shown == ["0 ms", "0 ms", "340 ms", "1.0 s", "12.4 s", "1 min 00 s", "3 min 05 s", "2 h 01 min"]
    assert (plural(1, "case"), plural(2, "case"), plural(0, "match", "matches")) == ("1 case", "2 cases", "0 matches")
