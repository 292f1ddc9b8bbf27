"""When a case of the catalogue applies to a device, and which features that needs. The algebra is in `algebra.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.dut.algebra import ConditionError, Declaring, Many, Outcome, parse
from conformance.dut.errors import DescriptionProblem
from conformance.dut.features import known_features, missing_problem
from conformance.ocppj.versions import VERSIONS

__all__ = [
    "ConditionError",
    "Declaring",
    "Outcome",
    "claims",
    "condition_of",
    "evaluate",
    "mandatory_features",
    "missing_features",
    "parse",
]

PROFILES: Mapping[str, Mapping[str, str]] = {
    "1.6": {
        "Core": "Core",
        "FirmwareManagement": "FirmwareManagement",
        "LocalAuthListManagement": "LocalAuthListManagement",
        "Reservation": "Reservation",
        "SmartCharging": "SmartCharging",
        "RemoteTrigger": "RemoteTrigger",
        "Security": "SecurityProfile1 or SecurityProfile2 or SecurityProfile3",
        "Advanced Security": "SecurityProfile3",
    },
    "2": {
        "Core": "",
        "Advanced Security": "Advanced Security",
        "Local Authorization List Management": "LA-0",
        "Smart Charging": "Smart Charging",
        "Advanced Device Management": "DM-0",
        "Advanced User Interface": "UI-0",
        "Reservation": "R-0",
        "ISO 15118 Support": "ISO 15118 Support",
        "Bidirectional Power Transfer": "Bidirectional Power Transfer",
        "DER Control": "DER Control",
    },
}
"""By version family: what a device must declare for the cases of a certification profile; "" for what all must have."""


def evaluate(condition: str | None, device: Declaring) -> Outcome:
    """The value of a condition for a device, with the reason; no condition is true.

    `evaluate("C-49 and (C-30 or C-31)", dut).reason` is "C-49 is false". Raises ConditionError.
    """
    if not condition:
        return Outcome(True, "it applies to every device")
    return parse(condition).evaluate(device)


def claims(device: Declaring, profile: str, family: str) -> bool:
    """Whether a device declares to have a certification profile; `family` is "1.6" or "2"."""
    return evaluate(PROFILES[family].get(profile, profile), device).value is True


def mandatory_features(condition: str | None, role: str = "") -> tuple[str, ...]:
    """The ids that a condition names, in its order; derived ones, for the given role, as the ids they derive from."""
    if not condition:
        return ()
    ids: list[str] = []
    for id in parse(condition).features():
        derived = known_features()[id].derived.get(role)
        ids.extend(mandatory_features(derived, role) if derived else (id,))
    return tuple(dict.fromkeys(ids))


def condition_of(entry: Mapping[str, Any], family: str = "") -> str | None:
    """The whole condition of a catalogue entry, None if it applies to every device.

    The newest edition's condition counts where the entry has one, and the device must have one of the certification
    profiles that list the case. `family` is "1.6" or "2"; without it the id tells (1.6 numbers have no block letter),
    or the versions that a case of our own is for.
    """
    if not family:
        families = sorted({VERSIONS[one].family for one in entry.get("versions") or ()}, reverse=True)
        family = "1.6" if re.match(r"TC_\d", entry["id"]) else families[0] if families else "2"
    own = entry["condition_2025_12"] if "condition_2025_12" in entry else entry.get("condition")
    needs = [PROFILES[family].get(profile, profile) for profile in entry.get("profiles") or ()]
    profile = "" if not all(needs) else " or ".join(dict.fromkeys(needs))
    if profile == own or not profile:
        return own or None
    if not own:
        return profile
    return " and ".join(f"({part})" if _needs_parentheses(part) else part for part in (profile, own))


def _needs_parentheses(part: str) -> bool:
    tree = parse(part)
    return isinstance(tree, Many) and tree.decides


def missing_features(
    needed: Mapping[str, str | None], device: Declaring, read: Mapping[str, Sequence[str]] | None = None
) -> tuple[DescriptionProblem, ...]:
    """One problem for each feature that some case needs and the device does not declare.

    `needed` maps case ids to their conditions. A feature counts only where it would decide: when R-0 is false, nobody
    asks for R-2. `read` maps further features that are not declared to the cases that read them while they run.
    """
    wanted: dict[str, list[str]] = {}
    for case_id, condition in needed.items():
        for id in evaluate(condition, device).missing:
            wanted.setdefault(id, []).append(case_id)
    for id, case_ids in (read or {}).items():
        already = wanted.setdefault(id, [])
        already.extend(one for one in case_ids if one not in already)
    problems = []
    for id, cases in wanted.items():
        more = f" and {len(cases) - 1} more" if len(cases) > 1 else ""
        problems.append(missing_problem(id, device.source, cases[0] + more))
    return tuple(problems)
