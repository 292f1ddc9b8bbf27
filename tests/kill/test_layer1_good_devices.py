"""Layer 1: every case passes against the good reference device, or does not apply to it for a printed reason."""

from __future__ import annotations

from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes
from conformance.holder import Embedded
from conformance.prove import run_cases

from .conftest import Proof
from .hunting import NEGATIVE, QUICK


def test_every_case_passes_on_the_good_devices(proof: Proof) -> None:
    bad = [
        f"{one.id} {one.version} {one.verdict}: {one.why}"
        for one in proof.records
        if one.verdict not in ("PASS", "NOT APPLICABLE")
    ]
    assert not bad, "\n".join(bad)


def test_what_does_not_apply_says_why(proof: Proof) -> None:
    assert all(one.reason for one in proof.records if one.verdict == "NOT APPLICABLE")


def test_every_case_runs_somewhere(proof: Proof) -> None:
    passed = {one.id for one in proof.records if one.verdict == "PASS"}
    # Negative tests are not recorded: CI runs them all on the good devices (`pytest --ocpp-fuzz default`).
    idle = sorted(info.id for info in discover() if info.id not in passed | NEGATIVE)
    assert not idle, f"no embedded device and no variant (testcases/variants.toml) runs {', '.join(idle)}"


def test_a_token_left_invalid_in_the_cache_fails_no_other_case() -> None:
    wishes = Wishes(roles=("CS",), versions=("2.0.1",))
    records = run_cases(wishes, ["TC_E_16_CS", "TC_E_43_CS"], Embedded(QUICK, (), (), role="CS"))
    assert [one.verdict for one in records] == ["PASS", "PASS"]
