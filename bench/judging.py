"""How long it takes to judge one frame of an everyday mix: schema and every rule of the monitor."""

from __future__ import annotations

import statistics
import time
from typing import Any


def median_us(rounds: int = 400) -> float:
    """Median microseconds of `Monitor.observe` over the frames of a whole session (2.0.1), parsing left out."""
    from conformance.cases.live import monitor_factory
    from conformance.data import data_path
    from conformance.dut.reading import load_description
    from conformance.ocppj.schema import SchemaStore
    from conformance.ocppj.versions import version

    ocpp = version("2.0.1")
    dut = load_description(data_path("docs", "devices", "reference-station.toml"))
    factory = monitor_factory(dut, ocpp, SchemaStore())
    spent: list[float] = []
    clock = time.perf_counter
    for round_ in range(rounds):
        trace, entries = _session(round_)
        monitor = factory(trace, None)
        for entry in entries:
            began = clock()
            monitor.observe(entry)
            spent.append(clock() - began)
    return statistics.median(spent) * 1e6


def _session(round_: int) -> tuple[Any, list[Any]]:
    """The entries of one session: boot, statuses, heartbeats, a transaction with meter values, and every answer."""
    from conformance.ocppj import frames
    from conformance.ocppj.trace import Trace

    trace = Trace()
    now = trace.utc(0.0)
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    info = {"transactionId": f"transaction-{round_}"}
    token = {"idToken": "AABBCC01", "type": "ISO14443"}
    meter = {"value": 12345, "measurand": "Energy.Active.Import.Register", "context": "Sample.Periodic"}
    values = [{"timestamp": stamp, "sampledValue": [meter]}]
    place = {"id": 1, "connectorId": 1}
    accepted = {"idTokenInfo": {"status": "Accepted"}}

    def event(kind: str, reason: str, number: int, state: str, **more: Any) -> tuple[str, Any, Any]:
        fields = {"eventType": kind, "timestamp": stamp, "triggerReason": reason, "seqNo": number}
        info_now = {**info, "chargingState": state}
        return (
            "TransactionEvent",
            {**fields, "transactionInfo": info_now, **more},
            accepted if "idToken" in more else {},
        )

    status = {"timestamp": stamp, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    calls: list[tuple[str, Any, Any]] = [
        (
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": {"model": "B", "vendorName": "B"}},
            {"status": "Accepted", "currentTime": stamp, "interval": 300},
        ),
        ("StatusNotification", status, {}),
        ("StatusNotification", {**status, "evseId": 2}, {}),
        ("Heartbeat", {}, {"currentTime": stamp}),
        ("Authorize", {"idToken": token}, accepted),
        ("StatusNotification", {**status, "connectorStatus": "Occupied"}, {}),
        event("Started", "Authorized", 0, "Idle", idToken=token, evse=place),
        event("Updated", "CablePluggedIn", 1, "EVConnected"),
        event("Updated", "ChargingStateChanged", 2, "Charging", meterValue=values),
        *(event("Updated", "MeterValuePeriodic", number, "Charging", meterValue=values) for number in range(3, 9)),
        ("Heartbeat", {}, {"currentTime": stamp}),
        event("Updated", "StopAuthorized", 9, "EVConnected", idToken=token),
        event("Ended", "EVCommunicationLost", 10, "Idle", meterValue=values),
        ("StatusNotification", status, {}),
    ]
    for number, (action, payload, answer) in enumerate(calls):
        call = frames.parse(frames.call(f"{round_}-{number}", action, payload).text)
        at = number * 0.01
        asked = trace.add("frame", at, sender="CS", connection=1, frame=call)
        reply = frames.parse(frames.result(call.id, answer).text)
        reply.action, reply.request = action, call
        trace.add("frame", at, sender="CSMS", connection=1, frame=reply, answers=asked.index)
    return trace, list(trace.entries)
