"""What a station uploaded, kept beside the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.ocppj.trace import Trace
from conformance.peers.files import Transfer
from conformance.report.convert import frame_record
from conformance.report.uploads import harmless, keep_uploads


def trace_of(*transfers: Transfer) -> Trace:
    trace = Trace()
    for one in transfers:
        trace.add("transfer", 1.0, sender="CS", data=one.to_data(0))
    trace.add("note", 2.0, data={"content": "no file"})
    return trace


def test_each_upload_is_a_file(tmp_path: Path) -> None:
    trace = trace_of(
        Transfer("GET", "/firmware"),
        Transfer("PUT", "/logs/a.log", content=b"one"),
        Transfer("POST", "/logs", content=b"two", given_name="../../b c.log"),
        Transfer("STOR", "/logs/a.log", content=b"th", complete=False),
        Transfer("PUT", "/empty", content=b""),
    )
    kept = keep_uploads(trace.entries, tmp_path, "TC_1-1.6")
    assert kept == [
        "uploads/TC_1-1.6/1-a.log",
        "uploads/TC_1-1.6/2-b_c.log",
        "uploads/TC_1-1.6/3-a.log.part",
    ]
    assert [(tmp_path / path).read_bytes() for path in kept] == [b"one", b"two", b"th"]


def test_an_earlier_run_leaves_nothing(tmp_path: Path) -> None:
    keep_uploads(trace_of(Transfer("PUT", "/a", content=b"1")).entries, tmp_path, "TC_1-1.6")
    assert keep_uploads(trace_of().entries, tmp_path, "TC_1-1.6") == []
    assert not list(tmp_path.rglob("*-a"))


def test_harmless_names() -> None:
    assert harmless("../etc/passwd") == "_etc_passwd"
    assert harmless("...") == "unnamed"
    assert harmless("\x00\u202elog" + "x" * 500).startswith("_log")
    assert len(harmless("x" * 500)) == 100


def test_a_transfer_in_words() -> None:
    def said(**fields: Any) -> str:
        return frame_record(trace_of(Transfer(**fields)).entries[0]).text

    assert said(method="RETR", path="/fw", start=500) == "RETR /fw from byte 500 on"
    assert said(method="PUT", path="/log", content=b"abc", complete=False) == "PUT /log 3 bytes (not complete)"


def test_secrets_go_out_of_text_and_of_text_in_gzip(tmp_path: Path) -> None:
    import gzip

    log = b"token AABBCC01 presented\n"
    entries = trace_of(
        Transfer("PUT", "/logs", content=log, given_name="a.log"),
        Transfer("PUT", "/logs", content=gzip.compress(log), given_name="b.gz"),
        Transfer("PUT", "/logs", content=b"\xff\x00AABBCC01", given_name="c.bin"),
        Transfer("PUT", "/logs", content=b"\x1f\x8bnot gzip AABBCC01", given_name="d.gz"),
        Transfer("PUT", "/logs", content=gzip.compress(b"harmless"), given_name="e.gz"),
    ).entries
    paths = keep_uploads(entries, tmp_path, "TC", lambda text: text.replace("AABBCC01", "«1»"))
    kept = [(tmp_path / path).read_bytes() for path in paths]
    cleaned = "token «1» presented\n".encode()
    assert kept[0] == cleaned and gzip.decompress(kept[1]) == cleaned
    assert kept[2:] == [b"\xff\x00AABBCC01", b"\x1f\x8bnot gzip AABBCC01", entries[4].data["content"]]
