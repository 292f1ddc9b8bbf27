"""The monitor: hands every entry of a trace to the rules that want it."""

from __future__ import annotations

from conformance.monitor.carry import Carry
from conformance.monitor.context import Context, Schemas, Tables
from conformance.monitor.rules import boot, results, schema, status, time, transactions2, transactions16, values, wire
from conformance.monitor.settings import MonitorSettings
from conformance.ocppj.findings import Finding
from conformance.ocppj.frames import CALL, CALLERROR, CALLRESULT, CALLRESULTERROR, SEND, Frame
from conformance.ocppj.trace import Entry, Trace
from conformance.ocppj.versions import Version

# What a rule may trip over in a payload that the schema has already refused.
_TRIPS = (TypeError, KeyError, AttributeError, ValueError, IndexError, ArithmeticError, RecursionError)


_REQUESTS = frozenset({CALL, SEND})


class Monitor:
    """Judges a trace as it grows: every frame of both directions, by every rule of the version.

    A payload that is valid goes to the rules of its action; one that the schema refuses goes to them too, so that they
    stay informed, but what they trip over there is the schema's finding alone. Nothing that a device can send makes
    `observe` raise.
    """

    def __init__(
        self,
        version: Version,
        dut: str,
        schemas: Schemas,
        trace: Trace,
        settings: MonitorSettings | None = None,
        carry: Carry | None = None,
    ) -> None:
        """`dut`: "CS" or "CSMS", whose findings are the device's; `carry`: what the case before handed on (copied)."""
        settings = settings or MonitorSettings()
        state = carry.copy() if carry is not None else Carry()
        state.history = history = state.history or settings.idle_at_start
        self._context = context = Context(version, dut, schemas, trace, settings, state, history=history)
        self._tables = tables = Tables()
        tables.on(self._opened, "open")
        tables.on(self._closed, "close")
        tables.on(self._stepped, "step")
        self._wire = wire.Wire(context, tables)
        self._dates = time.Dates(context)
        self._schema = schema.Schema(context, self._dates)
        self._boot = boot.Boot(context, tables)
        time.Times(context, tables)
        status.Status(context, tables)
        results.Results(context, tables)
        values.Values(context, tables)
        if version.family == "1.6":
            transactions16.Transactions16(context, tables)
        else:
            transactions2.Transactions2(context, tables)
        self._version = version
        self._actions = version.actions
        self._types = version.message_types

    @property
    def findings(self) -> list[Finding]:
        """Everything found so far, in the order of the trace."""
        return self._context.findings

    def carry(self) -> Carry:
        """What the next case's monitor has to know; a copy."""
        return self._context.state.copy()

    def finish(self, now: float) -> None:
        """Judge what can only be judged at the end; `now` in seconds of the run."""
        for finisher in self._tables.finishers:
            finisher(now)

    def observe(self, entry: Entry) -> None:
        """Judge the next entry of the trace."""
        frame = entry.frame
        if frame is None:
            for watch in self._tables.watches.get(entry.kind, ()):
                watch(entry)
            return
        kind = frame.type
        if frame.problems or kind not in self._types:
            self._wire.problems(entry, frame)
        if kind in _REQUESTS:
            self._called(entry, frame)
        elif kind == CALLRESULT:
            self._answered(entry, frame)
        elif kind == CALLERROR:
            self._refused(entry, frame)
        elif kind == CALLRESULTERROR and kind in self._types:
            self._wire.error_code(entry, frame)
            self._wire.complained(entry, frame)

    def _called(self, entry: Entry, frame: Frame) -> None:
        call = self._wire.called(entry, frame)
        action = frame.action
        known = self._actions.get(action)
        if known is None:
            call.invalid = True
            if action and not any(problem.code.startswith("action-") for problem in frame.problems):
                self._context.report(wire.ACTION, entry, f"an action of OCPP {self._version.id}", action)
            if entry.sender == "CS":
                self._boot.station_calls(entry, call)
            return
        sender = entry.sender
        if known.sender != sender and not known.may_be_sent_by(sender):
            call.invalid = True
            other = wire.OTHER.get(sender)
            self._context.report(wire.DIRECTION, entry, f"{action} from the {other} only", f"one from the {sender}")
            self._schema.valid(entry, schema.REQUEST, known.request, frame.payload)
            return
        if known.message_type != frame.type:
            self._context.report(
                wire.SEND_ONLY, entry, f"{action} as message type {known.message_type}", frame.type_name
            )
        if sender == "CS":
            self._boot.station_calls(entry, call)
        else:
            self._boot.csms_calls(entry, call)
        if entry.data.get("injected"):
            # A negative test's own text: what is wrong with it is known, and its answer is not held against the rules
            # for answers to that action.
            call.invalid = True
            return
        payload = frame.payload
        judges = self._tables.calls.get(action, ())
        if self._schema.valid(entry, schema.REQUEST, known.request, payload):
            if not frame.problems:
                self._dates.judge(entry, known.request, payload)
                for judge in judges:
                    judge(entry, payload)
                return
        else:
            call.invalid = True
        if isinstance(payload, dict):
            for judge in judges:
                try:
                    judge(entry, payload)
                except _TRIPS:
                    continue

    def _answered(self, entry: Entry, frame: Frame) -> None:
        call = self._wire.answered(entry, frame)
        if call is None:
            return
        self._boot.served(entry, call)
        known = self._actions.get(call.action)
        if known is None or known.response is None:
            return
        payload = frame.payload
        judges = self._tables.answers.get(call.action, ())
        valid = self._schema.valid(entry, schema.ANSWER, known.response, payload)
        if not valid:
            self._wire.mark_invalid(frame)
            if entry.data.get("deliberate") and call.action != "BootNotification":
                # Ours, and broken on purpose: the device may take it as an answer or as none. (A station that reads
                # no more than the status of its registration may be accepted.)
                return
        if not isinstance(payload, dict):
            return
        if valid and not call.invalid and not frame.problems and isinstance(call.payload, dict):
            self._dates.judge(entry, known.response, payload)
            for judge in judges:
                judge(entry, payload, call)
            return
        self._context.muted = call.invalid
        for judge in judges:
            try:
                judge(entry, payload, call)
            except _TRIPS:
                continue
        self._context.muted = False

    def _refused(self, entry: Entry, frame: Frame) -> None:
        self._wire.error_code(entry, frame)
        call = self._wire.answered(entry, frame)
        if call is None:
            return
        self._boot.refused(entry, frame, call)
        for judge in self._tables.refusals.get(call.action, ()):
            judge(entry, frame, call)

    def _opened(self, entry: Entry) -> None:
        self._context.connections.add(entry.connection)

    def _closed(self, entry: Entry) -> None:
        self._context.connections.discard(entry.connection)

    def _stepped(self, entry: Entry) -> None:
        number = entry.data.get("number")
        self._context.step = number if isinstance(number, int) else None
