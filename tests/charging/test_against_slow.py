"""The calculator against the slow way: the same limit at every moment of every schedule."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.charging.installed import Circumstances, Installed
from conformance.charging.profiles import Limit

from .drawing import NOW, RUNNING, WINDOW, collections
from .slow import Slow, seconds_of


def both(kept: Any, running: dict[int, int], local: int | None) -> tuple[Installed, Circumstances, Slow]:
    installed, slow = Installed(), Slow(local=None if local is None else (local, "A"))
    circumstances = Circumstances(local=None if local is None else Limit(Decimal(local), "A"))
    for connector, seconds in running.items():
        at = NOW + timedelta(seconds=seconds)
        installed.started(connector, at)
        slow.charging[connector] = at
    for connector, profile in kept:
        installed.install(connector, profile)
        slow.install(connector, profile)
    return installed, circumstances, slow


@settings(max_examples=250, deadline=None)
@given(
    kept=collections(),
    running=RUNNING,
    local=st.sampled_from([None, None, 10, 32]),
    unit=st.sampled_from(["A", "W"]),
    connector=st.integers(0, 2),
)
def test_same_limit_at_every_second(
    kept: Any, running: dict[int, int], local: int | None, unit: str, connector: int
) -> None:
    installed, circumstances, slow = both(kept, running, local)
    composite = installed.composite(connector, NOW, WINDOW, unit, connectors=2, given=circumstances)
    for moment in seconds_of(NOW, WINDOW):
        found = composite.at(moment)
        if connector == 0:
            wanted = slow.total_at(moment, NOW, unit, 2)
        else:
            wanted = slow.limit_at(connector, moment, NOW, unit)
        assert (found is None) == (wanted is None), f"{found} instead of {wanted} at {moment - NOW}"
        if found is None or wanted is None:
            continue
        assert found.unit == unit and found.phases == wanted[1]
        if found.exact:
            assert Fraction(found.value) == wanted[0]
        else:
            assert abs(Fraction(found.value) - wanted[0]) < Fraction(1, 10**9)


@settings(max_examples=100, deadline=None)
@given(kept=collections(), running=RUNNING, connector=st.integers(0, 2))
def test_a_course_is_in_order_and_without_overlaps(kept: Any, running: dict[int, int], connector: int) -> None:
    installed, circumstances, _ = both(kept, running, None)
    composite = installed.composite(connector, NOW, WINDOW, "A", connectors=2, given=circumstances)
    last = composite.begin
    for piece in composite.course:
        assert last <= piece.begin < piece.end <= composite.end
        last = piece.end
