"""Members that are drawn together, because together they mean something: a token and its type, EVSE and connector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.known import Known
from conformance.fuzz.values import BELOW, EMPTY, IDENTIFIER, LONGEST, ODD, PLAIN, Pool, pool, texts

ABSENT = object()
"""In a row: the member is left out."""


@dataclass(frozen=True, slots=True)
class Link:
    """Members drawn together: each value of the pool is a tuple in the order of `names`. `free`: they may also be
    drawn each for itself."""

    names: tuple[str, ...]
    pool: Pool
    free: bool = False


_Make = Callable[[Mapping[str, Any], str, Known], Link]


def links_of(family: str, name: str, node: Mapping[str, Any], sender: str, known: Known) -> tuple[Link, ...]:
    """The links of a class or message by its name; `node` is its schema."""
    make = _LINKS.get((family, name))
    return (make(node, sender, known),) if make is not None else ()


def _rows(rows: Iterable[tuple[Any, ...]]) -> Pool:
    rows = tuple(rows)
    return pool(((PLAIN, rows[0]), *((ODD, row) for row in rows[1:])))


def _token(node: Mapping[str, Any], sender: str, known: Known) -> Link:
    """Tokens of the description, and one or more of each type, made as the type wants (IdTokenEnumType, C02.FR.01)."""
    limit = node["properties"]["idToken"]["maxLength"]
    long = texts(limit, IDENTIFIER, "OC-NOBODY", empty=False)
    rows: list[tuple[str, tuple[str, str]]] = [(PLAIN, known.tokens[0])]
    rows += [(ODD, token) for token in known.tokens[1:]]
    rows += [
        (LONGEST, (long.themed(LONGEST), "Central")),
        (BELOW, (long.themed(BELOW), "Central")),
        (EMPTY, ("", "NoAuthorization")),
        (ODD, ("*-_=:+|@.", "Central")),
        (ODD, ("oc-nobody", "Local")),
        (ODD, ("04A1B2C3", "ISO14443")),
        (ODD, ("04a1b2c3d4e5f6", "ISO14443")),
        (ODD, ("04A1B2C3D4E5F6071829", "ISO14443")),
        (ODD, ("E004010012345678", "ISO15693")),
        (ODD, ("DE8AA1A2B3C4D59", "eMAID")),
        (ODD, ("0000", "KeyCode")),
        (ODD, ("0123456789AB", "MacAddress")),
    ]
    return Link(("idToken", "type"), pool(rows))


def _evse(node: Mapping[str, Any], sender: str, known: Known) -> Link:
    pairs: list[tuple[Any, ...]] = [*known.connectors, *((evse, ABSENT) for evse in known.evses)]
    return Link(("id", "connectorId"), _rows(pairs))


def _connector(node: Mapping[str, Any], sender: str, known: Known) -> Link:
    return Link(("evseId", "connectorId"), _rows(known.connectors))


_COMPONENT = {"name": "OCPPCommCtrlr"}
_HEARTBEAT = {"name": "HeartbeatInterval"}


def _get_variable(node: Mapping[str, Any], sender: str, known: Known) -> Link:
    rows = (
        (_COMPONENT, _HEARTBEAT),
        ({"name": "ocppcommctrlr"}, {"name": "HEARTBEATINTERVAL"}),
        ({"name": "ClockCtrlr"}, {"name": "DateTime"}),
        ({"name": "EVSE", "evse": {"id": known.evses[0]}}, {"name": "AvailabilityState"}),
        ({"name": "OCPPCommCtrlr"}, {"name": "OcppConformance"}),
    )
    return Link(("component", "variable"), _rows(rows), free=True)


def _set_variable(node: Mapping[str, Any], sender: str, known: Known) -> Link:
    """The only variable of a device that is written, and it is given the value that it should have anyway."""
    rows = ((_COMPONENT, _HEARTBEAT, str(known.heartbeat)), ({"name": "OcppConformance"}, _HEARTBEAT, "1"))
    return Link(("component", "variable", "attributeValue"), _rows(rows), free=True)


def _change_configuration(node: Mapping[str, Any], sender: str, known: Known) -> Link:
    return Link(("key", "value"), _rows((("HeartbeatInterval", str(known.heartbeat)),)), free=True)


_LINKS: Mapping[tuple[str, str], _Make] = {
    ("2", "IdTokenType"): _token,
    ("2", "EVSEType"): _evse,
    ("2", "StatusNotificationRequest"): _connector,
    ("2", "UnlockConnectorRequest"): _connector,
    ("2", "GetVariableDataType"): _get_variable,
    ("2", "SetVariableDataType"): _set_variable,
    ("1.6", "ChangeConfiguration"): _change_configuration,
}
