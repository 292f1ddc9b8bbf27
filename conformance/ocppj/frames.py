"""OCPP-J messages to and from text: CALL, CALLRESULT, CALLERROR, and CALLRESULTERROR and SEND of 2.1.

Parsing is strict and never raises: what departs from JSON (RFC 8259) or from the RPC framework (OCPP-J 1.6 section 4,
OCPP 2.x Part 4 section 4) becomes a `Problem` beside whatever could be read. Numbers stay exact: int or Decimal.
It knows no version; which problems and message types matter to a version stands in `versions.py`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation
from itertools import islice
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Any, NamedTuple

CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND = 2, 3, 4, 5, 6

TYPE_NAMES: Mapping[int, str] = MappingProxyType(
    {CALL: "CALL", CALLRESULT: "CALLRESULT", CALLERROR: "CALLERROR", CALLRESULTERROR: "CALLRESULTERROR", SEND: "SEND"}
)

ID_MAX_LENGTH = 36
"""Characters of a message id (1.6J table 1, 2.x Part 4 table 4: string[36])."""

DESCRIPTION_MAX_LENGTH = 255
"""Characters of an errorDescription (2.x Part 4, table of CALLERROR fields: string[255])."""

MAX_DEPTH = 64
"""Levels of nesting, the message's own array included, that a message may have before it is a finding.

No standard names a bound. The deepest official schema needs fewer than 16; a device that sends more than this is broken
or attacks, and many receivers stop at 64 or at 128.
"""

MAX_IRREGULAR = 50
"""Irregular keys, numbers and strings that are reported of one message; a flood of them says no more than these."""

MAX_EXPONENT = 308
"""Largest decimal exponent that an IEEE 754 double holds; RFC 8259 section 6 warns of numbers beyond it."""

PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "binary-frame": "sent as a binary WebSocket frame instead of text",
        "not-utf-8": "bytes that are no UTF-8",
        "byte-order-mark": "begins with a byte order mark",
        "empty": "no text at all",
        "not-json": "no JSON",
        "truncated": "JSON that ends too early",
        "trailing-data": "something follows the JSON text",
        "duplicate-key": "an object names a member twice",
        "not-a-number": "NaN or Infinity, which JSON does not have",
        "huge-number": "a number beyond the range of a double",
        "too-deep": "nested deeper than MAX_DEPTH",
        "lone-surrogate": "half of a surrogate pair, which is no character",
        "nul-character": "the character U+0000 in a string",
        "not-an-array": "JSON, but no array",
        "empty-array": "an array without elements",
        "type-not-integer": "the message type is no integer",
        "unknown-type": "a message type that no version of OCPP-J has",
        "type-not-in-version": "a message type that this version of OCPP-J does not have",
        "too-few-elements": "elements are missing",
        "too-many-elements": "more elements than the message type has",
        "id-not-string": "the message id is no string",
        "id-empty": "the message id is empty",
        "id-too-long": "the message id has more than 36 characters",
        "action-not-string": "the action is no string",
        "action-empty": "the action is empty",
        "payload-null": "the payload is null instead of an empty object",
        "payload-not-object": "the payload is no object",
        "error-code-not-string": "the errorCode is no string",
        "description-not-string": "the errorDescription is no string",
        "description-too-long": "the errorDescription has more than 255 characters",
        "details-not-object": "the errorDetails is no object",
    }
)
"""Every code that a Problem can have, with what it means."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that strict parsing found: a code out of `PROBLEMS`, the particulars in words, and where.

    `pointer` is a JSON pointer into the payload (into errorDetails for an error); "" is the message as a whole.
    """

    code: str
    message: str
    pointer: str = ""


@dataclass(slots=True)
class Frame:
    """One OCPP-J message as it was read or is to be sent."""

    type: int | None
    """Message type number; None when it can't be read. May be a number that no version knows."""
    id: str
    """Message id; "" when it can't be read."""
    action: str
    """Of the wire for CALL and SEND; filled in by correlation for answers; "" when unknown."""
    payload: Any
    """A dict for a well-formed CALL, CALLRESULT or SEND, {} for errors; None when it can't be read."""
    text: str
    """As on the wire; bytes that are no UTF-8 stand as backslash escapes."""
    error_code: str = ""
    error_description: str = ""
    error_details: Any = None
    problems: tuple[Problem, ...] = ()
    request: Frame | None = field(default=None, repr=False, compare=False)
    """For answers: the frame that this answers, set by correlation."""

    @property
    def type_name(self) -> str:
        """CALL, CALLRESULT, ...; `type 7` or `unreadable` otherwise."""
        if self.type is None:
            return "unreadable"
        return TYPE_NAMES.get(self.type, f"type {self.type}")


# ---------------------------------------------------------------- reading


class _NoNumber(str):
    """The text of a number that has no value: NaN, Infinity, or an exponent that even Decimal refuses."""

    __slots__ = ()


def _scanner(**hooks: Any) -> Callable[[str, int], tuple[Any, int]]:
    """Reads one JSON value at a position: the value and where it ended. StopIteration: no value there."""
    decoder: Any = json.JSONDecoder(**hooks)
    scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once
    return scan


class _Codec(NamedTuple):
    """What reads regular JSON, and what writes it again."""

    read: Callable[[str], Any]
    write: Callable[[Any], bytes]


class _Quick(threading.local):
    """A thread's own codec; `msgspec` is imported when the first message is read."""

    codec: _Codec | None = None

    def prepare(self) -> _Codec:
        """Decimals are exact; one beyond the range or the digits of a double raises ArithmeticError."""
        import msgspec

        signals = list(Context().traps)
        numbers = Context(prec=MAX_EXPONENT, Emin=-MAX_EXPONENT, Emax=MAX_EXPONENT, traps=signals)
        decoder = msgspec.json.Decoder(float_hook=numbers.create_decimal)
        self.codec = codec = _Codec(decoder.decode, msgspec.json.Encoder(decimal_format="number").encode)
        return codec


_quick = _Quick()

_WHITESPACE = " \t\n\r"
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRIDE = 34
_MANY_DIGITS = re.compile(f"[0-9]{{{MAX_EXPONENT // _STRIDE}}}")
"""In every _STRIDEth character of a text: there may be an integer that no double holds."""
_HEAD = re.compile(r'\s*\[\s*(-?\d{1,9})(?![\w.+-])\s*(?:,\s*("(?:[^"\\]|\\.)*")\s*(?:,\s*("(?:[^"\\]|\\.)*")\s*,)?)?')


def parse(data: str | bytes) -> Frame:
    """Read one WebSocket message. Never raises; what is wrong stands in `problems`.

    `str` is a text message; `bytes` a binary one, or text that is no UTF-8.
    """
    if not isinstance(data, str):
        return _parse_bytes(bytes(data))
    # What follows is the way of nearly every message: anything odd is left to _parse_carefully, which is
    # several times slower and words what it finds.
    # (The search for one character is an order of magnitude faster than that for two.)
    if "\\" not in data or "\\u" not in data:
        codec = _quick.codec or _quick.prepare()
        try:
            value = codec.read(data)
            complete = _complete(codec.write(value), data)
        except (ValueError, ArithmeticError, RecursionError):
            return _parse_carefully(data)
        if (
            complete
            and (data.count("{") + data.count("[") <= MAX_DEPTH or _depth(value) <= MAX_DEPTH)
            and (len(data) <= MAX_EXPONENT or _MANY_DIGITS.search(data[::_STRIDE]) is None)
        ):
            if type(value) is list:
                size = len(value)
                kind = value[0] if size else None
                if type(kind) is int and 2 <= size <= 4:
                    id = value[1]
                    payload = value[-1]
                    if type(id) is str and 0 < len(id) <= ID_MAX_LENGTH and type(payload) is dict:
                        if size == 3:
                            if kind == CALLRESULT:
                                return Frame(kind, id, "", payload, data)
                        elif size == 4 and kind in (CALL, SEND):
                            action = value[2]
                            if type(action) is str and action:
                                return Frame(kind, id, action, payload, data)
            return _assemble(value, data, [])
    return _parse_carefully(data)


# A member that a namesake replaced took its colon with it: written again, what was read has fewer than the text.
# Where no character is escaped as \u, every other colon, also one in a string, stands in both.
def _complete(written: bytes, text: str) -> bool:
    """Whether no object of a text named a member twice; `written`: what was read of it."""
    # Nearly every device writes as densely as we do: comparing is faster than counting.
    return written == text.encode() or written.count(b":") == text.count(":")


def _parse_bytes(data: bytes) -> Frame:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} (0x{data[error.start]:02x}) is no UTF-8: {error.reason}"
        # Read with replacement characters, because escapes would be no JSON; shown with escapes, because those tell.
        frame = _parse_carefully(data.decode("utf-8", "replace"), Problem("not-utf-8", message))
        frame.text = data.decode("utf-8", "backslashreplace")
        return frame
    return _parse_carefully(text, Problem("binary-frame", f"a binary WebSocket message of {len(data)} bytes"))


class _Careful:
    """One careful decoding: the same scanner with hooks that note instead of refusing."""

    def __init__(self) -> None:
        # The dict itself is kept beside its keys: an id() is only unique while its object lives.
        self.duplicates: dict[int, tuple[dict[str, Any], list[str]]] = {}
        self.scan = _scanner(
            object_pairs_hook=self._object,
            parse_float=self._float,
            parse_int=self._int,
            parse_constant=_NoNumber,
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            seen: set[str] = set()
            twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]  # set.add is the else-branch
            self.duplicates[id(members)] = (members, list(dict.fromkeys(twice)))
        return members

    @staticmethod
    def _float(text: str) -> Any:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return _NoNumber(text)
        return number if number.is_finite() else _NoNumber(text)

    @staticmethod
    def _int(text: str) -> Any:
        try:
            return int(text)
        except ValueError:  # more digits than Python converts (sys.get_int_max_str_digits)
            return _Careful._float(text)


def _parse_carefully(text: str, first: Problem | None = None) -> Frame:
    """The slow way: word everything that is wrong, keep everything that is readable."""
    problems = [first] if first else []
    body = text
    if body.startswith("\ufeff"):
        problems.append(Problem("byte-order-mark", "the text begins with U+FEFF"))
        body = body[1:]
    start = len(body) - len(body.lstrip(_WHITESPACE))
    if start == len(body):
        problems.append(Problem("empty", "the message has no text"))
        return Frame(None, "", "", None, text, problems=tuple(problems))
    careful = _Careful()
    try:
        value, end = careful.scan(body, start)
    except RecursionError:
        problems.append(Problem("too-deep", f"nested deeper than {MAX_DEPTH} levels, too deep to read"))
        return _head_only(body, text, problems)
    except StopIteration as error:
        position = int(error.value)
        problems.append(_syntax(body, position, "a JSON value is expected"))
        return _head_only(body, text, problems)
    except json.JSONDecodeError as error:
        problems.append(_syntax(body, error.pos, error.msg))
        return _head_only(body, text, problems)
    rest = body[end:].strip(_WHITESPACE)
    if rest:
        problems.append(Problem("trailing-data", f"after the JSON text, at character {end}: {_shown(rest)}"))
    depth = _depth(value)
    if depth > MAX_DEPTH:
        _prune(value)
        message = f"nested {depth} levels deep, more than {MAX_DEPTH}; what lies deeper was not read"
        problems.append(Problem("too-deep", message))
    inside = _payload_index(value)
    for path, code, message in islice(_irregular(value, careful.duplicates), MAX_IRREGULAR):
        if path and path[0] == inside:
            problems.append(Problem(code, message, _pointer(path[1:])))
        else:
            problems.append(Problem(code, message if not path else f"{message} (element {path[0]} of the message)"))
    return _assemble(value, text, problems)


def _syntax(body: str, position: int, message: str) -> Problem:
    ends_early = position >= len(body.rstrip(_WHITESPACE)) or message.startswith("Unterminated string")
    code = "truncated" if ends_early else "not-json"
    around = body[max(0, position - 20) : position + 20]
    return Problem(
        code, f"{message[:1].lower()}{message[1:]} at character {position} of {len(body)}: ...{_shown(around)}..."
    )


def _head_only(body: str, text: str, problems: list[Problem]) -> Frame:
    """What can still be read of a message that is no JSON: a receiver needs the id to answer it."""
    match = _HEAD.match(body)
    if match is None:
        return Frame(None, "", "", None, text, problems=tuple(problems))
    kind = int(match[1])
    id = _string(match[2])
    action = _string(match[3]) if kind in (CALL, SEND) else ""
    return Frame(kind, id, action, None, text, problems=tuple(problems))


def _string(literal: str | None) -> str:
    if literal is None:
        return ""
    try:
        return str(json.loads(literal))
    except ValueError:
        return ""


def _assemble(value: Any, text: str, problems: list[Problem]) -> Frame:
    """A Frame out of decoded JSON, whatever it is."""
    frame = Frame(None, "", "", None, text)
    if not isinstance(value, list):
        problems.append(Problem("not-an-array", f"the message is {_shown(value)}, not an array"))
    elif not value:
        problems.append(Problem("empty-array", "the message is []"))
    else:
        _read_type(frame, value[0], problems)
        _read_id(frame, value, problems)
        if frame.type in (CALL, SEND):
            _read_call(frame, value, problems)
        elif frame.type == CALLRESULT:
            _count(value, ("payload",), problems)
            if len(value) > 2:
                frame.payload = _read_payload(value[2], problems)
        elif frame.type in (CALLERROR, CALLRESULTERROR):
            _read_error(frame, value, problems)
        elif frame.type is None and len(value) > 2 and isinstance(value[2], str):
            frame.action = value[2]
    frame.problems = tuple(problems)
    return frame


def _read_type(frame: Frame, kind: Any, problems: list[Problem]) -> None:
    if type(kind) is int:
        frame.type = kind
        if kind not in TYPE_NAMES:
            problems.append(Problem("unknown-type", f"message type {_shown(kind)} is none of 2 to 6"))
        return
    problems.append(Problem("type-not-integer", f"the message type is {_shown(kind)}, not an integer"))
    if isinstance(kind, Decimal) and kind.copy_abs() < 100 and kind == kind.to_integral_value():
        frame.type = int(kind)


def _read_id(frame: Frame, value: list[Any], problems: list[Problem]) -> None:
    if len(value) < 2:
        if frame.type not in TYPE_NAMES:
            problems.append(Problem("too-few-elements", "the message has no message id"))
        return
    id = value[1]
    if not isinstance(id, str) or isinstance(id, _NoNumber):
        problems.append(Problem("id-not-string", f"the message id is {_shown(id)}, not a string"))
        return
    frame.id = id
    if not id:
        problems.append(Problem("id-empty", "the message id is an empty string"))
    elif len(id) > ID_MAX_LENGTH:
        problems.append(
            Problem("id-too-long", f"the message id has {len(id)} characters, at most {ID_MAX_LENGTH} are allowed")
        )


def _read_call(frame: Frame, value: list[Any], problems: list[Problem]) -> None:
    _count(value, ("action", "payload"), problems)
    if len(value) > 2:
        action = value[2]
        if not isinstance(action, str) or isinstance(action, _NoNumber):
            problems.append(Problem("action-not-string", f"the action is {_shown(action)}, not a string"))
        else:
            frame.action = action
            if not action:
                problems.append(Problem("action-empty", "the action is an empty string"))
    if len(value) > 3:
        frame.payload = _read_payload(value[3], problems)


def _read_payload(payload: Any, problems: list[Problem]) -> Any:
    if payload is None:
        problems.append(Problem("payload-null", "the payload is null instead of {}"))
        return {}
    if not isinstance(payload, dict):
        problems.append(Problem("payload-not-object", f"the payload is {_shown(payload)}, not an object"))
    return payload


def _read_error(frame: Frame, value: list[Any], problems: list[Problem]) -> None:
    frame.payload = {}
    _count(value, ("errorCode", "errorDescription", "errorDetails"), problems)
    if len(value) > 2:
        code = value[2]
        if isinstance(code, str) and not isinstance(code, _NoNumber):
            frame.error_code = code
        else:
            problems.append(Problem("error-code-not-string", f"the errorCode is {_shown(code)}, not a string"))
    if len(value) > 3:
        description = value[3]
        if isinstance(description, str) and not isinstance(description, _NoNumber):
            frame.error_description = description
            if len(description) > DESCRIPTION_MAX_LENGTH:
                message = f"the errorDescription has {len(description)} characters, at most {DESCRIPTION_MAX_LENGTH}"
                problems.append(Problem("description-too-long", f"{message} are allowed"))
        else:
            problems.append(
                Problem("description-not-string", f"the errorDescription is {_shown(description)}, not a string")
            )
    if len(value) > 4:
        frame.error_details = value[4]
        if not isinstance(value[4], dict):
            problems.append(Problem("details-not-object", f"the errorDetails is {_shown(value[4])}, not an object"))


def _count(value: list[Any], fields: tuple[str, ...], problems: list[Problem]) -> None:
    wanted = 2 + len(fields)
    if len(value) < wanted:
        missing = ("message id", *fields)[len(value) - 1 :]
        message = f"{len(value)} of {wanted} elements: no {', no '.join(missing)}"
        problems.append(Problem("too-few-elements", message))
    elif len(value) > wanted:
        extra = _shown(value[wanted:])
        problems.append(Problem("too-many-elements", f"{len(value)} elements instead of {wanted}: {extra} is too many"))


def _payload_index(value: Any) -> int | None:
    """Which element of the message pointers are relative to."""
    if not isinstance(value, list) or not value or type(value[0]) is not int:
        return None
    return {CALL: 3, SEND: 3, CALLRESULT: 2, CALLERROR: 4, CALLRESULTERROR: 4}.get(value[0])


def _depth(value: Any) -> int:
    """Levels of nesting of decoded JSON, without recursion; a scalar has none."""
    depth = 0
    level = [value] if type(value) is list or type(value) is dict else []
    while level:
        depth += 1
        level = _inside(level)
    return depth


def _inside(level: list[Any]) -> list[Any]:
    """The arrays and objects that stand directly in these."""
    return [
        child
        for item in level
        for child in (item.values() if type(item) is dict else item)
        if type(child) is list or type(child) is dict
    ]


def _prune(value: Any) -> None:
    """Empty every container at level MAX_DEPTH, so that whoever walks a payload by recursion is safe."""
    level = [value]
    for _ in range(MAX_DEPTH - 1):
        level = _inside(level)
    for item in level:
        item.clear()


def _irregular(
    value: Any, duplicates: Mapping[int, tuple[dict[str, Any], list[str]]]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """What is legal to a JSON scanner and yet wrong: where (as a path), the code, and the words."""
    left: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    reported: set[int] = set()
    while left:
        path, item = left.pop()
        if isinstance(item, dict):
            if id(item) in duplicates:
                reported.add(id(item))
                names = ", ".join(_shown(key) for key in duplicates[id(item)][1])
                yield path, "duplicate-key", f"more than one member is named {names}; the last one was read"
            for key in item:
                for code, message in _odd_characters(key):
                    yield path, code, f"the name of a member, {_shown(key)}, has {message}"
            left.extend(((*path, key), child) for key, child in reversed(item.items()))
        elif isinstance(item, list):
            left.extend(((*path, index), child) for index, child in reversed(list(enumerate(item))))
        elif isinstance(item, _NoNumber):
            if item.lstrip("-")[:1].isdigit():
                yield path, "huge-number", f"{_shown(str(item))[1:-1]} is beyond any range"
            else:
                yield path, "not-a-number", f"{item} is no JSON"
        elif isinstance(item, str):
            for code, message in _odd_characters(item):
                yield path, code, f"{_shown(item)} has {message}"
        elif _is_huge(item):
            yield path, "huge-number", f"{_shown(item)} is beyond the range of a double"
    for key, (_, names_twice) in duplicates.items():
        if key not in reported:  # inside a member that a namesake replaced
            names = ", ".join(_shown(name) for name in names_twice)
            yield (), "duplicate-key", f"more than one member is named {names}"


def _odd_characters(text: str) -> Iterator[tuple[str, str]]:
    if "\0" in text:
        yield "nul-character", "the character U+0000"
    if not text.isascii():
        match = _SURROGATE.search(text)
        if match is not None:
            yield "lone-surrogate", f"a lone surrogate U+{ord(match[0]):04X}"


def _is_huge(number: Any) -> bool:
    if isinstance(number, Decimal):
        return bool(number) and abs(number.adjusted()) > MAX_EXPONENT
    return type(number) is int and number.bit_length() > 1024


def _pointer(path: tuple[str | int, ...]) -> str:
    """JSON pointer (RFC 6901)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def _shown(value: Any, limit: int = 60) -> str:
    """A value in one short line of ASCII-safe JSON, for a message."""
    try:
        text = json.dumps(value, ensure_ascii=True, default=str)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


# ---------------------------------------------------------------- writing


class _Number(str):
    """The text of a number, which the encoder copies as it is."""

    __slots__ = ()


def _no_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} cannot be written as JSON")
        return _Number(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")


def _literal(text: str) -> str:
    return str.__str__(text) if type(text) is _Number else encode_basestring(text)


class _NeedsNumbers(Exception):
    """The fast encoder met something that is no plain JSON type."""


def _plain_only(value: Any) -> Any:
    if isinstance(value, Decimal):
        number = float(value)
        if repr(number) == str(value):  # the same digits, so the float may stand for it; inf and nan are refused later
            return number
    raise _NeedsNumbers


# json.dumps builds such an encoder on every call; made once, a Heartbeat's answer takes a third of the time. The
# arguments are: markers (no search for cycles: recursion has its own limit), default, string encoder, indent,
# separators, sort_keys, skipkeys, allow_nan.
_make_encoder: Any = getattr(json.encoder, "c_make_encoder")  # noqa: B009  (typeshed does not list it)
_encode_plain = _make_encoder(None, _plain_only, encode_basestring, None, ":", ",", False, False, False)
_encode_exact = _make_encoder(None, _no_json, _literal, None, ":", ",", False, False, False)


def dumps(value: Any) -> str:
    """Compact JSON. Decimals are written digit for digit, characters as themselves, lone surrogates as escapes.

    Raises ValueError for NaN, infinities and cycles, TypeError for what JSON has no form for.
    """
    try:
        text = "".join(_encode_plain(value, 0))
    except _NeedsNumbers:
        try:
            text = "".join(_encode_exact(value, 0))
        except RecursionError:
            raise ValueError("nested too deep, or in a circle, to be written as JSON") from None
    except RecursionError:
        raise ValueError("nested too deep, or in a circle, to be written as JSON") from None
    if not text.isascii() and _SURROGATE.search(text) is not None:
        text = _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text


def call(id: str, action: str, payload: Any) -> Frame:
    """A CALL, ready to be sent."""
    return Frame(CALL, id, action, payload, dumps([CALL, id, action, payload]))


def result(id: str, payload: Any) -> Frame:
    """A CALLRESULT, ready to be sent."""
    # An empty payload is the everyday answer; an encoder takes ten times as long for it.
    plain = not payload and type(payload) is dict and id.isascii()
    text = f"[{CALLRESULT},{encode_basestring(id)},{{}}]" if plain else dumps([CALLRESULT, id, payload])
    return Frame(CALLRESULT, id, "", payload, text)


def error(id: str, code: str, description: str = "", details: Any = None) -> Frame:
    """A CALLERROR, ready to be sent; no details are written as the empty object that the standard asks for."""
    return _error(CALLERROR, id, code, description, details)


def result_error(id: str, code: str, description: str = "", details: Any = None) -> Frame:
    """A CALLRESULTERROR (2.1), ready to be sent."""
    return _error(CALLRESULTERROR, id, code, description, details)


def send(id: str, action: str, payload: Any) -> Frame:
    """A SEND (2.1), ready to be sent."""
    return Frame(SEND, id, action, payload, dumps([SEND, id, action, payload]))


def _error(kind: int, id: str, code: str, description: str, details: Any) -> Frame:
    details = {} if details is None else details
    text = dumps([kind, id, code, description, details])
    return Frame(kind, id, "", {}, text, code, description, details)
