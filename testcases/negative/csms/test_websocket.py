"""WebSocket beneath OCPP-J, a CSMS under test: RFC 6455 and RFC 7692 of a server."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step
from conformance.fuzz.websocket import frame_sequences, websocket_examples


@case("OC_FZ_05_CSMS")
def test_frames_legal_and_illegal(station: FakeStation, fuzz: Campaign) -> None:
    """Legal frames are understood, illegal ones end the connection, and the CSMS takes a new one."""
    step("Send frames that are rare, illegal or unfinished", expect="as RFC 6455 says, and a new connection")
    fuzz.rows(websocket_examples(fuzz.target))

    step("Send a CALL in random fragments, some of them illegal", expect="an answer, or the end of the connection")
    fuzz.explore(frame_sequences(fuzz.target))
