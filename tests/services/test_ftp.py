"""The FTP and FTPS servers of files, with the client of the standard library."""

from __future__ import annotations

import ftplib
import io
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from conformance.link.pki import TestPki
from conformance.services.files import CHUNK, Download, Transfer
from conformance.services.ftp import FtpServer

CONTENT = bytes(number % 251 for number in range(3 * CHUNK + 7))


@pytest.fixture
def files() -> Iterator[FtpServer]:
    with FtpServer("127.0.0.1") as server:
        yield server


@contextmanager
def session(files: FtpServer, *, passive: bool = True) -> Iterator[ftplib.FTP]:
    # No QUIT at the end: the reply to a transfer that broke off may still be on its way.
    with closing(ftplib.FTP(timeout=5)) as ftp:
        ftp.connect("127.0.0.1", files.port)
        ftp.login("somebody", "secret")
        ftp.set_pasv(passive)
        ftp.voidcmd("TYPE I")
        yield ftp


def get(ftp: ftplib.FTP, name: str, rest: int | None = None) -> bytes:
    got = io.BytesIO()
    ftp.retrbinary(f"RETR {name}", got.write, rest=rest)
    return got.getvalue()


def came(files: FtpServer, count: int) -> list[Transfer]:
    """The uploads, when there are so many: the last one is noted after its reply has left."""
    until = time.monotonic() + 5
    while len(files.uploads) < count and time.monotonic() < until:
        time.sleep(0.01)
    return files.uploads


@pytest.mark.parametrize("passive", [True, False])
def test_down_and_up(files: FtpServer, passive: bool) -> None:
    assert files.offer("some/file", CONTENT) == f"ftp://127.0.0.1:{files.port}/some/file"
    with session(files, passive=passive) as ftp:
        assert ftp.size("some/file") == len(CONTENT)
        assert get(ftp, "some/file") == CONTENT
        ftp.cwd("some")
        assert get(ftp, "file") == CONTENT
        ftp.storbinary("STOR log.txt", io.BytesIO(CONTENT))
    (upload,) = came(files, 1)
    assert (upload.method, upload.path, upload.name) == ("STOR", "/some/log.txt", "log.txt")
    assert upload.content == CONTENT
    assert upload.complete
    assert [one.path for one in files.asked_for("some/file")] == ["/some/file", "/some/file"]


def test_folders_are_there(files: FtpServer) -> None:
    with session(files) as ftp:
        ftp.mkd("logs")
        ftp.cwd("/logs/of/today")
        assert ftp.pwd() == "/logs/of/today"
        assert ftp.nlst() == []
        listed: list[str] = []
        ftp.retrlines("LIST", listed.append)


def test_what_is_not_offered_is_not_there(files: FtpServer) -> None:
    files.offer("hidden", Download(CONTENT, status=404))
    with session(files) as ftp:
        for name in ("nothing", "hidden"):
            with pytest.raises(ftplib.error_perm, match="550"):
                get(ftp, name)
    assert [one.path for one in files.transfers] == ["/nothing", "/hidden"]


def test_a_download_breaks_off_and_is_resumed(files: FtpServer) -> None:
    files.offer("file", Download(CONTENT, cut_at=100_000, cuts=1))
    got = io.BytesIO()
    with session(files) as ftp:
        with pytest.raises(ftplib.error_temp, match="426"):
            ftp.retrbinary("RETR file", got.write)
        assert got.getvalue() == CONTENT[:100_000]
        assert get(ftp, "file", rest=100_000) == CONTENT[100_000:]
    assert [one.start for one in files.transfers] == [0, 100_000]


@pytest.mark.parametrize("how", ["REST", "APPE"])
def test_an_upload_breaks_off_and_is_resumed(files: FtpServer, how: str) -> None:
    files.cut_uploads(100_000)
    with session(files) as ftp, pytest.raises((ftplib.error_temp, OSError)):
        ftp.storbinary("STOR log", io.BytesIO(CONTENT))
    with session(files) as ftp:
        there = ftp.size("log")
        assert there == 100_000
        rest = io.BytesIO(CONTENT[there:])
        if how == "REST":
            ftp.storbinary("STOR log", rest, rest=there)
        else:
            ftp.storbinary("APPE log", rest)
    first, second = came(files, 2)
    assert (first.content, first.complete) == (CONTENT[:100_000], False)
    assert (second.content, second.complete, second.start) == (CONTENT, True, 100_000)


def test_an_upload_is_refused(files: FtpServer) -> None:
    files.answer_uploads(403)
    with session(files) as ftp, pytest.raises(ftplib.error_perm, match="550"):
        ftp.storbinary("STOR log", io.BytesIO(CONTENT))
    assert [one.complete for one in files.uploads] == [False]


def test_transfers_stand_still(files: FtpServer) -> None:
    files.offer("file", CONTENT)
    files.hold(True)

    def down() -> bytes:
        with session(files) as ftp:
            return get(ftp, "file")

    with ThreadPoolExecutor(1) as pool:
        got = pool.submit(down)
        assert files.wait_for("file", within=5)
        time.sleep(0.2)
        assert not got.done()
        files.hold(False)
        assert got.result(5) == CONTENT


def test_a_server_that_is_held_stops() -> None:
    with FtpServer("127.0.0.1") as files, session(files) as ftp:
        files.offer("file", CONTENT)
        files.hold(True)
        ftp.transfercmd("RETR file")
        assert files.wait_for("file", within=5)
        began = time.monotonic()
    assert time.monotonic() - began < 3


def test_ftps(tmp_path: Path) -> None:
    pki = TestPki(tmp_path)
    shown = pki.server("127.0.0.1")
    with FtpServer("127.0.0.1", certificate=shown.chain, key=shown.key) as files:
        url = files.offer("file", CONTENT)
        assert url.startswith("ftps:")
        with ftplib.FTP_TLS(context=ssl.create_default_context(cafile=pki.roots), timeout=5) as ftp:
            ftp.connect("127.0.0.1", files.port)
            ftp.login("somebody", "secret")
            ftp.prot_p()
            assert get(ftp, "file") == CONTENT
        with ftplib.FTP(timeout=5) as plain:
            plain.connect("127.0.0.1", files.port)
            with pytest.raises(ftplib.error_perm, match="550"):
                plain.login("somebody", "secret")


def test_the_server_ends_with_its_sessions(files: FtpServer) -> None:
    with session(files) as ftp:
        files.stop()
        with pytest.raises((EOFError, OSError)):
            ftp.pwd()


def test_an_address_that_is_taken(files: FtpServer) -> None:
    with pytest.raises(OSError, match=f"no file server can listen on 127.0.0.1:{files.port}"):
        FtpServer("127.0.0.1", files.port).start()
