"""SIGTERM and SIGHUP do what Ctrl-C does: a CI server that ends a job, a terminal that is closed, leave a report."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Any

_SIGNALS = ("SIGTERM", "SIGHUP")


class Terminated:
    """While installed, the first of these signals raises KeyboardInterrupt in the main thread; later ones do nothing.

    `by` is its name, "" before. CI servers send a second signal soon after the first: it must not disturb the writing
    of the reports. `close()` puts back what was there.
    """

    def __init__(self) -> None:
        self.by = ""
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._received)

    def _received(self, number: int, frame: Any) -> None:
        if not self.by:
            self.by = signal.Signals(number).name
            raise KeyboardInterrupt

    def settle(self) -> None:
        """From now on no signal interrupts: the run is being brought to its end."""
        self.by = self.by or "the end"

    def close(self) -> None:
        """Restore the former handlers."""
        for number, handler in self._before.items():
            with contextlib.suppress(ValueError, TypeError):
                signal.signal(number, handler)
        self._before.clear()
