"""Typed access to the JSON of a results file, which says where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

_T = TypeVar("_T")
_Number = (int, float)


class ResultsError(ValueError):
    """A results file that cannot be read; the message is one line: where, what is wrong, what was found."""


class Reader:
    """Typed access to a JSON object that says where something is wrong."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise ResultsError(f"{where}: expected an object, found {type(data).__name__}")
        self.data = data
        self.where = where

    def get(self, key: str, kinds: type[_T] | tuple[type[_T], ...], default: _T) -> _T:
        """The member, of a kind, or `default`."""
        value = self.data.get(key, default)
        if isinstance(value, bool) and not isinstance(default, bool):
            raise ResultsError(f"{self.where}.{key}: expected {_name(kinds)}, found a boolean")
        if not isinstance(value, kinds):
            raise ResultsError(f"{self.where}.{key}: expected {_name(kinds)}, found {value!r:.60}")
        return value

    def must(self, key: str) -> str:
        """A string that has to be there."""
        value = self.data.get(key)
        if not isinstance(value, str):
            raise ResultsError(f"{self.where}.{key}: expected a string, found {value!r:.60}")
        return value

    def number(self, key: str) -> int | None:
        """A whole number, or None."""
        value = self.data.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise ResultsError(f"{self.where}.{key}: expected a whole number or null, found {value!r:.60}")
        return value

    def seconds(self, key: str) -> float:
        """Seconds, 0.0 if absent."""
        value = self.data.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, _Number):
            raise ResultsError(f"{self.where}.{key}: expected seconds as a number, found {value!r:.60}")
        return float(value)

    def objects(self, key: str) -> Iterator[Reader]:
        """Readers for the objects of a list."""
        for position, item in enumerate(self.get(key, list, [])):
            yield Reader(item, f"{self.where}.{key}[{position}]")

    def strings(self, key: str) -> list[str]:
        """A list of strings."""
        items: list[Any] = self.get(key, list, [])
        for position, item in enumerate(items):
            if not isinstance(item, str):
                raise ResultsError(f"{self.where}.{key}[{position}]: expected a string, found {item!r:.60}")
        return items

    def numbers(self, key: str) -> list[int]:
        """A list of whole numbers."""
        items: list[Any] = self.get(key, list, [])
        for position, item in enumerate(items):
            if isinstance(item, bool) or not isinstance(item, int):
                raise ResultsError(f"{self.where}.{key}[{position}]: expected a whole number, found {item!r:.60}")
        return items

    def mapping(self, key: str) -> dict[str, Any]:
        """A copy of an object."""
        return dict(self.get(key, dict, {}))

    def words(self, key: str) -> dict[str, str]:
        """An object whose members are strings."""
        found = self.mapping(key)
        for name, value in found.items():
            if not isinstance(value, str):
                raise ResultsError(f"{self.where}.{key}.{name}: expected a string, found {value!r:.60}")
        return found


def _name(kinds: Any) -> str:
    names = {str: "a string", list: "a list", dict: "an object", bool: "true or false", int: "a whole number"}
    return names.get(kinds, getattr(kinds, "__name__", str(kinds)))
