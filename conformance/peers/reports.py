"""The device model of a station on the wire: naming a variable, and a report put together from its parts (2.x).

Source: 2.0.1 part 2, B05 to B08, data types ComponentVariableType and ReportDataType.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.peers.payload import ABSENT, Fields, peek

if TYPE_CHECKING:
    from conformance.peers.peer import Peer, Request

LISTS = ("OptionList", "MemberList", "SequenceList")
"""The data types whose characteristics carry a valuesList."""


def variable(
    component: str,
    name: str,
    *,
    instance: str | None = None,
    of: str | None = None,
    evseId: int | None = None,  # noqa: N803  # the wire's own name
    connectorId: int | None = None,  # noqa: N803  # the wire's own name
    **fields: Any,
) -> dict[str, Any]:
    """A component and one of its variables as GetVariables, SetVariables and GetReport name them.

    `instance` is the variable's, `of` the component's, evseId and connectorId place the component; further fields
    (attributeType, attributeValue) are put beside them.
    """
    where: dict[str, Any] = {"name": component}
    if of is not None:
        where["instance"] = of
    if evseId is not None:
        where["evse"] = {"id": evseId, **({} if connectorId is None else {"connectorId": connectorId})}
    what = {"name": name} if instance is None else {"name": name, "instance": instance}
    return {"component": where, "variable": what, **fields}


def report_data(variables: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    """A station's variables, values by (component, variable), as the reportData of a NotifyReport."""
    return [
        {
            **variable(component, name),
            "variableAttribute": [{"type": "Actual", "value": value, "mutability": "ReadOnly"}],
            "variableCharacteristics": {"dataType": _type_of(value), "supportsMonitoring": False},
        }
        for (component, name), value in variables.items()
    ]


def _type_of(value: str) -> str:
    if value in ("true", "false"):
        return "boolean"
    return "integer" if value.isdigit() else "string"


@dataclass(frozen=True, slots=True)
class Reported:
    """One entry of reportData: what it names, and the parts of it that are compared. `data` is the entry itself."""

    component: str
    of: str
    """The component's instance."""
    variable: str
    instance: str
    evse: tuple[int | None, int | None]
    mutability: str
    value: str | None
    persistent: bool
    data_type: str
    members: tuple[str, ...]
    limit: Any
    described: bool
    identity: tuple[Any, ...]
    """What no other entry of a report has: names, instances and place, and the types of the attributes."""
    data: Fields

    @property
    def label(self) -> str:
        """Component[instance]#evse#connector.Variable[instance], for findings."""
        where = f"[{self.of}]" if self.of else ""
        where += "".join(f"#{number}" for number in self.evse if number is not None)
        return f"{self.component}{where}.{self.variable}" + (f"[{self.instance}]" if self.instance else "")

    @property
    def misses_values_list(self) -> bool:
        """Whether it is a list that does not say what may be in it."""
        return self.data_type in LISTS and not self.members

    @property
    def breaks_values_list(self) -> bool:
        """Whether its value is none, or holds some, that its valuesList does not have; an empty value is none."""
        given = [self.value] if self.data_type == "OptionList" else _members(self.value or "")
        return self.data_type in LISTS and any(one and one not in self.members for one in given)

    @property
    def shows_write_only(self) -> bool:
        """Whether it tells the value of a variable that is WriteOnly."""
        return self.mutability == "WriteOnly" and self.value is not None


class Report:
    """A report of a station's device model: the NotifyReports of one request, in order of seqNo."""

    def __init__(self, parts: Iterable[Request]) -> None:
        self.parts = sorted(parts, key=lambda part: _number(peek(part._payload, "seqNo")))
        self.variables = [_reported(data) for part in self.parts for data in peek(part._payload, "reportData") or ()]

    def __iter__(self) -> Iterator[Reported]:
        return iter(self.variables)

    def find(
        self,
        component: str,
        name: str,
        *,
        instance: str | None = None,
        of: str | None = None,
        evseId: int | None = None,  # noqa: N803  # the wire's own name
        connectorId: int | None = None,  # noqa: N803  # the wire's own name
    ) -> Reported | None:
        """The variable of that name at that place, None if it is not in the report; names know no case (B06.FR.15)."""
        texts = tuple(text.lower() for text in (component, of or "", name, instance or ""))
        for one in self.variables:
            named = tuple(text.lower() for text in (one.component, one.of, one.variable, one.instance))
            if (named, one.evse) == (texts, (evseId, connectorId)):
                return one
        return None

    def named(self, component: str, name: str) -> list[Reported]:
        """Every instance of a variable, at every place."""
        wanted = (component.lower(), name.lower())
        return [one for one in self.variables if (one.component.lower(), one.variable.lower()) == wanted]


def collect(peer: Peer, request_id: int, within: float | None, requirement: str) -> Report:
    """Wait for the NotifyReports of a request in this step's window, until one says that no more follow.

    Each part has `within` seconds (default: timeouts.message) after the one before. Raises ExpectationFailed when one
    is late; the numbering of the parts is the monitor's to judge.
    """
    seconds = peer.deadlines.message if within is None else within

    def parts() -> list[Request]:
        return [part for part in peer.seen_in_step("NotifyReport") if peek(part._payload, "requestId") == request_id]

    while True:
        known = len(parts())
        if any(peek(part._payload, "tbc") is not True for part in parts()):
            return Report(parts())
        if not peer.wait(lambda known=known: len(parts()) > known, within=seconds):  # type: ignore[misc]  # bound now
            which = "a NotifyReport" if not known else f"another NotifyReport after {known}"
            raise peer.failure(
                f"{which} with requestId {request_id} within {seconds:g} s", "none", requirement=requirement
            )


def _reported(data: Any) -> Reported:
    component, name = peek(data, "component"), peek(data, "variable")
    evse, traits = peek(component, "evse"), peek(data, "variableCharacteristics")
    attributes = peek(data, "variableAttribute") or ()
    types = [peek(one, "type") for one in attributes]
    actual: Any = next((one for one, type_ in zip(attributes, types, strict=True) if type_ in (None, "Actual")), None)
    names = [peek(one, field) for one in (component, name) for field in ("name", "instance")]
    place = peek(evse, "id"), peek(evse, "connectorId")
    limit = peek(traits, "maxLimit")
    return Reported(
        component=str(names[0]),
        of=str(names[1] or ""),
        variable=str(names[2]),
        instance=str(names[3] or ""),
        evse=place,
        mutability=str(peek(actual, "mutability") or "ReadWrite"),
        value=peek(actual, "value"),
        persistent=peek(actual, "persistent") is True,
        data_type=str(peek(traits, "dataType") or ""),
        members=tuple(_members(peek(traits, "valuesList") or "")),
        limit=ABSENT if limit is None else limit,
        described=traits is not None,
        identity=(
            *(str(one or "").lower() for one in names),
            place,
            *sorted(str(one or "Actual") for one in types),
        ),
        data=Fields(data),
    )


def _members(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _number(value: Any) -> int:
    return value if isinstance(value, int) else -1
