"""What a charge point under test in 1.6 knows of idTags by itself: local list and authorization cache (3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.peer import Request
from conformance.peers.states import accepted, state
from conformance.peers.states.station_16 import authorized, preparing, started, stopped_by_driver
from conformance.peers.states.tokens import not_asked_about


@state("IdTagLocalAuthList", family="1.6", dut="CS")
def id_tag_in_local_list(
    csms: FakeCsms,
    lab: Any,
    entries: Sequence[dict[str, Any]] | None = None,
    version: int = 1,
    updateType: str = "Full",  # noqa: N803  # the wire's own name
) -> None:
    """The local list is sent and accepted: these entries; without any, a valid token that is Accepted."""
    if entries is None:
        entries = [{"idTag": lab.dut.tokens.valid.idTag, "idTagInfo": {"status": "Accepted"}}]
    csms.mark()
    answer = csms.send("SendLocalList", listVersion=version, updateType=updateType, localAuthorizationList=[*entries])
    accepted(answer, csms, "SendLocalList", "1.6 5.15")


@state("KnownIdTagStarts", family="1.6", dut="CS")
def known_id_tag_starts(
    csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, refused: bool = False
) -> Request:
    """The EV is plugged in, and a token that the charge point knows starts a transaction without Authorize (9.1.13).

    With `refused`, the answer to StartTransaction ends it, before Charging has been reported perhaps.
    """
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    preparing(csms, lab, connector)
    authorized(csms, lab, connector, token)
    if refused:
        what = {"connectorId": connector.connectorId, "idTag": token.idTag}
        start = csms.expect("StartTransaction", within=csms.deadlines.physical, requirement="1.6 4.8", **what)
    else:
        start = started(csms, lab, connector, token)
    not_asked_about(csms, lab, token)
    return start


@state("KnownIdTagCharges", family="1.6", dut="CS")
def known_id_tag_charges(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """A whole session with a token that the charge point knows: no Authorize; then the connector is Available again."""
    start = known_id_tag_starts(csms, lab, connector, token)
    stopped_by_driver(csms, lab, start, connector, token)


@state("AskedAbout", family="1.6", dut="CS")
def asked_about(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """A token is presented that the charge point does not know by itself, or may not start with: Authorize (4.1)."""
    token = token or lab.dut.tokens.valid
    csms.mark()
    lab.operator.present_token(token, connector or lab.dut.connector)
    csms.expect("Authorize", idTag=token.idTag, within=csms.deadlines.physical, requirement="1.6 4.1")
