"""The device model of 2.x: components, their variables, attributes and characteristics, and what may be set.

Source: 2.0.1 part 1 chapter 4, part 2 B05 to B08. Names are compared without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import parse_time

if TYPE_CHECKING:
    from conformance.reference.memory import Memory

Payload = dict[str, Any]
Check = Callable[[str], str | None]
"""Looks at a value that is to be set; returns a reasonCode to reject it with, None to let it pass."""

READ_ONLY, READ_WRITE, WRITE_ONLY = "ReadOnly", "ReadWrite", "WriteOnly"
LISTS = ("OptionList", "MemberList", "SequenceList")


@dataclass
class Variable:
    """One variable of one component. `value` is its factory value; `read` computes it where it follows the state.

    `evse` is (evseId, connectorId), None where a level does not apply. `reboot`: a new value counts after a reboot.
    """

    component: str
    name: str
    value: str = ""
    data_type: str = "string"
    mutability: str = READ_ONLY
    instance: str | None = None
    component_instance: str | None = None
    evse: tuple[int | None, int | None] = (None, None)
    unit: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    values: tuple[str, ...] = ()
    reboot: bool = False
    read: Callable[[], str] | None = None
    check: Check | None = None
    changed: Callable[[str], None] | None = None

    @property
    def label(self) -> str:
        """Component[instance].Variable[instance], as `--set` and the memory name it."""
        where = "".join(f"#{number}" for number in self.evse if number is not None)
        where += f"[{self.component_instance}]" if self.component_instance else ""
        return f"{self.component}{where}.{self.name}" + (f"[{self.instance}]" if self.instance else "")

    def component_payload(self) -> Payload:
        """As ComponentType."""
        payload: Payload = {"name": self.component}
        if self.component_instance:
            payload["instance"] = self.component_instance
        evse_id, connector_id = self.evse
        if evse_id is not None:
            payload["evse"] = {"id": evse_id}
            if connector_id is not None:
                payload["evse"]["connectorId"] = connector_id
        return payload

    def variable_payload(self) -> Payload:
        """As VariableType."""
        payload: Payload = {"name": self.name}
        if self.instance:
            payload["instance"] = self.instance
        return payload

    def objection(self, value: str) -> str | None:
        """The reasonCode for which `value` cannot be set (format, range, list), None if it can (B05.FR.07, .08)."""
        if not _well_formed(self.data_type, value):
            return "InvalidValue"
        if self.data_type in ("integer", "decimal") and not _in_range(value, self.minimum, self.maximum):
            return "ValueOutOfRange"
        if self.data_type == "string" and self.maximum is not None and len(value) > int(self.maximum):
            return "TooLargeElement"
        if self.data_type == "string" and self.minimum is not None and len(value) < int(self.minimum):
            return "InvalidValue"
        if self.data_type == "OptionList" and self.values and value not in self.values:
            return "InvalidValue"
        if self.data_type in ("MemberList", "SequenceList") and not self._members_known(value):
            return "InvalidValue"
        return self.check(value) if self.check is not None else None

    def _members_known(self, value: str) -> bool:
        members = [part.strip() for part in value.split(",")] if value else []
        return len(set(members)) == len(members) and (not self.values or set(members) <= set(self.values))


def _well_formed(data_type: str, value: str) -> bool:
    if data_type == "boolean":
        return value in ("true", "false")
    if data_type == "integer":
        return re.fullmatch(r"[+-]?\d{1,18}", value) is not None
    if data_type == "decimal":
        return re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", value) is not None
    if data_type == "dateTime":
        return value == "" or parse_time(value) is not None
    return True


def _in_range(value: str, minimum: str | None, maximum: str | None) -> bool:
    number = float(value)
    return (minimum is None or number >= float(minimum)) and (maximum is None or number <= float(maximum))


@dataclass
class DeviceModel:
    """All variables of a station; values that were set live in `memory`."""

    memory: Memory
    variables: list[Variable] = field(default_factory=list)

    def add(self, variables: Iterable[Variable]) -> None:
        """Take in variables."""
        self.variables.extend(variables)

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables)

    # -- for the station itself ----------------------------------------------------------------------------------

    def find(self, component: str, name: str, instance: str | None = None) -> Variable:
        """A variable of a component without EVSE. Raises KeyError when the station has none such."""
        for variable in self.variables:
            if (variable.component, variable.name, variable.instance) == (component, name, instance):
                return variable
        raise KeyError(f"{component}.{name}")

    def has(self, component: str, name: str, instance: str | None = None) -> bool:
        """Whether the station has that variable."""
        return any((one.component, one.name, one.instance) == (component, name, instance) for one in self.variables)

    def text(self, component: str, name: str, instance: str | None = None) -> str:
        """The current value as text."""
        return self.value(self.find(component, name, instance))

    def flag(self, component: str, name: str, instance: str | None = None) -> bool:
        """The current value of a boolean."""
        return self.text(component, name, instance) == "true"

    def number(self, component: str, name: str, instance: str | None = None) -> int:
        """The current value of an integer."""
        return int(self.text(component, name, instance) or 0)

    def members(self, component: str, name: str, instance: str | None = None) -> list[str]:
        """The current value of a list."""
        return [part.strip() for part in self.text(component, name, instance).split(",") if part.strip()]

    def value(self, variable: Variable) -> str:
        """The current value of a variable."""
        if variable.read is not None:
            return variable.read()
        stored = self.memory.section("variables").get(variable.label)
        return variable.value if stored is None else str(stored)

    def store(self, variable: Variable, value: str) -> None:
        """Set a value without asking whether it may be set."""
        self.memory.section("variables")[variable.label] = value
        self.memory.save()
        if variable.changed is not None:
            variable.changed(value)

    def factory(self, settings: dict[str, str]) -> None:
        """Replace factory values, `{"Component.Variable[instance]": value}`; "" for a number or a boolean leaves the
        variable out. Raises ValueError for an unknown one."""
        by_label = {variable.label: variable for variable in self.variables}
        for label, value in settings.items():
            if label not in by_label:
                raise ValueError(f"--set {label}: the station has no such variable")
            if value == "" and by_label[label].data_type in ("integer", "decimal", "boolean"):
                self.variables.remove(by_label[label])
                continue
            objection = by_label[label].objection(value)
            if objection:
                raise ValueError(f"--set {label}={value}: {objection}")
            by_label[label].value = value

    # -- for the CSMS --------------------------------------------------------------------------------------------

    def lookup(self, component: Payload, variable: Payload) -> Variable | str:
        """The variable that is addressed exactly, else "UnknownComponent" or "UnknownVariable"."""
        of_component = [one for one in self.variables if _same_component(one, component)]
        if not of_component:
            return "UnknownComponent"
        name = str(variable.get("name", "")).casefold()
        instance = str(variable.get("instance") or "").casefold()
        for one in of_component:
            if one.name.casefold() == name and (one.instance or "").casefold() == instance:
                return one
        return "UnknownVariable"

    def get(self, data: Payload) -> Payload:
        """A GetVariableData element answered with a GetVariableResult (B06)."""
        kind = data.get("attributeType", "Actual")
        result: Payload = {
            "attributeStatus": "Accepted",
            "attributeType": kind,
            "component": data["component"],
            "variable": data["variable"],
        }
        found = self.lookup(data["component"], data["variable"])
        if isinstance(found, str):
            return {**result, "attributeStatus": found}
        if kind != "Actual":
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        if found.mutability == WRITE_ONLY:
            info = {"reasonCode": "WriteOnly"}
            return {**result, "attributeStatus": "Rejected", "attributeStatusInfo": info}
        return {**result, "attributeValue": self.value(found)}

    def set(self, data: Payload) -> Payload:
        """A SetVariableData element carried out and answered with a SetVariableResult (B05)."""
        kind = data.get("attributeType", "Actual")
        result: Payload = {
            "attributeStatus": "Accepted",
            "attributeType": kind,
            "component": data["component"],
            "variable": data["variable"],
        }
        found = self.lookup(data["component"], data["variable"])
        if isinstance(found, str):
            return {**result, "attributeStatus": found}
        if kind != "Actual":
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        value = str(data["attributeValue"])
        objection = "ReadOnly" if found.mutability == READ_ONLY else found.objection(value)
        if objection is not None:
            return {**result, "attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": objection}}
        self.store(found, value)
        if found.reboot:
            return {**result, "attributeStatus": "RebootRequired"}
        return result

    def report(self, variable: Variable) -> Payload:
        """A variable as ReportDataType."""
        attribute: Payload = {
            "type": "Actual",
            "mutability": variable.mutability,
            "persistent": variable.mutability != READ_ONLY,
            "constant": False,
        }
        text = self.value(variable)
        unset = not text and variable.data_type in ("integer", "decimal", "boolean")
        if variable.mutability != WRITE_ONLY and not unset:
            attribute["value"] = text
        return {
            "component": variable.component_payload(),
            "variable": variable.variable_payload(),
            "variableAttribute": [attribute],
            "variableCharacteristics": _characteristics(variable),
        }

    def with_flag(self, name: str) -> list[Variable]:
        """Variables of the components whose boolean variable `name` is true, or that lack it (B08.FR.07 to .09)."""
        chosen = []
        for variable in self.variables:
            flag = self._sibling(variable, name)
            if flag is None or self.value(flag) == "true":
                chosen.append(variable)
        return chosen

    def with_problem(self) -> list[Variable]:
        """Variables of the components whose variable Problem is true (B08.FR.10)."""
        return [
            variable
            for variable in self.variables
            if (flag := self._sibling(variable, "Problem")) is not None and self.value(flag) == "true"
        ]

    def _sibling(self, variable: Variable, name: str) -> Variable | None:
        for other in self.variables:
            same = (other.component, other.component_instance, other.evse) == (
                variable.component,
                variable.component_instance,
                variable.evse,
            )
            if same and other.name == name:
                return other
        return None

    def matching(self, component: Payload, variable: Payload | None) -> list[Variable]:
        """Variables that a ComponentVariableType of GetReport selects; what it omits matches all (B08.FR.20-25)."""
        return [one for one in self.variables if _selected(one, component, variable)]


def _characteristics(variable: Variable) -> Payload:
    payload: Payload = {"dataType": variable.data_type, "supportsMonitoring": variable.mutability != WRITE_ONLY}
    if variable.unit:
        payload["unit"] = variable.unit
    if variable.data_type in ("integer", "decimal", "string"):
        from decimal import Decimal

        for key, bound in (("minLimit", variable.minimum), ("maxLimit", variable.maximum)):
            if bound is not None:
                payload[key] = int(bound) if "." not in bound else Decimal(bound)
    if variable.values and variable.data_type in LISTS:
        payload["valuesList"] = ",".join(variable.values)
    return payload


def _same_component(variable: Variable, component: Payload) -> bool:
    evse = component.get("evse") or {}
    return (
        variable.component.casefold() == str(component.get("name", "")).casefold()
        and (variable.component_instance or "").casefold() == str(component.get("instance") or "").casefold()
        and variable.evse == (evse.get("id"), evse.get("connectorId"))
    )


def _selected(one: Variable, component: Payload, variable: Payload | None) -> bool:
    if one.component.casefold() != str(component.get("name", "")).casefold():
        return False
    if component.get("instance") and (one.component_instance or "").casefold() != component["instance"].casefold():
        return False
    evse = component.get("evse")
    if evse:
        if one.evse[0] != evse.get("id"):
            return False
        if "connectorId" in evse and one.evse[1] != evse["connectorId"]:
            return False
    if variable is None:
        return True
    if one.name.casefold() != str(variable.get("name", "")).casefold():
        return False
    wanted = variable.get("instance")
    return not wanted or (one.instance or "").casefold() == wanted.casefold()
