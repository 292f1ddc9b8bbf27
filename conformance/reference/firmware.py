"""What the reference stations take for a firmware: a file that says what it is, and names its own digest.

The first line is MAGIC, then come lines `version: ...` and `sha256: ...`, a blank line, and what the digest is of.
"""

from __future__ import annotations

from hashlib import sha256

MAGIC = b"OCPP-CONFORMANCE REFERENCE FIRMWARE"


def version_of(image: bytes) -> str | None:
    """The version of a firmware, None for a file that is none, or damaged."""
    head, separator, body = image.partition(b"\n\n")
    lines = head.split(b"\n")
    if not separator or lines[0] != MAGIC:
        return None
    fields = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
    if fields.get(b"sha256") != sha256(body).hexdigest().encode():
        return None
    return fields.get(b"version", b"").decode("ascii", "replace")[:50] or None
