"""Round trips per second of our fake CSMS against the PyPI `ocpp` package and a bare echo, in one run.

`python -m bench.roundtrip [--json] [--rounds N] [--seconds S]`. One connection, one CALL at a time, the same client for
all three servers, rounds interleaved; the figures are medians over the rounds. Nothing here fails by its time.
The requests are the same; an answer is what each server gives: the echo's is as long as the request.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

KINDS = ("ours", "ocpp", "echo")


class Client:
    """A WebSocket client on a bare socket, so that it costs little: masked with key 0, one frame a message."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(
            b"GET /ocpp/CS001 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(4096)
        if b" 101 " not in received.split(b"\r\n")[0]:
            raise RuntimeError(f"handshake refused: {received!r}")

    def trip(self, text: bytes) -> bytes:
        """Send one text message, return the next one that comes."""
        size = len(text)
        head = bytes((0x81, 0x80 | size)) if size < 126 else bytes((0x81, 0xFE)) + size.to_bytes(2, "big")
        self._socket.sendall(head + b"\0\0\0\0" + text)
        data = self._socket.recv(65536)
        while True:
            if len(data) >= 4:
                length, start = data[1] & 127, 2
                if length == 126:
                    length, start = int.from_bytes(data[2:4], "big"), 4
                if len(data) >= start + length:
                    return data[start : start + length]
            data += self._socket.recv(65536)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


def boot(client: Client) -> None:
    """Register, so that what follows is legal."""
    station = {"model": "Bench", "vendorName": "Bench"}
    payload = {"reason": "PowerUp", "chargingStation": station}
    client.trip(json.dumps([2, "boot", "BootNotification", payload]).encode())


def heartbeats() -> Callable[[int], bytes]:
    """Heartbeats with fresh message ids."""
    return lambda number: b'[2,"%036d","Heartbeat",{}]' % number


def transaction_events() -> Callable[[int], bytes]:
    """TransactionEvents of about 2 KB in one running transaction, seqNo and time going on."""
    samples = [
        {
            "value": 230.1 + phase,
            "measurand": measurand,
            "phase": f"L{phase}",
            "context": "Sample.Periodic",
            "location": "Outlet",
            "unitOfMeasure": {"unit": unit, "multiplier": 0},
        }
        for measurand, unit in (("Voltage", "V"), ("Current.Import", "A"), ("Power.Active.Import", "W"))
        for phase in (1, 2, 3)
    ]
    info = {"transactionId": "5f6a2b8e-7c1d-4a53-9f53-000000000001", "chargingState": "Charging"}
    start = datetime.now(UTC)

    def make(number: int) -> bytes:
        stamp = (start + timedelta(milliseconds=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event: dict[str, Any] = {
            "eventType": "Started" if number == 0 else "Updated",
            "timestamp": stamp,
            "triggerReason": "CablePluggedIn" if number == 0 else "MeterValuePeriodic",
            "seqNo": number,
            "transactionInfo": info,
            "meterValue": [{"timestamp": stamp, "sampledValue": samples}],
        }
        if number == 0:
            event["evse"] = {"id": 1, "connectorId": 1}
        return json.dumps([2, f"{number:036d}", "TransactionEvent", event], separators=(",", ":")).encode()

    return make


def rate(port: int, make: Callable[[int], bytes], seconds: float) -> float:
    """Round trips per second on a new connection."""
    client = Client(port)
    try:
        boot(client)
        batch = [make(number) for number in range(6000)]
        for text in batch[:200]:
            client.trip(text)
        done = 200
        began = time.perf_counter()
        ends = began + seconds
        now = began
        while now < ends and done < len(batch):
            for text in batch[done : done + 100]:
                client.trip(text)
            done += 100
            now = time.perf_counter()
        return (done - 200) / (now - began)
    finally:
        client.close()


def judging() -> float:
    """Median microseconds to judge one frame (schema and every rule) of an everyday mix of 2.0.1."""
    from bench.judging import median_us

    return median_us()


def measure(rounds: int, seconds: float) -> dict[str, Any]:
    """The whole benchmark: medians of interleaved rounds."""
    processes = {
        kind: subprocess.Popen(
            [sys.executable, "-m", "bench.servers", kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for kind in KINDS
    }
    try:
        ports = {kind: int(process.stdout.readline()) for kind, process in processes.items() if process.stdout}
        loads = {"heartbeat": heartbeats, "transaction_event": transaction_events}
        rates: dict[str, dict[str, list[float]]] = {load: {kind: [] for kind in KINDS} for load in loads}
        for number in range(rounds):
            # Nobody is always the first, or always behind the same one.
            first = number % len(KINDS)
            for load, make in loads.items():
                for kind in KINDS[first:] + KINDS[:first]:
                    rates[load][kind].append(rate(ports[kind], make(), seconds))
    finally:
        for process in processes.values():
            process.communicate()
    result: dict[str, Any] = {
        load: {kind: round(statistics.median(found)) for kind, found in by_kind.items()}
        for load, by_kind in rates.items()
    }
    for load, by_kind in rates.items():
        for other in ("ocpp", "echo"):
            pairs = zip(by_kind["ours"], by_kind[other], strict=True)
            result[load][f"ours_to_{other}"] = round(statistics.median(a / b for a, b in pairs), 2)
    result["judge_us"] = {"median": round(judging(), 2)}
    result["machine"] = {"cores": os.cpu_count(), "python": sys.version.split()[0]}
    return result


def main() -> None:
    """Print the figures, as a table or as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.roundtrip", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4, help="seconds per server, load and round")
    arguments = parser.parse_args()
    result = measure(arguments.rounds, arguments.seconds)
    if arguments.json:
        print(json.dumps(result))
        return
    for load in ("heartbeat", "transaction_event"):
        row = result[load]
        print(
            f"{load:18} ours {row['ours']:6}/s   ocpp {row['ocpp']:6}/s   echo {row['echo']:6}/s   "
            f"ours/ocpp {row['ours_to_ocpp']:5}   ours/echo {row['ours_to_echo']:5}"
        )
    print(f"judging one frame: median {result['judge_us']['median']} us")


if __name__ == "__main__":
    main()
