"""How a device is made to send a CALL: what has worked before gets a second try."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.fuzz import verbs_provoke
from conformance.peers.outcome import Inconclusive


@pytest.mark.parametrize(("problems", "tries"), [(["none came", ""], 2), ([""], 1), (["none came", "none came"], 2)])
def test_a_way_that_has_worked_is_gone_twice(monkeypatch: pytest.MonkeyPatch, problems: list[str], tries: int) -> None:
    left, gone = list(problems), []

    def tried(stage: Any, way: Any, action: str) -> str:
        gone.append(way)
        return left.pop(0)

    monkeypatch.setattr(verbs_provoke, "_try", tried)
    stage: Any = SimpleNamespace(lasting={"ways": {"TransactionEvent": "a session"}})
    if problems[-1]:
        with pytest.raises(Inconclusive):
            verbs_provoke._provoke(stage, "TransactionEvent")
    else:
        verbs_provoke._provoke(stage, "TransactionEvent")
    assert gone == ["a session"] * tries
