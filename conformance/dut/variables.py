"""The variables that the standard requires of every charging station with the features that a description declares.

Source: 2.0.1 part 2 "Referenced Components and Variables", part 4 section 8, and the table of components and variables
of the appendices; the facts stand in `testcases/catalogue/variables.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from conformance.data import catalogue_folder

if TYPE_CHECKING:
    from conformance.dut.description import Dut


@dataclass(frozen=True, slots=True)
class RequiredVariable:
    """One required variable. `data_types` and `mutabilities` are those that the standard lets it have.

    `per` is "EVSE" or "Connector" for a variable of each of them, else "". `feature` is the feature without which it
    is not required, "" for none. `value_optional`: it may be reported without a value. `limited`: it has a maxLimit.
    """

    component: str
    variable: str
    instance: str | None
    per: str
    data_types: tuple[str, ...]
    mutabilities: tuple[str, ...]
    feature: str
    value_optional: bool
    limited: bool
    source: str

    @property
    def writable(self) -> bool:
        """Whether the CSMS must be able to set it."""
        return self.mutabilities == ("ReadWrite",)


@dataclass(frozen=True, slots=True)
class RequiredPlace:
    """A required variable at one place of the station: evseId and connectorId are None where a level does not apply."""

    variable: RequiredVariable
    evseId: int | None = None  # noqa: N815  # the wire's own name
    connectorId: int | None = None  # noqa: N815  # the wire's own name


def required_variables(dut: Dut) -> Iterator[RequiredPlace]:
    """Every variable that this station has to have, at every place.

    What a feature requires is left out where the description does not declare that feature. Raises FileNotFoundError.
    """
    for one in _known():
        if one.feature and not (one.feature in dut.features and dut.features.supports(one.feature)):
            continue
        if one.per == "EVSE":
            for evse_id in dict.fromkeys(connector.evseId for connector in dut.connectors):
                yield RequiredPlace(one, evse_id)
        elif one.per == "Connector":
            for connector in dut.connectors:
                yield RequiredPlace(one, connector.evseId, connector.connectorId)
        else:
            yield RequiredPlace(one)


@cache
def _known() -> tuple[RequiredVariable, ...]:
    entries = json.loads((catalogue_folder() / "variables.json").read_text(encoding="utf-8"))
    return tuple(
        RequiredVariable(
            component=entry["component"],
            variable=entry["variable"],
            instance=entry.get("instance"),
            per=entry.get("per", ""),
            data_types=tuple(entry["dataType"]),
            mutabilities=tuple(entry["mutability"]),
            feature=entry.get("feature", ""),
            value_optional=entry.get("valueOptional", False),
            limited=entry.get("maxLimit", False),
            source=entry["source"],
        )
        for entry in entries
    )
