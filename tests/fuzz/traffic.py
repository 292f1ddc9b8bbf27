"""A small language for traces, so that a judgement's test reads like the traffic that it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from conformance.ocppj import frames
from conformance.ocppj.trace import Entry, Trace

EPOCH = datetime(2025, 1, 31, 12, 0, 0, tzinfo=UTC)


class Traffic:
    """What a station and a CSMS say to each other, 10 ms apart; the CSMS answers unless told otherwise."""

    def __init__(self) -> None:
        self.trace = Trace(EPOCH)
        self.now = 0.0
        self.connection = 1
        self._ids = 0

    @property
    def entries(self) -> list[Entry]:
        return self.trace.entries

    def note(self, kind: str, sender: str = "", **fields: Any) -> Entry:
        self.now += 0.01
        return self.trace.add(kind, self.now, sender=sender, connection=self.connection, **fields)

    def call(self, sender: str, action: str, payload: dict[str, Any]) -> Entry:
        self._ids += 1
        return self.note("frame", sender, frame=frames.call(f"id-{self._ids}", action, payload))

    def reply(self, call: Entry, payload: dict[str, Any] | None = None, *, error: str = "") -> Entry:
        assert call.frame is not None
        frame = frames.error(call.frame.id, error) if error else frames.result(call.frame.id, payload or {})
        frame.action = call.frame.action
        return self.note("frame", "CSMS" if call.sender == "CS" else "CS", frame=frame, answers=call.index)

    def cs(self, action: str, answer: dict[str, Any] | None = None, /, **payload: Any) -> Entry:
        """The station sends a CALL, and the CSMS answers it."""
        call = self.call("CS", action, payload)
        self.reply(call, answer)
        return call

    def csms(self, action: str, answer: dict[str, Any] | None = None, /, **payload: Any) -> Entry:
        """The CSMS sends a CALL, and the station answers it: so it has read what was sent before on this connection."""
        call = self.call("CSMS", action, payload)
        self.reply(call, answer)
        return call

    def act(self, name: str, **args: Any) -> Entry:
        return self.note("act", data={"kind": "operator", "name": name, "args": args})

    def cut(self) -> None:
        """The connection ends, and another one is made."""
        self.note("close", "CS", data={"code": None, "reason": "lost"})
        self.connection += 1
        self.note("open", "CS", data={"identity": "CS001"})

    def stamp(self) -> str:
        return self.trace.utc(self.now).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def event(self, kind: str, seq: int, trigger: str = "CablePluggedIn", tx: str = "T1", **fields: Any) -> Entry:
        """A TransactionEvent (2.x) and its answer; `lost` leaves it unanswered."""
        return self._maybe_lost(
            "TransactionEvent",
            {},
            {
                "eventType": kind,
                "timestamp": self.stamp(),
                "triggerReason": trigger,
                "seqNo": seq,
                "transactionInfo": {"transactionId": tx, **fields.pop("info", {})},
                **fields,
            },
        )

    def start(self, connector: int = 1, id: int = 7, **fields: Any) -> Entry:
        """A StartTransaction (1.6) and its answer; `lost` leaves it unanswered."""
        payload = {"connectorId": connector, "idTag": "TAG", "meterStart": 100, "timestamp": self.stamp()}
        given = {"transactionId": id, "idTagInfo": {"status": "Accepted"}}
        return self._maybe_lost("StartTransaction", given, {**payload, **fields})

    def stop(self, id: int = 7, **fields: Any) -> Entry:
        """A StopTransaction (1.6) and its answer; `lost` leaves it unanswered."""
        payload = {"transactionId": id, "meterStop": 200, "timestamp": self.stamp(), "reason": "Local"}
        return self._maybe_lost("StopTransaction", {}, {**payload, **fields})

    def _maybe_lost(self, action: str, answer: dict[str, Any], payload: dict[str, Any]) -> Entry:
        lost = payload.pop("lost", False)
        call = self.call("CS", action, payload)
        if not lost:
            self.reply(call, answer)
        return call

    def again(self, sent: Entry, answer: dict[str, Any] | None = None, **changed: Any) -> Entry:
        """The station sends the same once more, and the CSMS answers."""
        assert sent.frame is not None
        call = self.call("CS", sent.frame.action, {**sent.frame.payload, **changed})
        self.reply(call, answer)
        return call
