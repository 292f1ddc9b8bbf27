"""Defects of the CSMS in WebSocket and the opening handshake; they live in spoilt_sockets."""

from __future__ import annotations

from conformance.reference.defects import flag

ROLE = "CSMS"
BOTH = ("1.6", "2")
FRAMES = ("OC_FZ_05_CSMS",)
HANDSHAKE = ("OC_FZ_06_CSMS",)

for name, breaks in (
    ("reserved-bits-ignored", "Frames with reserved bits are taken (RFC 6455 5.2)."),
    ("unknown-opcodes-taken", "A frame with opcode 3 is taken for text, control opcode 11 is ignored (RFC 6455 5.2)."),
    ("wrong-masking-taken", "Unmasked frames of a client are taken (RFC 6455 5.1)."),
    ("dies-of-big-control-frame", "A control frame above 125 bytes ends the process (RFC 6455 5.5)."),
    ("no-pong", "Pings are not answered [38] (RFC 6455 5.5.2)."),
    ("pong-without-payload", "Pongs do not carry the payload of the ping (RFC 6455 5.5.3)."),
    ("fragments-dropped", "Messages in fragments are lost (RFC 6455 5.4)."),
    ("empty-fragments-dropped", "An empty first fragment is lost, and its message with it (RFC 6455 5.4)."),
    ("dies-of-interleaved-control-frame", "A control frame between fragments ends the process (RFC 6455 5.4)."),
    ("stray-continuation-taken", "A continuation of nothing is taken for a message (RFC 6455 5.4)."),
    ("close-unanswered", "Close frames are not answered (RFC 6455 5.5.1)."),
    ("invalid-utf8-taken", "Text that is no UTF-8 is taken (RFC 6455 8.1)."),
    ("dies-of-compression-bomb", "A message that unpacks to megabytes ends the process (RFC 6455 10.4)."),
):
    flag(name, role=ROLE, families=BOTH, breaks=breaks, must_fail=FRAMES)

for name, breaks in (
    ("dies-of-garbage-request", "Bytes that are no HTTP request end the process."),
    ("dies-of-silent-connection", "A connection that ends before its request line ends the process [37]."),
    ("dies-of-long-request", "A request of many kilobytes ends the process."),
    ("websocket-version-unchecked", "Sec-WebSocket-Version 12 is taken (RFC 6455 4.2.2)."),
    ("longer-subprotocol-taken", "ocpp2.0.1.1 is taken for ocpp2.0.1 [35]."),
    ("empty-subprotocol-token-refused", 'Subprotocols with an empty token, ",ocpp2.0.1", are refused [35].'),
    ("missing-subprotocol-taken", "A station that offers no subprotocol is given one (1.6J 3.2; 2.x part 4, 3.2)."),
):
    flag(name, role=ROLE, families=BOTH, breaks=breaks, must_fail=HANDSHAKE)
