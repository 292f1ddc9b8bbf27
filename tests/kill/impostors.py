"""Devices that do nothing right: nobody may take them for a charging station or a CSMS."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.server import serve

Reaction = Callable[[str], str | None]


def mute(message: str) -> str | None:
    """Never answers."""
    return None


def echo(message: str) -> str | None:
    """Sends back what it gets."""
    return message


def yes_man(message: str) -> str | None:
    """Answers every CALL with an empty payload."""
    frame = json.loads(message)
    return json.dumps([3, frame[1], {}]) if frame[0] == 2 else None


REACTIONS: dict[str, Reaction] = {"mute": mute, "echo": echo, "yes-man": yes_man}


class Nobody:
    """An operator that has every verb and never touches anything."""

    def __init__(self, verbs: frozenset[str]) -> None:
        self.verbs = verbs

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


@contextlib.contextmanager
def csms(reaction: Reaction, subprotocol: str) -> Iterator[str]:
    """A CSMS that reacts so; yields its URL."""

    def handle(connection: Any) -> None:
        with contextlib.suppress(WebSocketException):
            for message in connection:
                answer = reaction(message)
                if answer is not None:
                    connection.send(answer)

    server = serve(handle, "127.0.0.1", 0, subprotocols=[subprotocol])  # type: ignore[list-item]  # a NewType of str
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ocpp"
    finally:
        server.shutdown()
        thread.join(5)


@contextlib.contextmanager
def station(reaction: Reaction, subprotocol: str, url: str) -> Iterator[None]:
    """A charging station that connects, and comes back when it is cut off, and reacts so."""
    over = threading.Event()

    def live() -> None:
        while not over.is_set():
            with (
                contextlib.suppress(OSError, WebSocketException),
                connect(url, subprotocols=[subprotocol], open_timeout=2) as connection,  # type: ignore[list-item]
            ):
                _serve(connection, reaction, over)
            over.wait(0.05)

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


def _serve(connection: Any, reaction: Reaction, over: threading.Event) -> None:
    while not over.is_set():
        try:
            message = connection.recv(0.1)
        except TimeoutError:
            continue
        answer = reaction(message)
        if answer is not None:
            connection.send(answer)
