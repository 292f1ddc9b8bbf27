"""Read what has a shape of its own in a description: identity, addresses, connectors, tokens, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.dut import keys
from conformance.dut.checking import WORDS, Checks, shown
from conformance.dut.description import Address, Connector, FuzzSettings, TlsFiles, Token
from conformance.dut.errors import nearest
from conformance.ocppj.versions import VERSIONS

TOKEN_FIELDS = ("idToken", "type")
TOKEN_TYPES = (
    "Central", "DirectPayment", "EMAID", "EVCCID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NEMA",
    "NoAuthorization", "VIN", "eMAID",
)  # fmt: skip


def read_versions(checks: Checks, value: Any) -> tuple[str, ...]:
    """The known versions among those named, each once."""
    for version in value or ():
        if version not in VERSIONS:
            checks.problem(
                "device.versions",
                f"there is no OCPP version {shown(version)}",
                "use " + ", ".join(map(shown, VERSIONS)),
            )
    if value == ():
        checks.problem("device.versions", "it names no version", 'write for example: versions = ["2.0.1"]')
    return tuple(version for version in dict.fromkeys(value or ()) if version in VERSIONS)


def read_password(checks: Checks, device: dict[str, Any], versions: tuple[str, ...]) -> bytes | None:
    """The password as bytes; the identity is checked too, because Basic authentication sends it as user name."""
    identity, profile = device["identity"], device["security_profile"]
    if identity == "":
        checks.problem("device.identity", "it is empty", 'write for example: identity = "CS001"')
    elif identity and len(identity) > 48 and any(VERSIONS[version].family != "1.6" for version in versions):
        checks.problem("device.identity", f"it has {len(identity)} characters", "use at most 48 (OCPP-J of 2.x)")
    elif identity and ":" in identity and profile in (1, 2):
        checks.problem(
            "device.identity", "a colon cannot stand in a Basic user name", "choose an identity without colon"
        )
    if device["password"] is not None and device["password_hex"] is not None:
        checks.problem("device.password_hex", "there is also a password", "keep one of the two")
    password = None
    if device["password"] is not None:
        password = device["password"].encode()
    elif device["password_hex"] is not None:
        try:
            password = bytes.fromhex(device["password_hex"])
        except ValueError:
            fix = "write pairs of digits 0-9 and a-f"
            checks.problem("device.password_hex", f"{shown(device['password_hex'])} is not hexadecimal", fix)
            return None
    if profile in (1, 2) and not password:
        checks.problem("device.password", f"security profile {profile} needs a password", 'add: password = "..."')
    return password


def check_profile(checks: Checks, profile: object, features: Mapping[str, Any]) -> None:
    """The security profile in use is one that the device declares to have (1.6: SecurityProfile1 to 3)."""
    feature = f"SecurityProfile{profile}"
    if profile and features.get(feature) is False:
        fix = f"write {feature} = true, or change device.security_profile"
        checks.problem(f"features.{feature}", f"it is false, and security profile {profile} is in use", fix)


def read_address(checks: Checks, table: dict[str, Any], role: str | None, device: dict[str, Any]) -> Address:
    """Where our CSMS listens, or where the CSMS under test is."""
    listen = _listen(checks, table["listen"])
    path = table["path"]
    if not path.startswith("/"):
        checks.problem("connection.path", f"{shown(path)} does not begin with a slash", f'write "/{path}"')
    url = table["url"] or ""
    if role == "CSMS":
        _url(checks, url, device["security_profile"])
    second, given = table["second_identity"] or "", table["second_password"]
    if second and second == device["identity"]:
        checks.problem("connection.second_identity", "it is the first one's", "name another station, or remove the key")
    if given is not None and not second:
        checks.problem("connection.second_password", "there is no second_identity", "add it, or remove the password")
    return Address(
        listen=listen,
        path=path.rstrip("/"),
        url=url.rstrip("/"),
        raised_url=(table["raised_url"] or "").rstrip("/"),
        second_identity=second,
        second_password=None if given is None else given.encode(),
    )


def read_fuzz(checks: Checks, table: dict[str, Any], versions: tuple[str, ...]) -> FuzzSettings:
    """How negative tests treat the device; the actions to avoid must be known to one of its versions."""
    known = {action for version in versions for action in VERSIONS[version].actions}
    for action in table["avoid"]:
        if action not in known:
            checks.unknown("fuzz.avoid", "action", action, known)
    return FuzzSettings(float(table["pace"]), table["hazardous"], tuple(table["avoid"]))


def _listen(checks: Checks, text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        fix = 'write host and port (0 to 65535), for example "127.0.0.1:9000"'
        checks.problem("connection.listen", f"{shown(text)} is no address and port", fix)
        return "127.0.0.1", 0
    return host.strip("[]"), int(port)


def _url(checks: Checks, url: str, profile: object) -> None:
    place, scheme = "connection.url", "wss" if profile in (2, 3) else "ws"
    example = f'for example "{scheme}://127.0.0.1:9001/ocpp"'
    if not url:
        checks.problem(
            place, "it is missing", f"add the address of the CSMS: url = {example.removeprefix('for example ')}"
        )
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        checks.problem(place, f"{shown(url)} is no ws:// or wss:// address", f"write {example}")
    elif parts.scheme != scheme:
        fix = f"use {scheme}://, or change device.security_profile"
        checks.problem(place, f"{parts.scheme}:// does not go with security profile {profile}", fix)
    elif parts.query or parts.fragment:
        checks.problem(place, f"{shown(url)} has more than a path", "end it with the path, the identity is added to it")


def read_connectors(checks: Checks, value: Any) -> tuple[Connector, ...]:
    """The connectors in the order of the file."""
    fix = "write pairs of evseId and connectorId from 1, for example [[1, 1], [2, 1]]"
    pairs = [Connector(*pair) for pair in value]
    if not pairs or any(number < 1 for pair in pairs for number in pair):
        checks.problem("evses.connectors", f"{shown(value)} is not possible", fix)
        return (Connector(1, 1),)
    if len(set(pairs)) < len(pairs):
        checks.problem("evses.connectors", "a connector is named twice", fix)
    return tuple(pairs)


def read_tokens(checks: Checks) -> dict[str, Token]:
    """The tokens by name."""
    table = checks.table(keys.TOKENS, "tokens")
    tokens: dict[str, Token] = {}
    for name, value in table.items():
        if not isinstance(value, dict):
            continue
        place = f"tokens.{name}"
        for key in value:
            if key not in TOKEN_FIELDS:
                checks.unknown(place, "token field", key, TOKEN_FIELDS)
        token = Token({key: value[key] for key in TOKEN_FIELDS if isinstance(value.get(key), str)})
        for key in TOKEN_FIELDS:
            if not token.get(key):
                checks.problem(place, f"{key} is missing or no text", f"write {WORDS['token']}")
        kind = token.get("type")
        if kind and kind not in TOKEN_TYPES:
            checks.problem(place, f"there is no token type {shown(kind)}", nearest(kind, TOKEN_TYPES) or "use ISO14443")
        if len(token.get("idToken", "")) > 255:
            checks.problem(place, "idToken has more than 255 characters", "shorten it (IdTokenType)")
        tokens[name] = token
    _check_distinct(checks, tokens)
    return tokens


_REFUSED = ("invalid", "blocked", "expired", "unknown", "prepaid_empty", "other_type", "elsewhere")
_ALIKE = ({"invalid", "unknown"},)
"""Names that may stand for one token: a CSMS may say either of a token that it does not know."""


def _check_distinct(checks: Checks, tokens: Mapping[str, Token]) -> None:
    """A token that is accepted under one name and refused under another would have a device blamed for the answer."""
    seen: dict[str, str] = {}
    for name, token in tokens.items():
        number = token.get("idToken", "").casefold()
        other = seen.setdefault(number, name) if number else name
        odd = name in _REFUSED or other in _REFUSED or name == "second"
        if other != name and odd and {name, other} not in _ALIKE:
            fix = "give another token, or remove the key"
            checks.problem(f"tokens.{name}", f"{shown(token['idToken'])} is tokens.{other} already", fix)


def check_files(checks: Checks, values: dict[str, Any]) -> None:
    """The files that values name must be there, and belong together."""
    base = Path(checks.source).parent if checks.source else Path()
    for name in ("firmware", "firmware_certificate", "firmware_signature"):
        if values[name] and not (base / values[name]).is_file():
            fix = "correct the path, or remove the key"
            checks.problem(f"values.{name}", f"there is no file {base / values[name]}", fix)
    for name, other in (
        ("firmware_certificate", "firmware_signature"),
        ("firmware_signature", "firmware_certificate"),
    ):
        if values[name] and not values[other]:
            checks.problem(f"values.{name}", f"it needs {other}", f'add: {other} = "..."')


def read_tls(checks: Checks, table: dict[str, Any]) -> TlsFiles:
    """The files of the certificates, which must be there."""
    base = Path(checks.source).parent if checks.source else Path()
    paths: dict[str, Path | None] = {}
    for name in ("certificate", "key", "trust"):
        paths[name] = base / table[name] if table[name] else None
        if table[name] and not (base / table[name]).is_file():
            checks.problem(
                f"tls.{name}", f"there is no file {base / table[name]}", "correct the path, or remove the key"
            )
    for name, other in (("certificate", "key"), ("key", "certificate")):
        if table[name] and not table[other]:
            checks.problem(f"tls.{name}", f"it needs its {other}", f'add: {other} = "..."')
    return TlsFiles(paths["certificate"], paths["key"], paths["trust"], tuple(table["names"]), table["algorithm"])
