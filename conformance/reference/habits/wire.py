"""Habits that either role can have: how fast it is, how it writes JSON, numbers, times and message ids."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from conformance.reference.habits import Habit, habit
from conformance.reference.wire import CallError, Endpoint, Payload

BOTH_ROLES = ("CS", "CSMS")
NEW = ("2",)
OLD = ("1.6",)

CALL, CALLRESULT = 2, 3

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Payloads(Habit):
    """Base of habits that change what stands in the payload of CALLs and CALLRESULTs."""

    def text(self, text: str) -> list[str]:
        frame = json.loads(text)
        if frame[0] not in (CALL, CALLRESULT):
            return [text]
        frame[-1] = self.change(frame[-1])
        return [json.dumps(frame, separators=(",", ":"))]

    def change(self, payload: Any) -> Any:
        """The payload that is written instead."""
        return payload


def every(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """`value` with each of its leaves replaced by `change(name of the field, leaf)`."""
    if isinstance(value, dict):
        return {key: every(item, change, key) for key, item in value.items()}
    if isinstance(value, list):
        return [every(item, change, name) for item in value]
    return change(name, value)


# -- pace ---------------------------------------------------------------------------------------------------------


@habit(
    "slow",
    roles=BOTH_ROLES,
    legal="every CALL and every answer leaves 150 ms late: deadlines are the configured message timeout (OCPP-J 4.1)",
)
class _Slow(Habit):
    def pause(self, action: str) -> float:
        return 0.15


@habit(
    "pings",
    roles=BOTH_ROLES,
    legal="a WebSocket ping every 50 ms (RFC 6455 5.5.2; OCPP-J 1.6 section 5, 2.x part 4 section 5.4 leave it open)",
)
class _Pings(Habit):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        async def ping() -> None:
            socket: Any = endpoint.socket
            while not endpoint.closed.is_set():
                await asyncio.sleep(0.05)
                await socket.ping()

        return [ping()]


# -- JSON ---------------------------------------------------------------------------------------------------------


def _turned(value: Any) -> Any:
    """The same JSON with the members of each object in the opposite order."""
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in reversed(value.items())}
    if isinstance(value, list):
        return [_turned(item) for item in value]
    return value


@habit(
    "spacious-json",
    roles=BOTH_ROLES,
    legal="white space between tokens, members in the opposite order (RFC 8259 sections 1 and 2)",
)
class _SpaciousJson(Habit):
    def text(self, text: str) -> list[str]:
        return ["\r\n" + json.dumps(_turned(json.loads(text)), indent="\t", separators=(" , ", " : ")) + " \n"]


def _escaped(value: Any) -> str:
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2)) + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{_escaped(key)}:{_escaped(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_escaped, value)) + "]"
    return json.dumps(value)


@habit(
    "escaped-json",
    roles=BOTH_ROLES,
    legal="every character of every string, names included, as \\uXXXX (RFC 8259 section 7)",
)
class _EscapedJson(Habit):
    def text(self, text: str) -> list[str]:
        return [_escaped(json.loads(text))]


@habit(
    "integers-with-a-point",
    roles=BOTH_ROLES,
    families=NEW,
    legal="5.0 for 5 in the payload: for JSON Schema draft-06, section 6.1.1, that is an integer",
)
class _IntegersWithAPoint(Payloads):
    def change(self, payload: Any) -> Any:
        return every(payload, lambda _, leaf: float(leaf) if type(leaf) is int and abs(leaf) < 1 << 31 else leaf)


_DATA: Payload = {"vendorId": "org.example.habits", "level": 3, "nested": {"list": [1, "two", None]}}


@habit(
    "custom-data",
    roles=BOTH_ROLES,
    families=NEW,
    legal="customData in every message and its objects (2.0.1 part 2, 3.2.2 CustomDataType; part 4, section 4.7)",
)
class _CustomData(Habit):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [(action, self._with(payload))]

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return answer if isinstance(answer, CallError) else self._with(answer)

    def _with(self, payload: Payload) -> Payload:
        free = {key: item for key, item in payload.items() if key == "data"}
        return {**self._everywhere(payload), **free}

    def _everywhere(self, value: Any) -> Any:
        if isinstance(value, dict) and "vendorId" in value and "messageId" not in value and len(value) > 1:
            return {**value, "customData": _DATA}
        if isinstance(value, dict):
            return {**{key: self._everywhere(item) for key, item in value.items()}, "customData": _DATA}
        if isinstance(value, list):
            return [self._everywhere(item) for item in value]
        return value


# -- message ids --------------------------------------------------------------------------------------------------


@habit(
    "numbered-messages",
    roles=BOTH_ROLES,
    legal="message ids are consecutive numbers, as strings (OCPP-J 4.1.4 only wants them unique and 36 characters)",
)
class _NumberedMessages(Habit):
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def message_id(self, identifier: str) -> str:
        return str(next(self._numbers))


@habit(
    "long-message-ids",
    roles=BOTH_ROLES,
    legal="message ids use all 36 characters and signs other than letters (OCPP-J 4.1.4: a string of up to 36)",
)
class _LongMessageIds(_NumberedMessages):
    def message_id(self, identifier: str) -> str:
        return f"id/{next(self._numbers)} {{\u00e9}}:".ljust(36, "#")


# -- times --------------------------------------------------------------------------------------------------------


class Times(Payloads):
    """Base of habits that write points in time in another way."""

    def change(self, payload: Any) -> Any:
        return every(payload, self._leaf)

    def _leaf(self, name: str, leaf: Any) -> Any:
        if not isinstance(leaf, str) or _TIME.fullmatch(leaf) is None:
            return leaf
        return self.written(name, datetime.fromisoformat(leaf.replace("Z", "+00:00")))

    def written(self, name: str, moment: datetime) -> str:
        """How this moment is written."""
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_OFFSET = (
    "times with an offset from UTC (RFC 3339 5.6; UTC with Z is a recommendation: 1.6 3.15, 2.x part 2 section 3.1)"
)


@habit("offset-zero", roles=BOTH_ROLES, legal=f"+00:00 for Z: {_OFFSET}")
class _OffsetZero(Times):
    def written(self, name: str, moment: datetime) -> str:
        return moment.isoformat(timespec="milliseconds")


@habit("offset-one-hour", roles=BOTH_ROLES, legal=_OFFSET)
class _OffsetOneHour(Times):
    def written(self, name: str, moment: datetime) -> str:
        return moment.astimezone(timezone(timedelta(hours=1))).isoformat(timespec="milliseconds")


@habit(
    "whole-seconds",
    roles=BOTH_ROLES,
    legal="times without a fraction (RFC 3339 5.6: time-secfrac is optional)",
)
class _WholeSeconds(Times):
    def written(self, name: str, moment: datetime) -> str:
        return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


@habit(
    "microseconds",
    roles=BOTH_ROLES,
    families=OLD,
    legal="six digits of a fraction (ISO 8601; the limit of three is of 2.x alone)",
)
class _Microseconds(Times):
    def written(self, name: str, moment: datetime) -> str:
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


class _Shifted(Times):
    by = timedelta()

    def written(self, name: str, moment: datetime) -> str:
        now = datetime.now(UTC)
        own = name in ("timestamp", "generatedAt", "currentTime") and abs(moment - now) < timedelta(minutes=1)
        return super().written(name, moment + self.by if own else moment)


@habit(
    "clock-one-second-fast",
    roles=BOTH_ROLES,
    legal="the clock is a second fast: no requirement is stricter than the tolerance of a test lab",
)
class _Fast(_Shifted):
    by = timedelta(seconds=1)


@habit(
    "clock-one-second-slow",
    roles=BOTH_ROLES,
    legal="the clock is a second slow: no requirement is stricter than the tolerance of a test lab",
)
class _SlowClock(_Shifted):
    by = timedelta(seconds=-1)
