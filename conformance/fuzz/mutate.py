"""Random changes that stack: a legal CALL with one to three described changes of its payload, envelope, text or bytes.

Hypothesis draws a CALL (plain from `samples`, or rich by `generate`) and the changes (`changes`), which are made from
the inside out: payload before envelope before text and bytes. What a device may do about the outcome is worked out from
the outcome (`derived`), because a later change may hide an earlier one. Everything shrinks towards one change of the
plainest CALL, at its first place, with the first and plainest value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from conformance.fuzz import acts
from conformance.fuzz.changes import LAYERS, Draft, Pick
from conformance.fuzz.derived import reactions_to
from conformance.fuzz.example import Example, text_bytes
from conformance.fuzz.generate import message
from conformance.fuzz.known import SAMPLE, Known
from conformance.fuzz.samples import Sampler
from conformance.fuzz.stage import Target
from conformance.ocppj import frames

MOST_CHANGES = 3

HARMLESS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("CS", "1.6"): (
        "GetConfiguration",
        "GetLocalListVersion",
        "DataTransfer",
        "GetCompositeSchedule",
        "GetInstalledCertificateIds",
        "CancelReservation",
    ),
    ("CS", "2"): (
        "GetVariables",
        "GetLocalListVersion",
        "DataTransfer",
        "GetCompositeSchedule",
        "GetTransactionStatus",
        "GetInstalledCertificateIds",
        "CancelReservation",
        "ClearVariableMonitoring",
        "GetTariffs",
    ),
    ("CSMS", "1.6"): (
        "Heartbeat",
        "DataTransfer",
        "Authorize",
        "MeterValues",
        "StatusNotification",
        "FirmwareStatusNotification",
        "DiagnosticsStatusNotification",
        "SecurityEventNotification",
    ),
    ("CSMS", "2"): (
        "Heartbeat",
        "DataTransfer",
        "Authorize",
        "MeterValues",
        "StatusNotification",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "SecurityEventNotification",
        "NotifyEvent",
        "NotifyReport",
        "ReportChargingProfiles",
        "ClearedChargingLimit",
        "GetCertificateChainStatus",
    ),
}
"""CALLs that do no harm when a device takes them after all; those that a version lacks are left out."""

Draw = Callable[[st.SearchStrategy[Any]], Any]


def mutated_calls(target: Target) -> st.SearchStrategy[Example]:
    """Legal CALLs of harmless actions with one to three changes, and the reactions allowed to what came out."""
    names = [
        name
        for name in HARMLESS[target.role, target.version.family]
        if name in target.version.actions and name not in target.avoid
    ]
    fill = {**SAMPLE, "{{identity}}": target.dut.identity}
    valid = target.dut.tokens.given().get("valid")
    if valid is not None:
        fill["{{token}}"] = valid.idToken
    return _example(target, tuple(names), Known.of(target.dut), fill)


_ALL = tuple(mutation for layer in LAYERS for mutation in layer)
_LAYER = tuple(at for at, layer in enumerate(LAYERS) for _ in layer)
_PICKED = st.integers(0, 9999)
_CHANGES = st.lists(
    st.tuples(st.integers(0, len(_ALL) - 1), _PICKED, _PICKED, _PICKED), min_size=1, max_size=MOST_CHANGES
)
"""Changes: which ones, and what each picks. With the question for one more these are five choices: as many as shrinking
drops in one go."""


@st.composite
def _example(draw: Draw, target: Target, names: tuple[str, ...], known: Known, fill: Mapping[str, str]) -> Example:
    action = draw(st.sampled_from(names))
    request = target.version.actions[action].request
    # One choice makes the payload plain: shrinking need not take a rich one to pieces.
    rich = draw(st.integers(0, 3)) > 0
    payload = draw(message(target, request, known=known)) if rich else _plain(target, request)
    draft = Draft([frames.CALL, "{{id}}", action, deepcopy(payload)])
    for number, *picked in sorted(draw(_CHANGES), key=lambda change: _LAYER[change[0]]):
        _ALL[number](Pick(picked), draft)
    text = draft.segments()
    words = "; ".join(change.words for change in draft.changes)
    first = draft.changes[0]
    return Example(
        name=f"{action}: {words}",
        acts=(acts.send(text),),
        allowed=reactions_to(target.version, target.role, target.schemas, text_bytes(text, fill)),
        action=action,
        constraint=first.kind,
        pointer=first.pointer,
        breaks=f"{action} with {words}",
    )


def _plain(target: Target, request: str) -> Any:
    """The smallest payload of a schema that does no harm."""
    return Sampler(target.schemas.schema(target.version, request), request).payload()
