"""Meter values: which measurands, in which context, signed if so configured.

Source: 2.0.1 part 2, J00 to J02 and "Meter Values - Configuration".
"""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.reference.hardware import VOLTS, Evse
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x


def meter_value(station: Station2x, evse: Evse, measurands: list[str], context: str) -> Payload | None:
    """One MeterValueType with a sample of every measurand, None when there is none to take."""
    signing = station.model.flag("SampledDataCtrlr", "SignReadings")
    samples = [_sample(station, evse, measurand, context, signing) for measurand in measurands]
    if not samples:
        return None
    return {"timestamp": station.clock.stamp(), "sampledValue": samples}


def _sample(station: Station2x, evse: Evse, measurand: str, context: str, signing: bool) -> Payload:
    value, unit = reading(evse, measurand)
    sample: Payload = {
        "value": value,
        "measurand": measurand,
        "context": context,
        "location": "Outlet",
        "unitOfMeasure": {"unit": unit},
    }
    if signing and measurand == "Energy.Active.Import.Register":
        sample["signedMeterValue"] = _signed(station, value)
    return sample


def reading(evse: Evse, measurand: str) -> tuple[Decimal, str]:
    """The present value of a measurand and its unit."""
    watts = Decimal(evse.meter.watts)
    if measurand == "Energy.Active.Import.Register":
        return evse.meter.read(), "Wh"
    if measurand == "Power.Active.Import":
        return watts, "W"
    if measurand == "Current.Import":
        return (watts / (evse.phases * VOLTS)).quantize(Decimal("0.1")), "A"
    return Decimal(VOLTS), "V"


def _signed(station: Station2x, value: Decimal) -> Payload:
    """A signed reading in form; the signature itself is a placeholder that no key made."""
    public = station.model.text("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue") != "Never"
    return {
        "signedMeterData": b64encode(f"OCMF|{{}}|{value}".encode()).decode("ascii"),
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": b64encode(b"oca:base16:asn1:reference").decode("ascii") if public else "",
    }
