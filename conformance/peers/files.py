"""Files that a station under test fetches and brings: what a case sees of the servers behind them.

Each transfer is an entry of the trace, so that a recording of a case can be played again without a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from conformance.peers.outcome import Inconclusive
from conformance.peers.payload import PRESENT, matches, shown

if TYPE_CHECKING:
    from conformance.ocppj.trace import Entry
    from conformance.peers.peer import Peer

SCHEMES = {"HTTP": "http", "HTTPS": "https", "FTP": "ftp", "FTPS": "ftps", "OCSP": "http"}
"""Protocols by the names of 1.6 errata 3.88 (SupportedFileTransferProtocols), and OCSP: the schemes of their URLs."""
UPLOADS = frozenset({"PUT", "POST", "STOR", "APPE", "STOU"})


@dataclass(frozen=True, slots=True)
class Download:
    """What one who fetches a path gets.

    `content` is sent `repeat` times over, so that a gigabyte costs nothing. `cut_at` is the number of bytes of the file
    after which the transfer is broken off, the first `cuts` times (0: every time). `pause`: seconds that pass before
    each 64 KiB. HTTP alone: `status`, and `location` with one that redirects, a URL or the name of another path of this
    server; `headers`. By FTP, what has a status of 400 or more is not there.
    """

    content: bytes = b""
    status: int = 200
    location: str = ""
    repeat: int = 1
    pause: float = 0.0
    cut_at: int | None = None
    cuts: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        return len(self.content) * self.repeat

    def piece(self, start: int, length: int) -> bytes:
        """At most `length` bytes from byte `start` on."""
        length = min(length, self.size - start)
        if length <= 0:
            return b""
        first = start % len(self.content)
        return (self.content * ((first + length - 1) // len(self.content) + 1))[first : first + length]


@dataclass(frozen=True, slots=True)
class Transfer:
    """One request that came, by its `method` of HTTP or command of FTP.

    `headers` in the order of the wire; `content` what an upload brought, all of the file where it was resumed at byte
    `start`; `complete`: whether it came to its end. `given_name` is a file's name that HTTP told beside the path. `at`
    is the time at which it was noted, in seconds of the run.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    start: int = 0
    complete: bool = True
    given_name: str = ""
    at: float = 0.0

    @property
    def is_upload(self) -> bool:
        """Whether a file was brought."""
        return self.method in UPLOADS

    @property
    def name(self) -> str:
        """The file's name: the one that was told, else the last part of the path; "" for a folder."""
        return self.given_name or self.path.rpartition("/")[2]

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name; None if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def to_data(self, server: int) -> dict[str, Any]:
        """The data of its entry in the trace; `server` counts the case's servers."""
        return {
            "server": server,
            "method": self.method,
            "path": self.path,
            "headers": [list(one) for one in self.headers],
            "content": self.content,
            "start": self.start,
            "complete": self.complete,
            "given_name": self.given_name,
        }

    @classmethod
    def of(cls, entry: Entry) -> Transfer:
        """The transfer that an entry of the trace notes."""
        data = {name: value for name, value in entry.data.items() if name != "server"}
        return cls(**{**data, "headers": tuple((key, value) for key, value in data["headers"])}, at=entry.at)


class Server(Protocol):
    """A server of files, as `Files` uses it; `conformance.services` has them."""

    def start(self) -> None:
        """Listen. OSError when the address can't be used."""

    def stop(self) -> None:
        """Stop; transfers under way are cut."""

    def offer(self, name: str, download: Download) -> None:
        """Have requests of a path answered like that from now on."""

    def answer_uploads(self, status: int, **headers: str) -> None:
        """Answer every further upload by this status of HTTP; FTP refuses from 400 on."""

    def cut_uploads(self, at: int, times: int = 1) -> None:
        """Break further uploads off when that many bytes of the file have come, the first `times` times."""

    def hold(self, held: bool) -> None:
        """Have every transfer stand still from now on, or go on."""

    def url(self, name: str = "", *, user: str = "", password: str = "") -> str:
        """The URL of a path, with credentials in it if they are given."""
        raise NotImplementedError


class FileService(Protocol):
    """Makes servers and signatures; a replay has one that only pretends."""

    def server(self, protocol: str, came: Callable[[Transfer], None]) -> Server:
        """A server at the tester's own address that tells `came` of each transfer, on a thread of its own.

        Raises Inconclusive where this lab has none.
        """
        raise NotImplementedError

    def signed(self, content: bytes, certificate: str, *, forged: bool = False) -> dict[str, str]:
        """See `Files.signed`."""
        raise NotImplementedError


class Files:
    """One server of files for the device, from the beginning to the end of a `with` statement."""

    def __init__(self, peer: Peer, service: FileService, protocol: str) -> None:
        self.protocol = protocol
        self._peer = peer
        self._service = service
        self._came: list[Transfer] = []
        self._taken: set[int] = set()
        self._number = -1
        self._server = service.server(protocol, lambda one: peer.transferred(one.to_data(self._number)))

    def __enter__(self) -> Self:
        self._number = len(self._peer.servers)
        self._peer.servers.append(self)
        try:
            self._server.start()
        except OSError as error:
            self._peer.servers.remove(self)
            raise Inconclusive(f"no {self.protocol} server for files: {error}") from None
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.stop()
        self._peer.servers.remove(self)

    # -- what it does ----------------------------------------------------------------------------------------------

    def offer(self, name: str, download: Download | bytes) -> str:
        """Have requests of a path answered like that from now on; its URL. What is not offered is not there."""
        self._server.offer(name, download if isinstance(download, Download) else Download(download))
        return self.url(name)

    def answer_uploads(self, status: int, **headers: str) -> None:
        """Answer every further upload by this status of HTTP (with these headers); FTP refuses from 400 on."""
        self._server.answer_uploads(status, **headers)

    def cut_uploads(self, at: int, times: int = 1) -> None:
        """Break further uploads off when that many bytes of the file have come, the first `times` times."""
        self._server.cut_uploads(at, times)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, no transfer comes to its end."""
        self._server.hold(True)
        try:
            yield
        finally:
            self._server.hold(False)

    def url(self, name: str = "", *, user: str = "", password: str = "") -> str:
        """The URL of a path, or of a folder to bring files to; with credentials in it if they are given."""
        return self._server.url(name, user=user, password=password)

    def signed(self, content: bytes, certificate: str = "valid", *, forged: bool = False) -> dict[str, str]:
        """The fields `signingCertificate` (PEM) and `signature` (base64) of a firmware file.

        With "valid", what the description gives for its own firmware, else those of a manufacturer whom the run makes
        up; `certificate` may be wrong as a `conformance.link.pki.Variant` is: "expired", "foreign-ca"... A `forged`
        signature has one bit changed.
        """
        return self._service.signed(content, certificate, forged=forged)

    # -- what came -------------------------------------------------------------------------------------------------

    def took(self, transfer: Transfer) -> None:
        """The fake CSMS's own: a transfer of this server was noted."""
        self._came.append(transfer)

    @property
    def transfers(self) -> list[Transfer]:
        """Every request so far, in order."""
        return list(self._came)

    @property
    def uploads(self) -> list[Transfer]:
        """Every upload so far, in order, complete or not."""
        return [one for one in self._came if one.is_upload]

    def asked_for(self, name: str) -> list[Transfer]:
        """Every request of one path so far, in order."""
        return [one for one in self._came if one.path == f"/{name}"]

    def wait_for(self, name: str, *, within: float) -> bool:
        """Wait until a path has been asked for, at most `within` seconds; whether it has."""
        return self._peer.wait(lambda: bool(self.asked_for(name)), within=within)

    def expect_download(self, name: str, *, within: float | None = None, requirement: str = "") -> Transfer:
        """Wait until the station asks for a file, and take that request; what does not come fails the case.

        Deadline: `within` seconds, or `timeouts.transfer`.
        """
        return self._expect(
            f"the station fetches {name}", lambda one: not one.is_upload and one.path == f"/{name}", within, requirement
        )

    def expect_upload(
        self, name: Any = PRESENT, *, into: str = "", within: float | None = None, requirement: str = ""
    ) -> Transfer:
        """Wait until a file has been brought whole into a folder, and take it; what does not come fails the case.

        It has that name, if it has one: by HTTP, some stations send a file to the folder itself. Deadline: `within`
        seconds, or `timeouts.transfer`.
        """

        def wanted(one: Transfer) -> bool:
            place = one.path.strip("/")
            named = one.given_name if place == into else one.name
            inside = place == into or place.rpartition("/")[0] == into
            return one.is_upload and one.complete and inside and (not named or matches(named, name))

        what = "a file" if name is PRESENT else f"a file named {shown(name)}"
        return self._expect(f"the station uploads {what}", wanted, within, requirement)

    def _expect(
        self, what: str, wanted: Callable[[Transfer], bool], within: float | None, requirement: str
    ) -> Transfer:
        seconds = self._peer.lab.dut.timeouts.transfer if within is None else within
        found: list[int] = []

        def ready() -> bool:
            found[:] = [i for i, one in enumerate(self._came) if i not in self._taken and wanted(one)][:1]
            return bool(found)

        if not self._peer.wait(ready, within=seconds):
            came = "; ".join(described(one) for one in self._came[-3:])
            raise self._peer.failure(
                f"{what} by {self.protocol} within {seconds:g} s",
                came or "nothing was asked for",
                requirement=requirement,
            )
        self._taken.add(found[0])
        return self._came[found[0]]


def described(transfer: Transfer) -> str:
    """A transfer in one line."""
    words = [transfer.method, transfer.path]
    if transfer.given_name:
        words.append(f"({transfer.given_name})")
    if transfer.is_upload:
        words.append(f"{len(transfer.content)} bytes")
    if transfer.start:
        words.append(f"from byte {transfer.start} on")
    if not transfer.complete:
        words.append("(broken off)")
    return " ".join(words)
