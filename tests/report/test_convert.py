from __future__ import annotations

from conformance.ocppj import frames
from conformance.ocppj.findings import Blame, Finding, Severity
from conformance.ocppj.trace import Trace
from conformance.report.convert import finding_record, frame_records, frames_by_step


def test_a_trace_becomes_frames_by_step() -> None:
    trace = Trace()
    trace.add("open", 0.1, sender="CS", data={"identity": "CS001", "subprotocol": "ocpp2.0.1"})
    trace.add("note", 0.15, data={"stage": "body"})
    trace.add("step", 0.2, data={"number": 1, "text": "Plug in", "expect": "Occupied"})
    trace.add("act", 0.3, data={"kind": "operator", "name": "plug_in", "args": {"evseId": 1, "connectorId": 1}})
    request = frames.call("m-1", "Heartbeat", {})
    trace.add("frame", 0.4, sender="CS", frame=request)
    answer = frames.result("m-1", {"currentTime": "2026-03-02T09:00:00.000Z"})
    answer.action = "Heartbeat"
    trace.add("frame", 0.5, sender="CSMS", frame=answer, answers=4)
    trace.add("step", 0.6, data={"number": 2, "text": "Unplug"})
    trace.add("close", 0.7, sender="CS", data={"code": 1000, "reason": "", "clean": True})
    trace.add("note", 0.8, data={"stage": "clean-up"})
    trace.add("act", 0.9, data={"kind": "call", "name": "ClearCache", "args": {}})
    records = frame_records(trace.entries)
    assert [(r.index, r.kind, r.text) for r in records if r.kind != "frame"] == [
        (0, "open", "identity=CS001 subprotocol=ocpp2.0.1"),
        (3, "act", "operator plug_in evseId=1 connectorId=1"),
        (7, "close", "1000 clean=True"),
        (9, "act", "call ClearCache"),
    ]
    assert [(r.type, r.action, r.id, r.sender, r.answers) for r in records if r.kind == "frame"] == [
        (2, "Heartbeat", "m-1", "CS", None),
        (3, "Heartbeat", "m-1", "CSMS", 4),
    ]
    assert records[2].text == request.text
    assert frames_by_step(trace.entries) == {0: [0, 9], 1: [3, 4, 5], 2: [7]}


def test_a_finding_keeps_every_field() -> None:
    finding = Finding(
        "schema", Severity.SHOULD, "a", "b", "B01.FR.01", frame=4, pointer="/x", step=2, blame=Blame.LAB, note="n"
    )
    assert finding_record(finding).to_json() == {
        "rule": "schema",
        "severity": "SHOULD",
        "expected": "a",
        "actual": "b",
        "where": "step 2, frame 4, /x",
        "requirement": "B01.FR.01",
        "frame": 4,
        "pointer": "/x",
        "step": 2,
        "blame": "lab",
        "note": "n",
        "fingerprint": "670da49bd659",
    }
