"""Takes secrets out of what a run writes: passwords, keys, PINs, values of tokens, credentials in URLs and headers.

It stands where records are made, in front of every view; nothing that judges ever sees a placeholder. A value has the
same placeholder everywhere in a run, so that a reader can follow which token was used: `«idToken valid»` for one that
the description names, `«idToken 1»` for one that came over the wire. Where secrets stand is data: `secret_paths.py`.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.fuzz.packed import Packed
from conformance.ocppj.frames import CALL, CALLRESULT, SEND, Frame, dumps
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import version as version_data
from conformance.report.record import CaseRecord, FindingRecord, RowRecord, plain
from conformance.report.secret_paths import KEY, NAMES, PASSWORD, PATHS, PIN, SETTINGS, TOKEN, Path, kind_of
from conformance.report.spans import spans, unquoted

SHORT = 4
"""A value of fewer characters is looked for in free text only between quotes: elsewhere "1" is no secret."""
NARROW = frozenset({TOKEN, PIN})
"""Kinds whose values may be ordinary words or numbers, and are looked for only in the case in which they came."""
WIDE = 6
"""Characters from which on a password or key that came over the wire is looked for in every later text."""
LARGE = 256 * 1024
"""Characters up to which a text is taken apart; in a longer one known values are looked for, and named members."""

_PAYLOAD_AT = {CALL: "3", SEND: "3", CALLRESULT: "2"}
_ENVELOPE = ("0", "1", "2")
"""Of a message: its type, its id, and its action, error code or payload, where that is a mere text."""
_JSON = ("{", "[")
_HINT = re.compile("|".join(NAMES) + r"|pass_?|pin|secret|private|key|psk|://|authorization:|BEGIN ", re.IGNORECASE)
_MEMBER = re.compile(
    r"""(?P<quote>\\?["'])(?P<name>\w{2,50})(?P=quote)\s*:\s*(?P<mark>\\?["'])(?P<value>[^"'\\«]+)(?P=mark)"""
    r"""|\b(?P<word>\w{2,50})=(?P<sign>["']?)(?P<plain>[^\s"',;&«{}\[\]()]+)(?P=sign)"""
)
_HEADER = re.compile(
    r"(?P<start>\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|digest)\s+)(?P<value>[^\s\"'\\«][^\s\"'\\]*)",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?P<start>\b[a-z][a-z0-9+.-]{1,20}://[^\s/?#@:\"'«]*:)(?P<value>[^\s/?#@\"'«]+)(?=@)", re.IGNORECASE
)
_QUERY = re.compile(
    r"(?P<start>[?&](?:token|access_token|password|pwd|secret|sig|signature|x-amz-signature|key|api_?key)=)"
    r"(?P<value>[^\s&#\"'«]+)",
    re.IGNORECASE,
)
_PEM = re.compile(r"-----BEGIN (?P<what>[A-Z ]*PRIVATE KEY)-----.*?(?:-----END (?P=what)-----|\Z)", re.DOTALL)


class Redactor:
    """The secrets of one run and their placeholders. Safe to use from several threads.

    With `keep` nothing is taken out: every method gives back what it was given.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self.keep = keep
        self.part = ""
        """Of a run that several processes share: which one this is. It stands before the numbers that it gives."""
        self._lock = threading.Lock()
        self._placeholders: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._wide: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    # ------------------------------------------------------------------ what is secret

    def describe(self, dut: Any) -> None:
        """Learn the secrets of a description (`Dut`): tokens by their names, passwords in every form they may take."""
        for name, token in dut.tokens.given().items():
            self._named(token.idToken, f"{TOKEN} {name}")
        address = dut.address
        for identity, password in (
            (dut.identity, dut.password),
            (address.second_identity, address.second_password),
        ):
            if password:
                self._password(identity, password)
        for settings in (dut.operator.default, *dut.operator.named.values()):
            self._options(settings.options)
            for value in settings.headers.values():
                for part in {value, value.rpartition(" ")[2]}:
                    self._learn(part, "header", wide=True)
            self._in_url(settings.url)

    def _in_url(self, url: str) -> None:
        for match in _URL.finditer(url):
            self._learn(match["value"], PASSWORD, wide=True)

    def _named(self, value: str, name: str) -> None:
        """A value that the description names; the same token in another case of letters is told apart."""
        if not value:
            return
        shown = self._learn(value, name, wide=True, numbered=False)
        for other in (value.lower(), value.upper()):
            self._learn(other, f"{shown[1:-1]} (other case)", wide=True, numbered=False)

    def _password(self, identity: str, password: bytes) -> None:
        text = password.decode("utf-8", "backslashreplace")
        shown = self._learn(text, PASSWORD, wide=True)[1:-1]
        for form, value in (
            ("hex", password.hex()),
            ("hex", password.hex().upper()),
            ("base64", base64.b64encode(password).decode()),
            ("as credentials", base64.b64encode(identity.encode() + b":" + password).decode()),
        ):
            self._learn(value, f"{shown} ({form})", wide=True, numbered=False)

    def _options(self, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                kind = kind_of(str(name))
                if kind and isinstance(item, str):
                    self._learn(item, kind, wide=True)
                self._options(item)
        elif isinstance(value, list | tuple):
            for item in value:
                self._options(item)

    def _learn(self, value: str, kind: str, *, wide: bool, numbered: bool = True) -> str:
        """The placeholder of a value, a new one for a new value. `wide`: it is looked for in every text from now on."""
        with self._lock:
            shown = self._placeholders.get(value)
            if shown is None:
                count = self._counts.get(kind, 0) + 1
                self._counts[kind] = count
                before = f"{self.part}." if self.part else ""
                shown = f"«{kind} {before}{count}»" if numbered or count > 1 else f"«{kind}»"
                self._placeholders[value] = shown
            if wide and value not in self._wide:
                self._wide.add(value)
                self._pattern = None
            return shown

    def placeholder(self, value: str, kind: str, *, wide: bool = False) -> str:
        """What stands for a secret of that kind; a value that is none (empty, or a placeholder) stays.

        `wide`: from now on it is looked for in every text. That is for what a message or a description calls a secret,
        not for what only looks so in free text: `password=none` must not make a secret of "none".
        """
        if self.keep or not value or value.startswith("«"):
            return value
        return self._learn(value, kind, wide=wide)

    def knows(self, value: str) -> bool:
        """Whether a value has a placeholder."""
        return value in self._placeholders

    # ------------------------------------------------------------------ texts

    def text(self, text: str, more: re.Pattern[str] | None = None, *, members: bool = True) -> str:
        """A text without known secrets (those of the run, and `more`), credentials and private keys.

        `members`: and without the values of what is called a password, token and so on in it (`password=...`).
        """
        if self.keep or not text:
            return text
        return self._patterns(self.known(text, more), members)

    def known(self, text: str, more: re.Pattern[str] | None = None) -> str:
        """A text in which known values are exchanged, wherever they stand by themselves."""
        if self.keep:
            return text
        with self._lock:
            if self._pattern is None:
                self._pattern = _alternatives(self._wide)
            wide = self._pattern
        text = wide.sub(self._shown, text)
        return more.sub(self._shown, text) if more is not None else text

    def _shown(self, match: re.Match[str]) -> str:
        return self._placeholders[match[0]]

    def _patterns(self, text: str, members: bool) -> str:
        if not _HINT.search(text):
            return text
        text = _PEM.sub(lambda match: self.placeholder(match[0], "private key"), text)
        text = _HEADER.sub(lambda match: match["start"] + self.placeholder(match["value"], "credentials"), text)
        if "://" in text:
            text = _URL.sub(lambda match: match["start"] + self.placeholder(match["value"], PASSWORD), text)
            text = _QUERY.sub(lambda match: match["start"] + self.placeholder(match["value"], KEY), text)
        return _MEMBER.sub(self._member, text) if members else text

    def _member(self, match: re.Match[str]) -> str:
        name, value = match["name"] or match["word"], match["value"] or match["plain"]
        kind = kind_of(name)
        if not kind or value in ("null", "None", "true", "false", "True", "False"):
            return match[0]
        head = match[0][: match.start("value" if match["name"] else "plain") - match.start()]
        return f"{head}{self.placeholder(value, kind)}{match['mark'] or match['sign'] or ''}"

    def value(self, value: Any) -> Any:
        """A plain value with its texts redacted; what a member holds whose name means a secret is one as a whole."""
        return self.case("", "").value(value)

    def case(self, version: str, device: str, *, campaign: bool = False) -> CaseSecrets:
        """The secrets of one case, for its record and its part of the trace."""
        return CaseSecrets(self, version, device, campaign=campaign)


def _alternatives(values: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds each value where it stands by itself, a short one only between quotes."""
    ways = []
    for value in sorted(values, key=len, reverse=True):
        escaped = re.escape(value)
        if len(value) < SHORT:
            ways.append(rf"(?<=[\"']){escaped}(?=\\?[\"'])")
        else:
            ways.append(rf"(?<![0-9A-Za-z]){escaped}(?![0-9A-Za-z])")
    return re.compile("|".join(ways) if ways else r"(?!)")


class CaseSecrets:
    """What is secret in one case: where the schemas of its version say so, and the values that were found there.

    In a negative test (`campaign`) the tokens of our own frames are made up, and stay readable unless they are known;
    so are the words for what is sent (`password="reversed"`).
    """

    def __init__(self, redactor: Redactor, version: str, device: str, *, campaign: bool = False) -> None:
        self._redactor = redactor
        self._version = version
        self._device = device
        self._campaign = campaign
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._texts: dict[int, str] = {}

    # ------------------------------------------------------------------ what happened

    def learn(self, entries: Iterable[Entry]) -> None:
        """Read the frames of the case first, so that every text of it knows their tokens."""
        if self._redactor.keep:
            return
        for entry in entries:
            frame = entry.frame
            if frame is None or len(frame.text) > LARGE:
                continue
            self._learn(frame.text, _PAYLOAD_AT.get(frame.type or 0, ""), self._schema(frame), self._made_up(entry))

    def _learn(self, text: str, at: str | None, schema: str, made_up: bool) -> None:
        if self._ruled(schema) or _HINT.search(text):
            for _, _, value, kind, _ in self._places(text, at, schema):
                if kind:
                    self._secret(value, kind, made_up)
                elif value[:1] in _JSON:
                    self._learn(value, None, "", made_up)

    def frame(self, entry: Entry) -> str:
        """The text of a frame, with nothing changed but its secrets."""
        frame = entry.frame
        assert frame is not None
        if self._redactor.keep:
            return frame.text
        text = self._texts.get(entry.index)
        if text is None:
            made_up = self._made_up(entry)
            text = self._json(frame.text, _PAYLOAD_AT.get(frame.type or 0, ""), self._schema(frame), made_up)
            if frame.type is None and not made_up:
                text = self.text(text)
            self._texts[entry.index] = text
        return text

    def _made_up(self, entry: Entry) -> bool:
        return self._campaign and entry.sender != self._device

    def data(self, entry: Entry) -> dict[str, Any]:
        """What an entry that is no frame says. Bytes stay as they are."""
        if self._redactor.keep:
            return entry.data
        data = {name: self.value(item) for name, item in entry.data.items()}
        args = entry.data.get("args")
        if isinstance(args, Mapping):
            # Our own CALL, or one that an operator has the CSMS send: its schema says what is secret in it.
            if entry.data.get("kind") == "call":
                data["args"] = self._payload(str(entry.data.get("name", "")), args)
            elif isinstance(args.get("payload"), Mapping):
                payload = self._payload(str(args.get("action", "")), args["payload"])
                data["args"] = {**data["args"], "payload": payload}
        return data

    def _payload(self, action: str, payload: Mapping[str, Any]) -> Any:
        text = dumps(plain(payload, mask=False))
        return json.loads(self._json(text, None, self._request_of(action), False))

    def _schema(self, frame: Frame) -> str:
        if frame.type == CALLRESULT:
            action = version_data(self._version).actions.get(frame.action) if self._version else None
            return (action.response or "") if action is not None else ""
        return self._request_of(frame.action) if frame.type in (CALL, SEND) else ""

    def _request_of(self, name: str) -> str:
        action = version_data(self._version).actions.get(name) if self._version else None
        return action.request if action is not None else ""

    # ------------------------------------------------------------------ texts and values

    def text(self, text: str, *, ours: bool = False) -> str:
        """Any text of the case: a finding, a step, a reason. `ours`: what a negative test says of its own input."""
        return self._redactor.text(text, self._narrow, members=not (ours and self._campaign))

    @property
    def _narrow(self) -> re.Pattern[str] | None:
        """What is looked for in this case alone."""
        if self._pattern is None and self._values:
            self._pattern = _alternatives(self._values)
        return self._pattern

    def value(self, value: Any, name: str = "") -> Any:
        """A plain value below a member of that name."""
        if self._redactor.keep:
            return value
        if isinstance(value, Mapping):
            return {key: self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, name) for item in value]
        kind = kind_of(name) if name else ""
        if isinstance(value, str):
            return self._secret(value, kind, self._campaign) if kind else self.text(value, ours=True)
        return value

    def record(self, record: CaseRecord) -> CaseRecord:
        """A case's record with every text of it redacted that is not yet: frames are redacted as they are recorded."""
        if self._redactor.keep:
            return record
        record.reason = self.text(record.reason)
        record.findings = [self.finding(one) for one in record.findings]
        for step in record.steps:
            step.text, step.expect = self.text(step.text), self.text(step.expect)
        redacted = (
            replace(
                one,
                name=self.text(one.name, ours=True),
                sent=self.text(one.sent, ours=True),
                reaction=self.text(one.reaction),
            )
            for one in record.rows
        )
        record.rows = Packed(RowRecord, redacted)
        record.campaign = self.value(record.campaign)
        return record

    def finding(self, one: FindingRecord) -> FindingRecord:
        """A finding whose words are redacted; one that already is stays the same."""
        return replace(
            one,
            expected=self.text(one.expected),
            actual=self.text(one.actual),
            where=self.text(one.where),
            note=self.text(one.note),
        )

    def _secret(self, value: str, kind: str, made_up: bool = False) -> str:
        redactor = self._redactor
        if kind == TOKEN and made_up and not redactor.knows(value):
            return value
        narrow = kind in NARROW or len(value) < WIDE
        shown = redactor.placeholder(value, kind, wide=not narrow and not made_up)
        if narrow and not made_up and shown != value and value not in self._values:
            self._values.add(value)
            self._pattern = None
        return shown

    # ------------------------------------------------------------------ JSON as text

    def _json(self, text: str, at: str | None, schema: str, made_up: bool) -> str:
        """A JSON text with its secret values exchanged. `at`: the member with the payload; None: it is the whole."""
        redactor = self._redactor
        if len(text) > LARGE:
            return self.text(text)
        if not self._may_hold(text, schema):
            return redactor.known(text, self._narrow)
        made, done = [], 0
        for begin, end, value, kind, path in self._places(text, at, schema):
            quoted = text[begin] == '"'
            if kind:
                redacted = self._secret(value, kind, made_up)
                if redacted != value and not quoted:
                    # A number where a text is due, or a PIN: the reader has to see that it was none in quotes.
                    redacted = f"{redacted[:-1]}, a number»"
            elif quoted and (at is None or len(path) > 1 or path[0] not in _ENVELOPE):
                redacted = self._inner(value, made_up)
            else:
                continue
            if redacted != value:
                made += [text[done:begin], json.dumps(redacted, ensure_ascii=False)]
                done = end
        made.append(text[done:])
        return "".join(made)

    def _places(self, text: str, at: str | None, schema: str) -> Iterator[tuple[int, int, str, str, Path]]:
        """Every value of a JSON text: begin and end, what it says, what it is ("" for no secret), the way to it."""
        found = list(spans(text))
        kinds = dict(self._kinds(text, found, at, schema))
        for number, (path, begin, end) in enumerate(found):
            value = unquoted(text[begin:end])
            kind = kinds.get(number) or _kind_by_name(path)
            secret = text[begin] == '"' or value.lstrip("-").isdecimal()
            yield begin, end, value, kind if secret else "", path

    def _ruled(self, schema: str) -> bool:
        version = self._version
        return bool(schema) and (schema in PATHS.get(version, {}) or schema in SETTINGS.get(version, {}))

    def _may_hold(self, text: str, schema: str) -> bool:
        return bool(self._ruled(schema) or _HINT.search(text) or self._redactor.known(text, self._narrow) != text)

    def _inner(self, value: str, made_up: bool) -> str:
        """A text inside a message; one that is JSON itself (DataTransfer) is looked through as such."""
        if value[:1] in _JSON and len(value) <= LARGE:
            return self._json(value, None, "", made_up)
        return self._redactor.known(value, self._narrow) if made_up else self.text(value)

    def _kinds(
        self, text: str, found: list[tuple[Path, int, int]], at: str | None, schema: str
    ) -> Iterator[tuple[int, str]]:
        """What the schema says of these values: their numbers, and what they are."""
        rules = PATHS.get(self._version, {}).get(schema, {})
        setting = SETTINGS.get(self._version, {}).get(schema)
        inside = [
            (number, path if at is None else path[1:])
            for number, (path, _, _) in enumerate(found)
            if at is None or path[:1] == (at,)
        ]
        for number, path in inside:
            for rule, kind in rules.items():
                # An array or an object where a text is due hides nothing: what is in it counts, too.
                if _matches(path[: len(rule)], rule):
                    yield number, kind
        if setting is None:
            return
        place, name, value = setting
        names = {
            path[: len(place)]: unquoted(text[found[number][1] : found[number][2]])
            for number, path in inside
            if _matches(path, place + name)
        }
        for number, path in inside:
            if _matches(path[: len(place + value)], place + value):
                kind = kind_of(names.get(path[: len(place)], ""))
                if kind:
                    yield number, kind


def _matches(path: Path, rule: Path) -> bool:
    return len(path) == len(rule) and all(want in ("*", name) for name, want in zip(path, rule, strict=True))


def _kind_by_name(path: Path) -> str:
    """What a value is by the name of its member, whatever the message: vendors' data, and what no schema knows."""
    names = [name for name in path if not name.isdecimal()]
    return kind_of(names[-1]) if names else ""
