"""The operator as a case sees it: verbs as methods, each noted in the trace before it acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.ocppj.frames import CALL
from conformance.peers.outcome import Inconclusive
from conformance.peers.payload import plain
from conformance.peers.peer import Peer

ON_ITS_WAY = 0.5
"""Seconds in which a CALL may still arrive although the operator has said already that sending it failed."""


class Hands:
    """Every verb of the operator as a method; a connector given by position is split into its ids.

    What was done and not undone stands in `done`, so that the clean-up can undo it.
    """

    def __init__(self, operator: Any, peer: Peer, dut: Any) -> None:
        self._operator = operator
        self._peer = peer
        self._dut = dut
        self.done: dict[tuple[str, Any], Any] = {}
        self._pulled: set[Any] = set()
        """Where a cable was pulled at: it may be out."""

    def offers(self, verb: str) -> bool:
        """Whether the operator declared that verb."""
        return verb in self._operator.verbs

    def __getattr__(self, verb: str) -> Callable[..., Mapping[str, Any]]:
        if verb.startswith("_"):
            raise AttributeError(verb)
        method = getattr(self, f"_{verb}", None)
        return method if method is not None else lambda *args, **kwargs: self._perform(verb, *args, **kwargs)

    def csms_sends(self, action: str, /, **payload: Any) -> Mapping[str, Any]:
        """Have the CSMS under test send a CALL; `payload` holds the fields that matter, the CSMS fills the rest."""
        if action not in self._peer.version.actions:
            raise ValueError(f"{action} is no action of OCPP {self._peer.version.id}")
        return self._perform("csms_sends", identity=self._dut.identity, action=action, payload=plain(payload))

    def answer_boot(self, status: str, times: int = 1) -> Mapping[str, Any]:
        """Have the CSMS under test answer our next BootNotifications (`times` of them) Pending or Rejected."""
        return self._perform("answer_boot", identity=self._dut.identity, status=status, times=times)

    def present_token(self, token: Any, connector: Any = None, *, anywhere: bool = False) -> Mapping[str, Any]:
        """Present a token at the reader (of a connector's EVSE); `anywhere`: at one that belongs to no EVSE."""
        if anywhere:
            return self._perform("present_token", idToken=plain(token))
        place = connector or self._dut.connector
        return self._perform("present_token", idToken=plain(token), evseId=place.evseId)

    def present_card(self, connector: Any = None) -> Mapping[str, Any]:
        """Present a payment card to the payment terminal."""
        return self._perform("present_card", evseId=(connector or self._dut.connector).evseId)

    def cancel_payment(self, connector: Any = None) -> Mapping[str, Any]:
        """Cancel at the station a payment by card, and with it the session that it pays for."""
        return self._perform("cancel_payment", evseId=(connector or self._dut.connector).evseId)

    def enter_vat_number(self, number: str) -> Mapping[str, Any]:
        """Enter a VAT number for the receipt."""
        return self._perform("enter_vat_number", vatNumber=number, evseId=self._dut.evse)

    def read_qr_code(self) -> Mapping[str, Any]:
        """Read the QR code that the station shows; `url` is what is in it."""
        return self._perform("read_qr_code", evseId=self._dut.evse)

    def pay_at_kiosk(self, digits: str) -> Mapping[str, Any]:
        """Pay for our station's first EVSE at a kiosk, with a card that ends in these digits."""
        whose = {"identity": self._dut.identity, "evseId": self._dut.evse}
        return self._perform("pay_at_kiosk", **whose, cardLast4Digits=digits)

    def enter_limit(self, connector: Any = None, **limit: Any) -> Mapping[str, Any]:
        """Enter a limit at the station for the transaction on a connector's EVSE: maxEnergy, maxTime or maxCost."""
        return self._perform("enter_limit", evseId=(connector or self._dut.connector).evseId, limit=limit)

    def limit_transaction(self, transactionId: str, **limit: Any) -> Mapping[str, Any]:  # noqa: N803  # the wire's own name
        """Have the CSMS under test limit a transaction of ours: maxEnergy, maxTime or maxCost."""
        whose = {"identity": self._dut.identity, "transactionId": transactionId}
        return self._perform("limit_transaction", **whose, limit=limit)

    def start_session(self, token: Any, connector: Any = None) -> Mapping[str, Any]:
        """Plug in and authorize in one go, where the device can only do both."""
        place = connector or self._dut.connector
        return self._perform("start_session", idToken=plain(token), evseId=place.evseId, connectorId=place.connectorId)

    def occupy_bay(self, connector: Any = None) -> Mapping[str, Any]:
        """Drive the EV into the parking bay."""
        return self._perform("occupy_bay", evseId=(connector or self._dut.connector).evseId)

    def free_bay(self, connector: Any = None) -> Mapping[str, Any]:
        """Drive the EV out of the parking bay."""
        return self._perform("free_bay", evseId=(connector or self._dut.connector).evseId)

    def _perform(self, verb: str, connector: Any = None, /, **args: Any) -> Mapping[str, Any]:
        from conformance.cases.steps import told_by_the_operator
        from conformance.dut.operators import VERBS, DeviceMisbehaved, OperatorUnable

        if connector is not None:
            args = {"evseId": connector.evseId, "connectorId": connector.connectorId, **args}
        elif verb in _ON_A_CONNECTOR and "evseId" not in args:
            place = self._dut.connector
            args = {"evseId": place.evseId, "connectorId": place.connectorId, **args}
        if not self.offers(verb):
            raise Inconclusive(f"the operator has no verb {verb}")
        entry = self._peer.act("operator", verb, args)
        result: Mapping[str, Any] = {}
        try:
            result = self._operator.perform(verb, **args)
        except OperatorUnable as error:
            if verb == "csms_sends" and self._comes(str(args["action"]), entry.index):
                # Some say that the act failed when our station refused the CALL or owes its answer: the wire decides.
                return result
            raise Inconclusive(f"the operator could not {verb}: {error.reason}") from error
        except DeviceMisbehaved as error:
            # The act has been made, and what the wire says of it is worth knowing, too.
            told_by_the_operator(VERBS[verb].told(args), error.note, entry.index, misbehaved=True)
        note = result.get("note")
        if isinstance(note, str) and note:
            told_by_the_operator(VERBS[verb].told(args), note, entry.index, misbehaved=False)
        self._note(verb, args)
        return result

    def _comes(self, action: str, since: int) -> bool:
        """Whether a CALL of that action arrives, or has, after an entry of the trace."""
        return self._peer.wait(
            lambda: self._has_come(action, since),
            within=ON_ITS_WAY,
            what=f"{action}, which the operator calls a failure",
        )

    def _has_come(self, action: str, since: int) -> bool:
        """Whether a CALL of that action has arrived after an entry of the trace."""
        return any(
            one.kind == "frame"
            and one.sender == self._peer.against
            and one.frame is not None
            and one.frame.type == CALL
            and one.frame.action == action
            for one in self._peer.trace.entries[since + 1 :]
        )

    def _note(self, verb: str, args: Mapping[str, Any]) -> None:
        place = (args.get("evseId"), args.get("connectorId"))
        if verb in UNDO:
            self.done[verb, place] = dict(args)
        if verb == "pull_cable":
            self._pulled.add(place)
        for done, undo in UNDO.items():
            if verb == undo and (args.get("side") != "EV" or self._fixed_cable()):
                # At its EV's end alone, a detachable cable is still in the station.
                self.done.pop((done, place), None)
        if verb == "start_session":
            self.done["plug_in", place] = {"evseId": place[0], "connectorId": place[1]}

    def _fixed_cable(self) -> bool:
        features = self._dut.features
        return bool(features.get("HFS-2", False) or features.get("FixedCable", False))

    def undo(self, unlock: Callable[[Any], object] | None = None) -> list[str]:
        """Undo what the case left done, last things first; what could not be undone, in words.

        `unlock` is asked to open the lock of an EVSE and connector whose cable could not be pulled out.
        """
        problems: list[str] = []
        for (verb, place), args in reversed(list(self.done.items())):
            names = ("evseId",) if verb == "occupy_bay" else ("evseId", "connectorId")
            wanted = {name: args[name] for name in names if name in args}
            if UNDO[verb] == "unplug" and place in self._pulled and self._is_out(place):
                continue
            try:
                self._perform(UNDO[verb], **wanted)
            except Inconclusive as error:
                if UNDO[verb] != "unplug" or unlock is None:
                    problems.append(str(error))
                    continue
                unlock(place)
                problems += self._unplugged(wanted)
        self.done.clear()
        self._pulled.clear()
        return problems

    def _unplugged(self, place: Mapping[str, Any]) -> list[str]:
        try:
            self._perform("unplug", **place)
        except Inconclusive as error:
            return [str(error)]
        return []

    def _is_out(self, place: Any) -> bool:
        """Whether the last status that the station reported of a connector is Available."""
        return self._peer.last_status(place) == "Available"


UNDO = {
    "network_down": "network_up",
    "power_off": "power_on",
    "jam_lock": "free_lock",
    "cause_fault": "clear_fault",
    "ev_not_ready": "ev_ready",
    "plug_in": "unplug",
    "occupy_bay": "free_bay",
}

_ON_A_CONNECTOR = frozenset(
    {
        "plug_in",
        "unplug",
        "pull_cable",
        "suspend_ev",
        "resume_ev",
        "ev_not_ready",
        "ev_ready",
        "use_phases",
        "stop_ev_session",
        "cause_fault",
        "clear_fault",
        "jam_lock",
        "free_lock",
    }
)
