"""Texts that are no JSON, or JSON that nobody expects: truncated, deep, huge, in other encodings, with odd numbers.

Deterministic examples for a device of either role and every version. What a device may do about each stands in
`framework`: what is no JSON must not be taken; what is legal but unwise may be taken or refused, and must not kill.
Big ones are kept in the segment form of `example.Text`.

Source: RFC 8259, RFC 3629, RFC 6455 8.1; OCPP-J 1.6 4.1.2, OCPP 2.0.1 and 2.1 part 4 4.1.2; field defects 10, 11, 13,
S8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from conformance.fuzz import acts, framework
from conformance.fuzz.envelope import VENDOR, About, ground
from conformance.fuzz.example import Allowed, Example, Segment, Text, segments

MEGABYTE = 1_000_000
"""Characters of the long strings; with what is around them still less than 1 MiB."""
MANY = 100_000
"""Items of the long lists."""
DEPTHS = (8, 64, 512, 10_000, 100_000)
"""Levels of nesting below the payload."""
DIGITS = 5000
"""Digits of the long number; Python's int() gives up at 4300."""

_SERVED = "Operative"

_NUMBER: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("CS", "1.6"): ("ChangeAvailability", '{"connectorId":', f',"type":"{_SERVED}"}}'),
    ("CS", "2"): ("ChangeAvailability", f'{{"operationalStatus":"{_SERVED}","evse":{{"id":', "}}"),
    ("CSMS", "1.6"): (
        "MeterValues",
        '{"connectorId":',
        ',"meterValue":[{"timestamp":"{{now}}","sampledValue":[{"value":"1"}]}]}',
    ),
    ("CSMS", "2"): (
        "MeterValues",
        '{"evseId":1,"meterValue":[{"timestamp":"{{now}}","sampledValue":[{"value":',
        "}]}]}",
    ),
}
"""An action with a number in it, and its payload before and behind the number; harmless for any number."""

_REFUSING: Mapping[str, frozenset[str]] = {"CS": frozenset({"Rejected"}), "CSMS": frozenset()}
"""With which status a device answers that action for an EVSE or connector that it cannot have."""

_LIST: Mapping[tuple[str, str], tuple[str, str, str, str]] = {
    ("CS", "1.6"): ("GetConfiguration", '{"key":["k"', ',"k"', "]}"),
    ("CS", "2"): ("DataTransfer", f'{{"vendorId":"{VENDOR}","data":[1', ",1", "]}"),
    ("CSMS", "1.6"): (
        "MeterValues",
        '{"connectorId":1,"meterValue":[{"timestamp":"{{now}}","sampledValue":[{"value":"1"}',
        ',{"value":"1"}',
        "]}]}",
    ),
    ("CSMS", "2"): ("DataTransfer", f'{{"vendorId":"{VENDOR}","data":[1', ",1", "]}"),
}
"""An action with a list without a maximum: its payload before the further items, such an item, and the rest."""


def broken_texts(about: About) -> list[Example]:
    """Every text that is odd in one way; needs no operator."""
    made = _Maker(about)
    parts = (
        made.truncations,
        made.surroundings,
        made.nothings,
        made.notations,
        made.members,
        made.strings,
        made.bytes,
        made.encodings,
        made.numbers,
        made.depths,
        made.sizes,
        made.binaries,
    )
    return [example for part in parts for example in part()]


class _Maker:
    """Makes the examples for one device."""

    def __init__(self, about: About) -> None:
        self.version = about.version
        self.role = about.role
        self.action, self.payload = ground(about)
        self.whole = f'[2,"{{{{id}}}}","{self.action}",{self.payload}]'
        self.no_json = framework.no_json(about.version)
        self.legal = framework.legal(about.version)
        self.key = (about.role, about.version.family)

    def one(
        self, name: str, text: str | Text, constraint: str, allowed: Allowed, *, action: str = "", pointer: str = ""
    ) -> Example:
        """An example of one text message."""
        return Example(
            name=name,
            acts=(acts.send(text),),
            allowed=allowed,
            action=action or self.action,
            constraint=constraint,
            pointer=pointer,
            breaks=name,
        )

    def transfer(self, name: str, data: str | Text, constraint: str, allowed: Allowed) -> Example:
        """A DataTransfer with this JSON text as its data."""
        begin = f'[2,"{{{{id}}}}","DataTransfer",{{"vendorId":"{VENDOR}","data":'
        text = (begin, *segments(data), "}]")
        return self.one(name, _joined(text), constraint, allowed, action="DataTransfer", pointer="/data")

    # ------------------------------------------------------------------ what surrounds the JSON, or ends it

    def truncations(self) -> Iterator[Example]:
        """Texts that end too early."""
        head = f'[2,"{{{{id}}}}","{self.action}"'
        for name, text in (
            ("behind the first bracket", "["),
            ("behind the message type", "[2"),
            ("behind the first comma", "[2,"),
            ("in the message id", '[2,"{{id}}'),
            ("behind the message id", '[2,"{{id}}"'),
            ("in the action", head[:-3]),
            ("behind the action", head),
            ("behind the last comma", f"{head},"),
            ("in the payload", f"{head},{{"),
            ("before the last two brackets", self.whole[:-2]),
            ("before the last bracket", self.whole[:-1]),
        ):
            yield self.one(f"truncated {name}", text, "truncated", self.no_json)

    def surroundings(self) -> Iterator[Example]:
        """Text before and behind the JSON text."""
        whole, no_json = self.whole, self.no_json
        for name, text in (
            ("a letter", f"{whole}x"),
            ("a bracket", f"{whole}]"),
            ("a brace", f"{whole}}}"),
            ("a comma", f"{whole},"),
            ("the character NUL", f"{whole}\0"),
            ("the same CALL again, in one message", f"{whole}{whole}"),
            ("another CALL on a new line", whole + "\n" + whole.replace("{{id}}", "{{id2}}")),
            ("a comment", f"{whole} // and so on"),
        ):
            yield self.one(f"behind the JSON text: {name}", text, "trailing bytes", no_json)
        for name, text in (
            ("a letter", f"x{whole}"),
            ("a comma", f",{whole}"),
            ("the character NUL", f"\0{whole}"),
            ("null", f"null{whole}"),
            ("a length", f"{len(whole)}:{whole}"),
            ("a guard against scripts", f")]}}',\n{whole}"),
        ):
            yield self.one(f"before the JSON text: {name}", text, "leading bytes", no_json)
        # RFC 8259 8.1: nobody may send it, a parser may ignore it.
        mark = replace(no_json, result=True)
        yield self.one("before the JSON text: a byte order mark", f"\ufeff{whole}", "byte order mark", mark)
        taken = framework.taken(self.version)
        spellings: tuple[tuple[str, str | Text], ...] = (
            ("spaces, tabs and line ends around", f" \t\r\n{whole}\r\n\t "),
            ("2000 spaces in front", ((" ", 2000), whole)),
            ("a line for each element", whole.replace(",", ",\n\t", 3)),
            ("letters of the action escaped", whole.replace(self.action, _escaped(self.action))),
        )
        for name, spelling in spellings:
            yield self.one(name, spelling, "legal spelling", taken)

    def nothings(self) -> Iterator[Example]:
        """Messages without a JSON text."""
        unread = framework.unread(self.version)
        for name, text in (("an empty message", ""), ("a message of white space", " \r\n\t")):
            yield self.one(name, text, "no text", unread)
        others: tuple[tuple[str, str | Text], ...] = (
            ("a message of one NUL", "\0"),
            ("a word", "OCPP"),
            ("XML", '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>'),
            ("a line of HTTP", "GET / HTTP/1.1\r\n\r\n"),
            ("a text of 100 000 quotation marks", (('"', MANY),)),
        )
        for name, other in others:
            yield self.one(name, other, "no JSON", self.no_json)

    # ------------------------------------------------------------------ notations that are not JSON's

    def notations(self) -> Iterator[Example]:
        """What other languages would take for JSON."""
        whole, action = self.whole, self.action
        with_data = f'[2,"{{{{id}}}}","DataTransfer",{{"vendorId":"{VENDOR}","data":"x"}}]'
        for name, text in (
            ("single quotes", whole.replace('"', "'")),
            ("no quotes around the action", whole.replace(f'"{action}"', action)),
            ("no quotes around a member's name", with_data.replace('"data"', "data")),
            ("a comment between elements", whole.replace(",", ", /* next */", 1)),
            ("a comma before the last bracket", f"{whole[:-1]},]"),
            ("a comma before the last brace", with_data.replace("}]", ",}]")),
            ("a comma too many between elements", whole.replace(",", ",,", 1)),
            ("a comma missing between elements", whole.replace(",", " ", 1)),
            ("a comma missing between members", with_data.replace(',"data"', ' "data"')),
            ("a member without value", with_data.replace('"data":"x"', '"data":')),
            ("a member without colon", with_data.replace('"data":"x"', '"data" "x"')),
            ("an equals sign for a colon", with_data.replace('"data":', '"data"=')),
            ("a brace instead of the last bracket", f"{whole[:-1]}}}"),
            ("parentheses for brackets", f"({whole[1:-1]})"),
            ("a message type with a leading zero", whole.replace("[2,", "[02,", 1)),
            ("a message type with a plus sign", whole.replace("[2,", "[+2,", 1)),
            ("a message type in hexadecimal", whole.replace("[2,", "[0x2,", 1)),
        ):
            yield self.one(name, text, "notation", self.no_json)
        for word in ("True", "None", "undefined", "NULL", "nul", "'x'", "`x`", "<x>", "x"):
            yield self.transfer(f"the value {word}", word, "notation", self.no_json)

    def members(self) -> Iterator[Example]:
        """Members of the payload that are named twice, or oddly: JSON does not forbid it (RFC 8259, 4)."""
        begin = f'[2,"{{{{id}}}}","DataTransfer",{{"vendorId":"{VENDOR}"'
        ways: tuple[tuple[str, Segment], ...] = (
            ("twice with the same value", f',"vendorId":"{VENDOR}"'),
            ("twice with another value", ',"vendorId":"org.example.other"'),
            ("twice with another type", ',"vendorId":null'),
            ("twice, once with an escaped letter", ',"vendor\\u0049d":"org.example.other"'),
            ("a thousand times", (f',"vendorId":"{VENDOR}"', 1000)),
        )
        for name, more in ways:
            text = _joined((begin, more, "}]"))
            yield self.one(f"a member {name}", text, "duplicate key", self.legal, action="DataTransfer")

    # ------------------------------------------------------------------ strings

    def strings(self) -> Iterator[Example]:
        """Characters and escapes in a string."""
        legal, no_json = self.legal, self.no_json
        for name, text in (
            ("half a surrogate pair, the first, escaped", "\\ud800"),
            ("half a surrogate pair, the second, escaped", "\\udc00"),
            ("a surrogate pair in the wrong order, escaped", "\\udc00\\ud800"),
            ("half a surrogate pair before a letter, escaped", "\\ud83dx"),
            ("NUL, escaped", "a\\u0000b"),
            ("control characters, escaped", "\\u0001\\u001b[2J\\u007f"),
        ):
            yield self.transfer(name, f'"{text}"', "lone surrogate" if "\\ud" in text else "escapes", legal)
        for name, text in (
            ("a surrogate pair, escaped", "\\ud83d\\udd0c"),
            ("a character beyond the basic plane", "\U0001f50c"),
            ("noncharacters", "\uffff\ufdd0\U0010ffff"),
            ("DEL and C1 control characters", "\x7f\x80\x9f"),
            ("line and paragraph separators", "\u2028\u2029"),
            ("text from right to left", "\u202eabc\u200f\u05d0"),
            ("a hundred combining marks on one letter", "a" + "\u0301" * 100),
            ("a slash, escaped", "a\\/b"),
            ("something like a script", "<script>alert(1)</script>"),
            ("something like a format", "%s%n%x{0}${jndi:ldap://127.0.0.1/a}"),
            ("something like SQL", "' OR '1'='1'; --"),
            ("something like a path", "../../../../etc/passwd"),
        ):
            yield self.transfer(f"a string with {name}", f'"{text}"', "string", legal)
        for name, text in (
            ("a tab", "a\tb"),
            ("a line end", "a\nb"),
            ("the character NUL", "a\0b"),
            ("the character ESC", "a\x1bb"),
            ("U+001F", "a\x1fb"),
        ):
            yield self.transfer(f"unescaped in a string: {name}", f'"{text}"', "control character", no_json)
        for name, text in (
            ("\\x41", "\\x41"),
            ("\\u12", "\\u12"),
            ("\\u12G4", "\\u12G4"),
            ("\\u{41}", "\\u{41}"),
            ("\\'", "\\'"),
            ("\\0", "\\0"),
        ):
            yield self.transfer(f"the escape {name}", f'"{text}"', "escapes", no_json)
        yield self.transfer("a backslash before the closing quote", '"a\\"', "escapes", no_json)

    # ------------------------------------------------------------------ bytes

    def bytes(self) -> Iterator[Example]:
        """Bytes that are no UTF-8, in a string."""
        allowed = framework.not_utf8(self.version)
        for name, digits, constraint in (
            ("0xFF", "ff", "invalid UTF-8"),
            ("a continuation byte alone", "80", "invalid UTF-8"),
            ("a sequence that ends too early", "e282", "invalid UTF-8"),
            ("a letter of Latin-1", "e9", "invalid UTF-8"),
            ("a code point beyond U+10FFFF", "f4908080", "invalid UTF-8"),
            ("an overlong slash", "c0af", "overlong UTF-8"),
            ("an overlong NUL", "c080", "overlong UTF-8"),
            ("an overlong slash of four bytes", "f08080af", "overlong UTF-8"),
            ("half a surrogate pair as bytes", "eda080", "lone surrogate"),
            ("a surrogate pair as bytes (CESU-8)", "eda0bdedb48c", "lone surrogate"),
        ):
            yield self.transfer(name, ('"a', ("hex", digits, 1), 'b"'), constraint, allowed)

    def encodings(self) -> Iterator[Example]:
        """The same CALL in other encodings. Their ids are not fresh: nobody can read them."""
        plain = self.whole.replace("{{id}}", "oc-fuzz-encoding")
        for name, encoding, mark in (
            ("UTF-16, big endian", "utf-16-be", ""),
            ("UTF-16, little endian", "utf-16-le", ""),
            ("UTF-16 with a byte order mark", "utf-16-le", "\ufeff"),
            ("UTF-32, little endian", "utf-32-le", ""),
            ("EBCDIC", "cp500", ""),
        ):
            encoded = (mark + plain).encode(encoding)
            allowed = self.no_json if _is_utf8(encoded) else framework.not_utf8(self.version)
            yield self.one(name, (("hex", encoded.hex(), 1),), "encoding", allowed)

    # ------------------------------------------------------------------ numbers

    def numbers(self) -> Iterator[Example]:
        """Numbers that JSON does not have, and those that no computer has."""
        for text in ("NaN", "Infinity", "-Infinity", "nan", "inf", "1e", "1e+", "01", "-01", "+1", ".5", "1.", "1.e1"):
            constraint = "NaN" if text.lower().strip("-") in ("nan", "infinity", "inf") else "number"
            yield self.number(f"the number {text}", text, constraint, self.no_json)
        for text in ("0x10", "1_000", "1,5", "--1", "-", "1 000", "0b1", "1f", "\u0661"):
            yield self.number(f"the number {text}", text, "number", self.no_json)
        beyond = replace(self.legal, statuses=_REFUSING[self.role])
        for name, number in (
            ("the number 1e999", "1e999"),
            ("the number -1e999", "-1e999"),
            ("the number 1E400", "1E400"),
            ("the number 1e999999999", "1e999999999"),
            ("the number 2^31", "2147483648"),
            ("the number 2^32 + 1", "4294967297"),
            ("the number 2^63", "9223372036854775808"),
            ("the number 2^64 + 1", "18446744073709551617"),
        ):
            yield self.number(name, number, "huge number", beyond)
        yield self.number(f"a number of {DIGITS} digits", ("1", ("0", DIGITS - 2), "1"), "huge number", beyond)
        yield self.number("a fraction of 5000 digits", ("0.", ("3", DIGITS)), "huge number", self.legal)
        for text in ("-0", "-0.0", "0e999", "1e-999", "1.0", "10e-1"):
            yield self.number(f"the number {text}", text, "small number", self.legal)

    def number(self, name: str, number: str | Text, constraint: str, allowed: Allowed) -> Example:
        """The action with a number, with this JSON text for it."""
        action, before, behind = _NUMBER[self.key]
        text = (f'[2,"{{{{id}}}}","{action}",{before}', *segments(number), f"{behind}]")
        return self.one(name, _joined(text), constraint, allowed, action=action)

    # ------------------------------------------------------------------ depth and size

    def depths(self) -> Iterator[Example]:
        """Nesting. Data of any shape may stand in a DataTransfer of 2.x, only a string in one of 1.6."""
        allowed = framework.big(self.version)
        for depth in DEPTHS:
            for name, opening, closing in (("arrays", "[", "]"), ("objects", '{"a":', "}")):
                text = ((opening, depth), "1", (closing, depth))
                yield self.transfer(f"{depth} nested {name}", text, "depth", allowed)
        corrupt = replace(self.no_json, close=True, close_codes=framework.TOO_BIG)
        for name, unit in (("brackets", "["), ("braces with a member", '{"a":')):
            yield self.one(f"{MANY} opening {name}", ((unit, MANY),), "depth", corrupt)
        yield self.one(f"{MANY} closing brackets", (("]", MANY),), "depth", corrupt)
        yield self.transfer(f"{MANY} nested arrays that are not closed", (("[", MANY),), "depth", corrupt)

    def sizes(self) -> Iterator[Example]:
        """Long strings, names and lists."""
        version = self.version
        big = framework.big(version)
        broken = framework.big_and_broken(version)
        long: Segment = ("x", MEGABYTE)
        yield self.transfer("a string of 1 MB", ('"', long, '"'), "size", big)
        yield self.transfer("a string of 1 MB, escaped", ('"', ("\\u0041", MEGABYTE // 6), '"'), "size", big)
        begin = '[2,"{{id}}","DataTransfer",{"vendorId":"'
        for name, text in (
            ("a string of 1 MB where 255 characters are allowed", (begin, long, '"}]')),
            ("an unknown field of 1 MB", (f'{begin}{VENDOR}","ocppConformance":"', long, '"}]')),
            ("a field with a name of 1 MB", (f'{begin}{VENDOR}","', long, '":1}]')),
            (f"an unknown field of {MANY} items", (f'{begin}{VENDOR}","ocppConformance":[1', (",1", MANY), "]}]")),
            (f"{MANY} unknown fields of one name", (f'{begin}{VENDOR}"', (',"a":1', MANY), "}]")),
        ):
            yield self.one(name, text, "size", broken, action="DataTransfer")
        action, before, item, behind = _LIST[self.key]
        text = (f'[2,"{{{{id}}}}","{action}",{before}', (item, MANY - 1), f"{behind}]")
        yield self.one(f"a list of {MANY} items", text, "size", big, action=action)
        payload = self.payload
        for name, text, allowed in (
            ("a message id of 1 MB", ('[2,"{{id}}', long, f'","{self.action}",{payload}]'), framework.long_id(version)),
            ("an action of 1 MB", ('[2,"{{id}}","', long, f'",{payload}]'), framework.unknown_action(version)),
            ("an errorDescription of 1 MB to nobody", ('[4,"{{id}}","GenericError","', long, '",{}]'), None),
        ):
            reaction = allowed or framework.unasked(version)
            closing = replace(reaction, close=True, close_codes=framework.TOO_BIG)
            yield self.one(name, text, "size", framework.where_unread(version, closing))
        elements = (f'[2,"{{{{id}}}}","{self.action}",{payload}', (",1", MANY), "]")
        yield self.one(f"a CALL of {MANY} elements", elements, "size", broken)

    def binaries(self) -> Iterator[Example]:
        """The wrong kind of WebSocket message."""
        allowed = framework.binary(self.version)
        refused = replace(allowed, result=False)
        for name, text, reaction in (
            ("a CALL as a binary message", self.whole, allowed),
            ("an empty binary message", "", refused),
            ("a binary message of zeros", (("hex", "00", 64),), refused),
        ):
            yield Example(
                name=name,
                acts=(acts.send_binary(text),),
                allowed=reaction,
                action=self.action,
                constraint="binary message",
                breaks=name,
            )


def _joined(text: Text) -> Text:
    """The same text with neighbouring strings in one piece."""
    made: list[Segment] = []
    for one in text:
        if made and isinstance(one, str) and isinstance(made[-1], str):
            made[-1] += one
        else:
            made.append(one)
    return tuple(made)


def _escaped(word: str) -> str:
    """The word with its first and last letter as JSON escapes."""
    return f"\\u{ord(word[0]):04x}{word[1:-1]}\\u{ord(word[-1]):04X}"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
