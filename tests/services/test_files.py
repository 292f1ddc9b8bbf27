"""The file server that hostile URLs lead to: what it does with each script, and what it keeps of requests."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from conformance.services.files import CHUNK, Download, FileServer


@pytest.fixture
def files() -> Iterator[FileServer]:
    with FileServer("127.0.0.1") as server:
        yield server


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as response:
        return bytes(response.read())


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_content_comes_whole(files: FileServer, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    assert get(files.offer("file", content)) == content
    assert get(files.offer("twice", Download(content, repeat=2))) == content * 2


@pytest.mark.parametrize("unit", [3, CHUNK - 1, CHUNK + 1])
def test_repeated_content(files: FileServer, unit: int) -> None:
    content = bytes(number % 249 for number in range(unit))
    assert get(files.offer("many", Download(content, repeat=5))) == content * 5


def test_what_is_not_offered_is_not_there(files: FileServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(files.url("nothing"))
    assert caught.value.code == 404
    assert [one.path for one in files.asked_for("nothing")] == ["/nothing"]


def test_a_download_breaks_off(files: FileServer) -> None:
    url = files.offer("cut", Download(bytes(CHUNK), repeat=1 << 16, cut_at=100_000))
    connection = http.client.HTTPConnection("127.0.0.1", files.port, timeout=5)
    connection.request("GET", urlsplit(url).path)
    response = connection.getresponse()
    assert response.getheader("Content-Length") == str(CHUNK << 16)
    got = 0
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        while piece := response.read(CHUNK):
            got += len(piece)
        if got < CHUNK << 16:
            raise http.client.IncompleteRead(b"")
    assert got <= 100_000


def test_redirects(files: FileServer) -> None:
    files.offer("there", b"found")
    assert get(files.offer("here", Download(status=302, location="there"))) == b"found"
    with pytest.raises(urllib.error.HTTPError, match="infinite loop"):
        get(files.offer("round", Download(status=302, location="round")))


def test_a_slow_download_ends_with_the_server() -> None:
    with FileServer("127.0.0.1") as server:
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


def test_uploads_are_kept(files: FileServer) -> None:
    request = urllib.request.Request(files.url("log"), b"lines", {"X-Probe": "1"}, method="PUT")
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 201
    (upload,) = files.uploads
    assert (upload.method, upload.path, upload.content) == ("PUT", "/log", b"lines")
    assert upload.header("x-probe") == "1"
    assert upload.header("Authorization") is None


def test_uploads_are_answered_as_told(files: FileServer) -> None:
    files.answer_uploads(307, Location=files.url("elsewhere"))
    connection = http.client.HTTPConnection("127.0.0.1", files.port, timeout=5)
    connection.request("PUT", "/log", b"lines")
    response = connection.getresponse()
    assert (response.status, response.getheader("Location")) == (307, files.url("elsewhere"))


def test_urls(files: FileServer) -> None:
    assert files.url("a") == f"http://127.0.0.1:{files.port}/a"
    assert files.url(user="me", password="p:@/") == f"http://me:p%3A%40%2F@127.0.0.1:{files.port}/"
    assert FileServer("127.0.0.1", 80, shown="::1").url() == "http://[::1]:80/"


def test_an_address_that_is_taken(files: FileServer) -> None:
    with pytest.raises(OSError, match=f"no file server can listen on 127.0.0.1:{files.port}"):
        FileServer("127.0.0.1", files.port).start()
    assert get(files.offer("still", b"here")) == b"here"
