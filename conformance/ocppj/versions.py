"""Each version of OCPP-J as one data object. Nothing outside this module compares version strings.

Which actions there are, who sends them and how their schemas are called stands in `schemas/manifest.json` and is read
when first asked for. What the OCPP-J documents say differently from version to version stands here, with its source:
1.6J is the "OCPP-J 1.6 Specification" with its errata sheet (2019-12), 2.0.1 is Part 4 edition 3 with errata up to
2025-09, 2.1 is Part 4 edition 1 with errata up to 2025-09.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Literal

from conformance.data import data_path
from conformance.ocppj.frames import (
    CALL,
    CALLERROR,
    CALLRESULT,
    CALLRESULTERROR,
    ID_MAX_LENGTH,
    SEND,
    TYPE_NAMES,
    Frame,
    Problem,
)

Sender = Literal["CS", "CSMS", "both"]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one version."""

    name: str
    sender: Sender
    """Who may send it: the charging station, the CSMS, or both (DataTransfer)."""
    block: str
    """Letter of the functional block (2.x, Part 2) or name of the feature profile (1.6, section 3)."""
    request: str
    """Name of the schema of the CALL's or SEND's payload."""
    response: str | None
    """Name of the schema of the CALLRESULT's payload; None for an action that is sent as SEND and has no answer."""

    @property
    def message_type(self) -> int:
        """CALL, or SEND for an action without an answer."""
        return CALL if self.response is not None else SEND

    def may_be_sent_by(self, role: str) -> bool:
        """Whether "CS" or "CSMS" may send it."""
        return self.sender in (role, "both")


@dataclass(frozen=True, eq=False)
class Version:
    """What one version of OCPP-J says differently from another. There is one object per version."""

    id: str
    """One of "1.6", "2.0.1" and "2.1"."""
    family: Literal["1.6", "2"]
    """Versions of one family share their test cases."""
    subprotocol: str
    """Name in Sec-WebSocket-Protocol (1.6J section 3.1.2, 2.x Part 4 section 3.1.2)."""
    message_types: frozenset[int]
    error_codes: Mapping[str, frozenset[str]]
    """Each code of the version's table, as printed there, with every spelling that a tester accepts for it."""
    unreadable_id: str | None
    """Message id of a CALLERROR to a message whose id can't be read: "-1" (2.x Part 4, 4.2.3); 1.6J names none."""
    unknown_type_reactions: frozenset[str]
    """What a receiver may do with a message type that it does not know: "ignore", or answer with the named code."""
    ids_unique_over: Literal["connection", "identity"]
    """Span over which one sender's CALLs must have different ids: 1.6J 4.1.4 names the connection, 2.x Part 4 4.1.4
    all connections of one station identifier."""
    retry_may_reuse_id: bool
    """Whether a CALL that is sent again after a time-out may have its old id (2.0.1 errata 2024-09 4.6, 2.1 4.1.4)."""
    compression_required: frozenset[str]
    """Roles that must support permessage-deflate (2.x Part 4, table 2)."""
    recommendations: frozenset[str]
    """Problem codes that break only a recommendation of this version."""
    excused: frozenset[str]
    """Problem codes that this version's text does not forbid."""
    fraction_digits_max: int | None
    """Digits that a fraction of a second may have (2.x Part 2, 3.1); None: no limit (1.6, 3.15)."""
    id_max_length: int = ID_MAX_LENGTH

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """Every action by its name, in alphabetical order; 1.6 includes those of the security whitepaper."""
        rows = _manifest()["versions"][self.id]["actions"]
        return MappingProxyType({name: Action(name=name, **row) for name, row in rows.items()})

    @cached_property
    def blocks(self) -> Mapping[str, str]:
        """Letter (2.x) or name (1.6) of each functional block that has actions, and its title."""
        return MappingProxyType(dict(_manifest()["versions"][self.id]["blocks"]))

    @cached_property
    def schemas(self) -> Mapping[str, SchemaFact]:
        """Every official schema by its name, such as "BootNotificationRequest" (1.6: "BootNotification")."""
        rows = _manifest()["versions"][self.id]["schemas"]
        return MappingProxyType({name: SchemaFact(**row) for name, row in rows.items()})

    @cached_property
    def _canonical(self) -> Mapping[str, str]:
        return {spelling: code for code, spellings in self.error_codes.items() for spelling in spellings}

    def canonical_error_code(self, spelling: str) -> str | None:
        """The code, as this version's table prints it, that an accepted spelling stands for; None if it is no code."""
        return self._canonical.get(spelling)

    def problems(self, frame: Frame) -> tuple[Problem, ...]:
        """What strict parsing found, as this version judges it: its message types added, what it allows left out."""
        if not frame.problems and frame.type in self.message_types:
            return ()
        problems = [problem for problem in frame.problems if problem.code not in self.excused]
        if frame.type in TYPE_NAMES and frame.type not in self.message_types:
            message = f"message type {frame.type} ({frame.type_name}) does not exist in OCPP {self.id}"
            problems.append(Problem("type-not-in-version", message))
        return tuple(problems)


@dataclass(frozen=True, slots=True)
class SchemaFact:
    """What is known of one official schema file: its draft of JSON Schema and its fingerprint."""

    draft: int
    """4 or 6."""
    sha256: str
    """See `conformance.ocppj.fingerprint`."""


@lru_cache(maxsize=1)
def _manifest() -> Any:
    return json.loads(data_path("schemas", "manifest.json").read_text(encoding="utf-8"))


def _codes(*plain: str, **spelled: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    codes = {code: frozenset({code}) for code in plain}
    codes.update({code: frozenset({code, *others}) for code, others in spelled.items()})
    return MappingProxyType(codes)


_COMMON_CODES = (
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
)

# 1.6J table 7 prints FormationViolation and OccurenceConstraintViolation. Its errata (5.1, 5.2) name the right
# spellings, keep the printed ones, and announce that the next version has the right ones and deprecates the others.
# The 2.x tables (2.0.1 table 8, 2.1 table 9) print only the right ones; the deprecated ones are still accepted there.
_CODES_16 = _codes(
    *_COMMON_CODES,
    FormationViolation=("FormatViolation",),
    OccurenceConstraintViolation=("OccurrenceConstraintViolation",),
)
_CODES_2 = _codes(
    *_COMMON_CODES,
    "MessageTypeNotSupported",
    "RpcFrameworkError",
    FormatViolation=("FormationViolation",),
    OccurrenceConstraintViolation=("OccurenceConstraintViolation",),
)

# Payload null: "JSON allows for two different notations", {} is good practice (1.6J 4.2.1, 2.x Part 4 4.1.5).
_RECOMMENDATIONS = frozenset({"payload-null"})

VERSIONS: Mapping[str, Version] = MappingProxyType(
    {
        version.id: version
        for version in (
            Version(
                id="1.6",
                family="1.6",
                subprotocol="ocpp1.6",
                message_types=frozenset({CALL, CALLRESULT, CALLERROR}),
                error_codes=_CODES_16,
                unreadable_id=None,
                unknown_type_reactions=frozenset({"ignore"}),  # 1.6J 4.1.3
                ids_unique_over="connection",
                retry_may_reuse_id=False,
                compression_required=frozenset(),  # 1.6J 5.1 allows what RFC 6455 allows
                recommendations=_RECOMMENDATIONS,
                excused=frozenset({"description-too-long"}),  # 1.6J table 6 sets no length
                fraction_digits_max=None,
            ),
            Version(
                id="2.0.1",
                family="2",
                subprotocol="ocpp2.0.1",
                message_types=frozenset({CALL, CALLRESULT, CALLERROR}),
                error_codes=_CODES_2,
                unreadable_id="-1",
                # Part 4 4.1.3 wants the payload ignored, 4.4 wants the answer: both are accepted.
                unknown_type_reactions=frozenset({"ignore", "MessageTypeNotSupported"}),
                ids_unique_over="identity",
                retry_may_reuse_id=True,
                compression_required=frozenset({"CSMS"}),
                recommendations=_RECOMMENDATIONS,
                excused=frozenset(),
                fraction_digits_max=3,
            ),
            Version(
                id="2.1",
                family="2",
                subprotocol="ocpp2.1",
                message_types=frozenset({CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND}),
                error_codes=_CODES_2,
                unreadable_id="-1",
                # Part 4 4.1.3 and 4.4 want the payload ignored; the code stays in the table (4.3).
                unknown_type_reactions=frozenset({"ignore", "MessageTypeNotSupported"}),
                ids_unique_over="identity",
                retry_may_reuse_id=True,
                compression_required=frozenset({"CSMS"}),
                recommendations=_RECOMMENDATIONS,
                excused=frozenset(),
                fraction_digits_max=3,
            ),
        )
    }
)


def version(id: str) -> Version:
    """The version with this id. Raises ValueError, naming the known ones, for any other."""
    try:
        return VERSIONS[id]
    except (KeyError, TypeError):
        raise ValueError(f"OCPP {id} is not known; the versions are {', '.join(VERSIONS)}") from None
