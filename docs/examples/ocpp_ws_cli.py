"""Operator of the charge point simulator of the npm package `ocpp-ws-cli` (1.1.12): see docs/devices/ocpp-ws-cli*.toml.

It starts `ocpp simulate` on a terminal of its own, presses its keys and reads its dashboard, as a person would.
NODE_PATH names the folder node_modules that has the package. Nothing of `conformance` is in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCREEN = struct.pack("HHHH", 60, 200, 0, 0)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
STATE = re.compile(r"Status: (\w+) (?:\[Auth: (.*?)\]|\[No Auth\]) (?:\[Tx: (\d+)\]|\[No Tx\])")
DOWN, ENTER, DELETE = "\x1b[B", "\r", "\x7f"
STATUSES = ("Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing")
VALID_FOR = 3.0
"""Seconds that an accepted token waits for a cable; the simulator would let it wait for ever."""
PATIENCE = 4.0
"""Seconds for the dashboard to show what a key has done: it is drawn at each log line, and each second."""


class Simulator:
    """What can be done at the simulator's terminal.

    It has no cable: a connector is reported Preparing, as its key U has it, for an EV that is plugged in. Authorizing
    and starting are keys of their own: T is pressed when there are a cable and a token that was accepted.
    """

    verbs = frozenset({"plug_in", "unplug", "present_token", "power_cycle", "cause_fault", "clear_fault"})

    def __init__(self, url: str, identity: str, protocol: str, token: str) -> None:
        where = ["-e", url, "-i", identity, "-p", protocol, "-t", token]
        program = Path(os.environ.get("NODE_PATH", "node_modules")) / "ocpp-ws-cli" / "dist" / "index.js"
        if not program.exists():
            raise RuntimeError(f"{program} is not there; is NODE_PATH set?")
        # With a format for its report it does not ask whether to write one; it is killed before it would.
        self._command = ["node", str(program), "simulate", *where, "--report", "json"]
        self._default = token
        self._start()

    # ------------------------------------------------------------------ the verbs

    def power_cycle(self) -> None:
        self._end()
        self._start()

    def plug_in(self, evseId: int, connectorId: int) -> None:  # noqa: N803  # the verbs' names
        self._plugged = True
        if time.monotonic() < self._accepted_until:
            self._transact()
        elif not self._state()[2]:
            self._choose("Preparing")

    def unplug(self, evseId: int, connectorId: int, side: str | None = None) -> None:  # noqa: N803
        # A transaction that was stopped a moment ago may still stand on the dashboard.
        self._wait(lambda: not self._state()[2], "a key to unplug an EV while a transaction runs")
        self._plugged = False
        if self._state()[0] == "Finishing":
            self._wait(lambda: self._state()[0] == "Available", "Available by itself, after Finishing")
        elif self._state()[0] != "Available":
            self._choose("Available")

    def present_token(self, idToken: dict[str, Any], evseId: int) -> None:  # noqa: N803
        token = idToken["idToken"]
        _, active, transaction = self._state()
        if transaction and token == active:
            self._press("e")
            return
        if active != token:
            self._type_token(token, active or self._default)
        seen = len(self._screen)
        self._press("a")
        self._wait(
            lambda: re.search(r"Authorize (Response|rejected|failed)", self._shown(seen)) is not None, "answered"
        )
        if "Authorize Response: Accepted" in self._shown(seen) and not transaction:
            self._accepted_until = time.monotonic() + VALID_FOR
            if self._plugged:
                self._transact()

    def cause_fault(self, evseId: int, connectorId: int, kind: str | None = None) -> None:  # noqa: N803
        if self._state()[0] != "Available":
            raise RuntimeError("the simulator's key makes an Available connector Faulted, no other")
        self._press("s")

    def clear_fault(self, evseId: int, connectorId: int) -> None:  # noqa: N803
        if self._state()[0] == "Faulted":
            self._press("s")

    def close(self) -> None:
        self._end()

    def _transact(self) -> None:
        self._accepted_until = 0.0
        self._press("t")

    # ------------------------------------------------------------------ the terminal

    def _start(self) -> None:
        self._plugged = False
        self._accepted_until = 0.0
        self._screen = ""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, SCREEN)
        self._process = subprocess.Popen(
            self._command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._terminal = ours
        threading.Thread(target=self._read, args=(ours,), daemon=True).start()

    def _read(self, terminal: int) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(terminal, 65536):
                if terminal == self._terminal:
                    self._screen += ESCAPES.sub("", data.decode("utf-8", "replace"))

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _press(self, keys: str) -> None:
        if self._process.poll() is not None:
            raise RuntimeError("the simulator has ended")
        os.write(self._terminal, keys.encode())

    def _shown(self, since: int) -> str:
        return self._screen[since:]

    def _state(self) -> tuple[str, str | None, str | None]:
        """Status of the connector, active token and transaction, as the dashboard has them."""
        self._wait(lambda: STATE.search(self._screen) is not None, "its dashboard")
        *_, last = STATE.finditer(self._screen)
        return last[1], last[2], last[3]

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not ready():
            if time.monotonic() > until:
                raise RuntimeError(f"the simulator's terminal did not show: {what}")
            time.sleep(0.02)

    def _dialog(self, key: str, title: str) -> None:
        seen = len(self._screen)
        self._press(key)
        self._wait(lambda: title in self._shown(seen), title)

    def _choose(self, status: str) -> None:
        self._dialog("u", "Select new Connector Status")
        for _ in range(STATUSES.index(status)):
            self._press(DOWN)
            time.sleep(0.02)
        self._press(ENTER)

    def _type_token(self, token: str, shown: str) -> None:
        self._dialog("i", "Enter new ID Tag")
        self._press(DELETE * len(shown))
        self._press(token)
        self._press(ENTER)
        self._wait(lambda: self._state()[1] == token, f"the token {token}")
