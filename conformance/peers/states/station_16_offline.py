"""What a charge point under test in 1.6 does without a connection (3.5.4, 3.7)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
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
