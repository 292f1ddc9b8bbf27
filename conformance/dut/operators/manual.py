"""A person as operator: a numbered instruction on the terminal, and an answer."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from conformance.dut.operators.base import DeviceMisbehaved, OperatorUnable
from conformance.dut.operators.verbs import VERBS, verbs_of

DEFAULT_TIMEOUT = 600.0
"""Seconds that a person may take; after that nobody is taken to be there."""

_CHOICES = "[Enter] done   [c] can't do it   [m] done, but the device misbehaved   (a note may follow: d it clicked)"
_ANSWERS: Mapping[str, str] = {
    **dict.fromkeys(("", "d", "done", "ok", "y", "yes"), "done"),
    **dict.fromkeys(("c", "can't", "cant", "cannot", "n", "no"), "unable"),
    **dict.fromkeys(("m", "misbehaved"), "misbehaved"),
}
"""What an answer means, by its first word."""
_AGAIN = "  Not understood. Enter alone for done; or c, m or d, and a note behind it > "
_WHY = "  In a few words, for the report > "


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
            # What was typed before the question, such as an answer that came too late for the last one, is no answer.
            termios.tcflush(descriptor, termios.TCIFLUSH)
            os.write(descriptor, text.encode())
            return self._line(descriptor, timeout)
        except TimeoutError:
            raise
        except (OSError, termios.error) as error:
            raise NoTerminal(f"the terminal cannot be used ({error.args[-1]})") from None
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
        """Ask for one act. OperatorUnable: it cannot be made, or nobody is there; DeviceMisbehaved as it says."""
        self._number += 1
        started = time.monotonic()
        deadline = started + self._timeout
        with self._suspend():
            answer = self._ask(verb, self._question(verb, args), deadline)
            while (kind := _ANSWERS.get(_first(answer))) is None:
                answer = self._ask(verb, _AGAIN, deadline)
            note = answer.partition(" ")[2].strip()
            if kind != "done" and not note:
                note = self._ask(verb, _WHY, deadline)
        if kind == "unable":
            raise OperatorUnable(verb, f"the person could not do it: {note or 'no reason given'}")
        if kind == "misbehaved":
            raise DeviceMisbehaved(verb, note or "no note given")
        return {"seconds": time.monotonic() - started, "note": note}

    def close(self) -> None:
        """Nothing is held between two acts."""

    def _question(self, verb: str, args: Mapping[str, Any]) -> str:
        until = (datetime.now() + timedelta(seconds=self._timeout)).strftime("%H:%M:%S")
        task = f"Act {self._number}: {VERBS[verb].told(args)}"
        return f"\n  {task}\n  You have {_span(self._timeout)}, until {until}.\n  {_CHOICES}\n  > "

    def _ask(self, verb: str, text: str, deadline: float) -> str:
        try:
            return self._terminal.ask(text, max(0.0, deadline - time.monotonic()))
        except NoTerminal as error:
            raise OperatorUnable(verb, f"{error}; run it on a terminal, or describe another operator") from None
        except TimeoutError:
            raise OperatorUnable(
                verb, f"nobody answered within {self._timeout:g} s; be there, or raise operator.timeout"
            ) from None


def _first(answer: str) -> str:
    return answer.partition(" ")[0].casefold().strip(".,;:!")


def _span(seconds: float) -> str:
    """A time as a person says it: `45 s`, `10 min`, `2 min 30 s`."""
    minutes, rest = divmod(seconds, 60)
    words = [f"{minutes:g} min"] if minutes else []
    return " ".join([*words, *([f"{rest:g} s"] if rest or not words else [])])
