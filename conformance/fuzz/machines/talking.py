"""What a station of ours says to a CSMS while a driver comes and goes, in the words of each version family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.fuzz.machines.sides import SINGLE, Session, Side, Told


def _token(side: Side, name: str) -> Any:
    return side.dut.tokens.given().get(name)


class Talk2:
    """2.0.1 and 2.1: TransactionEvents, from the cable or from the token on, whichever comes first."""

    authorize_requirement = "C01.FR.07"

    def plug(self, side: Side, session: Session) -> None:
        """An EV is plugged in."""
        if session.plugged:
            return
        session.plugged = True
        self._status(side, session, "Occupied")
        place = {"id": session.connector.evseId, "connectorId": session.connector.connectorId}
        state = "Charging" if session.token else "EVConnected"
        self._event(side, session, "CablePluggedIn", evse=place, chargingState=state)

    def token(self, side: Side, session: Session, name: str) -> None:
        """A driver presents a token: to begin, or, the same one again, to stop."""
        token = _token(side, name)
        if token is None:
            return
        if session.token:
            if session.token == name:
                self._end(side, session, "StopAuthorized", "Local", idToken=dict(token))
            return
        if not self._authorized(side, session, name, token):
            return
        session.token = name
        state = "Charging" if session.plugged else "Idle"

        def answered(answer: Any, id_: Any) -> None:
            accepted = side.judge(name, session, answer.idTokenInfo.status, answer, "E01.FR.12")
            if session.id != id_ or not session.begun:
                return
            if not accepted:
                self._end(side, session, "Deauthorized", "DeAuthorized")
            elif name == SINGLE and side.pair.holder is None:
                side.pair.holder = session

        self._event(side, session, "Authorized", answered=answered, idToken=dict(token), chargingState=state)

    def _authorized(self, side: Side, session: Session, name: str, token: Any) -> bool:
        """Ask the CSMS, or, offline, oneself; what may be in use elsewhere need only be refused in the transaction."""
        if not side.speaks:
            return len(side.may(name, session)) == 1 and True in side.may(name, session)
        answer = side.call("Authorize", {"idToken": dict(token)})
        if name == SINGLE:
            return bool(answer.idTokenInfo.status == "Accepted")
        return side.judge(name, session, answer.idTokenInfo.status, answer, self.authorize_requirement)

    def meter(self, side: Side, session: Session) -> None:
        """A periodic meter value of a transaction."""
        if session.begun:
            self._event(side, session, "MeterValuePeriodic", meterValue=[session.events.meter_value()])

    def stop(self, side: Side, session: Session) -> None:
        """The transaction ends while the cable is in."""
        if session.begun:
            self._end(side, session, "RemoteStop", "Remote")

    def unplug(self, side: Side, session: Session) -> None:
        """The cable is pulled: the transaction ends."""
        if not session.plugged:
            return
        session.plugged = False
        if session.begun:
            self._end(side, session, "EVCommunicationLost", "EVDisconnected", chargingState="Idle")
        self._status(side, session, "Available")

    def _event(self, side: Side, session: Session, trigger: str, *, answered: Any = None, **fields: Any) -> None:
        from conformance.peers.station import FakeTransaction

        if not session.begun:
            session.events, session.begun = FakeTransaction(side.peer, session.connector), True
            session.id = session.events.id
        id_, online = session.id, side.speaks and not side.queue
        event = session.events.event(trigger, **fields)
        if not online:
            event["offline"] = True

        def done(answer: Any) -> None:
            side.ids.add(id_)
            if event["eventType"] == "Ended":
                side.ids.discard(id_)
                if side.pair.holder is session:
                    side.pair.holder = None
            if answered is not None:
                answered(answer, id_)

        side.tell(Told("TransactionEvent", lambda now: event, done))

    def _end(self, side: Side, session: Session, trigger: str, reason: str, **fields: Any) -> None:
        fields.setdefault("chargingState", "EVConnected" if session.plugged else "Idle")
        session.token = ""
        self._event(side, session, trigger, eventType="Ended", stoppedReason=reason, **fields)
        session.begun = False

    def _status(self, side: Side, session: Session, status: str) -> None:
        if side.speaks:
            side.peer.report_connector(status, session.connector)

    def start_at_once(self, side: Side, session: Session) -> tuple[str, dict[str, Any]]:
        """The CALL that begins a transaction, for both stations at once; the session is as if it had been told."""
        from conformance.peers.station import FakeTransaction

        session.events, session.begun, session.plugged = FakeTransaction(side.peer, session.connector), True, True
        session.id = session.events.id
        side.ids.add(session.id)
        return "TransactionEvent", session.events.event("CablePluggedIn", chargingState="EVConnected")

    def started_at_once(self, side: Side, session: Session, answer: Any) -> None:
        """That CALL was answered."""

    def authorize(self, side: Side, name: str) -> tuple[str, dict[str, Any]]:
        """The CALL that asks about a token."""
        return "Authorize", {"idToken": dict(_token(side, name))}

    def status_of(self, answer: Any) -> Any:
        """The token's status in the answer to that."""
        return answer.idTokenInfo.status


class Talk16:
    """1.6: StartTransaction once both cable and tag are there, StopTransaction with the id that the CSMS gave."""

    authorize_requirement = "1.6 4.1"

    def plug(self, side: Side, session: Session) -> None:
        """An EV is plugged in."""
        if session.plugged:
            return
        session.plugged = True
        self._status(side, session, "Preparing")
        if session.token:
            self._start(side, session)

    def token(self, side: Side, session: Session, name: str) -> None:
        """A driver presents a tag: to begin, or, the same one again, to stop."""
        token = _token(side, name)
        if token is None:
            return
        if session.token:
            if session.token == name and session.begun:
                self._stop(side, session, "Local", idTag=token.idTag)
            return
        if not self._authorized(side, session, name, token):
            return
        session.token = name
        if session.plugged:
            self._start(side, session)

    def _authorized(self, side: Side, session: Session, name: str, token: Any) -> bool:
        if not side.speaks:
            return len(side.may(name, session)) == 1 and True in side.may(name, session)
        answer = side.call("Authorize", {"idTag": token.idTag})
        if name == SINGLE:
            # ConcurrentTx is for StartTransaction alone (7.2).
            return bool(answer.idTagInfo.status == "Accepted")
        return side.judge(name, session, answer.idTagInfo.status, answer, self.authorize_requirement)

    def meter(self, side: Side, session: Session) -> None:
        """A meter value of a transaction."""
        if not session.begun:
            return
        evse = session.connector.evseId
        sample = {"value": str(side.peer.meter(evse, 10)), "measurand": "Energy.Active.Import.Register"}
        value = {"timestamp": side.peer.timestamp(), "sampledValue": [sample]}
        events = session.events

        def make(now: bool) -> Mapping[str, Any]:
            known = {"transactionId": events["id"]} if events["id"] is not None else {}
            return {"connectorId": session.connector.connectorId, **known, "meterValue": [value]}

        side.tell(Told("MeterValues", make, lambda answer: None))

    def stop(self, side: Side, session: Session) -> None:
        """The transaction ends while the cable is in."""
        if session.begun:
            self._stop(side, session, "Remote")

    def unplug(self, side: Side, session: Session) -> None:
        """The cable is pulled: the transaction ends."""
        if not session.plugged:
            return
        session.plugged = False
        if session.begun:
            self._stop(side, session, "EVDisconnected")
        self._status(side, session, "Available")

    def _start(self, side: Side, session: Session) -> None:
        _, payload = self._start_call(side, session, session.token)
        name, events = session.token, session.events

        def answered(answer: Any) -> None:
            self._given(side, session, events, answer)
            accepted = side.judge(name, session, answer.idTagInfo.status, answer, "1.6 4.8")
            if session.events is not events or not session.begun:
                return
            if not accepted:
                self._stop(side, session, "DeAuthorized")
            elif name == SINGLE and side.pair.holder is None:
                side.pair.holder = session

        side.tell(Told("StartTransaction", lambda now: payload, answered))
        self._status(side, session, "Charging")

    def _start_call(self, side: Side, session: Session, name: str) -> tuple[str, dict[str, Any]]:
        session.begun, session.events = True, {"id": None}
        return "StartTransaction", {
            "connectorId": session.connector.connectorId,
            "idTag": _token(side, name).idTag,
            "meterStart": side.peer.meter(session.connector.evseId),
            "timestamp": side.peer.timestamp(),
        }

    def _given(self, side: Side, session: Session, events: Any, answer: Any) -> None:
        """Keep the transactionId; one that a transaction of ours runs under already belongs to two."""
        id_ = answer.transactionId
        if not isinstance(id_, int):
            raise side.peer.failure("a transactionId", repr(answer), entry=answer._entry, requirement="1.6 4.8")
        events["id"] = id_
        if id_ in side.ids:
            side.pair.wrong(
                "a transactionId that no other transaction of the station runs under",
                f"station {side.number}: {id_}, for two",
                answer._entry,
                requirement="1.6 4.8",
            )
        elif any(id_ in other.ids for other in side.both if other is not side):
            side.pair.remark(
                "a transactionId that no other station's transaction runs under", f"{id_}, for two stations"
            )
        side.ids.add(id_)

    def _stop(self, side: Side, session: Session, reason: str, **fields: Any) -> None:
        events = session.events
        stop = {
            "meterStop": side.peer.meter(session.connector.evseId, 100),
            "timestamp": side.peer.timestamp(),
            "reason": reason,
            **fields,
        }
        session.begun, session.token = False, ""

        def answered(answer: Any) -> None:
            side.ids.discard(events["id"])
            if side.pair.holder is session:
                side.pair.holder = None

        side.tell(Told("StopTransaction", lambda now: {"transactionId": events["id"], **stop}, answered))
        self._status(side, session, "Finishing")

    def _status(self, side: Side, session: Session, status: str) -> None:
        if side.speaks and not side.queue:
            side.peer.report_connector(status, session.connector)

    def start_at_once(self, side: Side, session: Session) -> tuple[str, dict[str, Any]]:
        """The CALL that begins a transaction, for both stations at once."""
        session.plugged, session.token = True, "valid"
        return self._start_call(side, session, "valid")

    def started_at_once(self, side: Side, session: Session, answer: Any) -> None:
        """That CALL was answered."""
        self._given(side, session, session.events, answer)

    def authorize(self, side: Side, name: str) -> tuple[str, dict[str, Any]]:
        """The CALL that asks about a tag."""
        return "Authorize", {"idTag": _token(side, name).idTag}

    def status_of(self, answer: Any) -> Any:
        """The tag's status in the answer to that."""
        return answer.idTagInfo.status


TALKS: Mapping[str, Talk2 | Talk16] = {"1.6": Talk16(), "2": Talk2()}
"""How a station of ours talks, by version family."""
