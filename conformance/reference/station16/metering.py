"""MeterValue of 1.6 (section 7.33)."""

from __future__ import annotations

from decimal import Decimal

from conformance.reference.hardware import PHASES, VOLTS, Evse
from conformance.reference.wire import Payload


def meter_value(timestamp: str, evse: Evse, measurands: list[str], context: str) -> Payload | None:
    """One MeterValue with a sample of every measurand, None when there is none to take."""
    samples = [_sample(evse, measurand, context) for measurand in measurands]
    return {"timestamp": timestamp, "sampledValue": samples} if samples else None


def _sample(evse: Evse, measurand: str, context: str) -> Payload:
    value, unit = _reading(evse, measurand)
    return {
        "value": value,
        "context": context,
        "format": "Raw",
        "measurand": measurand,
        "location": "Outlet",
        "unit": unit,
    }


def _reading(evse: Evse, measurand: str) -> tuple[str, str]:
    watts = Decimal(evse.meter.watts)
    if measurand == "Energy.Active.Import.Register":
        return str(int(evse.meter.read())), "Wh"
    if measurand == "Power.Active.Import":
        return str(watts), "W"
    if measurand == "Current.Import":
        return str((watts / (PHASES * VOLTS)).quantize(Decimal("0.1"))), "A"
    return str(VOLTS), "V"
