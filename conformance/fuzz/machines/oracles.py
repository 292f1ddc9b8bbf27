"""What sequences at a station are judged by, beside whole transactions: statuses, reasons, energy."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.fuzz.machines import endings, energy
from conformance.fuzz.oracles import oracle
from conformance.ocppj.findings import Finding

if TYPE_CHECKING:
    from conformance.fuzz.stage import Stage

REFUSED = ("invalid", "blocked", "expired", "unknown")
"""Tokens of a description that nobody may charge with."""


@oracle("connector-status")
def connector_status(stage: Stage) -> Iterator[Finding]:
    """Whenever a sequence was quiet, every connector had a status that fits what was done; at the end it is idle."""
    yield from stage.facts.get("connector statuses", ())


@oracle("ended-for-a-reason")
def ended_for_a_reason(stage: Stage) -> Iterator[Finding]:
    """No transaction of a station ended without an act that may end it."""
    given = stage.dut.tokens.given()
    refused = {given[name].idToken for name in REFUSED if name in given}
    yield from endings.unreasoned(stage.target.version, stage.entries, refused)


@oracle("energy")
def energy_of_the_meter(stage: Stage) -> Iterator[Finding]:
    """The energy that a station reported never fell, and its meter showed it, where somebody has read the meter."""
    before: dict[int, Decimal] = stage.facts.get("meters before", {})
    after: dict[int, Decimal] = stage.facts.get("meters after", {})
    yield from energy.judge(stage.target.version, stage.entries, energy.Meter(before, after))
