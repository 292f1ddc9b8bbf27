"""The lab's servers of files for a station under test, as its description wants them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from conformance.peers.files import Transfer
from conformance.services.files import FileServer


def own_address(url: str) -> str:
    """The address by which the host of a URL sees us; that of this machine for itself where there is no way there."""
    host = urlsplit(url).hostname or "127.0.0.1"
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as way:
            way.connect(place)  # sends nothing
            return str(way.getsockname()[0])
    except OSError:
        return "127.0.0.1"


class LabFiles:
    """Makes the servers on the tester's own address; `conformance.peers.files.FileService`.

    `known_as` tells the host name or address by which the station reaches us. HTTPS and FTPS show the certificate of
    the description, or one of the run's own authority (`roots.pem` of the test PKI).
    """

    def __init__(self, dut: Any, known_as: Callable[[], str]) -> None:
        self._dut = dut
        self._known_as = known_as

    def server(self, protocol: str, came: Callable[[Transfer], None]) -> FileServer:
        """A server that tells `came` of each transfer; any free port."""
        from conformance.cases.tls import pki_of
        from conformance.link.tls import server_context
        from conformance.services.ftp import FtpServer
        from conformance.services.http import HttpServer
        from conformance.services.ocsp import OcspServer

        host, shown = self._dut.address.listen[0], self._known_as()
        if protocol == "HTTP":
            return HttpServer(host, shown=shown, came=came)
        if protocol == "OCSP":
            return OcspServer(host, pki_of(self._dut), shown=shown, came=came)
        if protocol == "FTP":
            return FtpServer(host, shown=shown, came=came)
        ours = self._credentials(shown)
        if protocol == "HTTPS":
            return HttpServer(host, shown=shown, came=came, tls=server_context(ours))
        return FtpServer(host, shown=shown, came=came, certificate=ours.chain, key=ours.key)

    def _credentials(self, shown: str) -> Any:
        from conformance.cases.tls import pki_of
        from conformance.link.tls import Credentials

        tls = self._dut.tls
        if tls.certificate is not None and tls.key is not None:
            return Credentials(tls.certificate, tls.key)
        names = dict.fromkeys((*tls.names, shown, self._dut.address.listen[0], "localhost"))
        return pki_of(self._dut).server(*names)

    def signed(self, content: bytes, certificate: str, *, forged: bool = False) -> dict[str, str]:
        """See `conformance.services.firmware.signed`."""
        from conformance.services.firmware import signed

        return signed(self._dut, content, certificate, forged=forged)
