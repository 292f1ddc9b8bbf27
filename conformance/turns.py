"""Which devices of a run can be tested at the same time, and which have to take turns because they share something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from conformance.dut.description import Dut, OperatorSettings


@dataclass(frozen=True, slots=True)
class Group:
    """Devices that take turns, as indices into the run's devices, in their order; `why` names what they share."""

    devices: tuple[int, ...]
    why: str = ""


def groups(duts: Sequence[Dut]) -> list[Group]:
    """The devices in groups that share nothing with each other.

    Two descriptions are one device, or need one and the same thing, when they have the port on which our CSMS listens,
    the station's identity, the CSMS's address or an operator in common.
    """
    found: list[tuple[list[int], set[str], list[str]]] = []
    for index, dut in enumerate(duts):
        members, things, why = [index], set(_things(dut)), list[str]()
        apart = []
        for one in found:
            common = sorted(things & one[1])
            if common:
                members = [*one[0], *members]
                why = [*one[2], *why, *common]
                things |= one[1]
            else:
                apart.append(one)
        found = [*apart, (members, things, why)]
    made = [Group(tuple(sorted(members)), ", ".join(dict.fromkeys(why))) for members, _, why in found]
    return sorted(made, key=lambda one: one.devices)


def _things(dut: Dut) -> Iterator[str]:
    """What a device takes up while it is tested, in words."""
    if dut.role == "CS":
        port = dut.address.listen[1]
        if port:
            yield f"port {port}"
        yield f"the station {dut.identity}"
    else:
        for url in filter(None, (dut.address.url, dut.address.raised_url)):
            yield f"the CSMS at {urlsplit(url).netloc}"
    for one in (dut.operator.default, *dut.operator.named.values()):
        yield _hands(one, Path(dut.source).parent)


def _hands(operator: OperatorSettings, folder: Path) -> str:
    """An operator: a program or a class of another folder is another one, and so is a class with other options."""
    words = {
        "manual": "the person at the terminal",
        "http": f"the operator at {urlsplit(operator.url).netloc}",
        "command": f"the operator `{' '.join(operator.argv)}` in {folder}",
        "python": f"the operator {operator.class_name}({_arguments(operator)}) in {folder}",
    }
    return words.get(operator.kind, f"the operator {operator!r}")


def _arguments(operator: OperatorSettings) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in sorted(operator.options.items()))


def shares(made: Sequence[Group], workers: int, weights: Sequence[int]) -> list[tuple[int, ...]]:
    """The groups shared out among at most so many workers, the heaviest first, each worker's devices in their order.

    `weights` of the devices: how much there is to do for each.
    """
    loads: list[tuple[int, list[int]]] = [(0, []) for _ in range(max(1, min(workers, len(made))))]
    for group in sorted(made, key=lambda one: -sum(weights[index] for index in one.devices)):
        lightest = min(range(len(loads)), key=lambda one: loads[one][0])
        load, members = loads[lightest]
        loads[lightest] = (load + sum(weights[index] for index in group.devices), [*members, *group.devices])
    return [tuple(sorted(members)) for _, members in loads]
