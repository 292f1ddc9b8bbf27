"""Pieces of Markdown (GitHub's and GitLab's flavour) in which nothing that a device said acts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from conformance.report.text import fit, visible

_ACTS = re.compile(r"([\\`*_{}\[\]|~#!])")


def escaped(text: str, width: int = 400) -> str:
    """`text` on one line, at most `width` columns of it, shown as it is: no markup, tag or mention in it acts."""
    plain = _ACTS.sub(r"\\\1", html.escape(fit(visible(text), width), quote=False))
    # A mention would write to people, and an address that is spelled out becomes a link.
    return plain.replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """A table of cells that are Markdown already; the columns in `right` are set to the right."""
    numbers = set(right)
    rule = ["---:" if position in numbers else "---" for position in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def folded(title: str, lines: Iterable[str]) -> list[str]:
    """Lines that are shown on a click; `title` is Markdown already."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]
