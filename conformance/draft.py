"""What is known of a device before its description is written, and what that description would still lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.dut.features import FeatureValue, known_features

if TYPE_CHECKING:
    from conformance.cases.selection import Selected
    from conformance.dut.description import Dut
    from conformance.dut.errors import DescriptionProblem
    from conformance.proposals import Told

PATIENCE = 120.0
"""Seconds that a station has to connect when it is asked."""

_UNTOLD: Mapping[str, Mapping[str, Any]] = {
    "tokens": {"valid": {"idToken": "UNUSED", "type": "Central"}},
    "timeouts": {"boot": PATIENCE, "message": 30, "quiet": 1.0},
}
"""What a description needs before it can be used to ask the device."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known so far; `path` is the file that is to be written."""

    path: Path
    role: str
    versions: tuple[str, ...]
    known: Mapping[tuple[str, str], Any]
    """Values by (section, key), as the loader has them."""
    told: Mapping[str, tuple[FeatureValue, str]] = field(default_factory=dict)
    """Features that are known: value, and where it is from ("the device says: ...")."""
    name: str = ""
    """Vendor and model, "" if not known."""
    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Of the values that the device has told: what they follow from."""

    def having(self, section: str, key: str, value: Any) -> Draft:
        """The draft with one more value."""
        return replace(self, known={**self.known, (section, key): value})

    def without(self, section: str, key: str) -> Draft:
        """The draft without a value."""
        return replace(self, known={place: one for place, one in self.known.items() if place != (section, key)})

    def declaring(self, id: str, value: FeatureValue, source: str) -> Draft:
        """The draft with one more feature."""
        return replace(self, told={**self.told, id: (value, source)})

    def hearing(self, told: Told, version_id: str) -> Draft:
        """The draft with what a station says of itself; what is known already stays."""
        from conformance.ocppj.versions import version

        known, sources = dict(self.known), dict(self.sources)
        if told.connectors:
            known.setdefault(("evses", "connectors"), _as_described(told.connectors, version(version_id).family))
        for place, proposal in told.values.items():
            if place not in known:
                known[place], sources[place] = proposal.value, f"{proposal.how}, OCPP {version_id}"
        if "transfer_protocols" in {name for section, name in told.values} and not self._trusted_certificates():
            _without_certificates(known, sources)
        features = {
            id: (_feature(proposal.value), f"the device says: {proposal.how}, OCPP {version_id}")
            for id, proposal in told.features.items()
        }
        return replace(self, known=known, sources=sources, told={**self.told, **features}, name=self.name or told.name)

    def _trusted_certificates(self) -> bool:
        """Whether the station has to trust our certificates anyhow, by its security profile."""
        return bool(self.known.get(("device", "security_profile"), 0) > 1)

    # ------------------------------------------------------------------ as a description

    def dut(self) -> Dut:
        """A description that is enough to ask the device; DescriptionError for what is wrong so far."""
        from conformance.dut.reading import read_description

        return read_description(self._content(), source=str(self.path))

    def problems(self) -> list[DescriptionProblem]:
        """What the loader would say so far."""
        from conformance.dut.errors import DescriptionError

        try:
            self.dut()
        except DescriptionError as error:
            return list(error.problems)
        return []

    def objections(self, answered: Draft, section: str, key: str) -> list[DescriptionProblem]:
        """What the loader has against one more answer: at its own place, or because of it at one answered before."""
        before = self.problems()
        places = {f"{self.path} [{one}] {name}" for one, name in self.known}
        places |= {f"{self.path} [features] {id}" for id in self.told}
        own = f"{self.path} [{section}] {key}"
        return [one for one in answered.problems() if one.where == own or (one.where in places and one not in before)]

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {name: dict(table) for name, table in _UNTOLD.items()}
        for (section, key), value in self.known.items():
            content.setdefault(section, {})[key] = _plain(value)
        content["features"] = {id: _plain(value) for id, (value, _) in self.told.items()}
        return content

    # ------------------------------------------------------------------ what is still open

    def tokens_wanted(self) -> dict[str, int]:
        """The tokens that are not given and that some case needs which may apply, with the number of those cases.

        In the order of the description; empty when the answers so far do not go together.
        """
        from conformance.cases.needs import lacking
        from conformance.dut import keys

        if self.problems():
            return {}
        costs = {one.token: len(one.cases) for one in lacking(self._selected())}
        given = {key for section, key in self.known if section == "tokens"}
        return {key.name: costs[key.name] for key in keys.TOKENS.keys if key.name in costs.keys() - given - {"second"}}

    def _selected(self) -> list[Selected]:
        """The cases of this version of the tool, as a run of this description would have them."""
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.discovery import discover
        from conformance.cases.selection import Wishes, select

        dut = self.dut()
        return [one for info in discover() for one in select(info, load_catalogue(), [dut], Wishes())]

    def undecided(self) -> dict[str, int]:
        """The features that decide about a case, or that one reads, and that are not known; the number of those cases.

        Most cases first.

        A feature counts only where it would decide: when a package is not supported, nobody asks for its parts.
        """
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.selection import undeclared
        from conformance.dut.conditions import evaluate

        dut = self.dut()
        counts: dict[str, int] = {}
        for entry in load_catalogue():
            if entry.role == self.role and entry.version in self.versions and entry.condition and not entry.withdrawn:
                for id in evaluate(entry.condition, dut).missing:
                    counts[id] = counts.get(id, 0) + 1
        for one in self._selected():
            for id in undeclared(one):
                counts[id] = counts.get(id, 0) + 1
        order = list(known_features())
        return dict(sorted(counts.items(), key=lambda one: (-one[1], order.index(one[0]))))


def _without_certificates(known: dict[tuple[str, str], Any], sources: dict[tuple[str, str], str]) -> None:
    """Propose the protocols without certificates where a station that has others need not trust ours for them."""
    place = ("values", "transfer_protocols")
    plain = tuple(one for one in known[place] if not one.endswith("S"))
    others = [one for one in known[place] if one not in plain]
    if plain and others and place in sources:
        known[place] = plain
        sources[place] += f"; {' and '.join(others)} once it trusts the certificate of our server"


def _feature(value: FeatureValue | str) -> FeatureValue:
    assert not isinstance(value, str), "no feature is a text"
    return value


def _plain(value: Any) -> Any:
    """A value as TOML's parser has it: lists where we have tuples."""
    return [_plain(one) for one in value] if isinstance(value, (tuple, list)) else value


def _as_described(connectors: tuple[tuple[int, int], ...], family: str) -> tuple[tuple[int, int], ...]:
    """Connectors as pairs of EVSE and connector: 1.6 knows no EVSEs, so each connector counts as one of its own."""
    return tuple((evse, 1) for evse, _ in connectors) if family == "1.6" else connectors
