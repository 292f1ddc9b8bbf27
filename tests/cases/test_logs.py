"""Logs are read whether they are packed or not."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

from conformance import log_texts

TEXT = b"2026-01-01T00:00:00Z something happened\n"


def _zipped(*parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(parts):
            archive.writestr(f"{number}.log", part)
    return file.getvalue()


def _taped(part: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tape:
        member = tarfile.TarInfo("station.log")
        member.size = len(part)
        tape.addfile(member, io.BytesIO(part))
    return file.getvalue()


def test_plain_text() -> None:
    assert log_texts(TEXT) == [TEXT]


def test_archives_and_archives_in_them() -> None:
    assert log_texts(gzip.compress(TEXT)) == [TEXT]
    assert log_texts(_zipped(TEXT, b"second")) == [TEXT, b"second"]
    assert log_texts(gzip.compress(_taped(TEXT))) == [TEXT]
    assert log_texts(_zipped(gzip.compress(TEXT))) == [TEXT]


def test_what_is_no_text_is_left_out() -> None:
    assert log_texts(b"\x00\x01\x02") == []
    broken = gzip.compress(TEXT)[:12]
    assert log_texts(broken) == ([] if b"\0" in broken else [broken])
