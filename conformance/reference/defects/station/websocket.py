"""Defects of the station in WebSocket, the opening handshake and reconnecting; the first two live in spoilt_sockets."""

from __future__ import annotations

from conformance.reference.defects import flag
from conformance.reference.defects.station.bases import BOTH, CS, NEW

FRAMES = ("OC_FZ_05_CS",)
HANDSHAKE = ("OC_FZ_06_CS",)

for name, breaks in (
    ("reserved-bits-ignored", "frames with reserved bits are taken (RFC 6455 5.2)"),
    ("unknown-opcodes-taken", "a frame with opcode 3 is taken for text, control opcode 11 is ignored (RFC 6455 5.2)"),
    ("wrong-masking-taken", "masked frames of a server are taken (RFC 6455 5.1)"),
    ("dies-of-big-control-frame", "a control frame above 125 bytes ends the process (RFC 6455 5.5)"),
    ("no-pong", "pings are not answered [38] (RFC 6455 5.5.2)"),
    ("pong-without-payload", "pongs do not carry the payload of the ping (RFC 6455 5.5.3)"),
    ("fragments-dropped", "messages in fragments are lost (RFC 6455 5.4)"),
    ("empty-fragments-dropped", "an empty first fragment is lost, and its message with it (RFC 6455 5.4)"),
    ("dies-of-interleaved-control-frame", "a control frame between fragments ends the process (RFC 6455 5.4)"),
    ("stray-continuation-taken", "a continuation of nothing is taken for a message (RFC 6455 5.4)"),
    ("close-unanswered", "close frames are not answered (RFC 6455 5.5.1)"),
    ("invalid-utf8-taken", "text that is no UTF-8 is taken (RFC 6455 8.1)"),
    ("stays-away-after-protocol-error", "a connection that was failed with 1002 is the last one (2.x part 4, 5.3)"),
):
    flag(name, role=CS, families=BOTH, breaks=breaks, must_fail=FRAMES)

flag(
    "dies-of-compression-bomb",
    role=CS,
    families=NEW,
    breaks="a message that unpacks to megabytes ends the process (RFC 6455 10.4)",
    must_fail=FRAMES,
)

for name, breaks in (
    ("any-accept-key-taken", "a 101 is taken whatever its Sec-WebSocket-Accept is (RFC 6455 4.1)"),
    ("any-subprotocol-taken", "a subprotocol that was not offered is taken (RFC 6455 4.1)"),
    ("any-extension-taken", "an extension that was not offered is taken (RFC 6455 4.1)"),
    ("dies-of-garbage-answer", "an answer that is no HTTP ends the process"),
    ("stays-away-when-unauthorized", "after a 401 no attempt is made any more"),
    ("stays-away-when-unavailable", "after a 503 no attempt is made any more (2.x part 4, 5.3)"),
    ("no-back-off", "connection attempts follow each other without a pause (1.6J errata 3.3; 2.x part 4, 5.3)"),
):
    flag(name, role=CS, families=BOTH, breaks=breaks, must_fail=HANDSHAKE)
