"""How long a device is waited for that keeps silent where an answer is due."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.fuzz.player import DEAF_AFTER, SHORT, Player


@pytest.mark.parametrize("message", [5.0, 0.1])
def test_silence_to_many_kinds_of_inputs_is_waited_out_for_two_of_them(message: float) -> None:
    stage: Any = SimpleNamespace(peer=SimpleNamespace(deadlines=SimpleNamespace(message=message)))
    player = Player(stage)
    waited = []
    for kind in "abcdefghij":
        for _ in range(DEAF_AFTER + 1):
            patience = player._patience(kind)
            waited.append(message if patience is None else patience)
            player._deaf[kind] += 1
    assert waited.count(message) >= 2 * DEAF_AFTER and max(waited) == message
    assert sum(waited) <= 2 * DEAF_AFTER * message + 8 * DEAF_AFTER * min(SHORT, message) + 10 * 0.05 + 1e-9


def test_an_answer_is_news_of_its_kind() -> None:
    stage: Any = SimpleNamespace(peer=SimpleNamespace(deadlines=SimpleNamespace(message=5.0)))
    player = Player(stage)
    player._deaf["a"] = DEAF_AFTER
    assert player._patience("a") == 0.05 and player._patience("b") is None
    player._deaf["a"] = 0
    assert player._patience("a") is None
