"""The operator's verbs as a case uses them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.dut.description import Connector, Token
from conformance.dut.operators import OperatorUnable
from conformance.peers.outcome import Inconclusive
from conformance.peers.payload import Fields
from tests.cases.conftest import Lab, make_lab


class TestVerbs:
    @pytest.mark.parametrize(
        ("act", "done"),
        [
            (lambda op: op.plug_in(), ("plug_in", {"evseId": 1, "connectorId": 1})),
            (lambda op: op.plug_in(Connector(2, 1)), ("plug_in", {"evseId": 2, "connectorId": 1})),
            (lambda op: op.plug_in(evseId=2, connectorId=3), ("plug_in", {"evseId": 2, "connectorId": 3})),
            (lambda op: op.unplug(side="EV"), ("unplug", {"evseId": 1, "connectorId": 1, "side": "EV"})),
            (lambda op: op.occupy_bay(Connector(2, 1)), ("occupy_bay", {"evseId": 2})),
            (lambda op: op.network_down(), ("network_down", {})),
            (
                lambda op: op.present_token(Token(idToken="A", type="B")),
                ("present_token", {"idToken": {"idToken": "A", "type": "B"}, "evseId": 1}),
            ),
            (
                lambda op: op.present_token(Fields({"idToken": "A"}), Connector(2, 1)),
                ("present_token", {"idToken": {"idToken": "A"}, "evseId": 2}),
            ),
        ],
    )
    def test_arguments(self, lab: Lab, act: Any, done: Any) -> None:
        act(lab.bench.hands)
        assert lab.operator.did == [done]

    def test_an_act_is_noted_before_it_is_made(self, lab: Lab) -> None:
        seen: list[Any] = []
        lab.operator.on["plug_in"] = lambda: seen.append(lab.peer.trace.entries[-1].data)
        lab.bench.hands.plug_in()
        assert seen == [{"kind": "operator", "name": "plug_in", "args": {"evseId": 1, "connectorId": 1}}]

    def test_what_comes_during_the_act_lies_in_the_window(self, lab: Lab) -> None:
        lab.operator.on["plug_in"] = lambda: lab.device.calls("Heartbeat")
        lab.peer.open_step(1)
        lab.bench.hands.plug_in()
        lab.peer.expect("Heartbeat")

    def test_a_verb_that_nobody_offers_is_inconclusive(self, lab: Lab) -> None:
        assert lab.bench.hands.offers("plug_in") and not lab.bench.hands.offers("jam_lock")
        with pytest.raises(Inconclusive, match="the operator has no verb jam_lock"):
            lab.bench.hands.jam_lock()
        assert lab.operator.did == []

    def test_a_csms_is_asked_to_send(self) -> None:
        lab = make_lab("CSMS")
        lab.operator.verbs = frozenset({"csms_sends"})
        lab.bench.hands.csms_sends("Reset", type="Immediate", evseId=1)
        sent = {"identity": "CS001", "action": "Reset", "payload": {"type": "Immediate", "evseId": 1}}
        assert lab.operator.did == [("csms_sends", sent)]
        with pytest.raises(ValueError, match=r"RemoteStartTransaction is no action of OCPP 2\.0\.1"):
            lab.bench.hands.csms_sends("RemoteStartTransaction")


class TestUndo:
    @pytest.mark.parametrize(
        ("acts", "undone"),
        [
            (["plug_in"], ["unplug"]),
            (["plug_in", "unplug"], []),
            (["plug_in", "unplug", "plug_in"], ["unplug"]),
            (["occupy_bay", "plug_in"], ["unplug", "free_bay"]),
            (["network_down"], ["network_up"]),
            (["start_session"], ["unplug"]),
            (["ev_not_ready", "cause_fault"], ["clear_fault", "ev_ready"]),
            (["suspend_ev", "present_token"], []),
        ],
    )
    def test_last_things_first(self, lab: Lab, acts: list[str], undone: list[str]) -> None:
        lab.operator.verbs |= {"start_session", "ev_not_ready", "ev_ready", "cause_fault", "clear_fault", "suspend_ev"}
        arguments = {"start_session": (Token(idToken="A", type="B"),), "present_token": (Token(idToken="A", type="B"),)}
        for verb in acts:
            getattr(lab.bench.hands, verb)(*arguments.get(verb, ()))
        lab.operator.did.clear()
        assert lab.bench.hands.undo() == []
        assert [verb for verb, _ in lab.operator.did] == undone
        assert lab.bench.hands.undo() == [] and len(lab.operator.did) == len(undone)

    def test_each_place_by_itself(self, lab: Lab) -> None:
        lab.bench.hands.plug_in(Connector(1, 1))
        lab.bench.hands.plug_in(Connector(2, 1))
        lab.bench.hands.unplug(Connector(1, 1))
        lab.operator.did.clear()
        lab.bench.hands.undo()
        assert lab.operator.did == [("unplug", {"evseId": 2, "connectorId": 1})]

    def test_what_cannot_be_undone_is_told_of_and_the_rest_is(self, lab: Lab) -> None:
        lab.operator.verbs = frozenset({"plug_in", "occupy_bay", "free_bay"})
        lab.bench.hands.occupy_bay()
        lab.bench.hands.plug_in()
        assert lab.bench.hands.undo() == ["the operator has no verb unplug"]
        assert lab.operator.did[-1][0] == "free_bay"

    def test_a_lock_that_holds_a_cable_is_opened(self, lab: Lab) -> None:
        hands, opened = lab.bench.hands, list[Any]()
        hands.plug_in()

        def held() -> None:
            if not opened:
                raise OperatorUnable("unplug", "the connector is locked")

        lab.operator.on["unplug"] = held
        assert hands.undo(opened.append) == [] and opened == [(1, 1)]
        assert [verb for verb, _ in lab.operator.did] == ["plug_in", "unplug", "unplug"]

    def test_a_token_may_be_presented_at_no_evse(self, lab: Lab) -> None:
        lab.bench.hands.present_token(Token(idToken="A", type="B"), anywhere=True)
        assert lab.operator.did == [("present_token", {"idToken": {"idToken": "A", "type": "B"}})]

    def test_a_new_case_begins_with_nothing_done(self, lab: Lab) -> None:
        lab.bench.hands.plug_in()
        lab.bench.begin()
        assert lab.bench.hands.done == {}
