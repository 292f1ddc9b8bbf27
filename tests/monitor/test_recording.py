"""Rules count as read only what they pin down, so that proof can ask who notices a change of it."""

from __future__ import annotations

from typing import Any

from conformance.monitor.reading import count, judged, judged_items, raw, remember, remember_items, text, whole
from conformance.ocppj import frames


class Recorder(dict[str, Any]):
    """A payload that notes which of its members were read, as `conformance.proof` has it."""

    def __init__(self, value: dict[str, Any], path: str = "", reads: list[str] | None = None) -> None:
        self.reads = [] if reads is None else reads
        self.raw = value
        self._path = path
        super().__init__({name: self._wrap(f"{path}/{name}", item) for name, item in value.items()})

    def _wrap(self, path: str, item: Any) -> Any:
        if isinstance(item, dict):
            return Recorder(item, path, self.reads)
        if isinstance(item, list):
            return [self._wrap(f"{path}/{index}", one) for index, one in enumerate(item)]
        return item

    def __getitem__(self, name: str) -> Any:
        self.reads.append(f"{self._path}/{name}")
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.reads.append(f"{self._path}/{name}")
        return super().get(name, default)

    def peek(self, name: str) -> Any:
        return super().get(name)


def test_remember_does_not_count() -> None:
    payload = Recorder({"a": {"b": [{"c": 1}]}, "d": 2})
    assert len(remember(payload, "a", "b")) == 1
    assert remember(payload, "d") == 2
    assert remember(payload, "a", "x") is None
    assert remember(payload, "d", "x") is None
    assert remember_items(payload, "d") == []
    assert raw(payload) == {"a": {"b": [{"c": 1}]}, "d": 2}
    assert payload.reads == []


def test_judged_counts_the_last_member_only() -> None:
    payload = Recorder({"a": {"b": 1}, "list": [{"c": 1}]})
    assert judged(payload, "a", "b") == 1
    assert judged(payload, "x", "b") is None
    count(payload, "list")
    assert [item["c"] for item in judged_items(payload, "list")] == [1]
    assert payload.reads == ["/a/b", "/list", "/list/0/c"]


def test_whole_numbers() -> None:
    number = frames.parse('[3,"x",{"a":1.0,"b":1.5,"c":7,"d":true,"e":"1"}]').payload
    assert [whole(number[name]) for name in "abcde"] == [1, None, 7, None, None]


def test_text_is_one_short_line() -> None:
    assert text(None) == "nothing"
    assert len(text("x" * 1000)) == 80
    assert text({1, 2}) == "{1, 2}"


def reads_of_a_session(script: Any, monkeypatch: Any) -> set[str]:
    """What is read in a session of 2.0.1 without findings, by action and path."""
    play = script("2.0.1", "CS")
    reads: list[str] = []
    parse = frames.parse

    def recording(data: Any) -> Any:
        frame = parse(data)
        if isinstance(frame.payload, dict):
            frame.payload = Recorder(frame.payload, frame.action or "answer", reads)
        return frame

    monkeypatch.setattr(frames, "parse", recording)
    play.ready()
    token = {"idToken": "04AABBCC", "type": "ISO14443"}
    play.csms("RequestStartTransaction", remoteStartId=9, idToken=token)
    play.reply(status="Accepted")
    play.event("Started", "RemoteStart", idToken=token, info={"remoteStartId": 9}, evse={"id": 1})
    meter = [{"timestamp": play.time(), "sampledValue": [{"value": 1}]}]
    play.event("Updated", "MeterValuePeriodic", meterValue=meter)
    play.event("Ended", "RemoteStop", info={"stoppedReason": "Remote"})
    names = {"component": {"name": "A"}, "variable": {"name": "B"}}
    play.csms("GetVariables", getVariableData=[names])
    play.reply(getVariableResult=[{**names, "attributeType": "Actual", "attributeStatus": "UnknownComponent"}])
    assert play.finish() == []
    return set(reads)


def test_a_session_reads_what_it_pins(script: Any, monkeypatch: Any) -> None:
    reads = reads_of_a_session(script, monkeypatch)
    assert {read for read in reads if read.startswith("TransactionEvent")} == {
        "TransactionEvent/eventType",
        "TransactionEvent/seqNo",
        "TransactionEvent/transactionInfo/transactionId",
        "TransactionEvent/transactionInfo/remoteStartId",
        "TransactionEvent/transactionInfo/stoppedReason",
        "TransactionEvent/idToken/idToken",
        "TransactionEvent/idToken/type",
    }
    assert {read for read in reads if read.startswith("answer")} == {
        "answer/idTokenInfo",
        "answer/getVariableResult/0/component/name",
        "answer/getVariableResult/0/variable/name",
    }
