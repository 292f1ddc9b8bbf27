"""Read a description: every mistake in it becomes one line, and all of them are reported at once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.data import catalogue_folder
from conformance.dut import keys
from conformance.dut.description import (
    Address,
    Connector,
    Dut,
    ExpectedFailure,
    OperatorPlan,
    OperatorSettings,
    Timeouts,
    TlsFiles,
    Token,
    Tokens,
    Values,
)
from conformance.dut.errors import DescriptionError, DescriptionProblem, nearest
from conformance.dut.features import EXAMPLES, Feature, Features, FeatureValue, known_features
from conformance.dut.lines import line_numbers
from conformance.dut.operators.verbs import verbs_of
from conformance.ocppj.versions import VERSIONS

TOKEN_FIELDS = ("idToken", "type")
TOKEN_TYPES = (
    "Central", "DirectPayment", "EMAID", "EVCCID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NEMA",
    "NoAuthorization", "VIN", "eMAID",
)  # fmt: skip
_WORDS = {
    "text": "a text",
    "texts": "a list of texts",
    "argv": "a list of texts",
    "bool": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "token": 'a token { idToken = "...", type = "ISO14443" }',
    "connectors": "a list of [evseId, connectorId] pairs",
    "versions": "a list of OCPP versions",
    "table": "a table",
}


def load_description(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Dut:
    """The device that a `dut.toml` describes.

    `overrides` is a nested table that is laid over the file, such as `{"connection": {"listen": "127.0.0.1:0"}}`.
    Raises DescriptionError with every problem of the file, each as one line.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        fix = "give the path of a description, or write one with `ocpp-conformance init`"
        raise DescriptionError([DescriptionProblem(str(path), "there is no such file", fix)]) from None
    except UnicodeDecodeError as error:
        problem = DescriptionProblem(str(path), f"byte {error.start} is no UTF-8", "save the file as UTF-8")
        raise DescriptionError([problem]) from None
    except OSError as error:
        problem = DescriptionProblem(
            str(path), f"it cannot be read ({error.strerror})", "give the path of a readable file"
        )
        raise DescriptionError([problem]) from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DescriptionError(
            [DescriptionProblem(str(path), f"it is no TOML: {error}", "correct that line")]
        ) from None
    return read_description(content, source=str(path), lines=line_numbers(text), overrides=overrides)


def read_description(
    content: Mapping[str, Any],
    *,
    source: str = "the description",
    lines: Mapping[str, int] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Dut:
    """The device that parsed TOML describes; `source` and `lines` are for the messages. Raises DescriptionError."""
    reader = _Reader(_laid_over(content, overrides or {}), source, dict(lines or {}))
    dut = reader.dut()
    if reader.problems:
        raise DescriptionError(problem for _, problem in sorted(reader.problems, key=lambda entry: entry[0]))
    assert dut is not None  # without problems, everything that is required is there
    return dut


def _laid_over(content: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    result = deepcopy(dict(content))
    for key, value in overrides.items():
        old = result.get(key)
        result[key] = (
            _laid_over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else deepcopy(value)
        )
    return result


@dataclass(slots=True)
class _Reader:
    content: dict[str, Any]
    source: str
    lines: dict[str, int]
    problems: list[tuple[int, DescriptionProblem]] = field(default_factory=list)

    def dut(self) -> Dut | None:
        """The device, as far as it could be read; meaningless when there are problems."""
        self._sections()
        device = self._table(keys.DEVICE, "device")
        role = device["role"] if device["role"] in ("CS", "CSMS") else None
        versions = self._versions(device["versions"])
        address = self._address(self._table(keys.CONNECTION, "connection", role), role, device)
        connectors = self._connectors(self._table(keys.EVSES, "evses")["connectors"])
        tokens = self._tokens()
        tls = self._tls(self._table(keys.TLS, "tls", role))
        timeouts = self._table(keys.TIMEOUTS, "timeouts")
        values = self._table(keys.VALUES, "values", role)
        features = self._features(role, versions, connectors)
        operator = self._operators(role)
        expected = self._expected_failures(role, versions)
        password = self._password(device)
        if self.problems or role is None:
            return None
        return Dut(
            role=role,
            identity=device["identity"],
            versions=versions,
            features=Features(features, self.source),
            tokens=Tokens(tokens),
            security_profile=device["security_profile"],
            password=password,
            subtypes=frozenset(device["subtype"]),
            connectors=connectors,
            address=address,
            tls=tls,
            timeouts=Timeouts(**{name: float(value) for name, value in timeouts.items()}),
            values=Values(**values),
            operator=operator,
            expected_failures=expected,
            source=self.source,
        )

    # --- problems ---------------------------------------------------------------------------------------------------

    def _where(self, path: str) -> tuple[int, str]:
        line = self.lines.get(path, 0)
        table, _, key = path.rpartition(".")
        if table.startswith("features") or path.startswith("features."):
            table, key = "features", path[len("features.") :]
        name = f"[{table}] {key}" if table else f"[{key}]"
        return line, f"{self.source}:{line} {name}" if line else f"{self.source} {name}"

    def _problem(self, path: str, what: str, fix: str) -> None:
        line, where = self._where(path)
        self.problems.append((line, DescriptionProblem(where, what, fix)))

    def _unknown(self, path: str, what: str, name: str, known: Iterable[str]) -> None:
        known = tuple(known)
        self._problem(path, f'there is no {what} "{name}"', nearest(name, known) or "remove it")

    # --- tables of fixed keys ---------------------------------------------------------------------------------------

    def _sections(self) -> None:
        known = [section.name for section in keys.SECTIONS] + ["features", "operators"]
        for name in self.content:
            if name not in known:
                self._unknown(name, "section", name, known)

    def _raw(self, name: str) -> dict[str, Any]:
        table = self.content.get(name, {})
        if isinstance(table, dict):
            return table
        self._problem(name, f"it is {_described(table)}, not a table", f"write it as a section: [{name}]")
        return {}

    def _table(
        self, section: keys.Section, path: str, role: str | None = None, raw: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The section's values by key, checked, defaults filled in."""
        raw = self._raw(path) if raw is None else raw
        for name in raw:
            key = section.key(name)
            if key is None:
                self._unknown(f"{path}.{name}", "key", name, [known.name for known in section.keys])
            elif key.role and role and key.role != role:
                tested = "a charging station" if role == "CS" else "a CSMS"
                self._problem(f"{path}.{name}", f"it has no meaning when {tested} is under test", "remove it")
        return {key.name: self._value(key, raw, path) for key in section.keys}

    def _value(self, key: keys.Key, raw: Mapping[str, Any], path: str) -> Any:
        place = f"{path}.{key.name}"
        if key.name not in raw:
            if key.default is keys.REQUIRED:
                self._problem(place, "it is missing", f"add: {key.name} = {key.example or _example(key)}")
                return None
            return key.default
        value = raw[key.name]
        if not _is_a(key.kind, value):
            self._problem(place, f"it is {_described(value)}", f"write {_WORDS[key.kind]}{_such_as(key)}")
            return key.default if key.default is not keys.REQUIRED else None
        if isinstance(value, list) and key.kind != "connectors":
            value = tuple(value)
        for one in value if isinstance(value, tuple) else (value,):
            if key.choices and one not in key.choices:
                self._not_a_choice(place, one, key.choices)
                return key.default if key.default is not keys.REQUIRED else None
        self._bounds(place, key, value)
        return value

    def _not_a_choice(self, place: str, value: object, choices: tuple[str | int, ...]) -> None:
        close = nearest(value, map(str, choices)) if isinstance(value, str) else ""
        fix = close if close.startswith("did") else "use one of " + ", ".join(map(_shown, choices))
        self._problem(place, f"{_shown(value)} is not possible", fix)

    def _bounds(self, place: str, key: keys.Key, value: Any) -> None:
        if key.lowest is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            return
        highest = key.highest if key.highest is not None else float("inf")
        if not key.lowest <= value <= highest:
            unit = f" {key.unit}" if key.unit else ""
            self._problem(place, f"{value} is out of bounds", f"use {key.lowest:g} to {highest:g}{unit}")

    # --- what has a shape of its own --------------------------------------------------------------------------------

    def _versions(self, value: Any) -> tuple[str, ...]:
        for version in value or ():
            if version not in VERSIONS:
                self._problem(
                    "device.versions",
                    f"there is no OCPP version {_shown(version)}",
                    "use " + ", ".join(map(_shown, VERSIONS)),
                )
        if value == ():
            self._problem("device.versions", "it names no version", 'write for example: versions = ["2.0.1"]')
        return tuple(version for version in dict.fromkeys(value or ()) if version in VERSIONS)

    def _password(self, device: dict[str, Any]) -> bytes | None:
        identity, profile = device["identity"], device["security_profile"]
        if identity == "":
            self._problem("device.identity", "it is empty", 'write for example: identity = "CS001"')
        elif identity and len(identity) > 48:
            self._problem(
                "device.identity", f"it has {len(identity)} characters", "use at most 48 (OCPP-J, connection URL)"
            )
        elif identity and ":" in identity and profile in (1, 2):
            self._problem(
                "device.identity", "a colon cannot stand in a Basic user name", "choose an identity without colon"
            )
        if device["password"] is not None and device["password_hex"] is not None:
            self._problem("device.password_hex", "there is also a password", "keep one of the two")
        password = None
        if device["password"] is not None:
            password = device["password"].encode()
        elif device["password_hex"] is not None:
            try:
                password = bytes.fromhex(device["password_hex"])
            except ValueError:
                fix = "write pairs of digits 0-9 and a-f"
                self._problem("device.password_hex", f"{_shown(device['password_hex'])} is not hexadecimal", fix)
                return None
        if profile in (1, 2) and not password:
            self._problem("device.password", f"security profile {profile} needs a password", 'add: password = "..."')
        return password

    def _address(self, table: dict[str, Any], role: str | None, device: dict[str, Any]) -> Address:
        listen = self._listen(table["listen"])
        path = table["path"]
        if not path.startswith("/"):
            self._problem("connection.path", f"{_shown(path)} does not begin with a slash", f'write "/{path}"')
        url = table["url"] or ""
        if role == "CSMS":
            self._url(url, device["security_profile"])
        return Address(listen=listen, path=path.rstrip("/"), url=url.rstrip("/"))

    def _listen(self, text: str) -> tuple[str, int]:
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            fix = 'write host and port (0 to 65535), for example "127.0.0.1:9000"'
            self._problem("connection.listen", f"{_shown(text)} is no address and port", fix)
            return "127.0.0.1", 0
        return host.strip("[]"), int(port)

    def _url(self, url: str, profile: object) -> None:
        place, scheme = "connection.url", "wss" if profile in (2, 3) else "ws"
        example = f'for example "{scheme}://127.0.0.1:9001/ocpp"'
        if not url:
            self._problem(
                place, "it is missing", f"add the address of the CSMS: url = {example.removeprefix('for example ')}"
            )
            return
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            self._problem(place, f"{_shown(url)} is no ws:// or wss:// address", f"write {example}")
        elif parts.scheme != scheme:
            fix = f"use {scheme}://, or change device.security_profile"
            self._problem(place, f"{parts.scheme}:// does not go with security profile {profile}", fix)
        elif parts.query or parts.fragment:
            self._problem(
                place, f"{_shown(url)} has more than a path", "end it with the path, the identity is added to it"
            )

    def _connectors(self, value: Any) -> tuple[Connector, ...]:
        fix = "write pairs of evseId and connectorId from 1, for example [[1, 1], [2, 1]]"
        pairs = [Connector(*pair) for pair in value]
        if not pairs or any(number < 1 for pair in pairs for number in pair):
            self._problem("evses.connectors", f"{_shown(value)} is not possible", fix)
            return (Connector(1, 1),)
        if len(set(pairs)) < len(pairs):
            self._problem("evses.connectors", "a connector is named twice", fix)
        return tuple(pairs)

    def _tokens(self) -> dict[str, Token]:
        table = self._table(keys.TOKENS, "tokens")
        tokens: dict[str, Token] = {}
        for name, value in table.items():
            if not isinstance(value, dict):
                continue
            place = f"tokens.{name}"
            for key in value:
                if key not in TOKEN_FIELDS:
                    self._unknown(place, "token field", key, TOKEN_FIELDS)
            token = Token({key: value[key] for key in TOKEN_FIELDS if isinstance(value.get(key), str)})
            for key in TOKEN_FIELDS:
                if not token.get(key):
                    self._problem(place, f"{key} is missing or no text", f"write {_WORDS['token']}")
            kind = token.get("type")
            if kind and kind not in TOKEN_TYPES:
                self._problem(
                    place, f"there is no token type {_shown(kind)}", nearest(kind, TOKEN_TYPES) or "use ISO14443"
                )
            if len(token.get("idToken", "")) > 255:
                self._problem(place, "idToken has more than 255 characters", "shorten it (IdTokenType)")
            tokens[name] = token
        return tokens

    def _tls(self, table: dict[str, Any]) -> TlsFiles:
        base = Path(self.source).parent if self.source else Path()
        paths: dict[str, Path | None] = {}
        for name in ("certificate", "key", "trust"):
            paths[name] = base / table[name] if table[name] else None
            if table[name] and not (base / table[name]).is_file():
                self._problem(
                    f"tls.{name}", f"there is no file {base / table[name]}", "correct the path, or remove the key"
                )
        for name, other in (("certificate", "key"), ("key", "certificate")):
            if table[name] and not table[other]:
                self._problem(f"tls.{name}", f"it needs its {other}", f'add: {other} = "..."')
        return TlsFiles(paths["certificate"], paths["key"], paths["trust"], tuple(table["names"]), table["algorithm"])

    # --- features ---------------------------------------------------------------------------------------------------

    def _features(
        self, role: str | None, versions: tuple[str, ...], connectors: tuple[Connector, ...]
    ) -> dict[str, FeatureValue]:
        known = known_features()
        declared: dict[str, FeatureValue] = {}
        for id, value in _flattened(self._raw("features")):
            place = f"features.{id}"
            feature = known.get(id)
            if feature is None:
                self._unknown(
                    place, "feature", id, (other for other in known if not role or role in known[other].declared_by)
                )
            elif role and role not in feature.declared_by:
                who = " and ".join(
                    "charging stations" if one == "CS" else "CSMSs" for one in sorted(feature.declared_by)
                )
                self._problem(place, f"only {who} declare it ({feature.label})", "remove it")
            elif (read := _feature_value(feature, value)) is None:
                self._problem(place, f"it is {_described(value)}", f"write {EXAMPLES[feature.kind]} ({feature.label})")
            else:
                declared[id] = read
        count = len({connector.evseId for connector in connectors})
        if "HFS-8" in declared and declared["HFS-8"] != count:
            fix = "make the two agree"
            self._problem("features.HFS-8", f"it says {declared['HFS-8']} EVSEs, evses.connectors has {count}", fix)
        return declared

    # --- operators --------------------------------------------------------------------------------------------------

    def _operators(self, role: str | None) -> OperatorPlan:
        raw = self._raw("operator")
        table = self._table(keys.OPERATOR, "operator", raw=raw)
        named: dict[str, OperatorSettings] = {}
        for name, content in self._raw("operators").items():
            place = f"operators.{name}"
            if not isinstance(content, dict):
                self._problem(place, f"it is {_described(content)}, not a table", f"write it as a section: [{place}]")
                continue
            if "verbs" in content:
                self._problem(f"{place}.verbs", "verbs are shared out in one place", "move it to [operator.verbs]")
                content = {key: value for key, value in content.items() if key != "verbs"}
            if "kind" not in content:
                self._problem(f"{place}.kind", "it is missing", 'add: kind = "http", "command", "python" or "manual"')
            named[name] = self._operator(self._table(keys.OPERATOR, place, raw=content), place)
        kinds = [str(kind) for kind in keys.OPERATOR.key("kind").choices]  # type: ignore[union-attr]  # a key of the table
        verbs: dict[str, str] = {}
        for verb, operator in (table["verbs"] or {}).items():
            place = f"operator.verbs.{verb}"
            if role and verb not in verbs_of(role):
                self._unknown(place, "verb", verb, verbs_of(role))
            elif not isinstance(operator, str):
                self._problem(place, f"it is {_described(operator)}", "write a kind or a name of [operators.NAME]")
            elif operator not in named and operator not in ("manual", table["kind"]):
                if operator in kinds:
                    fix = f'add [operators.{operator}] with kind = "{operator}" and what it needs'
                    self._problem(place, f'nothing says how to reach the operator "{operator}"', fix)
                else:
                    self._unknown(place, "operator", operator, [*named, "manual"])
            verbs[verb] = str(operator)
        return OperatorPlan(self._operator(table, "operator"), named, verbs)

    def _operator(self, table: dict[str, Any], place: str) -> OperatorSettings:
        kind = table["kind"]
        if kind == "http":
            self._operator_url(table["url"], place)
        if kind == "command" and not table["argv"]:
            self._problem(f"{place}.argv", "it is missing", 'add: argv = ["./operate.sh"]')
        if kind == "python" and not table["class"]:
            self._problem(f"{place}.class", "it is missing", 'add: class = "package.module:Class"')
        return OperatorSettings(
            kind=kind,
            url=(table["url"] or "").rstrip("/"),
            argv=tuple(table["argv"]),
            class_name=table["class"] or "",
            timeout=float(table["timeout"]) if table["timeout"] is not None else None,
            options=table["options"] or {},
        )

    def _operator_url(self, url: str | None, place: str) -> None:
        if not url:
            self._problem(f"{place}.url", "it is missing", 'add: url = "http://127.0.0.1:9100"')
            return
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            self._problem(
                f"{place}.url", f"{_shown(url)} is no http address", 'write for example "http://127.0.0.1:9100"'
            )

    # --- expected failures ------------------------------------------------------------------------------------------

    def _expected_failures(self, role: str | None, versions: tuple[str, ...]) -> tuple[ExpectedFailure, ...]:
        raw = self.content.get("expected_failures", [])
        if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
            self._problem(
                "expected_failures", "it is no list of tables", "write each as a section: [[expected_failures]]"
            )
            return ()
        ids = catalogue_ids() if raw else frozenset()
        expected = []
        for index, content in enumerate(raw):
            place = f"expected_failures[{index}]"
            table = self._table(keys.EXPECTED_FAILURES, place, raw=content)
            id, version = table["id"], table["version"]
            if id and id not in ids:
                candidates = [one for one in ids if not role or one.endswith(f"_{role}")]
                self._unknown(f"{place}.id", "case", id, candidates)
            elif id and role and not id.endswith(f"_{role}"):
                self._problem(f"{place}.id", f"{id} is no case for a {role}", "remove it")
            if version is not None and version not in versions:
                self._problem(
                    f"{place}.version", f"{_shown(version)} is not in device.versions", "correct or remove it"
                )
            expected.append(ExpectedFailure(id or "", table["reason"] or "", table["link"], version))
        return tuple(expected)


def catalogue_ids() -> frozenset[str]:
    """Every case id of the catalogue; raises FileNotFoundError when the installation lacks the catalogue."""
    ids: set[str] = set()
    for path in sorted(catalogue_folder().glob("o*.json")):
        ids.update(entry["id"] for entry in json.loads(path.read_text(encoding="utf-8")))
    return frozenset(ids)


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Features by id: an unquoted `C-06.1 = true` is a nested table to TOML."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _feature_value(feature: Feature, value: Any) -> FeatureValue | None:
    if feature.kind == "list":
        return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    if feature.kind == "integer":
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
    return value if isinstance(value, bool) else None


def _is_a(kind: keys.Kind, value: Any) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind in ("texts", "versions", "argv"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
    if kind == "connectors":
        return isinstance(value, list) and all(
            isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair) for pair in value
        )
    return isinstance(value, dict)


def _described(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, list):
        return f"the list {_shown(value)}"
    return "a table" if isinstance(value, dict) else f"{value}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _example(key: keys.Key) -> str:
    return (
        _shown(key.choices[0])
        if key.choices
        else {"text": '"..."', "token": '{ idToken = "...", type = "ISO14443" }'}.get(key.kind, "...")
    )


def _such_as(key: keys.Key) -> str:
    return f", for example {key.example}" if key.example and key.kind != "token" else ""
