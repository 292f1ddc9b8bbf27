"""A warm process that reference devices are forked from: what takes half a second of work to start is there at once.

For the proof, which starts hundreds of devices with one defect each. A run starts its devices as processes that share
nothing (launch.py). Linux only, where a process that is not one's own child can be watched (pidfd).
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import IO, Any

POSSIBLE = hasattr(os, "pidfd_open")
"""Whether this platform lets devices be forked and watched."""

_LONGEST = 1 << 16
_NEEDED = (
    *("aiohttp.web", "websockets.asyncio.client", "websockets.asyncio.server", "websockets.exceptions"),
    *(
        "cryptography.x509.ocsp",
        "cryptography.hazmat.primitives.asymmetric.rsa",
        "cryptography.hazmat.primitives.hashes",
    ),
    *("conformance.ocppj.schema", "conformance.reference.verbs", "conformance.reference.http_operator"),
    *("cryptography.hazmat.primitives.serialization", "jsonschema_rs"),
    *("conformance.reference.stations", "conformance.reference.sockets", "conformance.reference.spoilt_sockets"),
    *("conformance.reference.station16.station", "conformance.reference.station2x.station"),
    *("conformance.reference.csms16", "conformance.reference.csms2x", "conformance.reference.csms_command"),
)


class Forked:
    """A device that was forked, with what is used of `subprocess.Popen`."""

    def __init__(self, pid: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self._watch = os.pidfd_open(pid)

    def __del__(self) -> None:
        os.close(self._watch)

    def poll(self) -> int | None:
        """0 once it has ended, however it did; None while it runs."""
        return 0 if select.select([self._watch], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if not select.select([self._watch], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(["forked device"], timeout or 0.0)
        return 0

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._watch, signal.SIGKILL)


class Nursery:
    """The warm process, as those see it who want devices of it. It ends with the process that began it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._socket = ours
        self._turn = threading.Lock()
        """Benches are opened by several threads; each has to get the answer to its own order."""

    def start(self, arguments: Sequence[str], log: IO[bytes]) -> Forked:
        """A device with this command line, whose standard error is `log`. Raises OSError when the process is gone."""
        its_input, our_input = os.pipe()
        our_output, its_output = os.pipe()
        try:
            order = json.dumps(list(arguments)).encode()
            with self._turn:
                socket.send_fds(self._socket, [order], [its_input, its_output, log.fileno()])
                pid = int(self._socket.recv(_LONGEST) or b"0")
            if not pid:
                raise OSError("the nursery has ended")
        finally:
            os.close(its_input)
            os.close(its_output)
        return Forked(pid, os.fdopen(our_input, "wb"), os.fdopen(our_output, "rb"))


def _device(arguments: Sequence[str], descriptors: Sequence[int]) -> None:
    """In the fork: become the device, and never come back."""
    import random

    from conformance.reference.__main__ import main

    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for place, one in enumerate(descriptors):
            os.dup2(one, place)
        os.closerange(3, max(descriptors) + 1)
        random.seed()
        code = main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _warm() -> None:
    """Have at hand what devices look up when they start: it takes several times as long as the rest of their start."""
    from conformance.ocppj.schema import official
    from conformance.ocppj.versions import VERSIONS
    from conformance.reference.defects import all_defects
    from conformance.reference.habits import all_habits

    all_defects()
    all_habits()
    for version in VERSIONS.values():
        official().refusals(version, "BootNotificationResponse", {})
    # What is there now stays: no collection in a device has to look at it, and touch its pages.
    gc.collect()
    gc.freeze()


def serve(descriptor: int) -> None:
    """In the warm process: fork a device for each order, until nobody can order any more."""
    for name in _NEEDED:
        import_module(name)
    _warm()
    # Nobody asks how a device ended: the system buries it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = socket.socket(fileno=descriptor)
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, _LONGEST, 3)
        if not order:
            return
        pid = os.fork()
        if not pid:
            orders.close()
            _device(json.loads(order), descriptors)
        for one in descriptors:
            os.close(one)
        orders.send(str(pid).encode())


_nursery: Nursery | None = None
_expected = False


def begin() -> None:
    """From now on this process has its devices forked, where that can be done."""
    global _nursery
    if POSSIBLE and _nursery is None:
        _nursery = Nursery()


def expect() -> None:
    """The same, for a process that may want no device at all: the first one begins the nursery."""
    global _expected
    _expected = True


def begun() -> Nursery | None:
    """This process's nursery, if it has one."""
    if _expected:
        begin()
    return _nursery


if __name__ == "__main__":
    _descriptor: Any = sys.argv[1]
    serve(int(_descriptor))
