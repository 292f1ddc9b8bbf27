"""A port that speaks TLS and plain HTTP at once: what the defect `plain-on-tls-port` of the reference CSMS needs."""

from __future__ import annotations

import asyncio
import contextlib

_TLS_HANDSHAKE = b"\x16"
"""The first byte of every TLS connection: a record of type handshake."""
_CHUNK = 1 << 16


async def two_faced(host: str, port: int, secure: int, plain: int) -> asyncio.Server:
    """Listen on `host` and `port`, and pass each connection on to the local port that speaks what its first byte says.

    Raises OSError when the address cannot be used.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(_CHUNK)
        inner = secure if first.startswith(_TLS_HANDSHAKE) else plain
        with contextlib.suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inner)
            inner_writer.write(first)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        writer.close()

    return await asyncio.start_server(connected, host, port)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass everything on until the end, and the end, too."""
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
    target.close()
