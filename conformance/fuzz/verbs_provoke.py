"""The act `provoke`: how a device is made to send a CALL of a certain action.

A CSMS sends what its operator tells it to (`csms_sends`). A station is asked by TriggerMessage where the standard has a
trigger for that message, by another CALL whose result comes in a message of its own, or by whoever touches it: a token
is presented, a cable is plugged in, the power is cut. What none of these brings can't be provoked, and nobody guesses.

Source: 1.6 5.17, security whitepaper edition 3 (ExtendedTriggerMessage); 2.x part 2 F06, FR.05.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.fuzz.stage import Stage, verb
from conformance.peers.outcome import Abandoned, ExpectationFailed, Inconclusive
from conformance.peers.peer import Refusal

Way = Callable[[Stage], None]
"""Does what should make a device send a CALL; raises Inconclusive when it can't be done here."""


@verb("provoke")
def _provoke(stage: Stage, action: str) -> None:
    """Have the device send a CALL of that action; Inconclusive when nothing known makes it do so."""
    ways = stage.lasting.setdefault("ways", {})
    tried = []
    # What has worked before is tried twice: a session that has not begun yet when the cable is pulled ends untold.
    for way in (ways[action],) * 2 if action in ways else ways_to(stage, action):
        problem = _try(stage, way, action)
        if not problem:
            ways[action] = way
            return
        tried.append(problem)
    raise Inconclusive(f"{action} can't be provoked: {'; '.join(tried) or 'nothing known makes a device send it'}")


def _try(stage: Stage, way: Way, action: str) -> str:
    """Go a way and wait for the CALL; why it did not come, "" if it did."""
    peer = stage.peer
    before = len(peer.trace.entries)
    try:
        way(stage)
    except (Inconclusive, ExpectationFailed) as unable:
        if isinstance(unable, Abandoned):
            raise
        return str(unable)
    seconds = float(peer.deadlines.boot if way is _power_cycle else peer.deadlines.message)

    def came() -> bool:
        return any(one._entry.index >= before and one.is_a(action) for one in reversed(peer._inbox))

    return "" if peer.wait(came, within=seconds) else f"none came within {seconds:g} s"


def ways_to(stage: Stage, action: str) -> tuple[Way, ...]:
    """What may make the device send a CALL of an action, the gentlest first; () for what can't be provoked."""
    if stage.target.role == "CSMS":
        known = stage.target.version.actions.get(action)
        can = known is not None and known.may_be_sent_by("CSMS") and stage.operator.offers("csms_sends")
        return (lambda stage: _csms_sends(stage, action),) if can else ()
    return WAYS_OF_A_STATION[stage.target.version.family].get(action, ())


def _csms_sends(stage: Stage, action: str) -> None:
    stage.operator.csms_sends(action)


# ---------------------------------------------------------------------- by a CALL of ours


def _trigger(message: str, place: str = "", by: str = "TriggerMessage") -> Way:
    """Ask for a message; `place`: the member that names a connector, "" for none."""

    def ask(stage: Stage) -> None:
        connector = stage.dut.connector
        where = {
            "": {},
            "connectorId": {"connectorId": connector.connectorId},
            "evse": {"evse": {"id": connector.evseId, "connectorId": connector.connectorId}},
            "evse only": {"evse": {"id": connector.evseId}},
        }[place]
        _ask(stage, by, {"requestedMessage": message, **where})

    return ask


def _ask(stage: Stage, action: str, payload: Mapping[str, Any]) -> None:
    with stage.peer.behind_the_scenes():
        answer = stage.peer.call(action, payload)
    if isinstance(answer, Refusal):
        raise Inconclusive(f"{action}: {answer!r}")
    if answer.status != "Accepted":
        raise Inconclusive(f"{action}: {answer.status or 'no status'}")


def _base_report(stage: Stage) -> None:
    number = stage.peer.next_request_id()
    _ask(stage, "GetBaseReport", {"requestId": number, "reportBase": "SummaryInventory"})


def _log(stage: Stage) -> None:
    number = stage.peer.next_request_id()
    log = {"remoteLocation": stage.filled("https://{{host}}/conformance")}
    _ask(stage, "GetLog", {"logType": "DiagnosticsLog", "requestId": number, "log": log, "retries": 0})


# ---------------------------------------------------------------------- by hand


def _power_cycle(stage: Stage) -> None:
    stage.operator.power_cycle()


def _present_token(stage: Stage) -> None:
    """A token that is refused, if there is one: nothing follows from it."""
    tokens = stage.dut.tokens
    stage.operator.present_token(tokens.invalid if "invalid" in tokens else tokens.valid)


def _plug(stage: Stage) -> None:
    """Plug in, or, where a cable is in, unplug."""
    if _plugged(stage):
        stage.operator.unplug(stage.dut.connector)
    else:
        stage.operator.plug_in(stage.dut.connector)


def _session(stage: Stage) -> None:
    """Plug in and present an accepted token; where a cable is in, unplug, and the session ends."""
    if _plugged(stage):
        stage.operator.unplug(stage.dut.connector)
    elif stage.operator.offers("plug_in") and stage.operator.offers("present_token"):
        stage.operator.plug_in(stage.dut.connector)
        stage.operator.present_token(stage.dut.tokens.valid)
    else:
        stage.operator.start_session(stage.dut.tokens.valid)


def _begin(stage: Stage) -> None:
    if _plugged(stage):
        stage.operator.unplug(stage.dut.connector)
    _session(stage)


def _end(stage: Stage) -> None:
    if not _plugged(stage):
        _session(stage)
        stage.peer.drain()
    _session(stage)


def _plugged(stage: Stage) -> bool:
    return any(done == "plug_in" for done, _ in stage.operator.done)


WAYS_OF_A_STATION: Mapping[str, Mapping[str, tuple[Way, ...]]] = {
    "1.6": {
        "Authorize": (_present_token,),
        "BootNotification": (_power_cycle,),
        "DiagnosticsStatusNotification": (_trigger("DiagnosticsStatusNotification"),),
        "FirmwareStatusNotification": (_trigger("FirmwareStatusNotification"),),
        "Heartbeat": (_trigger("Heartbeat"), _trigger("Heartbeat", by="ExtendedTriggerMessage")),
        "LogStatusNotification": (_trigger("LogStatusNotification", by="ExtendedTriggerMessage"),),
        "MeterValues": (_trigger("MeterValues", "connectorId"),),
        "SignCertificate": (_trigger("SignChargePointCertificate", by="ExtendedTriggerMessage"),),
        "StartTransaction": (_begin,),
        "StatusNotification": (_trigger("StatusNotification", "connectorId"), _plug),
        "StopTransaction": (_end,),
    },
    "2": {
        "Authorize": (_present_token,),
        "BootNotification": (_power_cycle,),
        "FirmwareStatusNotification": (_trigger("FirmwareStatusNotification"),),
        "Heartbeat": (_trigger("Heartbeat"),),
        "LogStatusNotification": (_trigger("LogStatusNotification"), _log),
        "MeterValues": (_trigger("MeterValues", "evse only"),),
        "NotifyReport": (_base_report,),
        "PublishFirmwareStatusNotification": (_trigger("PublishFirmwareStatusNotification"),),
        "SignCertificate": (_trigger("SignChargingStationCertificate"),),
        "StatusNotification": (_trigger("StatusNotification", "evse"), _plug),
        "TransactionEvent": (_session,),
    },
}
"""By version family and action, what may make a station send it, the gentlest first."""
