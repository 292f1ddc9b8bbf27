"""Feature profile Core, meter values: a charge point under test (1.6)."""

from __future__ import annotations

from conformance import Dut, FakeCsms, Metering, case, step


@case("TC_070_CS")
def test_sampled_meter_values(csms: FakeCsms, dut: Dut) -> None:
    """While a transaction runs, the configured measurands are sampled at the configured interval."""
    interval = dut.values.sampled_interval
    csms.configure("MeterValueSampleInterval", str(interval))
    csms.configure("ClockAlignedDataInterval", "0")
    start = csms.reach("Charging")

    step("Wait for three intervals", expect="MeterValues each time, of context Sample.Periodic and of no other")
    metering = Metering(csms, start)
    values = metering.sampled(3, "Sample.Periodic", every=interval)
    metering.regular(values, interval, since=start.timestamp)
    metering.complete(values, "MeterValuesSampledData")
    metering.no_others(values)


@case("TC_071_CS")
def test_clock_aligned_meter_values(csms: FakeCsms, dut: Dut) -> None:
    """While a transaction runs, the configured measurands are sampled whenever the clock shows a multiple."""
    interval = dut.values.aligned_interval
    csms.configure("MeterValueSampleInterval", "0")
    csms.configure("ClockAlignedDataInterval", str(interval))
    start = csms.reach("Charging")

    step("Wait for three intervals", expect="MeterValues each time, of context Sample.Clock and of no other")
    metering = Metering(csms, start)
    values = metering.sampled(3, "Sample.Clock", every=interval)
    metering.regular(values, interval)
    metering.aligned(values, interval)
    metering.complete(values, "MeterValuesAlignedData")
    metering.no_others(values)
