"""Files in a recording: they come again without a server, and are dropped, emptied or renamed by mutants."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import Download, Inconclusive, check
from conformance.ocppj import frames
from conformance.ocppj.versions import version
from conformance.peers.files import Transfer
from conformance.proof.mutants import mutants_of
from conformance.proof.replay import Change
from tests.proof.conftest import SCHEMAS, Recorder, replay


class Shelf:
    """Serves nothing; the test says what came."""

    def __init__(self, came: Any) -> None:
        self.came = came
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: self.told.append((name, *args))

    def url(self, name: str = "", *, user: str = "", password: str = "") -> str:
        return f"http://lab.example/{name}"


class Lab:
    """The file service of a test."""

    def __init__(self) -> None:
        self.shelves: list[Shelf] = []

    def server(self, protocol: str, came: Any) -> Shelf:
        self.shelves.append(Shelf(came))
        return self.shelves[-1]

    def signed(self, content: bytes, certificate: str, *, forged: bool = False) -> dict[str, str]:
        return {"signingCertificate": certificate, "signature": "forged" if forged else "right"}


def brings(csms: Any) -> None:
    """A firmware goes, a log comes."""
    with csms.files("HTTP") as files:
        assert files.offer("fw", Download(b"firmware")).endswith("/fw")
        assert set(files.signed(b"firmware")) == {"signingCertificate", "signature"}
        csms.send("ClearCache")
        files.expect_download("fw", within=1.0)
        upload = files.expect_upload("a.log", into="logs", within=1.0)
        check(upload.content, "the log is not empty")
        check([one.at for one in files.transfers] == sorted(one.at for one in files.transfers), "times in order")


@pytest.fixture
def lab(recorder: Recorder) -> Lab:
    """In the recorder's fake CSMS; its scripted station fetches and brings when the cache is cleared."""
    lab, peer, device = Lab(), recorder.lab.peer, recorder.lab.device
    peer.file_service = lab

    def react(frame: frames.Frame) -> dict[str, str]:
        came = lab.shelves[-1].came
        device.after(0.1, lambda: came(Transfer("GET", "/fw")))
        device.after(0.2, lambda: came(Transfer("PUT", "/logs/a.log", content=b"lines")))
        return {"status": "Accepted"}

    device.reactions["ClearCache"] = react
    return lab


def test_a_case_with_files_is_played_again_without_a_server(recorder: Recorder, lab: Lab) -> None:
    recording = recorder.record(brings)
    assert [one[0] for one in lab.shelves[0].told] == ["start", "offer", "stop"]
    result, played = replay(recording, brings)
    assert (result.verdict, played.diverged) == ("PASS", "")
    kinds = [one.kind for one in result.trace.entries]
    assert kinds.count("transfer") == 2


def test_a_case_notices_what_did_not_come(recorder: Recorder, lab: Lab) -> None:
    recording = recorder.record(brings)
    found = [one for one in mutants_of(recording, version("2.0.1"), SCHEMAS) if one.message.startswith("file")]
    assert [(one.message, one.kind, one.field) for one in found] == [
        ("file GET", "drop", ""),
        ("file PUT", "drop", ""),
        ("file PUT", "set", "/name"),
        ("file PUT", "set", "/content"),
    ]
    assert [replay(recording, brings, one.change)[0].verdict for one in found] == ["FAIL"] * 4


def test_an_upload_that_broke_off_is_no_mutant(recorder: Recorder, lab: Lab) -> None:
    def again(csms: Any) -> None:
        brings(csms)
        csms.transferred(Transfer("PUT", "/logs/a.log", content=b"l", complete=False).to_data(0))

    recording = recorder.record(again)
    found = [one for one in mutants_of(recording, version("2.0.1"), SCHEMAS) if one.message.startswith("file")]
    assert len(found) == 4


def test_what_is_missed_is_told(recorder: Recorder, lab: Lab) -> None:
    recording = recorder.record(brings)
    upload = next(one for one in recording.trace.entries if one.data.get("method") == "PUT")
    other = {**upload.data, "path": "/elsewhere/b.log"}
    result, _ = replay(recording, brings, Change(upload.index, other))
    finding = result.findings[0]
    assert finding.expected == 'the station uploads a file named "a.log" by HTTP within 1 s'
    assert finding.actual == "GET /fw; PUT /elsewhere/b.log 5 bytes"


def test_two_servers_keep_apart_what_came(recorder: Recorder, lab: Lab) -> None:
    csms = recorder.lab.peer
    with csms.files("HTTP") as first, csms.files("FTP") as second:
        lab.shelves[1].came(Transfer("STOR", "/x", content=b"1"))
        lab.shelves[0].came(Transfer("GET", "/y"))
        assert [one.path for one in first.transfers] == ["/y"]
        assert [one.name for one in second.uploads] == ["x"]
        assert first.asked_for("y") and not first.uploads
    assert csms.servers == []
    lab.shelves[0].came(Transfer("GET", "/late"))
    assert [one.path for one in first.transfers] == ["/y"]


def test_a_name_that_is_none(recorder: Recorder, lab: Lab) -> None:
    """By HTTP a file may go to the folder itself: it has no name then, unless one is told beside."""
    csms = recorder.lab.peer
    with csms.files() as files:
        lab.shelves[0].came(Transfer("PUT", "/logs", content=b"1"))
        assert files.expect_upload("a.log", into="logs", within=0.1).path == "/logs"
        lab.shelves[0].came(Transfer("POST", "/logs", content=b"1", given_name="b.log"))
        assert files.expect_upload("b.log", into="logs", within=0.1).name == "b.log"


def test_nobody_serves_files(recorder: Recorder) -> None:
    with pytest.raises(Inconclusive, match="nobody serves files"):
        recorder.lab.peer.files()


def test_an_address_that_is_taken(recorder: Recorder, lab: Lab) -> None:
    def server(protocol: str, came: Any) -> Any:
        shelf = Shelf(came)
        shelf.__dict__["start"] = lambda: (_ for _ in ()).throw(OSError("in use"))
        return shelf

    lab.server = server  # type: ignore[method-assign]
    csms = recorder.lab.peer
    with pytest.raises(Inconclusive, match="no HTTP server for files: in use"), csms.files("HTTP"):
        pass
    assert csms.servers == []
