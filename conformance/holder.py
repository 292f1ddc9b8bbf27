"""Holds at most one open bench: switching to another device or version closes the one before."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.cases.live import LiveBench
    from conformance.cases.selection import Selected
    from conformance.ocppj.schema import SchemaStore


class RunError(Exception):
    """The run can't begin or go on: one line that says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """How the embedded devices differ from the default: for proof, which switches defects and features."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the embedded descriptions."""
    arguments: tuple[str, ...] = ()
    """Further options of the device's command line."""
    defects: tuple[str, ...] = ()
    role: str = ""
    """Whose description `overrides` are for; "" is both."""


IMPATIENT: Mapping[str, tuple[str, ...]] = {
    "CS": (
        *("--message-timeout", "1.1"),
        *("--boot-retry", "0.2"),
        *("--transfer-time", "0.1"),
        *("--reconnect-wait", "0.02"),
    ),
    "CSMS": ("--set", "message-timeout=1.1"),
}
"""How embedded devices are started for negative tests, which withhold many answers. The time-out is more than the
second within which the monitor takes a second CALL for one that did not wait."""


class Holder:
    """Opens benches one after another, with the embedded device and the operator that belong to each."""

    def __init__(self, schemas: SchemaStore, embedded: Embedded | None, suspend: Callable[[], Any]) -> None:
        """`embedded` starts the reference devices, impatient ones for negative tests; None leaves it to the lab."""
        self._schemas = schemas
        self._embedded = embedded
        self._suspend = suspend
        self._key: tuple[int, str, bool] | None = None
        self._live: LiveBench | None = None
        self._device: Any = None
        self._operator: Any = None
        self._folder: Any = None
        """Where the certificates of an embedded device lie."""
        self._shut: dict[tuple[int, str, bool], str] = {}
        """Benches that could not be opened, and why: nobody waits for them twice."""

    def bench_for(self, selected: Selected) -> LiveBench:
        """The open bench of a case's device and version; RunError when it can't be opened."""
        key = (id(selected.dut), selected.entry.version, selected.entry.campaign)
        if self._live is None or key != self._key:
            self.close()
            if key in self._shut:
                raise RunError(self._shut[key])
            try:
                self._live = self._open(selected.dut, selected.entry.version, impatient=selected.entry.campaign)
            except RunError as error:
                self._shut[key] = str(error)
                raise
            self._key = key
        return self._live

    def _open(self, dut: Any, version: str, *, impatient: bool) -> LiveBench:
        from conformance.cases.live import LiveBench
        from conformance.dut.operators import OperatorUnreachable, make_operator
        from conformance.link.errors import LinkError
        from conformance.reference.launch import LaunchError, start_csms, start_station
        from conformance.services.lab import LabFiles, own_address

        device = self._embedded
        hurried = IMPATIENT[dut.role] if impatient else ()
        try:
            if device is not None:
                self._folder = tempfile.TemporaryDirectory(prefix="ocpp-test-pki-")
                dut = replace(dut, tls=replace(dut.tls, folder=Path(self._folder.name)))
            if device is not None and dut.role == "CSMS":
                dut, secured = _secured(dut)
                arguments = (*secured, *hurried, *device.arguments, *dut.started_with)
                self._device = start_csms(version, arguments=arguments, defects=device.defects)
                told = self._device.addresses
                address = replace(dut.address, url=told["ocpp"], raised_url=told.get("raised", dut.address.raised_url))
                dut = replace(dut, address=address)
            live = LiveBench(dut, version, self._schemas)
            peer: Any = live.bench.peer
            if dut.role == "CS":
                peer.file_service = LabFiles(live.dut, lambda: peer.known_as)
            else:
                own = own_address(dut.address.url)
                at_home = replace(live.dut, address=replace(live.dut.address, listen=(own, 0)))
                peer.file_service = LabFiles(at_home, lambda: own)
            self._live = live
            live.open()
            if device is not None and dut.role == "CS":
                scheme = "wss" if dut.security_profile > 1 else "ws"
                url = f"{scheme}://127.0.0.1:{live.port}{dut.address.path}"
                arguments = (*_credentials(dut), *hurried, *device.arguments, *dut.started_with)
                self._device = start_station(version, url, dut.identity, arguments=arguments, defects=device.defects)
            if self._device is not None:
                hands = replace(dut.operator.default, kind="http", url=self._device.addresses["operator"])
                dut = replace(dut, operator=replace(dut.operator, default=hands))
            self._operator = make_operator(dut, version=version, suspend=self._suspend)
            self._operator.check()
            live.take(self._operator)
        except (LinkError, LaunchError, OperatorUnreachable) as error:
            self.close()
            raise RunError(str(error)) from None
        return live

    def restart_device(self) -> bool:
        """Start a device anew that has died; whether there is one that runs then.

        The embedded device is a process of ours; a real station is power-cycled, if its operator can do so.
        """
        if self._live is None:
            return False
        bench = self._live.bench
        if self._device is not None:
            self._device.restart()
            return True
        if bench.dut.role != "CS" or not bench.hands.offers("power_cycle"):
            return False
        bench.hands.power_cycle()
        return True

    def device_ended(self) -> str:
        """What became of the embedded device, when it runs no more; "" while it does."""
        if self._device is None or self._device.alive:
            return ""
        return f" (the embedded device has ended; {self._device.log_tail()})"

    def waits(self) -> tuple[str, float, float] | None:
        """What the case on the open bench waits for (see `Peer.waits`); None without an open bench."""
        live = self._live
        return live.bench.peer.waits() if live is not None else None

    def abandon(self, reason: str) -> None:
        """Have whatever waits on the open bench end at once."""
        live = self._live
        if live is not None:
            live.bench.peer.abandon(reason)

    def close(self) -> None:
        """Close the open bench, its operator and its embedded device, if any."""
        for thing in (self._live, self._operator, self._device):
            if thing is not None:
                with contextlib.suppress(Exception):
                    thing.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._live = self._operator = self._device = self._key = self._folder = None


def _credentials(dut: Any) -> tuple[str, ...]:
    """What an embedded station is told at start: whom to trust, and by what to prove who it is."""
    from conformance.cases.tls import pki_of

    pki = pki_of(dut)
    told = ["--firmware-roots", str(pki.roots), "--file-roots", str(pki.roots)]
    if dut.security_profile in (1, 2):
        told += ["--password", dut.password.decode()]
    if dut.security_profile:
        # On profile 1, too: it could be raised.
        told += ["--ca", str(pki.roots)]
    if dut.security_profile == 3:
        shown = pki.station(dut.identity)
        told += ["--cert", str(shown.chain), "--key", str(shown.key)]
    return tuple(told)


def _secured(dut: Any) -> tuple[Any, tuple[str, ...]]:
    """The description of an embedded CSMS with whom our station trusts, and what the CSMS is told at start.

    It knows our station and the second one, each with a password of its own (security profiles 1 and 2).
    """
    from conformance.cases.tls import pki_of
    from conformance.link.pki import KeyKind

    told: list[str] = []
    if dut.features.get("ISO 15118 Support", False):
        told += ["--contract-roots", str(pki_of(dut).roots)]
    if not dut.security_profile:
        return dut, tuple(told)
    first, second = dut.identity, dut.address.second_identity
    passwords = {first: dut.password, second: dut.address.second_password or dut.password}
    for identity in filter(None, (first, second)):
        known = {3: ("--identity", identity)}
        told += known.get(dut.security_profile, ("--station", f"{identity}={(passwords[identity] or b'').decode()}"))
    to_tls = dut.security_profile == 1 and dut.address.raised_url
    if to_tls:
        told += ["--raised-listen", "127.0.0.1:0"]
    if dut.security_profile > 1 or to_tls:
        pki = pki_of(dut)
        dut = replace(dut, tls=replace(dut.tls, trust=pki.roots))
        # Both kinds of key, because both kinds of cipher suite have to be supported (A00.FR.318).
        for kind in (KeyKind.EC, KeyKind.RSA_2048):
            shown = pki.server("127.0.0.1", "localhost", keys=kind)
            told += ["--cert", str(shown.chain), "--key", str(shown.key)]
        if dut.security_profile == 2:
            told += ["--raised-ca", str(pki.roots), "--organization", pki.organization]
        if dut.security_profile == 3:
            told += ["--ca", str(pki.roots), "--organization", pki.organization]
    return dut, tuple(told)
