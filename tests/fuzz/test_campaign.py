"""The engine of negative tests against embedded devices: rows, searches, deaths, files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

from conformance import step
from conformance.fuzz.acts import call, close, reconnect, send
from conformance.fuzz.corpus import load
from conformance.fuzz.example import ANYTHING, Act, Allowed, Example, act
from conformance.negative import negatives, replay_case, searches_of

from .conftest import Ground, verbs

UNKNOWN = '[2,"{{id}}","Nope",{}]'
REFUSED = Allowed(codes=frozenset({"NotImplemented"}))
WRONG = Allowed(codes=frozenset({"InternalError"}))

Begin = Callable[..., Ground]


def example(name: str, *acts: Act | str, allowed: Allowed = REFUSED, constraint: str = "") -> Example:
    made = tuple(send(one) if isinstance(one, str) else one for one in acts)
    return Example(name, made, allowed, constraint=constraint)


def rows(*examples: Example) -> Callable[..., None]:
    def body(csms: Any, fuzz: Any) -> None:
        """Rows."""
        step("Send", expect="as allowed")
        fuzz.rows(examples)

    return body


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("role", ["CS", "CSMS"])
class TestRows:
    def test_a_good_device_passes_and_every_input_is_a_row(self, role: str, version: str, ground: Begin) -> None:
        record = ground(role, version).play(
            rows(
                example("unknown action", UNKNOWN, constraint="action"),
                example("garbage", "garbage", allowed=ANYTHING, constraint="text"),
                example("closed", UNKNOWN, close(), reconnect(), allowed=ANYTHING),
                example("nothing"),
            )
        )
        assert record.verdict == "PASS", record.why
        assert [row.name for row in record.rows] == ["unknown action", "garbage", "closed", "nothing"]
        assert {row.verdict for row in record.rows} == {"allowed"}
        assert record.rows[0].reaction.startswith("CALLERROR NotImplemented")
        assert record.rows[0].sent == UNKNOWN and record.campaign["distinct"] == 4
        assert not record.campaign["saved"] and not record.frames

    def test_one_cause_is_one_finding_with_its_frames_and_a_file(self, role: str, version: str, ground: Begin) -> None:
        bed = ground(role, version)
        made = [example(str(n), UNKNOWN.replace("{}", f'{{"n":{n}}}'), allowed=WRONG, constraint="n") for n in range(5)]
        record = bed.play(rows(*made, example("silent", UNKNOWN, allowed=Allowed(silence=True), constraint="other")))
        assert record.verdict == "FAIL"
        assert [row.verdict for row in record.rows] == ["not allowed"] * 6
        first, second = record.faults
        assert first.expected == "CALLERROR InternalError to 0" and first.actual.startswith("CALLERROR NotImplemented")
        assert first.step == 1 and "example: 0" in first.note and "--ocpp-replay" in first.note
        assert second.expected == "no reaction to silent"
        answer = next(frame for frame in record.frames if frame.index == first.frame)
        assert answer.type == 4 and record.steps[0].frames
        assert [load(Path(path)).example.name for path in record.campaign["saved"]] == ["0", "silent"]
        assert len(record.campaign["cases"]) == 2


def test_a_finding_is_played_again_first_and_alone(ground: Begin) -> None:
    bed = ground("CS", "2.0.1")
    bed.play(rows(example("bad", UNKNOWN, allowed=WRONG, constraint="x")))
    again = bed.play(rows(example("good", UNKNOWN)))
    assert again.verdict == "FAIL" and [row.name for row in again.rows] == ["bad", "good"]
    assert again.campaign["known"] == 1 and not again.campaign["saved"]
    assert again.campaign["corpus"] == 1
    path = next((bed.folder / "fuzz").iterdir())
    alone = bed.play(replay_case(load(path)).function)
    assert alone.verdict == "FAIL" and [row.name for row in alone.rows] == ["bad"]
    assert not alone.campaign["saved"], "a replay saves nothing"
    assert alone.campaign["corpus"] == 0


def numbers(limit: int) -> Any:
    """Examples of which those from `limit` on fail."""
    return st.integers(0, 10_000).map(
        lambda n: example(
            f"n{n}", UNKNOWN.replace("{}", f'{{"n":{n}}}'), allowed=REFUSED if n < limit else WRONG, constraint="n"
        )
    )


def searching(strategy: Any) -> Callable[..., None]:
    def body(csms: Any, fuzz: Any) -> None:
        """Search."""
        step("Search", expect="nothing")
        fuzz.explore(strategy)

    return body


class TestSearches:
    def test_what_is_found_is_shrunk_to_its_cause_once(self, ground: Begin) -> None:
        # Shrinking gets a share of the time: enough of it on a machine that has much else to do.
        record = ground("CS", "2.0.1", seconds=8.0).play(searching(numbers(777)))
        assert record.verdict == "FAIL" and len(record.faults) == 1
        assert "example: n777" in record.faults[0].note
        assert [load(Path(path)).example.name for path in record.campaign["saved"]] == ["n777"]
        (search,) = record.campaign["searches"]
        assert search["examples"] > 20 and search["statistics"]

    def test_a_search_that_finds_nothing_ends_with_its_time_or_its_examples(self, ground: Begin) -> None:
        bed = ground("CS", "2.0.1", seconds=1.0)
        began = time.monotonic()
        record = bed.play(searching(numbers(10_001)))
        assert record.verdict == "PASS" and 0.8 < time.monotonic() - began < 6
        few = ground("CS", "2.0.1", seconds=30.0, examples=120).play(searching(numbers(10_001)))
        assert few.verdict == "PASS" and few.campaign["searches"][0]["examples"] == 120

    def test_the_seed_decides_what_is_drawn(self, ground: Begin) -> None:
        drawn: list[list[str]] = []
        for seed in (1, 1, 2):
            names: list[str] = []
            strategy = numbers(10_001).map(lambda one, names=names: names.append(one.name) or one)
            ground("CS", "2.0.1", seconds=30.0, examples=40, seed=seed).play(searching(strategy))
            drawn.append(names)
        assert drawn[0] == drawn[1] != drawn[2]

    def test_what_does_not_come_again_is_inconclusive(self, ground: Begin) -> None:
        played: list[int] = []

        def moody(stage: Any) -> None:
            played.append(1)
            if len(played) == 3:
                raise stage.peer.failure("an even temper", "a mood")

        strategy = st.integers(0, 10_000).map(lambda n: Example(f"n{n}", (act("moody"),), ANYTHING))
        with verbs(moody=moody):
            record = ground("CS", "2.0.1", seconds=1.0).play(searching(strategy))
        assert record.verdict == "INCONCLUSIVE" and "and not again" in record.reason
        assert not record.campaign["saved"]

    def test_the_time_is_shared_among_the_searches_of_a_run(self, ground: Begin) -> None:
        from conformance.cases.case import CaseInfo
        from conformance.fuzz.settings import FuzzWishes

        assert searches_of(CaseInfo("x", searching(None))) == 1 and searches_of(CaseInfo("x", rows())) == 0
        assert FuzzWishes("soak", 600).explore_seconds(5) == 120 == FuzzWishes("soak", 120).explore_seconds(0)
        assert FuzzWishes("smoke").explore_seconds(10) < FuzzWishes("default").explore_seconds(10)

    @pytest.mark.parametrize(
        ("benches", "side_by_side", "seconds"),
        [
            # Three benches that search nothing let the fourth have no more than the run's time.
            ([6, 0, 0, 0], 4, 100),
            ([3, 3], 6, 200),
            ([3, 3], 1, 100),
            ([4, 2, 2], 2, 150),
            ([0], 1, 600),
            ([], 1, 600),
        ],
    )
    def test_the_searches_of_a_run_last_as_long_as_it_was_told(
        self, benches: list[int], side_by_side: int, seconds: float
    ) -> None:
        from conformance.cases.case import CaseInfo
        from conformance.fuzz.settings import FuzzWishes

        one: Any = SimpleNamespace(info=CaseInfo("x", searching(None)), not_applicable="")
        other: Any = SimpleNamespace(info=CaseInfo("y", rows()), not_applicable="")
        not_here: Any = SimpleNamespace(info=one.info, not_applicable="no connector")
        selected = [[one] * count + [other, not_here] for count in benches]
        assert negatives(FuzzWishes("soak", 600), selected, side_by_side).seconds == seconds


class TestDeaths:
    def test_a_device_that_dies_is_named_restarted_and_the_campaign_goes_on(self, ground: Begin) -> None:
        bed = ground("CS", "2.0.1")
        with verbs(die=lambda stage: bed.device.kill()):
            record = bed.play(
                rows(example("before", UNKNOWN), example("deadly", act("die"), UNKNOWN), example("after", UNKNOWN))
            )
        assert record.verdict == "FAIL"
        assert [row.verdict for row in record.rows] == ["allowed", "not allowed", "allowed"]
        assert any("dead" in one.actual and "deadly" in one.expected for one in record.faults), record.faults

    def test_a_csms_that_dies_too(self, ground: Begin) -> None:
        bed = ground("CSMS", "1.6")
        with verbs(die=lambda stage: bed.device.kill()):
            record = bed.play(rows(example("deadly", act("die")), example("after", UNKNOWN)))
        assert record.verdict == "FAIL" and record.rows[1].verdict == "allowed"

    @pytest.mark.parametrize("role", ["CS", "CSMS"])
    def test_one_that_dies_after_its_sign_of_life_is_named_with_the_example_before(
        self, role: str, ground: Begin
    ) -> None:
        bed = ground(role, "2.0.1")
        peer: list[Any] = []

        def late() -> Iterator[Example]:
            yield example("deadly", UNKNOWN)
            bed.device.kill()
            assert peer[0].wait(lambda: not peer[0].connected, within=3)
            yield example("after", UNKNOWN)

        def body(csms: Any, fuzz: Any) -> None:
            """Rows."""
            peer.append(fuzz.player.stage.peer)
            step("Send", expect="as allowed")
            fuzz.rows(late())

        record = bed.play(body)
        assert record.verdict == "FAIL"
        assert [row.verdict for row in record.rows] == ["not allowed", "allowed"]
        assert any("dead soon" in one.actual and "deadly" in one.expected for one in record.faults), record.faults
        assert [load(Path(path)).example.name for path in record.campaign["saved"]] == ["deadly"]

    def test_one_that_stays_dead_ends_the_campaign(self, ground: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
        bed = ground("CS", "2.0.1")
        monkeypatch.setattr("conformance.holder.Holder.restart_device", lambda holder: False)
        with verbs(die=lambda stage: bed.device.kill()):
            record = bed.play(rows(example("deadly", act("die")), example("after", UNKNOWN)))
        assert record.verdict == "FAIL"
        assert [row.verdict for row in record.rows] == ["not allowed", "not played"]
        assert "dead since 'deadly'" in record.rows[1].reaction


def test_an_act_that_the_lab_can_not_do_is_inconclusive(ground: Begin) -> None:
    with verbs(unable=_unable):
        record = ground("CS", "2.0.1").play(rows(example("x", act("unable")), example("y", UNKNOWN)))
    assert record.verdict == "INCONCLUSIVE" and record.rows[0].verdict == "not played"
    assert record.rows[1].verdict == "allowed"


def _unable(stage: Any) -> None:
    from conformance import Inconclusive

    raise Inconclusive("the operator has no hands")


def test_a_mistake_of_ours_is_an_error_not_the_devices_fault(ground: Begin) -> None:
    record = ground("CS", "2.0.1").play(rows(example("ours", call("Reset", type="Sideways"), allowed=ANYTHING)))
    assert record.verdict == "ERROR"


def test_nothing_played_is_no_pass(ground: Begin) -> None:
    assert ground("CS", "2.0.1").play(rows()).verdict == "INCONCLUSIVE"


def test_the_pace_is_kept(ground: Begin) -> None:
    bed = ground("CS", "2.0.1", pace=20.0)
    began = time.monotonic()
    bed.play(rows(*(example(str(n), UNKNOWN) for n in range(21))))
    assert time.monotonic() - began >= 1.0


def test_a_long_campaign_keeps_no_long_trace(ground: Begin) -> None:
    sizes: list[int] = []

    def body(csms: Any, fuzz: Any) -> None:
        """Rows."""
        for _ in range(1200):
            fuzz.rows([example("x", UNKNOWN)])
            sizes.append(len(csms.trace.entries))

    assert ground("CS", "1.6").play(body).verdict == "PASS"
    assert max(sizes) < 2100


def test_another_station_is_served_after_each_example(ground: Begin) -> None:
    bed = ground("CSMS", "2.0.1")
    seen: list[int] = []

    def body(station: Any, fuzz: Any) -> None:
        """Rows."""
        fuzz.rows([example(str(n), UNKNOWN) for n in range(3)])
        seen.append(len([one for one in fuzz.player.second.peer.trace.entries if one.frame is not None]))

    assert bed.play(body).verdict == "PASS"
    assert seen[0] >= 8, "boot and three heartbeats, with their answers"
