"""A person as operator: a numbered instruction on the terminal, and an answer."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from conformance.dut.operators.base import OperatorUnable
from conformance.dut.operators.verbs import VERBS, verbs_of

DEFAULT_TIMEOUT = 600.0
"""Seconds that a person may take; after that nobody is taken to be there."""

_CHOICES = "[Enter] done   [c] cannot do it   [m] done, but the device misbehaved"


class NoTerminal(Exception):
    """There is nobody to ask; the text says why."""


class Terminal(Protocol):
    """Where a person is asked."""

    def ask(self, text: str, timeout: float) -> str:
        """Show a text and return the line that is typed; NoTerminal, or TimeoutError after `timeout` seconds."""


class ControllingTerminal:
    """The terminal of this process, reached past whatever captures its standard streams."""

    def ask(self, text: str, timeout: float) -> str:
        """Show a text and return the line that is typed; NoTerminal, or TimeoutError after `timeout` seconds."""
        try:
            descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError as error:
            raise NoTerminal(f"there is no terminal to ask on ({error.strerror})") from None
        try:
            # Reading from the background would stop the whole process instead of failing.
            if os.tcgetpgrp(descriptor) != os.getpgrp():
                raise NoTerminal("the terminal belongs to another process (this one runs in the background)")
            os.write(descriptor, text.encode())
            return self._line(descriptor, timeout)
        except TimeoutError:
            raise
        except OSError as error:
            raise NoTerminal(f"the terminal cannot be used ({error.strerror})") from None
        finally:
            os.close(descriptor)

    @staticmethod
    def _line(descriptor: int, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        received = b""
        while not received.endswith(b"\n"):
            readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise TimeoutError
            part = os.read(descriptor, 4096)
            if not part:
                raise NoTerminal("the terminal was closed")
            received += part
        return received.decode(errors="replace").strip()


class ManualOperator:
    """Asks a person. `perform` returns {"seconds": time that the person took, "note": what was typed, if anything}.

    `suspend` gives a context in which the terminal is free, such as one that suspends pytest's capture.
    """

    def __init__(
        self,
        role: str,
        *,
        terminal: Terminal | None = None,
        suspend: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
        timeout: float | None = None,
    ) -> None:
        self.verbs = frozenset(name for name in verbs_of(role) if not VERBS[name].result)
        self._terminal: Terminal = terminal or ControllingTerminal()
        self._suspend = suspend
        self._timeout = timeout or DEFAULT_TIMEOUT
        self._number = 0

    def check(self) -> None:
        """A person needs no checking; a missing terminal shows at the first act."""

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Ask for one act; OperatorUnable when it cannot be made, the device misbehaved, or nobody is there."""
        self._number += 1
        started = time.monotonic()
        question = f"\n  Act {self._number}: {VERBS[verb].told(args)}\n  {_CHOICES}\n  > "
        with self._suspend():
            answer = self._ask(verb, question)
            kind, _, note = answer.partition(" ")
            if kind.casefold() in ("c", "m") and not note:
                note = self._ask(verb, "  In a few words, why? > ")
        if kind.casefold() == "c":
            raise OperatorUnable(verb, f"the person could not do it: {note or 'no reason given'}")
        if kind.casefold() == "m":
            raise OperatorUnable(verb, f"the person saw the device misbehave: {note or 'nothing further noted'}")
        return {"seconds": time.monotonic() - started, "note": answer}

    def close(self) -> None:
        """Nothing is held between two acts."""

    def _ask(self, verb: str, text: str) -> str:
        try:
            return self._terminal.ask(text, self._timeout)
        except NoTerminal as error:
            raise OperatorUnable(verb, f"{error}; run it on a terminal, or describe another operator") from None
        except TimeoutError:
            raise OperatorUnable(verb, f"nobody answered within {self._timeout:g} s") from None
