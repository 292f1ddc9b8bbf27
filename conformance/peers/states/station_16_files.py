"""States of a charge point under test in 1.6 around a new firmware (5.19; security whitepaper L01)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.states import state


@state("BackInService", family="1.6", dut="CS")
def back_in_service(csms: FakeCsms, lab: Any) -> None:
    """An update is over: what was Unavailable meanwhile is Available again, and after a boot everything is reported."""
    for boot in csms.seen_in_step("BootNotification")[-1:]:
        csms.execute("Reported", boot=boot)
    for connector in lab.dut.connectors:
        told = csms.seen_in_step("StatusNotification", connectorId=connector.connectorId)
        if told:
            csms.expect_connector_stays("Available", connector, requirement="1.6 4.9, 5.19")
        for one in told:
            if one.status not in ("Available", "Unavailable"):
                raise csms.failure(
                    "no status but Available and Unavailable while nobody charges",
                    str(one.status),
                    entry=one._entry,
                    pointer="/status",
                    requirement="1.6 4.9",
                )
