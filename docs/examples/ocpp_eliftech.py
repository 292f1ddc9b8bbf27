"""Operators of the two examples of the npm package `ocpp-eliftech` (1.0.2): see docs/devices/ocpp-eliftech-*.toml.

Each starts its example, unchanged, in a process of its own; what the central system shall send it is told over HTTP, by
a way beside it (ocpp_eliftech_csms.js). NODE_PATH names the folder node_modules that has the
package, and babel-runtime@6, which the package wants and does not ask for. Nothing of `conformance` is in it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path

# The charge point draws its identity and serial number by Math.random, here always the same: CP4999, SR50000.
CHARGE_POINT = "Math.random = () => 0.5; require('ocpp-eliftech/examples-dist/chargingPoint.js')"
CENTRAL_SYSTEM = str(Path(__file__).with_name("ocpp_eliftech_csms.js"))


def node(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(["node", *arguments], env=os.environ | environment, stdout=quiet, stderr=quiet)


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


class CentralSystem:
    """Starts the central system, and makes no act: what it shall send is told it over HTTP."""

    verbs = frozenset[str]()

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(self._address, 1).close()
            raise RuntimeError(f"port {port} is taken: another program would be tested")
        self._process = node(CENTRAL_SYSTEM, PORT=str(port))
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(self._address, 1).close()
                return
            if time.monotonic() > until or self._process.poll() is not None:
                end(self._process)
                raise RuntimeError("the central system does not listen; is NODE_PATH set?")
            time.sleep(0.05)

    def close(self) -> None:
        end(self._process)


class ChargePoint:
    """Starts the charge point and switches its power. It has no socket, no reader and no meter to act on."""

    verbs = frozenset({"power_cycle"})

    def __init__(self) -> None:
        self._process = node("-e", CHARGE_POINT)

    def perform(self, verb: str) -> None:
        end(self._process)
        self._process = node("-e", CHARGE_POINT)

    def close(self) -> None:
        end(self._process)
