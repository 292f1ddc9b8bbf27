"""How long a device is waited for that keeps silent where an answer is due."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.fuzz.acts import send
from conformance.fuzz.example import ANYTHING, Example
from conformance.fuzz.player import DEAF_AFTER, RENEWED_AFTER, SHORT, VOLUME, Player
from conformance.peers.injection import KEPT


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


def test_the_trace_of_a_campaign_keeps_neither_many_messages_nor_much_text(ground: Callable[..., Any]) -> None:
    """What is said is kept until the example is over, and not much longer."""
    kept: dict[str, list[tuple[int, int]]] = {"small": [], "large": []}
    texts = {
        "small": ('[2,"{{id}}","Nope",{}]',),
        "large": ('[2,"{{id}}","DataTransfer",{"vendorId":"org.example","data":"', ("x", KEPT), '"}]'),
    }

    def body(csms: Any, fuzz: Any) -> None:
        """Both kinds, again and again."""
        for kind, text in texts.items():
            for _ in range(RENEWED_AFTER // 4 + 5 if kind == "small" else VOLUME // KEPT + 5):
                fuzz.play(Example(kind, (send(text),), ANYTHING))
                entries = csms.trace.entries
                told = sum(len(one.frame.text) for one in entries if one.frame is not None)
                kept[kind].append((len(entries), told))

    ground("CS", "2.0.1").play(body)
    most, much = max(count for count, _ in kept["small"]), max(told for _, told in kept["large"])
    assert RENEWED_AFTER - 10 < most <= RENEWED_AFTER + 10, most
    assert VOLUME < much < VOLUME + 4 * KEPT, much
