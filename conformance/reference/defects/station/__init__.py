"""What the reference station can be told to do wrong, one rule at a time.

Numbers in brackets are those of real devices' defects as they were collected from public reports. The cases that must
FAIL with a defect are named where a case turns on exactly that; a monitor rule that must report it stands beside them.
"""

from conformance.reference.defects.station import (
    availability,
    boot,
    framing,
    model,
    remote,
    transactions2x,
    transactions16,
)

__all__ = ["availability", "boot", "framing", "model", "remote", "transactions2x", "transactions16"]
