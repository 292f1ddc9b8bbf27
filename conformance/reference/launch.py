"""Starts a reference device as a process of its own and ends it again."""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.reference import nursery

START_TIME = 20.0
"""Seconds that a device has to say where it can be reached."""


class LaunchError(Exception):
    """The device did not come up; the message says why, in one line."""


class Device:
    """A running reference device. `addresses` is the JSON line that it printed: `operator`, and `ocpp` of a CSMS."""

    def __init__(self, *arguments: str, state: Path | None = None) -> None:
        """Start it; `arguments` are those of `python -m conformance.reference`. Raises LaunchError."""
        self._log = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # lives as long as the process
        self._arguments = [*arguments, "--die-with-parent"]
        if state is not None:
            self._arguments += ["--state", str(state)]
        self._start()

    def _start(self) -> None:
        self._process = self._spawned()
        try:
            self.addresses: dict[str, Any] = json.loads(self._first_line())
        except (ValueError, LaunchError) as error:
            self.close()
            raise LaunchError(f"the reference device did not start ({' '.join(self._arguments)}): {error}") from None

    def _spawned(self) -> subprocess.Popen[bytes] | nursery.Forked:
        warm = nursery.begun()
        if warm is not None:
            return warm.start(self._arguments, self._log)
        return subprocess.Popen(
            [sys.executable, "-m", "conformance.reference", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )

    def _first_line(self) -> bytes:
        out = self._process.stdout
        assert out is not None
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            if not selector.select(START_TIME):
                raise LaunchError(f"it said nothing within {START_TIME:g} s; {self.log_tail()}")
        line: bytes = out.readline()
        if not line:
            raise LaunchError(f"it ended with exit code {self._process.wait()}; {self.log_tail()}")
        return line

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def log_tail(self) -> str:
        """The last line that it wrote on standard error."""
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it wrote nothing on standard error"

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start it anew, at the addresses that it had, dead or not. Raises LaunchError."""
        if self.alive:
            self.kill()
        for option, name in (("--listen", "ocpp"), ("--raised-listen", "raised"), ("--operator", "operator")):
            if option in self._arguments and name in self.addresses:
                place = self._arguments.index(option) + 1
                self._arguments[place] = urlsplit(self.addresses[name]).netloc
        self._start()

    def close(self) -> None:
        """End it: it leaves when its standard input closes, and is killed when it does not."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(3.0)
        except subprocess.TimeoutExpired:
            self.kill()
        self._log.close()


def start_station(
    version: str,
    url: str,
    identity: str,
    *,
    arguments: Sequence[str] = (),
    defects: Sequence[str] = (),
    state: Path | None = None,
) -> Device:
    """A reference charging station that connects to `url` (without the identity); `arguments` are further options."""
    named = [part for name in defects for part in ("--defect", name)]
    return Device(
        "station",
        "--version",
        version,
        "--csms",
        url,
        "--identity",
        identity,
        "--operator",
        "127.0.0.1:0",
        *named,
        *arguments,
        state=state,
    )


def start_csms(
    version: str, *, arguments: Sequence[str] = (), defects: Sequence[str] = (), state: Path | None = None
) -> Device:
    """A reference CSMS on a free port; `arguments` are further options."""
    named = [part for name in defects for part in ("--defect", name)]
    return Device(
        "csms",
        "--version",
        version,
        "--listen",
        "127.0.0.1:0",
        "--operator",
        "127.0.0.1:0",
        *named,
        *arguments,
        state=state,
    )
