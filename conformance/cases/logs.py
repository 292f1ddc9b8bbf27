"""What stands in a log that a station has uploaded, packed or not."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib

MOST = 50_000_000
"""Bytes that are unpacked of one log."""


def log_texts(content: bytes) -> list[bytes]:
    """The texts of a log: the file itself, or what a gzip, zip or tar archive holds, one in another included.

    At most 50 MB are unpacked; what can't be unpacked counts as it is. Empty where nothing of it is text.
    """
    return [one for one in _unpacked(content, 3) if b"\0" not in one]


def _unpacked(content: bytes, depth: int) -> list[bytes]:
    try:
        parts = _parts(content) if depth else []
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError, NotImplementedError):
        parts = []
    return [text for part in parts for text in _unpacked(part, depth - 1)] if parts else [content]


def _parts(content: bytes) -> list[bytes]:
    file = io.BytesIO(content)
    if content.startswith(b"\x1f\x8b"):
        return [gzip.GzipFile(fileobj=file).read(MOST)]
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            return [archive.open(name).read(MOST) for name in archive.namelist()]
    file.seek(0)
    if content[257:262] == b"ustar":
        with tarfile.open(fileobj=file) as tape:
            opened = [tape.extractfile(one) for one in tape.getmembers() if one.isfile()]
            return [one.read(MOST) for one in opened if one is not None]
    return []
