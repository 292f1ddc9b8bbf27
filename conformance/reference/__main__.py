"""`python -m conformance.reference station|csms ...`: start a reference device as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from conformance.reference.options import address


def parser(kind: str = "") -> argparse.ArgumentParser:
    """The command line of both devices; with `kind` station, the CSMS's own part is left out and not loaded."""
    top = argparse.ArgumentParser(prog="python -m conformance.reference", description=__doc__)
    kinds = top.add_subparsers(dest="kind", required=True)
    station = kinds.add_parser("station", help="a charging station that dials a CSMS")
    _common(station)
    station.add_argument("--version", required=True, help="OCPP version: 1.6, 2.0.1 or 2.1")
    station.add_argument("--no-schemas", action="store_true", help="do not validate what the other side sends")
    station.add_argument("--csms", required=True, help="URL of the CSMS without the identity, ws://host:port/path")
    station.add_argument("--identity", required=True, help="identity of the charging station")
    station.add_argument("--password", help="HTTP Basic password (security profile 1); 1.6: the AuthorizationKey")
    for name, what in (
        ("ca", "root certificates to trust on wss (PEM)"),
        ("cert", "the station's certificate for security profile 3 (PEM)"),
        ("key", "the key of --cert (PEM)"),
        ("firmware-roots", "root certificates under which firmware has to be signed (PEM)"),
        ("file-roots", "root certificates to trust on https and ftps (PEM; default: those of --ca)"),
    ):
        station.add_argument(f"--{name}", type=Path, metavar="FILE", help=what)
    station.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="factory value of a variable (Component.Variable or Component.Variable[instance]) or of a 1.6 key",
    )
    station.add_argument("--evses", type=int, default=2, help="number of EVSEs (default 2)")
    station.add_argument("--connectors", type=int, default=1, help="connectors of each EVSE of 2.x (default 1)")
    station.add_argument("--watts", type=int, default=22080, help="power of a charging EVSE in W (default 22080)")
    station.add_argument("--fixed-cable", action="store_true", help="the cables are attached to the station")
    station.add_argument("--display", action="store_true", help="a display asks what a master pass shall stop (2.x)")
    station.add_argument(
        "--backup-power", action="store_true", help="a battery lasts to end transactions when the power is cut (1.6)"
    )
    station.add_argument("--iso15118", action="store_true", help="it has a certificate for EVs, too (2.x)")
    station.add_argument(
        "--payment", action="store_true", help="it has a payment terminal and QR codes, and calculates costs (2.1)"
    )
    station.add_argument("--cache-entries", type=int, default=500, help="room of the authorization cache (default 500)")
    station.add_argument("--smart-charging", action="store_true", help="it takes charging profiles (2.x)")
    for name, default, what in (
        ("message-timeout", 10.0, "how long to wait for an answer"),
        ("boot-time", 0.03, "how long a boot takes"),
        ("boot-retry", 5.0, "pause before another BootNotification when the CSMS names none"),
        ("reconnect-wait", 0.1, "shortest pause before a reconnection; it doubles with every failure"),
        ("transfer-time", 1.0, "shortest duration of an upload or download"),
    ):
        station.add_argument(f"--{name}", type=float, default=default, help=f"{what}, in s (default {default})")
    csms = kinds.add_parser("csms", help="a CSMS that charging stations dial")
    _common(csms)
    if kind != "station":
        from conformance.reference import csms_command

        csms_command.add_arguments(csms)
    return top


def _common(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--operator", default="127.0.0.1:0", help="HOST:PORT of the operator interface (default: free port)"
    )
    one.add_argument("--state", type=Path, help="folder to keep what survives a restart")
    one.add_argument("--defect", action="append", default=[], metavar="NAME", help="switch a named defect on")
    one.add_argument(
        "--habit",
        action="append",
        default=[],
        metavar="NAME",
        help="behave in a named way that the standard leaves open",
    )
    one.add_argument("--die-with-parent", action="store_true", help="exit when standard input, a pipe, is closed")


def settings(pairs: Sequence[str]) -> dict[str, str]:
    """The `--set` options as a dict. Raises ValueError, in one line, for one without "="."""
    found = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise ValueError(f"--set {pair}: write NAME=VALUE")
        found[name] = value
    return found


def held_open(file: TextIO | None) -> None:
    """Raise ValueError, in one line, when nothing can tell that `file` has ended: only pipes and terminals can."""
    mode = os.fstat(file.fileno()).st_mode if file is not None and not file.closed else 0
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or (file is not None and mode and file.isatty())):
        raise ValueError(
            "--die-with-parent: standard input is neither a pipe nor a terminal (a file or /dev/null ends at once); "
            "start it with a pipe that its parent holds open, or leave the option out"
        )


async def _until_told(die_with_parent: bool) -> None:
    """Return on SIGTERM, SIGINT, or when standard input ends if that is asked for."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, over.set)
    if die_with_parent:
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

        async def watch() -> None:
            while await reader.read(4096):
                pass
            over.set()

        watching = asyncio.create_task(watch())
        await over.wait()
        watching.cancel()
        return
    await over.wait()


def _ready(**urls: Any) -> None:
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()


async def _station(arguments: argparse.Namespace) -> None:
    from conformance.reference.http_operator import OperatorServer
    from conformance.reference.stations import build_station, options_of
    from conformance.reference.verbs import StationVerbs

    station = build_station(options_of(arguments, settings(arguments.set)), with_schemas=not arguments.no_schemas)
    server = OperatorServer("CS", StationVerbs(station).table())
    url = await server.start(*address(arguments.operator))
    station.start()
    _ready(operator=url, ocpp=arguments.csms)
    try:
        await _until_told(arguments.die_with_parent)
    finally:
        await station.stop()
        await server.stop()


async def _csms(arguments: argparse.Namespace) -> None:
    from conformance.reference import csms_command

    options = csms_command.options_of(arguments, settings(arguments.set), address(arguments.listen))
    until = partial(_until_told, arguments.die_with_parent)
    await csms_command.run(options, address(arguments.operator), ready=_ready, until=until)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a device until it is told to end; 2 for a wrong command line."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser(words[0] if words else "").parse_args(words)
    try:
        if arguments.die_with_parent:
            held_open(sys.stdin)
        asyncio.run(_station(arguments) if arguments.kind == "station" else _csms(arguments))
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
