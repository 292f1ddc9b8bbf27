"""What can go wrong on a link, as data, and the run of such a plan on one connection.

Faults act on our own end, at the boundaries of messages that we send or receive. A plan is plain data (hashable,
comparable, printable), so that it can be drawn, shrunk, stored in a file and replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens. The first group acts on a message that we send, the last on one that we receive."""

    CUT = "cut"
    """TCP ends (FIN, no close frame) after `size` bytes of the frame; 0: before it."""
    RESET = "reset"
    """TCP is reset after `size` bytes of the frame; 0: before it."""
    DELAY = "delay"
    """The message leaves `seconds` later; what follows it waits too."""
    SLICE = "slice"
    """The frame leaves in TCP pieces of `size` bytes, `seconds` apart."""
    FRAGMENT = "fragment"
    """The message leaves as WebSocket fragments with `size` bytes of payload, uncompressed."""
    DUPLICATE = "duplicate"
    """The message leaves twice."""
    REORDER = "reorder"
    """The message leaves after the next one; it is lost if there is none."""
    DROP = "drop"
    """The message never leaves."""
    MUTE_PONG = "mute_pong"
    """From this message on no ping is answered."""
    STALL = "stall"
    """After this received message nothing is read for `seconds`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `kind` on message number `at` (from 0, data messages only) and the `count` - 1 messages after it.

    `seconds` and `size` (bytes) mean what the kind says. ValueError for a negative number, and for SLICE and FRAGMENT
    without a size.
    """

    kind: FaultKind
    at: int = 0
    count: int = 1
    seconds: float = 0.0
    size: int = 0

    def __post_init__(self) -> None:
        if self.at < 0 or self.count < 1 or self.seconds < 0 or self.size < 0:
            raise ValueError(f"{self}: at, seconds and size start at 0, count at 1")
        if self.kind in (FaultKind.SLICE, FaultKind.FRAGMENT) and self.size == 0:
            raise ValueError(f"{self}: {self.kind.value} needs the size of a piece in bytes")

    def hits(self, number: int) -> bool:
        """Whether message `number` is one of those that the fault is for."""
        return self.at <= number < self.at + self.count


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What goes wrong on one connection, counted from the moment at which `Connection.faults` is set."""

    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """What the run of a plan may do to a connection; `rest` waits, and ends early when the connection does."""

    write: Callable[[bytes], None]
    end: Callable[[], None]
    reset: Callable[[], None]
    mute: Callable[[], None]
    rest: Callable[[float], None]


WHOLE = 1 << 30
"""As the size of a CUT or RESET: the frame leaves whole, and the connection ends behind it."""


class Fate(StrEnum):
    """What became of a message that was sent under a plan."""

    SENT = ""
    """It left once and whole, whatever happened behind it."""
    LOST = "lost"
    """The other side does not get it, or only a part of its frame."""
    HELD = "held"
    """It leaves behind the next one, if there is one."""
    TWICE = "twice"
    """It left two times."""


class FaultRun:
    """A plan in progress: how many messages went by, and which one is held back."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._sent = 0
        self._received = 0
        self._held: list[Callable[[], bytes]] = []

    def send(
        self,
        make: Callable[[], bytes],
        fragment: Callable[[int], bytes],
        wire: Wire,
        told: Callable[[Fate], None] = lambda fate: None,
    ) -> Fate:
        """Send a message with the faults that hit it, and say what becomes of it.

        `make()` is its frame, made anew each time that it leaves, because compression counts what left before;
        `fragment(size)` is it in fragments. `told` is called with any fate but SENT before a byte of it leaves.
        """
        number, self._sent = self._sent, self._sent + 1
        hits = {fault.kind: fault for fault in self.plan.faults if fault.hits(number)}
        if FaultKind.MUTE_PONG in hits:
            wire.mute()
        if FaultKind.DELAY in hits:
            wire.rest(hits[FaultKind.DELAY].seconds)
        if FaultKind.FRAGMENT in hits:
            size = hits[FaultKind.FRAGMENT].size
            make = lambda: fragment(size)  # noqa: E731  # the same message, made in another way
        for kind, act in ((FaultKind.CUT, wire.end), (FaultKind.RESET, wire.reset)):
            if kind in hits:
                return self._cut(make, hits[kind].size, act, wire, told)
        if FaultKind.DROP in hits:
            told(Fate.LOST)
            return Fate.LOST
        if FaultKind.REORDER in hits:
            told(Fate.HELD)
            self._held.append(make)
            return Fate.HELD
        twice = FaultKind.DUPLICATE in hits
        if twice:
            told(Fate.TWICE)
        for _ in range(2 if twice else 1):
            self._write(make(), hits.get(FaultKind.SLICE), wire)
        held, self._held = self._held, []
        for late in held:
            wire.write(late())
        return Fate.TWICE if twice else Fate.SENT

    @staticmethod
    def _cut(
        make: Callable[[], bytes], size: int, end: Callable[[], None], wire: Wire, told: Callable[[Fate], None]
    ) -> Fate:
        frame = make() if size else b""
        whole = 0 < len(frame) <= size
        if not whole:
            told(Fate.LOST)
        if size:
            wire.write(frame[:size])
        end()
        return Fate.SENT if whole else Fate.LOST

    def received(self, wire: Wire) -> None:
        """A message came in: stop reading for a while if the plan says so."""
        number, self._received = self._received, self._received + 1
        for fault in self.plan.faults:
            if fault.kind is FaultKind.STALL and fault.hits(number):
                wire.rest(fault.seconds)

    @staticmethod
    def _write(frame: bytes, slices: Fault | None, wire: Wire) -> None:
        if slices is None:
            wire.write(frame)
            return
        for start in range(0, len(frame), slices.size):
            if start:
                wire.rest(slices.seconds)
            wire.write(frame[start : start + slices.size])
