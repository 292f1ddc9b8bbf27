"""Default answers, so that a device keeps going when a case declares none.

Each table maps an action to the payload of its answer, or to a function of (peer, request) that computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.ocppj.versions import Version
from conformance.peers.answers import csms_2, csms_16, station_2, station_16

Table = Mapping[str, Mapping[str, Any] | Callable[[Any, Any], Mapping[str, Any]]]

_TABLES: Mapping[tuple[str, str], Table] = {
    ("CSMS", "1.6"): csms_16.ANSWERS,
    ("CSMS", "2"): csms_2.ANSWERS,
    ("CS", "1.6"): station_16.ANSWERS,
    ("CS", "2"): station_2.ANSWERS,
}


def default_answers(plays: str, version: Version) -> dict[str, Callable[[Any, Any], Any]]:
    """The answers of a fake that plays "CS" or "CSMS" in a version, for the actions that this version has."""
    return {
        action: answer if callable(answer) else _fixed(answer)
        for action, answer in _TABLES[plays, version.family].items()
        if action in version.actions
    }


def _fixed(payload: Mapping[str, Any]) -> Callable[[Any, Any], Mapping[str, Any]]:
    return lambda peer, request: payload
