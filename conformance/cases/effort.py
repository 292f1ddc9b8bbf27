"""What a case costs before it runs: who has to do what, where, and about how long it takes.

Who has to do what is read from the source (`plan.py`), so branches count whole and loops once. Time is what the case
took where it was measured (`measured.py`), and a person's time for each act by hand: an estimate, said to be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.cases.hands import UNDO
from conformance.cases.measured import measured_seconds
from conformance.cases.plan import plan_of
from conformance.cases.selection import Selected
from conformance.ocppj.versions import version

PERSON_SECONDS = 45.0
"""For a person to read what to do, do it, and answer."""
TYPICAL_SECONDS = 2.0
"""For a case that nobody has measured: about the mean of those that were."""

PLACES = ("the reader", "the cable", "the parking bay", "the lock", "a fault", "the network", "the power", "the CSMS")
"""Where a person acts, in the order in which a bench is worked through."""

_PLACE_OF: Mapping[str, str] = {
    **dict.fromkeys(("present_token", "choose_stop", "enter_limit"), "the reader"),
    **dict.fromkeys(("present_card", "cancel_payment", "enter_vat_number", "fail_settlement"), "the reader"),
    **dict.fromkeys(("occupy_bay", "free_bay"), "the parking bay"),
    **dict.fromkeys(("jam_lock", "free_lock"), "the lock"),
    **dict.fromkeys(("cause_fault", "clear_fault"), "a fault"),
    **dict.fromkeys(("network_down", "network_up"), "the network"),
    **dict.fromkeys(("power_cycle", "power_off", "power_on"), "the power"),
    **dict.fromkeys(("csms_sends", "answer_boot", "pay_at_kiosk", "pay_on_web", "limit_transaction"), "the CSMS"),
}
"""By verb; what is not here is done with the cable and the EV at its end."""
_BAY_FEATURES = ("C-09.6", "C-10.5")
"""Features without which a station notices nothing of its parking bay."""


@dataclass(frozen=True, slots=True)
class Effort:
    """`by_hand` and `by_program`: the acts, in source order, each as often as the source has it, clean-up included."""

    by_hand: tuple[str, ...]
    by_program: tuple[str, ...]
    seconds: float
    """About how long the case takes, acts included."""
    measured: bool
    """Whether that was measured, the acts by hand aside."""

    @property
    def boots(self) -> int:
        """How often the device has to start again, which may take it longer than where the case was measured."""
        return sum(verb in ("power_cycle", "power_on") for verb in (*self.by_hand, *self.by_program))

    @property
    def places(self) -> tuple[str, ...]:
        """Where a person acts, in the order of PLACES."""
        used = {place_of(verb) for verb in self.by_hand}
        return tuple(one for one in PLACES if one in used)


def place_of(verb: str) -> str:
    """Where the act is made."""
    return _PLACE_OF.get(verb, "the cable")


def effort_of(one: Selected) -> Effort:
    """What one run of a case costs on its device."""
    plan = plan_of(one.info, version(one.entry.version).family, one.entry.role)
    acts = list(_with_clean_up(verb for verb in plan.acts if _noticed(verb, one.dut)))
    by_hand = tuple(verb for verb in acts if _kind(verb, one.dut) == "manual")
    by_program = tuple(verb for verb in acts if _kind(verb, one.dut) != "manual")
    seconds = measured_seconds().get(one.entry.id)
    took = TYPICAL_SECONDS if seconds is None else seconds
    return Effort(by_hand, by_program, took + PERSON_SECONDS * len(by_hand), seconds is not None)


def walking_order(one: Selected) -> tuple[int, ...]:
    """A sort key that brings together the cases for which a person acts at the same places; first those for nobody.

    Empty for every case of a device whose operator is a program: their order stays.
    """
    if one.not_applicable or not asks_a_person(one.dut):
        return ()
    return tuple(PLACES.index(place) for place in effort_of(one).places)


def asks_a_person(dut: Any) -> bool:
    """Whether some act of the device's operator is a prompt on the terminal."""
    plan = dut.operator
    return plan.default.kind == "manual" or any(_kind(verb, dut) == "manual" for verb in plan.verbs)


def _kind(verb: str, dut: Any) -> str:
    plan = dut.operator
    name = plan.verbs.get(verb)
    if name is None or name == plan.default.kind:
        return str(plan.default.kind)
    return str(plan.named[name].kind) if name in plan.named else "manual"


def _noticed(verb: str, dut: Any) -> bool:
    """Whether a state makes the act at all: the bay is left alone where the station does not look at it."""
    return place_of(verb) != "the parking bay" or any(dut.features.get(one, False) for one in _BAY_FEATURES)


def _with_clean_up(acts: Iterable[str]) -> list[str]:
    """The acts, and those that undo at the end what the case leaves done."""
    done = list(acts)
    return done + [undo for verb, undo in UNDO.items() if done.count(verb) > done.count(undo)]
