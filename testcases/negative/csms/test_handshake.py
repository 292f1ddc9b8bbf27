"""The opening handshake, a CSMS under test: legal and rare, illegal, and what is no request at all."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step
from conformance.fuzz.handshake_requests import csms_examples, request_mixtures


@case("OC_FZ_06_CSMS")
def test_requests_of_the_opening_handshake(station: FakeStation, fuzz: Campaign) -> None:
    """What is a request of a known station in a version that the CSMS speaks is taken, anything else is refused."""
    step("Send requests that are rare, wrong, or none", expect="taken or refused as RFC 6455 and OCPP-J say")
    fuzz.rows(csms_examples(fuzz.target))

    step("Send requests with several oddities at once", expect="taken if nothing is wrong with them, else refused")
    fuzz.explore(request_mixtures(fuzz.target))
