"""What both fakes need to know of the lab, apart from the device's description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long to wait, in seconds: for the protocol, for the physical world, and for silence."""

    message: float = 5.0
    physical: float = 30.0
    connect: float = 30.0
    boot: float = 60.0
    reset: float = 60.0
    quiet: float = 0.5


class Wire(Protocol):
    """One open connection, as a peer uses it."""

    number: int
    open: bool
    subprotocol: str | None
    handshake: Any

    def send(self, text: str, told: Callable[[str], None] = ...) -> object:
        """Write one text frame; `told` is called before, if a fault strikes it. Raises LinkClosed or LinkStalled."""

    def send_bytes(self, data: bytes, *, text: bool = False) -> None:
        """Write one message of any bytes, binary or as text; raises as `send`."""

    def strike(self, text: str, fault: Any, told: Callable[[str], None] = ...) -> object:
        """Write one text frame that a fault strikes; as `send`."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a close frame."""

    def abort(self) -> None:
        """Cut without a close frame."""


class Judge(Protocol):
    """The monitor, as a peer uses it."""

    def observe(self, entry: Any) -> None:
        """Judge the next entry of the trace."""


class Script(Protocol):
    """What is told of every act of ours before it is done; a replay feeds what the device did next."""

    def act(self, kind: str, name: str, args: Mapping[str, Any]) -> None:
        """The tester is about to act."""
