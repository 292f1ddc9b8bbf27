"""A small language for what goes over a wire, so that a rule's test reads like the traffic that it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.monitor import Carry, Monitor, MonitorSettings
from conformance.ocppj import frames
from conformance.ocppj.findings import Finding
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Entry, Trace
from conformance.ocppj.versions import version

EPOCH = datetime(2025, 1, 31, 12, 0, 0, tzinfo=UTC)
SCHEMAS = SchemaStore()
CONNECTORS = frozenset({(1, 1), (2, 1)})
CONNECTORS_16 = frozenset({(1, 1), (2, 2)})


class Script:
    """Traffic between a station and a CSMS, judged as it is written. Every verb advances the time by 10 ms."""

    def __init__(self, version_id: str, dut: str, carry: Carry | None = None, **settings: Any) -> None:
        self.version = version(version_id)
        self.trace = Trace(EPOCH)
        self.now = 0.0
        connectors = CONNECTORS_16 if self.version.family == "1.6" else CONNECTORS
        facts = {"connectors": connectors, "idle_at_start": True, "message_timeout": 30.0, **settings}
        self.monitor = Monitor(self.version, dut, SCHEMAS, self.trace, MonitorSettings(**facts), carry)
        self.connection = 0
        self.last: tuple[str, frames.Frame] = ("", frames.call("", "", {}))
        self._ids = 0
        self._seq: dict[str, int] = {}

    # ------------------------------------------------------------------ what happens

    def note(self, kind: str, sender: str = "", frame: frames.Frame | None = None, /, **data: Any) -> Entry:
        self.now += 0.01
        entry = self.trace.add(kind, self.now, sender=sender, connection=self.connection, frame=frame, data=data)
        self.monitor.observe(entry)
        return entry

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def open(self, **data: Any) -> None:
        self.connection += 1
        names = {"subprotocol": self.version.subprotocol, "offered": [self.version.subprotocol], **data}
        self.note("open", "CS", **names)

    def close(self) -> None:
        self.note("close", "CS", code=1000, reason="")

    def act(self, name: str) -> None:
        self.note("act", kind="operator", name=name, args={})

    def raw(self, sender: str, text: str | bytes, **data: Any) -> None:
        frame = frames.parse(text)
        self.note("frame", sender, frame, **data)
        self.last = (sender, frame)

    def _call(self, sender: str, action: str, payload: dict[str, Any], data: dict[str, Any]) -> None:
        self._ids += 1
        frame = frames.parse(frames.call(f"id-{self._ids}", action, payload).text)
        self.note("frame", sender, frame, **data)
        self.last = (sender, frame)

    def cs(self, action: str, payload: dict[str, Any] | None = None, **fields: Any) -> None:
        """The station sends a CALL."""
        self._call("CS", action, {**(payload or {}), **fields}, {})

    def csms(self, action: str, payload: dict[str, Any] | None = None, **fields: Any) -> None:
        """The CSMS sends a CALL."""
        self._call("CSMS", action, {**(payload or {}), **fields}, {})

    def deliberate(self, sender: str, action: str, **fields: Any) -> None:
        """The tester sends a CALL that is wrong on purpose."""
        self._call(sender, action, fields, {"deliberate": "for the test"})

    def reply(self, payload: dict[str, Any] | None = None, **fields: Any) -> None:
        """The other side answers the last CALL."""
        sender, call = self.last
        text = frames.result(call.id, {**(payload or {}), **fields}).text
        self.note("frame", "CSMS" if sender == "CS" else "CS", frames.parse(text))

    def refuse(self, code: str = "InternalError", details: Any = None) -> None:
        """The other side answers the last CALL with a CALLERROR."""
        sender, call = self.last
        text = frames.error(call.id, code, "", details).text
        self.note("frame", "CSMS" if sender == "CS" else "CS", frames.parse(text))

    def finish(self) -> list[Finding]:
        self.monitor.finish(self.now)
        return self.monitor.findings

    # ------------------------------------------------------------------ common traffic

    def time(self, offset: float = 0.0) -> str:
        """The time of day now, as a device writes it."""
        moment = EPOCH + timedelta(seconds=self.now + offset)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

    def boot(self, status: str = "Accepted", interval: int = 300) -> None:
        if self.version.family == "1.6":
            self.cs("BootNotification", chargePointVendor="V", chargePointModel="M")
        else:
            self.cs("BootNotification", reason="PowerUp", chargingStation={"vendorName": "V", "model": "M"})
        self.reply(status=status, currentTime=self.time(), interval=interval)

    def ready(self) -> Script:
        """Connected and accepted."""
        self.open()
        self.boot()
        return self

    def heartbeat(self) -> None:
        self.cs("Heartbeat")
        self.reply(currentTime=self.time())

    def event(self, kind: str, trigger: str, tx: str = "T1", **fields: Any) -> None:
        """A TransactionEvent with the next seqNo and its answer; `info` overlays transactionInfo."""
        self.send_event(kind, trigger, tx, **fields)
        self.reply({"idTokenInfo": {"status": "Accepted"}} if "idToken" in fields else {})

    def send_event(self, kind: str, trigger: str, tx: str = "T1", **fields: Any) -> None:
        seq = fields.pop("seqNo", self._seq.get(tx, 0))
        self._seq[tx] = seq + 1
        info = {"transactionId": tx, **fields.pop("info", {})}
        if kind == "Started":
            info.setdefault("chargingState", "EVConnected")
        payload = {
            "eventType": kind,
            "timestamp": self.time(),
            "triggerReason": trigger,
            "seqNo": seq,
            "transactionInfo": info,
            **fields,
        }
        self.cs("TransactionEvent", payload)

    def start16(self, connector: int = 1, id: int = 7, **fields: Any) -> None:
        """A StartTransaction and its answer."""
        self.cs(
            "StartTransaction",
            {"connectorId": connector, "idTag": "TAG", "meterStart": 100, "timestamp": self.time(), **fields},
        )
        self.reply(transactionId=id, idTagInfo={"status": "Accepted"})

    def stop16(self, id: int = 7, **fields: Any) -> None:
        """A StopTransaction and its answer."""
        self.cs("StopTransaction", {"transactionId": id, "meterStop": 200, "timestamp": self.time(), **fields})
        self.reply()

    def status16(self, status: str, connector: int = 1, **fields: Any) -> None:
        """A StatusNotification of 1.6 and its answer."""
        self.cs("StatusNotification", {"connectorId": connector, "status": status, "errorCode": "NoError", **fields})
        self.reply()


@pytest.fixture
def script() -> Callable[..., Script]:
    return Script
