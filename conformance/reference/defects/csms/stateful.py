"""Defects of a CSMS that only show with two stations, or in an odd order (`conformance.reference.csms_crossing`)."""

from __future__ import annotations

from conformance.reference.defects import flag

ROLE = "CSMS"
BOTH = ("1.6", "2")
OLD = ("1.6",)
SEQUENCES = ("OC_ST_01_CSMS", "OC_ST_02_CSMS")
CHOSEN = ("OC_ST_02_CSMS",)

flag(
    "commands-to-the-newest-connection",
    role=ROLE,
    families=BOTH,
    breaks="What the operator sends to a station goes to whichever connected last (1.6J 3.1.1, part 4 3.1).",
    must_fail=SEQUENCES,
)
flag(
    "answers-on-the-newest-connection",
    role=ROLE,
    families=BOTH,
    breaks="Answers are written on the connection that was made last, whoever asked (1.6J 4.1, part 4 4.1).",
    must_fail=SEQUENCES,
)
flag(
    "reconnect-closes-the-neighbour",
    role=ROLE,
    families=BOTH,
    breaks="When a station comes back, the connection of another one is closed [43].",
    must_fail=SEQUENCES,
)
flag(
    "boot-forgets-the-others",
    role=ROLE,
    families=BOTH,
    breaks="When a station boots, the transactions of every other one are forgotten (E01, 1.6 4.8).",
    must_fail=SEQUENCES,
)
flag(
    "one-registration-for-all",
    role=ROLE,
    families=BOTH,
    breaks="A station that is left Pending makes every other one Pending, too (B02, 1.6 4.2).",
    must_fail=SEQUENCES,
)
flag(
    "verdict-of-the-neighbour",
    role=ROLE,
    families=BOTH,
    breaks="Of two stations that ask about tokens at once, the second hears the first one's (C01.FR.07, 1.6 4.1).",
    must_fail=SEQUENCES,
)
flag(
    "transactions-numbered-by-station",
    role=ROLE,
    families=OLD,
    breaks="Each station's transactions are numbered from 1, and a stop ends those of other stations with that number "
    "(1.6 4.8, 4.10).",
    must_fail=CHOSEN,
)
