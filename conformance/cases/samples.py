"""Meter values inside the events of a transaction of 2.x: whether what is configured was sampled."""

from __future__ import annotations

from typing import Any

from conformance.cases.steps import check
from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, one_of

ENERGY = "Energy.Active.Import.Register"
"""The measurand of a sample that names none (2.0.1 part 2, SampledValueType)."""
PERIODIC = "Sample.Periodic"
"""The context of a sample that names none."""


def check_samples(csms: FakeCsms, event: Any, variable: str, context: str, requirement: str) -> None:
    """The event has a sample, taken for `context`, of every measurand that `variable` of SampledDataCtrlr names.

    Nothing is owed where SampledDataCtrlr is switched off.
    """
    if csms.configured("SampledDataCtrlr", "Enabled") == "false":
        return
    when = one_of(context, ABSENT) if context == PERIODIC else context
    for wanted in filter(None, csms.configured("SampledDataCtrlr", variable).split(",")):
        measurand = one_of(wanted, ABSENT) if wanted == ENERGY else wanted
        taken = csms.transaction().samples(event, context=when, measurand=measurand)
        check(taken, f"{wanted} with context {context}", requirement=requirement, actual="none")
