"""What a charge point under test in 1.6 does without a connection (3.5.4, 3.7)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, one_of
from conformance.peers.peer import Request
from conformance.peers.states import state
from conformance.peers.states.station_16 import id_tag_cached
from conformance.peers.states.station_16_tokens import id_tag_in_local_list


@state("IdTagKnownOffline", family="1.6", dut="CS")
def id_tag_known_offline(csms: FakeCsms, lab: Any, token: Any = None) -> None:
    """A token may start a transaction offline: it is on the local list, or in the cache, or unknown ones may."""
    csms.configure("LocalAuthorizeOffline", "true")
    for key in ("LocalAuthListEnabled", "AuthorizationCacheEnabled", "AllowOfflineTxForUnknownId"):
        if csms.configured(key):
            csms.configure(key, "true")
    token = token or lab.dut.tokens.valid
    if lab.dut.features["LocalAuthListManagement"]:
        id_tag_in_local_list(csms, lab, [{"idTag": token.idTag, "idTagInfo": {"status": "Accepted"}}])
    elif lab.dut.features["AuthorizationCache"]:
        id_tag_cached(csms, lab, token=token)


@state("StartedOffline", family="1.6", dut="CS")
def started_offline(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """Offline, a driver plugs in and presents a token; then the charge point is connected again."""
    connector = connector or lab.dut.connector
    csms.mark()
    with csms.offline():
        lab.operator.plug_in(connector)
        lab.operator.present_token(token or lab.dut.tokens.valid, connector)
    csms.expect_connection(within=csms.deadlines.reset)


@state("ChargedOffline", family="1.6", dut="CS")
def charged_offline(csms: FakeCsms, lab: Any, sessions: int = 1, token: Any = None) -> None:
    """Offline, a driver starts, charges for a while, stops and leaves, as often as is said; then the charge point is
    connected again."""
    connector, token = lab.dut.connector, token or lab.dut.tokens.valid
    csms.mark()
    with csms.offline():
        for _ in range(sessions):
            lab.operator.plug_in(connector)
            lab.operator.present_token(token, connector)
            csms.wait(lambda: False, within=lab.dut.values.transaction_duration)
            lab.operator.present_token(token, connector)
            lab.operator.unplug(connector)
    csms.expect_connection(within=csms.deadlines.reset)


@state("EndedByPowerCut", family="1.6", dut="CS")
def ended_by_power_cut(csms: FakeCsms, lab: Any, start: Request) -> Request:
    """A transaction in which the power was cut is stopped: with reason PowerLoss, or, where it goes on after the boot,
    by the token that started it; the StopTransaction."""
    connector, token = lab.dut.connector, lab.dut.tokens.valid
    id_ = start.answer.transactionId

    def known() -> bool:
        return bool(csms.seen("StopTransaction", transactionId=id_)) or "Charging" in csms.statuses_in_step(connector)

    csms.wait(known, within=csms.deadlines.physical)
    if csms.seen("StopTransaction", transactionId=id_) or not known():
        wanted: dict[str, Any] = {"reason": "PowerLoss"}
    else:
        lab.operator.present_token(token, connector)
        wanted = {"reason": one_of("Local", ABSENT), "idTag": token.idTag}
    return csms.expect(
        "StopTransaction",
        after=start,
        transactionId=id_,
        within=csms.deadlines.physical,
        requirement="1.6 4.10, 7.36",
        **wanted,
    )
