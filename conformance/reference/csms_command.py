"""The command line of the reference CSMS: options read, CSMS and operator interface started and stopped."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.reference.csms import Csms, CsmsOptions
from conformance.reference.csms_door import Security
from conformance.reference.csms_registration import ACCEPTED, PENDING, REJECTED, Settings
from conformance.reference.csms_tokens import TokenBook
from conformance.reference.http_operator import OperatorServer
from conformance.reference.options import address

SETTINGS: Mapping[str, tuple[str, float, float]] = {
    "interval": ("interval", 1, 86400),
    "retry-interval": ("retry_interval", 0, 86400),
    "message-timeout": ("message_timeout", 0.1, 3600),
}
"""Names of `--set` with a number: the field of Settings, the least and the greatest value, in seconds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only the CSMS has."""
    parser.add_argument("--version", action="append", required=True, help="OCPP version to serve; may be repeated")
    parser.add_argument("--listen", default="127.0.0.1:0", help="HOST:PORT to listen on (default: a free port)")
    parser.add_argument("--password", help="HTTP Basic password of every station; 1.6: the AuthorizationKey")
    parser.add_argument(
        "--identity", action="append", default=[], help="a station to let in; may be repeated (default: any station)"
    )
    parser.add_argument(
        "--station",
        action="append",
        default=[],
        metavar="IDENTITY=PASSWORD",
        help="a station to let in, with a password of its own; may be repeated",
    )
    parser.add_argument(
        "--cert", action="append", default=[], type=Path, metavar="FILE", help="certificate chain (PEM): listen on wss"
    )
    parser.add_argument(
        "--key", action="append", default=[], type=Path, metavar="FILE", help="key of the --cert in the same place"
    )
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="roots (PEM) of the certificates that stations show: security profile 3"
    )
    parser.add_argument(
        "--raised-ca",
        type=Path,
        metavar="FILE",
        help="with passwords: roots (PEM) of the certificates that stations show once they were raised to profile 3",
    )
    parser.add_argument(
        "--raised-listen",
        metavar="HOST:PORT",
        help="with passwords: listen on wss there, for stations that were raised to profile 2, and elsewhere on ws",
    )
    parser.add_argument("--organization", default="", help="O that these certificates must have (default: any)")
    parser.add_argument(
        "--contract-roots",
        type=Path,
        metavar="FILE",
        help="roots (PEM) of contract certificates: they are checked, and OCSP responders asked (2.x)",
    )
    parser.add_argument(
        "--tokens", type=Path, metavar="FILE", help="token book, JSON: {value: {status, group, single}}"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"{', '.join(SETTINGS)} in seconds, or first-status of an unknown station's boot "
        f"({ACCEPTED}, {PENDING}, {REJECTED})",
    )


def options_of(arguments: argparse.Namespace, chosen: Mapping[str, str], listen: tuple[str, int]) -> CsmsOptions:
    """The options as data; `chosen` are the pairs of `--set`. Raises ValueError, in one line, for a bad one."""
    passwords = dict(_station(one) for one in arguments.station)
    values: dict[str, Any] = {
        "password": arguments.password,
        "passwords": passwords,
        "identities": frozenset([*arguments.identity, *passwords]),
        "contract_roots": arguments.contract_roots,
    }
    for name, text in chosen.items():
        if name == "first-status":
            if text not in (ACCEPTED, PENDING, REJECTED):
                raise ValueError(f"--set {name}={text}: expected {ACCEPTED}, {PENDING} or {REJECTED}")
            values["first_status"] = text
        elif name in SETTINGS:
            field, least, greatest = SETTINGS[name]
            values[field] = _number(name, text, least, greatest, whole=field != "message_timeout")
        else:
            raise ValueError(f"--set {name}: no such setting; known: {', '.join([*SETTINGS, 'first-status'])}")
    host, port = listen
    options = CsmsOptions(
        versions=tuple(arguments.version),
        host=host,
        port=port,
        settings=Settings(**values),
        security=_security(arguments),
        state=arguments.state,
        defects=tuple(arguments.defect),
        habits=tuple(arguments.habit),
    )
    return options if arguments.tokens is None else _with_tokens(options, arguments.tokens)


def _station(text: str) -> tuple[str, str]:
    identity, separator, password = text.partition("=")
    if not (identity and separator and password):
        raise ValueError(f"--station {text}: write IDENTITY=PASSWORD")
    return identity, password


def _security(arguments: argparse.Namespace) -> Security:
    if len(arguments.cert) != len(arguments.key):
        raise ValueError(f"{len(arguments.cert)} --cert and {len(arguments.key)} --key: give each certificate its key")
    pairs = tuple(zip(arguments.cert, arguments.key, strict=True))
    raised = None if arguments.raised_listen is None else address(arguments.raised_listen)
    return Security(pairs, arguments.ca, arguments.organization, arguments.raised_ca, raised)


def _number(name: str, text: str, least: float, greatest: float, *, whole: bool) -> float:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= greatest:
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"--set {name}={text}: expected {kind} of seconds from {least:g} to {greatest:g}")
    return number


def _with_tokens(options: CsmsOptions, path: Path) -> CsmsOptions:
    from dataclasses import replace

    try:
        book = TokenBook.read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError, TypeError) as problem:
        raise ValueError(f"--tokens {path}: {problem}") from None
    return replace(options, tokens=book)


async def run(
    options: CsmsOptions,
    operator: tuple[str, int],
    *,
    ready: Callable[..., None],
    until: Callable[[], Awaitable[None]],
) -> None:
    """Serve until `until` returns. `ready` is called with the URLs `operator` and `ocpp` once both can be used.

    Raises ValueError for bad options, OSError for an address that cannot be used.
    """
    csms = Csms(options)
    server = OperatorServer("CSMS", csms.verbs)
    try:
        url = await csms.start()
        raised = {"raised": csms.raised_url} if csms.raised_url else {}
        ready(operator=await server.start(*operator), ocpp=url, **raised)
        await until()
    finally:
        await server.stop()
        await csms.stop()
