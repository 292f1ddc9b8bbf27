"""Configuration of the station under test: read, set, verified, restored. One class a version family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from conformance.peers.outcome import Inconclusive, NotApplicable
from conformance.peers.peer import Refusal

if TYPE_CHECKING:
    from conformance.ocppj.versions import Version
    from conformance.peers.peer import Peer


class Configuration(Protocol):
    """The station's configuration as the engine sees it during one case."""

    def get(self, *where: str) -> str:
        """The station's value, asked once a case; "" when it has none."""

    def set(self, *where_and_value: str) -> None:
        """Make the station's value the given one, or raise NotApplicable / Inconclusive."""

    def keep(self, *where: str) -> str:
        """Have a value that the case sets itself put back by `restore`; the present value."""

    def restore(self) -> list[str]:
        """Put back what was changed; the names of what could not be."""


class _Base:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._known: dict[tuple[str, ...], str] = {}
        self._before: dict[tuple[str, ...], str] = {}
        self._absent: set[tuple[str, ...]] = set()
        """What the station said it does not have: if it lets that be set all the same, nothing is there to put back."""

    def get(self, *where: str) -> str:
        """The station's value, asked once a case; "" when it has none."""
        if where not in self._known:
            self._known[where] = self._read(where)
        return self._known[where]

    def set(self, *where_and_value: str) -> None:
        """Make the station's value the given one, or raise NotApplicable / Inconclusive."""
        *place, value = where_and_value
        where = tuple(place)
        name = ".".join(where)
        current = self.get(*where)
        if _same(current, value):
            return
        status = self._write(where, value)
        if status == "Rejected":
            raise NotApplicable(f'{name} is "{current}" and the station does not take "{value}"')
        if status in ("NotSupported", "UnknownComponent", "UnknownVariable", "NotSupportedAttributeType"):
            raise NotApplicable(f"the station has no {name} ({status})")
        if status == "RebootRequired":
            raise Inconclusive(f'{name} = "{value}" needs a reboot; set it before the run')
        if status != "Accepted":
            raise Inconclusive(f'{name} = "{value}" was answered {status}')
        if where not in self._absent:
            self._before.setdefault(where, current)
        self._known[where] = value

    def restore(self) -> list[str]:
        """Put back what was changed; the names of what could not be."""
        failed = []
        for where, value in self._before.items():
            if not _same(self._known.get(where, ""), value) and self._write(where, value) not in (
                "Accepted",
                "RebootRequired",
            ):
                failed.append(".".join(where))
            self._known[where] = value
        self._before.clear()
        return failed

    def keep(self, *where: str) -> str:
        """Have a value that the case sets itself put back by `restore`; the present value."""
        value = self.get(*where)
        self._before.setdefault(where, value)
        # What the case makes of it is not known here, so the value is written back in any case.
        self._known[where] = _UNKNOWN
        return value

    def note(self, value: str, *where: str) -> None:
        """A case itself changed a value: remember it for `restore`."""
        self._before.setdefault(where, self.get(*where))
        self._known[where] = value

    def _read(self, where: tuple[str, ...]) -> str:
        raise NotImplementedError

    def _write(self, where: tuple[str, ...], value: str) -> str:
        raise NotImplementedError


_UNKNOWN = "\0"
"""Stands for a value that is no longer known; equal to none that a station can have."""


def _same(one: str, other: str) -> bool:
    def normal(text: str) -> list[str]:
        return sorted(part.strip().lower() for part in text.split(","))

    return normal(one) == normal(other)


class DeviceModel(_Base):
    """2.x: component and variable (with an optional instance: "Component", "Variable", "instance").

    "Component#1" is the component of EVSE 1.
    """

    def _data(self, where: tuple[str, ...]) -> dict[str, Any]:
        variable: dict[str, Any] = {"name": where[1]}
        if len(where) > 2:
            variable["instance"] = where[2]
        name, _, evse = where[0].partition("#")
        component = {"name": name, **({"evse": {"id": int(evse)}} if evse else {})}
        return {"component": component, "variable": variable}

    def _read(self, where: tuple[str, ...]) -> str:
        answer = self._peer.call("GetVariables", {"getVariableData": [self._data(where)]})
        if isinstance(answer, Refusal):
            return ""
        result = answer.getVariableResult[0]
        if result.attributeStatus in ("UnknownComponent", "UnknownVariable"):
            self._absent.add(where)
        value = result.attributeValue
        return value if isinstance(value, str) else ""

    def _write(self, where: tuple[str, ...], value: str) -> str:
        answer = self._peer.call("SetVariables", {"setVariableData": [{**self._data(where), "attributeValue": value}]})
        return answer.code if isinstance(answer, Refusal) else str(answer.setVariableResult[0].attributeStatus)


class Keys(_Base):
    """1.6: configuration keys."""

    def _read(self, where: tuple[str, ...]) -> str:
        answer = self._peer.call("GetConfiguration", {"key": [where[0]]})
        if isinstance(answer, Refusal):
            return ""
        for entry in answer.configurationKey or ():
            if str(entry.key).casefold() == where[0].casefold():
                return entry.value if isinstance(entry.value, str) else ""
        return ""

    def _write(self, where: tuple[str, ...], value: str) -> str:
        answer = self._peer.call("ChangeConfiguration", {"key": where[0], "value": value})
        return answer.code if isinstance(answer, Refusal) else str(answer.status)


_KINDS: dict[str, type[_Base]] = {"1.6": Keys, "2": DeviceModel}


def configuration_for(peer: Peer) -> Any:
    """The configuration of the station that this peer talks to."""
    return _KINDS[peer.version.family](peer)


def password_call(version: Version, password: bytes) -> tuple[str, dict[str, Any]]:
    """Action and payload of the CALL that gives a station a password of HTTP Basic.

    2.x: BasicAuthPassword as text (A00.FR.205); 1.6: AuthorizationKey in hexadecimal digits (whitepaper 7.2).
    """
    return _PASSWORDS[version.family](password)


def _password_2(password: bytes) -> tuple[str, dict[str, Any]]:
    place = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    return "SetVariables", {"setVariableData": [{**place, "attributeValue": password.decode("utf-8", "replace")}]}


def _password_16(password: bytes) -> tuple[str, dict[str, Any]]:
    return "ChangeConfiguration", {"key": "AuthorizationKey", "value": password.hex()}


_PASSWORDS = {"1.6": _password_16, "2": _password_2}
