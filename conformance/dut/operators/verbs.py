"""Every act that a test case may ask of an operator, as data: names, arguments, and how to tell a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a verb: a JSON type, and whether it may be left out; `absent` tells a person what that means."""

    name: str
    type: Literal["integer", "string", "object"]
    meaning: str
    required: bool = True
    choices: tuple[str, ...] = ()
    absent: str = "?"


@dataclass(frozen=True, slots=True)
class Verb:
    """One act. `instruction` is the sentence for a person, with the arguments in braces.

    `result`: what the operator answers with, name and meaning, where the act is a measurement: no person is asked for
    it.
    """

    name: str
    role: Literal["CS", "CSMS"]
    instruction: str
    arguments: tuple[Argument, ...] = ()
    result: tuple[tuple[str, str], ...] = ()

    def told(self, args: Mapping[str, Any]) -> str:
        """The instruction with the arguments filled in; what was not given reads as that argument says."""
        unsaid = {argument.name: argument.absent for argument in self.arguments}
        return self.instruction.format_map(_Told({**unsaid, **args}))


class _Told(dict[str, Any]):
    def __init__(self, args: Mapping[str, Any]) -> None:
        super().__init__({name: _plain(value) for name, value in args.items()})

    def __missing__(self, key: str) -> str:
        return "?"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) and "idToken" in value:
        return f"{value['idToken']} ({value.get('type', 'any type')})"
    if isinstance(value, Mapping):
        fields = (f"no {name}" if item is None else f"{name} = {item}" for name, item in value.items())
        return ", ".join(fields) or "no further fields"
    return value


_EVSE = Argument("evseId", "integer", "The EVSE.")
_CONNECTOR = Argument("connectorId", "integer", "The connector on that EVSE; in 1.6 equal to evseId.")
_ID_TOKEN = Argument("idToken", "object", "The token as IdTokenType: idToken and type.")
_PLACE = (_EVSE, _CONNECTOR)

_ALL = (
    Verb("plug_in", "CS", "Plug an EV into connector {connectorId} of EVSE {evseId}.", _PLACE),
    Verb(
        "unplug",
        "CS",
        "Unplug the cable at connector {connectorId} of EVSE {evseId}, at the {side} end.",
        (
            *_PLACE,
            Argument(
                "side",
                "string",
                "Which end of the cable; the EV's and then the station's if it is not given.",
                required=False,
                choices=("EV", "station"),
                absent="EV and then at the station",
            ),
        ),
    ),
    Verb(
        "pull_cable",
        "CS",
        "Pull at the cable in connector {connectorId} of EVSE {evseId}, at the station's end; it may hold.",
        _PLACE,
    ),
    Verb(
        "present_token",
        "CS",
        "Present token {idToken} at EVSE {evseId}.",
        (
            _ID_TOKEN,
            Argument(
                "evseId",
                "integer",
                "The EVSE; none for a reader that belongs to the whole station.",
                required=False,
                absent="(none: at the reader of the whole station)",
            ),
        ),
    ),
    Verb(
        "choose_stop",
        "CS",
        "Choose at the station's display, which a master pass has opened, to stop the transaction of EVSE {evseId}.",
        (
            Argument(
                "evseId", "integer", "The EVSE; every one if it is not given.", required=False, absent="every number"
            ),
        ),
    ),
    Verb(
        "enter_limit",
        "CS",
        "Enter {limit} at the station as a limit for the transaction of EVSE {evseId}, even if it is refused.",
        (
            _EVSE,
            Argument("limit", "object", "As TransactionLimitType: maxEnergy in Wh, maxTime in s, or maxCost."),
        ),
    ),
    Verb(
        "start_session",
        "CS",
        "Plug an EV into connector {connectorId} of EVSE {evseId} and authorize with token {idToken}, in any order.",
        (_ID_TOKEN, *_PLACE),
    ),
    Verb("suspend_ev", "CS", "Have the EV at connector {connectorId} of EVSE {evseId} stop drawing power.", _PLACE),
    Verb("resume_ev", "CS", "Have the EV at connector {connectorId} of EVSE {evseId} draw power again.", _PLACE),
    Verb(
        "ev_not_ready", "CS", "Have the EV at connector {connectorId} of EVSE {evseId} not be ready to charge.", _PLACE
    ),
    Verb("ev_ready", "CS", "Have the EV at connector {connectorId} of EVSE {evseId} be ready to charge.", _PLACE),
    Verb(
        "use_phases",
        "CS",
        "Have the EV at connector {connectorId} of EVSE {evseId} draw from {phases} phase(s).",
        (*_PLACE, Argument("phases", "integer", "How many, 1 to 3.")),
    ),
    Verb(
        "stop_ev_session",
        "CS",
        "Have the EV at connector {connectorId} of EVSE {evseId} end its ISO 15118 session for good.",
        _PLACE,
    ),
    Verb("occupy_bay", "CS", "Have a vehicle stand in the parking bay of EVSE {evseId}.", (_EVSE,)),
    Verb("free_bay", "CS", "Have the vehicle leave the parking bay of EVSE {evseId}.", (_EVSE,)),
    Verb("power_cycle", "CS", "Switch the power of the charging station off and on again."),
    Verb("power_off", "CS", "Switch the power of the charging station off, and leave it off."),
    Verb("power_on", "CS", "Switch the power of the charging station on again."),
    Verb("network_down", "CS", "Cut the network of the charging station."),
    Verb("network_up", "CS", "Restore the network of the charging station."),
    Verb(
        "cause_fault",
        "CS",
        "Cause a fault ({kind}) at connector {connectorId} of EVSE {evseId}.",
        (
            *_PLACE,
            Argument(
                "kind",
                "string",
                "A 1.6 error code, such as OtherError; in 2.x GroundFault, too.",
                required=False,
            ),
        ),
    ),
    Verb("clear_fault", "CS", "Clear the fault at connector {connectorId} of EVSE {evseId}.", _PLACE),
    Verb("jam_lock", "CS", "Keep the lock of connector {connectorId} of EVSE {evseId} from moving.", _PLACE),
    Verb("free_lock", "CS", "Let the lock of connector {connectorId} of EVSE {evseId} move again.", _PLACE),
    Verb(
        "read_meter",
        "CS",
        "Read the energy meter of EVSE {evseId}.",
        (_EVSE,),
        (("energyWh", "The imported energy so far, in Wh."),),
    ),
    Verb("present_card", "CS", "Present a payment card to the payment terminal for EVSE {evseId}.", (_EVSE,)),
    Verb(
        "cancel_payment",
        "CS",
        "Cancel at the station the payment by card for EVSE {evseId}, and with it the session.",
        (_EVSE,),
    ),
    Verb(
        "enter_vat_number",
        "CS",
        "Enter VAT number {vatNumber} at the station, for the receipt of EVSE {evseId}.",
        (Argument("vatNumber", "string", "The number."), _EVSE),
    ),
    Verb(
        "fail_settlement",
        "CS",
        "Have the payment terminal's next settlement come out as {status}.",
        (
            Argument(
                "status",
                "string",
                "Rejected by the payment service provider, or Failed because it can't be reached.",
                choices=("Rejected", "Failed"),
            ),
        ),
    ),
    Verb(
        "read_qr_code",
        "CS",
        "Read the QR code that the station shows for EVSE {evseId}.",
        (_EVSE,),
        (("url", "The URL in it."),),
    ),
    Verb(
        "csms_sends",
        "CSMS",
        "Have the CSMS send {action} to station {identity}, with: {payload}.",
        (
            Argument("identity", "string", "Identity of the charging station that shall receive it."),
            Argument("action", "string", "The action, as on the wire."),
            Argument(
                "payload", "object", "Fields that the request must have; the CSMS fills in the rest, leaves out a null."
            ),
        ),
    ),
    Verb(
        "answer_boot",
        "CSMS",
        "Have the CSMS answer the next {times} BootNotification of station {identity} with {status}, then one with "
        "Accepted.",
        (
            Argument("identity", "string", "Identity of the charging station."),
            Argument("status", "string", "The status of those answers.", choices=("Pending", "Rejected")),
            Argument("times", "integer", "How many are answered so; 1 if not given.", required=False),
        ),
    ),
    Verb(
        "pay_at_kiosk",
        "CSMS",
        "Pay for EVSE {evseId} of station {identity} at the payment kiosk, with a card that ends in {cardLast4Digits}.",
        (
            Argument("identity", "string", "Identity of the charging station."),
            _EVSE,
            Argument("cardLast4Digits", "string", "The last four digits of the card."),
        ),
    ),
    Verb(
        "pay_on_web",
        "CSMS",
        "Open {url} in a browser, and pay if the page lets you.",
        (Argument("url", "string", "The URL, as in a QR code on the station."),),
    ),
    Verb(
        "limit_transaction",
        "CSMS",
        "Have the CSMS limit transaction {transactionId} of station {identity} to {limit}.",
        (
            Argument("identity", "string", "Identity of the charging station."),
            Argument("transactionId", "string", "The transaction, which runs."),
            Argument("limit", "object", "As TransactionLimitType: maxEnergy in Wh, maxTime in s, or maxCost."),
        ),
    ),
)

VERBS: Mapping[str, Verb] = MappingProxyType({verb.name: verb for verb in _ALL})
"""Every verb by name."""


def verbs_of(role: str) -> frozenset[str]:
    """Names of the verbs for a device of that role ("CS" or "CSMS")."""
    return frozenset(verb.name for verb in _ALL if verb.role == role)
