"""How much a campaign sends: its level, its budgets, its seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["smoke", "default", "soak"]
LEVELS: tuple[Level, ...] = ("smoke", "default", "soak")

EXPLORE_SECONDS = {"smoke": 0.7, "default": 3.0, "soak": 60.0}
"""Seconds that each random search of a level lasts when no budget is given."""
SOAK_SECONDS = 1800.0
"""Seconds of a soak when no budget is given."""


@dataclass(frozen=True, slots=True)
class FuzzWishes:
    """What the command line says of a campaign.

    `seconds`: all random searches of the run together, None for the level's own; `examples`: of each random search,
    None for as many as the time allows; `seed`: of every random choice; `pace`: negative inputs a second at most, 0
    for as fast as the device answers, None for the description's; `corpus`: where findings are kept and looked for.
    """

    level: Level = "default"
    seconds: float | None = None
    examples: int | None = None
    seed: int = 0
    pace: float | None = None
    corpus: Path = Path("reports/fuzz")
    first_only: bool = False
    """Whether a case ends with its first finding: what the proof of a defect needs."""

    def explore_seconds(self, in_a_row: float) -> float:
        """How long each random search lasts when so many come one after another."""
        if self.seconds is None and self.level != "soak":
            return EXPLORE_SECONDS[self.level]
        whole = SOAK_SECONDS if self.seconds is None else self.seconds
        return whole / max(1.0, in_a_row)
