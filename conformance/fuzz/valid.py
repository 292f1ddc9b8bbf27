"""Valid messages as examples: CALLs that the device has to serve, or to refuse as unsupported, and for nothing else.

A receiver answers a valid request with a CALLRESULT (2.x Part 2, FR.02; 1.6J 4.2.3 has CALLERROR for what is no proper
message and for errors). What it thinks of the request it says in the result, by a status. NotSupported and
NotImplemented are left to it, by both tables of error codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.fuzz import acts, reactions
from conformance.fuzz.example import Act, Allowed, Example, Segment, Text
from conformance.fuzz.known import TRANSACTION, Known
from conformance.fuzz.stage import Target
from conformance.fuzz.values import FILLERS
from conformance.monitor.rules.results import REPORTS
from conformance.ocppj.frames import CALL, dumps
from conformance.ocppj.versions import Action

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.fuzz.campaign import Campaign

VALID = "valid message"
"""Constraint of the examples that are drawn: nothing is broken."""

HAZARDOUS: Mapping[str, str] = {
    "AFRRSignal": "moves the power of whatever is plugged in",
    "CertificateSigned": "may take the certificate by which the station is known",
    "ClearCache": "forgets the tokens of every driver",
    "ClearDERControl": "takes away what protects the grid",
    "DeleteCertificate": "may delete the root by which the station trusts its CSMS",
    "InstallCertificate": "may make the station trust somebody else",
    "PublishFirmware": "may fill the memory of the station",
    "RequestBatterySwap": "opens a door",
    "Reset": "reboots the station",
    "SetDERControl": "changes what protects the grid",
    "SetNetworkProfile": "may send the station where nobody finds it again",
    "SignedUpdateFirmware": "may leave the station in an update",
    "UnpublishFirmware": "takes a firmware away from other stations",
    "UpdateFirmware": "may leave the station in an update",
}
"""Actions that are sent to a station only where the description allows it, and why. Of the others the dangerous values
are left out: see `fields` (what stays Operative, is not asked for, is over at once) and `linked` (which variable and
which key are written)."""

REBOOTING = frozenset({"Reset"})
"""Actions that cost a boot each: two examples of them, and none at random."""
_FEW = ("only what is required", "every field")
_LEVELS: Mapping[str, tuple[str, ...]] = {"smoke": (*_FEW, "texts as long as allowed", "29 February")}
"""Themes that a level plays; all where it is not named."""


def may_be_sent(target: Target) -> tuple[Action, ...]:
    """The actions that the device gets from the other side, as far as the description lets them be sent."""
    return tuple(
        action
        for action in target.version.actions.values()
        if action.may_be_sent_by(target.plays)
        and action.name not in target.avoid
        and (target.hazardous or target.role == "CSMS" or action.name not in HAZARDOUS)
    )


def play_specimens(campaign: Campaign) -> None:
    """Send each CALL once for each theme of its values, a row each: all texts at their limit, all days leap days...

    One row decides of an action that is refused as unsupported.
    """
    for action in may_be_sent(campaign.target):
        examples = specimen_examples(campaign.target, action)
        if campaign.is_over or not examples:
            campaign.rows(examples)
            continue
        first = campaign.play(examples[0])
        campaign.record(first)
        if not (first.reaction.kind == "error" and first.reaction.code in reactions.UNSUPPORTED):
            campaign.rows(examples[1:])


def specimen_examples(target: Target, action: Action) -> tuple[Example, ...]:
    """One example for each theme in which the action's request has something of its own."""
    from conformance.fuzz.generate import specimens

    wanted = _FEW if action.name in REBOOTING else _LEVELS.get(target.level)
    made = specimens(target, action.request, known=Known.of(target.dut))
    seen: set[str] = set()
    examples = []
    for theme, payload in made.items():
        own = repr(payload if action.name in _CUSTOM else _without_custom(payload))
        if (wanted is None or theme in wanted) and (theme in _FEW or own not in seen):
            examples.append(example_of(target, action, payload, name=f"{action.name}: {theme}", constraint=theme))
        seen.add(own)
    return tuple(examples)


_CUSTOM = frozenset({"DataTransfer", "GetLocalListVersion", "Heartbeat"})
"""Actions that come with every theme in customData; of the others only what differs beside it is sent."""


def _without_custom(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_custom(item) for name, item in value.items() if name != "customData"}
    return [_without_custom(item) for item in value] if isinstance(value, list) else value


def valid_messages(target: Target) -> SearchStrategy[Example]:
    """Any valid CALL that the description lets be sent."""
    from hypothesis import strategies as st

    from conformance.fuzz.generate import message

    known = Known.of(target.dut)
    actions = [one for one in may_be_sent(target) if one.name not in REBOOTING]

    @st.composite
    def made(draw: Callable[[SearchStrategy[Any]], Any]) -> Example:
        action = draw(st.sampled_from(actions))
        payload = draw(message(target, action.request, known=known))
        return example_of(target, action, payload, name=f"valid {action.name}", constraint=VALID)

    return made()


def about_the_transaction(target: Target) -> Iterator[Example]:
    """CALLs that name the transaction which runs at the station; the last ones end it."""
    from conformance.fuzz.generate import specimens

    known = Known.of(target.dut, transaction=True)
    for action in sorted(may_be_sent(target), key=lambda one: one.name in _ENDING):
        made = specimens(target, action.request, known=known)
        for theme in _FEW:
            payload = _of_the_transaction(made[theme]) if theme in made else {}
            if TRANSACTION not in dumps(payload):
                continue
            name = f"{action.name} of the running transaction: {theme}"
            example = example_of(target, action, payload, name=name, constraint=theme)
            after = (acts.end_session(), acts.settle()) if action.name in _ENDING else ()
            yield replace(example, acts=(acts.begin_session(), *example.acts, *after))


_ENDING = frozenset({"RemoteStopTransaction", "RequestStopTransaction"})


def _of_the_transaction(payload: dict[str, Any]) -> dict[str, Any]:
    """A charging profile becomes one of the running transaction (1.6 3.13.1, K01.FR.03)."""
    name = next((one for one in ("chargingProfile", "csChargingProfiles") if one in payload), "")
    if "chargingSchedule" not in payload.get(name, ()) or "idToken" in payload or "idTag" in payload:
        return payload
    profile = {**payload[name], "chargingProfilePurpose": "TxProfile", "transactionId": TRANSACTION}
    return {**payload, name: profile}


# ---------------------------------------------------------------------- one example


def example_of(target: Target, action: Action, payload: dict[str, Any], *, name: str, constraint: str) -> Example:
    """A valid payload, sent as the action wants, between what has to come before it and what undoes it."""
    around = _AROUND.get((target.plays, action.name))
    before, payload, after = around(payload) if around is not None else ((), payload, ())
    texts = [text_of(target, *one, "{{fresh}}") for one in (*before, (action.name, payload), *after)]
    texts[len(before)] = message = text_of(target, action.name, payload, "{{id}}")
    act = acts.legal(*texts, judged=len(before)) if action.message_type == CALL else acts.send(message)
    done = (act, *_AFTERWARDS.get(action.name, ()))
    return Example(name, done, allowed_of(target, action), action=action.name, constraint=constraint)


_AFTERWARDS: Mapping[str, tuple[Act, ...]] = {
    **dict.fromkeys(REBOOTING, (acts.rebooted(),)),
    **{request: (acts.reported(),) for report in REPORTS.values() for request in report.requests},
}
"""What has to have happened before the next example."""


def text_of(target: Target, action: str, payload: Mapping[str, Any], id: str) -> Text:
    """The whole message; values of one run stand in it as placeholders, and what is repeated as its unit."""
    text = dumps([target.version.actions[action].message_type, id, action, payload])
    for name in (TRANSACTION, _LATEST):
        text = text.replace(f'"{name}"', name)
    made: list[Segment] = []
    done = 0
    for found in _REPEATED.finditer(text):
        unit = next(one for one in _UNITS if found[0].startswith(one))
        made += [text[done : found.start()], (unit, len(found[0]) // len(unit))]
        done = found.end()
    return (*made, text[done:])


_UNITS = tuple(dumps(one)[1:-1] for one in FILLERS)
_REPEATED = re.compile("|".join(f"(?:{re.escape(one)}){{3,}}" for one in _UNITS))


def allowed_of(target: Target, action: Action) -> Allowed:
    """What a device may do about a valid message of an action."""
    if action.message_type != CALL:
        return reactions.to_send()
    return replace(reactions.to_unsupported(target.version), source=_SOURCE[target.version.family])


_SOURCE = {"1.6": "1.6J 4.2.3 and table 7", "2": "Part 2 FR.02; part 4 4.3"}
_LATEST = "{{latest}}"
"""The transactionId that was answered last (`acts.legal`)."""

_Sent = tuple[str, Mapping[str, Any]]
_Around = tuple[tuple[_Sent, ...], dict[str, Any], tuple[_Sent, ...]]


def _event(payload: dict[str, Any]) -> _Around:
    """One event within a whole transaction."""
    id = payload["transactionInfo"]["transactionId"]
    kind = payload["eventType"]
    place = {"evse": payload["evse"]} if "evse" in payload else {}

    def event(kind: str, trigger: str, number: int, **info: str) -> _Sent:
        fields = {"eventType": kind, "triggerReason": trigger, "seqNo": number, "timestamp": "{{now}}"}
        return "TransactionEvent", {**fields, "transactionInfo": {"transactionId": id, **info}, **place}

    begin = event("Started", "CablePluggedIn", 0, chargingState="EVConnected")
    end = event("Ended", "EVDeparted", int(payload["seqNo"]) + 1, stoppedReason="Other")
    return () if kind == "Started" else (begin,), payload, () if kind == "Ended" else (end,)


def _started(connector: int, tag: str) -> _Sent:
    return "StartTransaction", {"connectorId": connector, "idTag": tag, "meterStart": 20000, "timestamp": "{{now}}"}


_STOPPED: _Sent = ("StopTransaction", {"transactionId": _LATEST, "meterStop": 20000, "timestamp": "{{now}}"})


def _start(payload: dict[str, Any]) -> _Around:
    return (), payload, (_STOPPED,)


def _stop(payload: dict[str, Any]) -> _Around:
    return (_started(1, "{{token}}"),), {**payload, "transactionId": _LATEST}, ()


def _meter(payload: dict[str, Any]) -> _Around:
    if "transactionId" not in payload:
        return (), payload, ()
    made = {**payload, "transactionId": _LATEST, "connectorId": 1}
    return (_started(1, "{{token}}"),), made, (_STOPPED,)


def _status(payload: dict[str, Any]) -> _Around:
    if "status" in payload:
        fine = {"connectorId": payload["connectorId"], "errorCode": "NoError", "status": "Available"}
    else:
        fine = {"evseId": payload["evseId"], "connectorId": payload["connectorId"], "connectorStatus": "Available"}
        fine["timestamp"] = "{{now}}"
    return (), payload, (("StatusNotification", fine),)


def _reservation(payload: dict[str, Any]) -> _Around:
    id = payload.get("id", payload.get("reservationId"))
    return (), payload, (("CancelReservation", {"reservationId": id}),)


def _profile(payload: dict[str, Any]) -> _Around:
    named = {"id": payload["csChargingProfiles"]["chargingProfileId"]} if "csChargingProfiles" in payload else {}
    if not named:
        named = {"chargingProfileId": payload["chargingProfile"]["id"]}
    return (), payload, (("ClearChargingProfile", named),)


def _display(payload: dict[str, Any]) -> _Around:
    return (), payload, (("ClearDisplayMessage", {"id": payload["message"]["id"]}),)


def _tariff(payload: dict[str, Any]) -> _Around:
    return (), payload, (("ClearTariffs", {"tariffIds": [payload["tariff"]["tariffId"]]}),)


_AROUND: Mapping[tuple[str, str], Callable[[dict[str, Any]], _Around]] = {
    ("CS", "MeterValues"): _meter,
    ("CS", "StartTransaction"): _start,
    ("CS", "StatusNotification"): _status,
    ("CS", "StopTransaction"): _stop,
    ("CS", "TransactionEvent"): _event,
    ("CSMS", "ReserveNow"): _reservation,
    ("CSMS", "SetChargingProfile"): _profile,
    ("CSMS", "SetDefaultTariff"): _tariff,
    ("CSMS", "SetDisplayMessage"): _display,
}
"""What is done around a message, by who we are, so that it is legal where it stands and leaves nothing behind."""
