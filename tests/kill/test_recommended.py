"""What a requirement only recommends is a remark where a device does without: the case passes, and says so."""

from __future__ import annotations

import pytest

from conformance.cases.selection import Wishes
from conformance.holder import Embedded
from conformance.prove import run_cases

from .worn import DEVICES

HABITS = [
    ("web-payment-keeps-nothing-free", "OC_C_09_CS", "C25.FR.22"),
    ("frees-refused-cable", "OC_E_16_CS", "E05.FR.11"),
    ("signing-request-names-no-root", "OC_A_08_CS", "A02.FR.27"),
    ("status-of-every-connector", "OC_G_03_CS", "G01.FR.08"),
    ("welcomes-second-tokens", "OC_C_24_CSMS", "C01.FR.24"),
    ("changes-its-list-no-further", "OC_D_01_CSMS", "D01.FR.03"),
]


@pytest.mark.parametrize(("habit", "case", "requirement"), HABITS)
def test_is_a_remark(habit: str, case: str, requirement: str) -> None:
    worn = next(one for one in DEVICES if habit in one.habits)
    overrides, arguments = {**worn.overrides, "timeouts": worn.timeouts}, ("--habit", habit, *worn.arguments)
    wishes = Wishes(roles=(worn.role,), versions=(worn.version or "2.0.1",))
    (record,) = run_cases(wishes, [case], Embedded(overrides, arguments, role=worn.role))
    assert record.verdict == "PASS"
    assert [(one.severity, one.requirement) for one in record.findings] == [("SHOULD", requirement)]
