"""Smart charging of 1.6, computed: which profiles a charge point has, and what limits follow from them.

It knows no sockets, no peers and no verdicts: profiles go in as the wire has them, moments as aware datetimes. The
decisions that the standard leaves to its reader stand in docs/composite-schedules.md.
"""
