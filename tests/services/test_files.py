"""The HTTP server of files: what it does with each script, and what it keeps of requests."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.link.pki import TestPki
from conformance.link.tls import server_context
from conformance.services.files import CHUNK, Download, Transfer
from conformance.services.http import HttpServer


@pytest.fixture
def files() -> Iterator[HttpServer]:
    with HttpServer("127.0.0.1") as server:
        yield server


def get(url: str, start: int = 0, context: ssl.SSLContext | None = None) -> bytes:
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with urllib.request.urlopen(request, timeout=5, context=context) as response:
        assert response.status == (206 if start else 200)
        return bytes(response.read())


def put(url: str, content: bytes, **headers: str) -> int:
    request = urllib.request.Request(url, content, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=5) as response:
        return int(response.status)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_content_comes_whole(files: HttpServer, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    assert get(files.offer("file", content)) == content
    assert get(files.offer("twice", Download(content, repeat=2))) == content * 2


@pytest.mark.parametrize("unit", [3, CHUNK - 1, CHUNK + 1])
def test_repeated_content(files: HttpServer, unit: int) -> None:
    content = bytes(number % 249 for number in range(unit))
    assert get(files.offer("many", Download(content, repeat=5))) == content * 5


@pytest.mark.parametrize("start", [1, 2, 3, 7, 10])
def test_a_piece_of_repeated_content(start: int) -> None:
    download = Download(b"abc", repeat=4)
    for length in range(12):
        assert download.piece(start, length) == (b"abc" * 4)[start : start + length]
    assert Download().piece(0, 5) == b""


def test_what_is_not_offered_is_not_there(files: HttpServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(files.url("nothing"))
    assert caught.value.code == 404
    assert [one.path for one in files.asked_for("nothing")] == ["/nothing"]


def broken_off(files: HttpServer, url: str) -> int:
    """Bytes that come of a download before it breaks off."""
    connection = http.client.HTTPConnection("127.0.0.1", files.port, timeout=5)
    connection.request("GET", urlsplit(url).path)
    response = connection.getresponse()
    got = 0
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        while piece := response.read(1024):
            got += len(piece)
        if got < int(response.getheader("Content-Length", "0")):
            raise http.client.IncompleteRead(b"")
    return got


def test_a_download_breaks_off(files: HttpServer) -> None:
    url = files.offer("cut", Download(bytes(CHUNK), repeat=1 << 16, cut_at=100_000))
    assert broken_off(files, url) <= 100_000


def test_a_download_that_broke_off_is_resumed(files: HttpServer) -> None:
    content = bytes(number % 251 for number in range(5000))
    url = files.offer("cut", Download(content, cut_at=3000, cuts=1))
    assert broken_off(files, url) <= 3000
    assert get(url, 3000) == content[3000:]
    assert [one.start for one in files.transfers] == [0, 3000]
    assert get(url, 0) == content


def test_redirects(files: HttpServer) -> None:
    files.offer("there", b"found")
    assert get(files.offer("here", Download(status=302, location="there"))) == b"found"
    with pytest.raises(urllib.error.HTTPError, match="infinite loop"):
        get(files.offer("round", Download(status=302, location="round")))


def test_a_slow_download_ends_with_the_server() -> None:
    with HttpServer("127.0.0.1") as server:
        url = server.offer("slow", Download(bytes(CHUNK), repeat=1000, pause=0.05))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", urlsplit(url).path)
        response = connection.getresponse()
        assert server.wait_for("slow", within=5)
        assert response.read(CHUNK)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()


def test_uploads_are_kept_and_told() -> None:
    told: list[Transfer] = []
    with HttpServer("127.0.0.1", came=told.append) as files:
        assert put(files.url("logs/x.log"), b"lines", **{"X-Probe": "1"}) == 201
    (upload,) = files.uploads
    assert (upload.method, upload.path, upload.content, upload.complete) == ("PUT", "/logs/x.log", b"lines", True)
    assert upload.name == "x.log"
    assert upload.header("x-probe") == "1"
    assert upload.header("Authorization") is None
    assert told == [upload]


def test_names_that_are_told_beside_the_path(files: HttpServer) -> None:
    put(files.url("logs"), b"lines", **{"Content-Disposition": 'attachment; filename="a.log"'})
    content = bytes(range(256)) * 3
    form = b'--B\r\nContent-Disposition: form-data; name="f"; filename="b.log"\r\n\r\n' + content + b"\r\n--B--\r\n"
    put(files.url("logs"), form, **{"Content-Type": "multipart/form-data; boundary=B"})
    assert [one.name for one in files.uploads] == ["a.log", "b.log"]
    assert files.uploads[1].content == content


def test_uploads_are_answered_as_told(files: HttpServer) -> None:
    files.answer_uploads(307, Location=files.url("elsewhere"))
    connection = http.client.HTTPConnection("127.0.0.1", files.port, timeout=5)
    connection.request("PUT", "/log", b"lines")
    response = connection.getresponse()
    assert (response.status, response.getheader("Location")) == (307, files.url("elsewhere"))
    assert not files.uploads[0].complete


def test_an_upload_breaks_off(files: HttpServer) -> None:
    files.cut_uploads(1000)
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        put(files.url("log"), bytes(5000))
    assert put(files.url("log"), bytes(5000)) == 201
    assert [(len(one.content), one.complete) for one in files.uploads] == [(1000, False), (5000, True)]


def test_transfers_stand_still(files: HttpServer) -> None:
    url = files.offer("file", b"firmware")
    files.hold(True)
    with ThreadPoolExecutor(2) as pool:
        down, up = pool.submit(get, url), pool.submit(put, files.url("log"), b"lines")
        assert files.wait_for("file", within=5)
        time.sleep(0.2)
        assert not down.done() and not up.done() and not files.uploads
        files.hold(False)
        assert down.result(5) == b"firmware"
        assert up.result(5) == 201
    assert [one.content for one in files.uploads] == [b"lines"]


def test_urls(files: HttpServer) -> None:
    assert files.url("a") == f"http://127.0.0.1:{files.port}/a"
    assert files.url(user="me", password="p:@/") == f"http://me:p%3A%40%2F@127.0.0.1:{files.port}/"
    assert HttpServer("127.0.0.1", 80, shown="::1").url() == "http://[::1]:80/"


def test_https(tmp_path: Path) -> None:
    pki = TestPki(tmp_path)
    with HttpServer("127.0.0.1", tls=server_context(pki.server("127.0.0.1"))) as files:
        url = files.offer("file", b"safe")
        assert url.startswith("https:")
        assert get(url, context=ssl.create_default_context(cafile=pki.roots)) == b"safe"
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            get(url)


def test_an_address_that_is_taken(files: HttpServer) -> None:
    with pytest.raises(OSError, match=f"no file server can listen on 127.0.0.1:{files.port}"):
        HttpServer("127.0.0.1", files.port).start()
    assert get(files.offer("still", b"here")) == b"here"
