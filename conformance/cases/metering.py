"""Meter values of 1.6 in a case: what was sampled, how often, and whether it is what was configured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from conformance.cases.steps import check
from conformance.ocppj.datetimes import parse_datetime
from conformance.peers.csms import FakeCsms
from conformance.peers.payload import Fields
from conformance.peers.peer import Request

ENERGY = "Energy.Active.Import.Register"
"""The measurand of a sample that names none (7.43), and of a configuration key that is empty (9.1.17)."""

UNITS = {
    "Energy.Active": ("Wh", "kWh"),
    "Energy.Reactive": ("varh", "kvarh"),
    "Power.Active": ("W", "kW"),
    "Power.Reactive": ("var", "kvar"),
    "Current": ("A",),
    "Voltage": ("V",),
    "SoC": ("Percent",),
    "Temperature": ("Celsius", "Celcius", "Fahrenheit", "K"),
}
"""The units of a measurand, by what its name begins with (7.31, 7.45); Wh where none is named."""


def moment(timestamp: Any) -> float:
    """A date and time in seconds since 1970; not a number, which no comparison holds for, if it is none."""
    told = parse_datetime(timestamp) if isinstance(timestamp, str) else None
    return float("nan") if told is None else told.timestamp()


class Metering:
    """What a case does with the MeterValues of a transaction, which follow its StartTransaction."""

    def __init__(self, csms: FakeCsms, start: Request) -> None:
        self._csms = csms
        self._start = start
        self._dut = csms.lab.dut

    def sampled(self, number: int, context: str, *, every: int) -> list[Fields]:
        """Wait for so many meter values of the transaction, of a reading context, from its start on.

        Each is due `every` seconds after the one before; those that are there are returned when one stays away.
        """
        connector = self._start.connectorId
        id_ = self._start.answer.transactionId

        def found() -> list[Fields]:
            return self.told(connector, context, transactionId=id_)

        def more_than(count: int) -> bool:
            return len(found()) > count

        limit = every + self._dut.timeouts.tolerance
        while (count := len(found())) < number and self._csms.wait(partial(more_than, count), within=limit):
            pass
        values = found()
        check(
            len(values) >= number,
            f"{number} MeterValues of transaction {id_} with context {context}, one every {every} s",
            requirement="1.6 4.7, errata 3.15",
            actual=len(values),
        )
        return values

    def told(self, connectorId: Any, context: str, **match: Any) -> list[Fields]:  # noqa: N803  # the wire's own name
        """The meter values of a connector and a reading context so far, of a MeterValues with such fields."""
        sent = self._csms.seen("MeterValues", connectorId=connectorId, **match)
        return [one for request in sent for one in request.meterValue if _context(one) == context]

    def complete(self, values: Sequence[Fields], key: str) -> None:
        """See `check_measurands`."""
        check_measurands(self._csms, values, key)

    def regular(self, values: Sequence[Fields], every: int, *, since: Any = None) -> None:
        """Check that meter values were taken every so many seconds, and told in this order, and that none is missing.

        `since`: a timestamp with which they begin. A frequency is meant, not the exact moment (3.16.1), so a sample may
        be a second and half an interval off. As that may be more than an interval, they are counted, too.
        """
        times = [moment(one.timestamp) for one in values]
        times = times if since is None else [moment(since), *times]
        leeway = min(self._dut.timeouts.tolerance, 1 + every / 2)
        if len(times) > 1:
            lasted, due = times[-1] - times[0], (len(times) - 1) * every
            check(
                abs(lasted - due) <= 0.9 * every + self._resolution(),
                f"{len(times) - 1} samples in {due} s, none missing",
                requirement="1.6 4.7, 3.7",
                actual=f"in {lasted:g} s",
            )
        for before, after in pairwise(times):
            check(
                abs(after - before - every) <= leeway,
                f"{every} s after the sample before",
                requirement="1.6 4.7, 3.7",
                actual=f"{after - before:g} s",
            )

    def no_others(self, values: Sequence[Fields]) -> None:
        """Check that the transaction has no other meter values than those, as far as they have come."""
        sent = self._csms.seen("MeterValues", transactionId=self._start.answer.transactionId)
        contexts = {_context(one) for request in sent for one in request.meterValue}
        check(
            contexts <= {_context(one) for one in values},
            "no meter values of an interval that is 0",
            requirement="1.6 9.1.5, 9.1.19",
            actual=contexts,
        )

    def aligned(self, values: Sequence[Fields], every: int) -> None:
        """Check that the moments are multiples of so many seconds since midnight, up to a second for rounding.

        They begin with the first multiple after the start; one that comes at once after it may be missed.
        """
        leeway = min(1.0, every / 4)
        began = moment(self._start.timestamp) + max(min(every / 4, self._dut.timeouts.tolerance), self._resolution())
        midnight = began // 86400 * 86400
        for first in values[:1]:
            check(
                (moment(first.timestamp) - midnight) / every <= (began - midnight) // every + 1.5,
                f"the first multiple of {every} s after the start",
                requirement="1.6 4.7, 9.1.5",
                actual=first.timestamp,
            )
        for value in values:
            off = (moment(value.timestamp) % 86400) % every
            check(
                min(off, every - off) <= leeway,
                f"a multiple of {every} s since midnight",
                requirement="1.6 9.1.5",
                actual=value.timestamp,
            )

    def _resolution(self) -> float:
        """Seconds that the charge point's times may be off because it tells whole ones."""
        return 1.0 if moment(self._start.timestamp) % 1 == 0 else 0.0


def check_measurands(csms: FakeCsms, values: Sequence[Fields], key: str) -> None:
    """Check that each meter value holds a sample of every measurand that a key names, in a unit of it."""
    names = [one.strip() for one in csms.configured(key).split(",") if one.strip()] or [ENERGY]
    wanted = {_without_phase(one) for one in names}
    for value in values:
        told = {sample.measurand or ENERGY for sample in value.sampledValue}
        check(wanted <= told, f"each measurand of {key}", requirement="1.6 4.7, errata 3.13", actual=told)
        for sample in value.sampledValue:
            name = str(sample.measurand or ENERGY)
            units = next((units for begin, units in UNITS.items() if name.startswith(begin)), None)
            if units is not None:
                unit = sample.unit or "Wh"
                check(unit in units, f"a unit of {name}", requirement="1.6 7.31, 7.45", actual=unit)


def _context(value: Fields) -> Any:
    """The reading context that all samples of a meter value have: Sample.Periodic if they name none (7.43)."""
    contexts = {sample.context or "Sample.Periodic" for sample in value.sampledValue}
    return contexts.pop() if len(contexts) == 1 else None


def _without_phase(configured: str) -> str:
    """A measurand without its phase, if it names one ("Voltage.L1")."""
    name, _, phase = configured.rpartition(".")
    return name if name and (phase.startswith(("L1", "L2", "L3")) or phase == "N") else configured
