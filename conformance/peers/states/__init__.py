"""The reusable states of the standard, as functions.

A state belongs to a version family and to the role of the device under test. It acts, waits for what the standard
wants in that state, and leaves a note in the peer's session. `peer.reach(...)` uses it as a precondition (not reached:
INCONCLUSIVE), `peer.execute(...)` as a part of the scenario (not as the standard wants: FAIL).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

State = Callable[..., Any]

_STATES: dict[tuple[str, str, str], State] = {}


def state(name: str, *, family: str, dut: str) -> Callable[[State], State]:
    """Register a reusable state under the standard's name."""

    def register(function: State) -> State:
        _STATES[family, dut, name] = function
        return function

    return register


def find_state(name: str, family: str, dut: str) -> State:
    """The function of a state; ValueError names the known ones."""
    load()
    try:
        return _STATES[family, dut, name]
    except KeyError:
        known = ", ".join(sorted(one for fam, role, one in _STATES if (fam, role) == (family, dut)))
        raise ValueError(f"no state {name!r} for a {dut} of family {family}; known: {known}") from None


def all_states() -> dict[tuple[str, str, str], State]:
    """Every state by (family, role of the device, name): the plan reads the verbs that they need from their source."""
    load()
    return dict(_STATES)


def accepted(answer: Any, csms: Any, action: str, requirement: str) -> None:
    """Hold the case unless the station's answer says Accepted."""
    if answer.status != "Accepted":
        raise csms.failure(
            f"{action} answered Accepted",
            f"{answer.status}",
            entry=answer._entry,
            pointer="/status",
            requirement=requirement,
        )


def load() -> None:
    """Import the modules that register states."""
    from conformance.peers.states import (  # noqa: F401  # they register
        csms_2,
        csms_2_payment,
        csms_16,
        station_2,
        station_2_certificates,
        station_2_contracts,
        station_2_files,
        station_2_interruptions,
        station_2_limits,
        station_2_payment,
        station_2_tokens,
        station_16,
        station_16_certificates,
        station_16_files,
        station_16_offline,
        station_16_tokens,
        tokens,
    )
