"""Which devices may run side by side, how workers share them, and who does what a dead one has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.facts import device_names
from conformance.report.record import CaseRecord, RunInfo, RunRecord
from conformance.turns import Group, groups, shares
from conformance.workers import Part, Scheduling


def hands(kind: str = "http", **more: Any) -> Any:
    return SimpleNamespace(**{"kind": kind, "url": "", "argv": (), "class_name": "", "options": {}, **more})


def device(role: str = "CS", **given: Any) -> Any:
    """A description with nothing in it but what devices could share."""
    number = given.pop("number")
    address = SimpleNamespace(listen=("0.0.0.0", 9000 + number), url=f"ws://csms{number}:80/ocpp", raised_url="")
    vars(address).update({key: given.pop(key) for key in ("listen", "url", "raised_url") if key in given})
    plan = SimpleNamespace(default=given.pop("operator", hands(url=f"http://robot{number}:1")), named={})
    plan.named = given.pop("named", {})
    report = SimpleNamespace(device=given.pop("called", ""))
    made = {"role": role, "identity": f"CS{number}", "source": f"bench/{number}.toml", **given}
    return SimpleNamespace(address=address, operator=plan, report=report, **made)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({}, {}, ""),
        ({"listen": ("0.0.0.0", 9000)}, {"listen": ("127.0.0.1", 9000)}, "port 9000"),
        ({"listen": ("127.0.0.1", 0)}, {"listen": ("127.0.0.1", 0)}, ""),
        ({"identity": "CS7"}, {"identity": "CS7"}, "the station CS7"),
        ({"role": "CSMS", "url": "ws://c:1/a"}, {"role": "CSMS", "url": "ws://c:1/b"}, "the CSMS at c:1"),
        ({"role": "CSMS", "url": "ws://c:1/a"}, {"role": "CSMS", "raised_url": "wss://c:1/a"}, "the CSMS at c:1"),
        ({"role": "CSMS", "identity": "CS7"}, {"role": "CSMS", "identity": "CS7"}, ""),
        ({"operator": hands(url="http://r:1")}, {"named": {"x": hands(url="http://r:1")}}, "the operator at r:1"),
        ({"operator": hands("manual")}, {"operator": hands("manual")}, "the person at the terminal"),
        (
            {"operator": hands("command", argv=("./go", "1"))},
            {"operator": hands("command", argv=("./go", "1"))},
            "the operator `./go 1` in bench",
        ),
        ({"operator": hands("command", argv=("./go", "1"))}, {"operator": hands("command", argv=("./go", "2"))}, ""),
        (
            {"operator": hands("command", argv=("./go",)), "source": "a/dut.toml"},
            {"operator": hands("command", argv=("./go",)), "source": "b/dut.toml"},
            "",
        ),
        (
            {"operator": hands("python", class_name="r:Robot", options={"arm": 1})},
            {"operator": hands("python", class_name="r:Robot", options={"arm": 1})},
            "the operator r:Robot(arm=1) in bench",
        ),
        (
            {"operator": hands("python", class_name="r:Robot", options={"arm": 1})},
            {"operator": hands("python", class_name="r:Robot", options={"arm": 2})},
            "",
        ),
    ],
)
def test_what_two_devices_share(first: dict[str, Any], second: dict[str, Any], why: str) -> None:
    made = groups([device(number=1, **first), device(number=2, **second)])
    assert made == ([Group((0, 1), why)] if why else [Group((0,)), Group((1,))])


def test_a_third_device_joins_two() -> None:
    one = device(number=1)
    other = device(number=2)
    both = device(number=3, identity="CS1", operator=hands(url="http://robot2:1"))
    alone = device(number=4)
    made = groups([one, alone, other, both])
    assert [group.devices for group in made] == [(0, 2, 3), (1,)]
    assert set(made[0].why.split(", ")) == {"the station CS1", "the operator at robot2:1"}


def test_shared_out_among_workers() -> None:
    made = [Group((0, 3)), Group((1,)), Group((2,)), Group((4,))]
    assert shares(made, 9, [1] * 5) == [(0, 3), (1,), (2,), (4,)]
    assert shares(made, 2, [1, 1, 5, 1, 1]) == [(2,), (0, 1, 3, 4)]
    assert shares(made, 1, [1] * 5) == [(0, 1, 2, 3, 4)]


def test_names_of_devices() -> None:
    def named(*sources: str) -> list[str]:
        return list(device_names([device(number=1, source=one) for one in sources]).values())

    assert named("a/dut.toml") == ["dut"]
    assert named("x/a/dut.toml", "x/b/dut.toml", "x/b/wallbox.toml") == ["a/dut", "b/dut", "wallbox"]
    assert named("x/a/dut.toml", "y/a/dut.toml") == ["x/a/dut", "y/a/dut"]
    assert named("dut.toml", "x/dut.toml") == ["dut", "x/dut"]
    assert named("dut.toml", "dut.toml") == ["dut"], "a variant has the description of its device"


def test_devices_that_have_a_name() -> None:
    def named(**called: str) -> list[str]:
        devices = [device(number=1, source=f"a/{file}.toml", called=name) for file, name in called.items()]
        return list(device_names(devices).values())

    assert named(dut="Wallbox 22", other="") == ["Wallbox 22", "other"]
    assert named(left="Wallbox 22", right="Wallbox 22") == ["Wallbox 22 (left)", "Wallbox 22 (right)"]
    assert named(left="right", right="") == ["right (left)", "right"], "never the same name twice"


class Node:
    """A worker as the scheduling sees it."""

    def __init__(self, part: int) -> None:
        self.workerinput = Part(part, (part,), datetime.now(UTC)).told()
        self.sent: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Note it."""
        self.sent += indices

    def shutdown(self) -> None:
        """Note it."""
        self.shutting_down = True


FIVE = ["a", "b", "c", "d", "e"]


def begun(*parts: list[str]) -> tuple[Scheduling, list[Node]]:
    scheduling, nodes = Scheduling(len(parts)), [Node(number) for number in range(len(parts))]
    for node in nodes:
        scheduling.add_node(node)
    for node, part in zip(nodes, parts, strict=True):
        assert not scheduling.collection_is_completed
        scheduling.add_node_collection(node, part)
    scheduling.schedule()
    return scheduling, nodes


def test_each_worker_does_its_own_in_order_and_ends() -> None:
    scheduling, (left, right) = begun(FIVE, ["x"])
    assert left.sent == [0, 1, 2] and not left.shutting_down
    assert right.sent == [0] and right.shutting_down, "it runs its last case once it knows that it is the last"
    for index in range(5):
        assert not scheduling.tests_finished
        scheduling.mark_test_complete(left, index)
    assert left.sent == [0, 1, 2, 3, 4] and left.shutting_down
    scheduling.mark_test_complete(right, 0)
    assert scheduling.tests_finished and scheduling.remove_node(left) is None


def test_a_dead_workers_devices_go_to_its_successor_behind_the_case_that_ran() -> None:
    scheduling, (left, right) = begun(FIVE, ["x", "y", "z", "w"])
    scheduling.mark_test_complete(left, 0)
    assert scheduling.remove_node(left) == "b"
    assert not scheduling.tests_finished and scheduling.nodes == [right]
    successor = Node(0)
    scheduling.add_node(successor)
    scheduling.add_node_collection(successor, FIVE)
    scheduling.schedule()
    assert successor.sent == [2, 3, 4] and successor.shutting_down
    assert right.sent == [0, 1, 2], "nothing is sent twice"


def test_a_worker_that_dies_before_it_has_collected() -> None:
    scheduling, first = Scheduling(1), Node(0)
    scheduling.add_node(first)
    assert scheduling.remove_node(first) is None and not scheduling.tests_finished
    successor = Node(0)
    scheduling.add_node(successor)
    scheduling.add_node_collection(successor, ["a"])
    scheduling.schedule()
    assert successor.sent == [0]


def test_a_worker_that_dies_after_its_last_case() -> None:
    scheduling, (only,) = begun(["a"])
    scheduling.mark_test_complete(only, 0)
    assert scheduling.remove_node(only) is None
    successor = Node(0)
    scheduling.add_node(successor)
    scheduling.add_node_collection(successor, ["a"])
    scheduling.schedule()
    assert successor.sent == [] and successor.shutting_down and scheduling.tests_finished


def record(node: str, verdict: str = "PASS") -> CaseRecord:
    return CaseRecord(node, "Title", "2.0.1", "CS", "B", verdict, node=node)


def test_what_a_worker_leaves_is_taken_up_once(tmp_path: Path) -> None:
    part = Part(3, (0,), datetime.now(UTC))
    part.leave(tmp_path, [record(one) for one in "abcdef"])
    assert [one.node for one in part.taken_up(tmp_path)] == ["c", "d", "e", "f"]
    assert part.taken_up(tmp_path) == [] and list(tmp_path.iterdir()) == []


def test_the_records_order_is_the_runs() -> None:
    made = RunRecord(RunInfo("1", "2026-01-01T00:00:00Z"), [record(one) for one in "cxab"])
    made.arrange(["a", "b", "c"])
    assert [one.node for one in made.cases] == ["a", "b", "c", "x"]
    made.add(record("b", "INCONCLUSIVE"))
    assert [one.verdict for one in made.cases] == ["PASS", "INCONCLUSIVE", "PASS", "PASS"]
