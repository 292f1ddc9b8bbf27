"""What can be wrong with a description: every problem is one line that says what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class DescriptionProblem:
    """One thing to correct. `where` names file, line if known, and key; `fix` says what to write instead."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.fix}"


class DescriptionError(Exception):
    """A description that cannot be used; `problems` holds everything that is wrong with it, in file order."""

    def __init__(self, problems: Iterable[DescriptionProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ValueMissing(Exception):
    """A case asked for something that the description does not give; `name` is its key, `fix` the line to add."""

    def __init__(self, name: str, fix: str) -> None:
        self.name = name
        self.fix = fix
        super().__init__(f"the description gives no {name}; {fix}")


def nearest(name: str, known: Iterable[str]) -> str:
    """A phrase that offers the nearest known spelling, or the known names if there are few, or nothing."""
    names = sorted(set(known))
    by_folded = {known_name.casefold(): known_name for known_name in names}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{by_folded[close[0]]}"?'
    if 0 < len(names) <= 12:
        return "known are " + ", ".join(names)
    return ""
