"""Asks a device over the wire: a station what it can do, a CSMS whether it serves our station.

What follows from a station's answers is in `proposals.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from conformance.peers.payload import Items, peek
from conformance.proposals import Proposal, Told, from_keys, from_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.cases.bench import Bench
    from conformance.cases.live import LiveBench


class InquiryError(Exception):
    """The device could not be asked: one line that says why."""


def ask(dut: Any, version_id: str) -> Told:
    """Listen as the description says, wait for the station, read what it has; raises InquiryError.

    It has `timeouts.boot` seconds to connect, and `timeouts.message` for each answer.
    """
    with _serving(dut, version_id) as live:
        peer = live.bench.peer
        told = _ASK[live.version.family](live.bench)
        told.name = _name_of(peer)
    return told


def try_csms(dut: Any, version_id: str) -> str:
    """Connect to the CSMS under test as our station and boot; what came of it, in words. Raises InquiryError."""
    with _serving(dut, version_id) as live:
        return f"{live.dut.address.url} took our station {live.dut.identity} and accepted its BootNotification"


def odd_tokens(dut: Any, version_id: str) -> dict[str, str]:
    """What the CSMS under test says to Authorize of the tokens that it does not know as they are named, by name.

    Raises InquiryError when it can't be asked.
    """
    from conformance.cases.live import token_statuses

    with _serving(dut, version_id) as live:
        wanted = token_statuses(dut, live.version)
        field, told = _AUTHORIZED[live.version.family]
        odd: dict[str, str] = {}
        for name, token in dut.tokens.given().items():
            if name in ("group", "master_pass_group"):
                continue
            sent = dict(token) if field == "idToken" else token.idTag
            answer = _answer_of(live.bench.peer, "Authorize", **{field: sent})
            info = peek(answer._payload, told) if answer is not None else None
            if fault := _fault(wanted[token.idToken], info or {}):
                odd[name] = f"{fault}; register it so, and add it to [tokens]"
    return odd


_AUTHORIZED = {"1.6": ("idTag", "idTagInfo"), "2": ("idToken", "idTokenInfo")}
_GROUPS = ("groupIdToken", "parentIdTag")
_AS_GOOD = {"Invalid": {"Unknown"}, "Unknown": {"Invalid"}}


def _fault(wanted: Mapping[str, Any], info: Any) -> str:
    """What is wrong with what a CSMS says of a token; "" for nothing."""
    said, right = peek(info, "status"), wanted["status"]
    if said != right and said not in _AS_GOOD.get(right, ()):
        return f"the CSMS says {said or 'nothing'}, it should be {right}"
    for name in _GROUPS:
        if name in wanted and peek(info, name) != wanted[name]:
            return "the CSMS does not say that it is of its group"
    return ""


@contextmanager
def _serving(dut: Any, version_id: str) -> Iterator[LiveBench]:
    """A bench without an operator whose device is connected and accepted."""
    from conformance.cases.live import LiveBench
    from conformance.link.errors import LinkError
    from conformance.ocppj.schema import SchemaStore
    from conformance.peers.outcome import ExpectationFailed, Inconclusive

    live = LiveBench(dut, version_id, SchemaStore())
    try:
        live.open()
        live.take(_NoHands())
        live.bench.ready()
        yield live
    except (LinkError, ExpectationFailed, Inconclusive) as error:
        raise InquiryError(str(error)) from None
    finally:
        live.close()


class _NoHands:
    verbs: frozenset[str] = frozenset()

    def close(self) -> None:
        """Nothing is open."""


def _name_of(peer: Any) -> str:
    """Vendor and model as the station's BootNotification has them, in either family."""
    for boot in peer.seen("BootNotification"):
        station = peek(boot._payload, "chargingStation") or {}
        names = (
            peek(station, "vendorName") or peek(boot._payload, "chargePointVendor"),
            peek(station, "model") or peek(boot._payload, "chargePointModel"),
        )
        return " ".join(one for one in names if isinstance(one, str))
    return ""


def _ask_2(bench: Bench) -> Told:
    peer: Any = bench.peer
    request_id = peer.next_request_id()
    answer = peer.send("GetBaseReport", requestId=request_id, reportBase="FullInventory")
    if answer.status != "Accepted":
        raise InquiryError(f"the station answered GetBaseReport FullInventory with {answer.status}")
    told = from_report(peer.expect_report(request_id))
    _ask_for_a_summary(peer, told)
    for id, (message, on_connector) in _TRIGGERS.items():
        evse = {"evse": bench.dut.connector.evse} if on_connector else {}
        status = _status_of(peer, "TriggerMessage", requestedMessage=message, **evse)
        if status in ("Accepted", "NotImplemented"):
            how = f"TriggerMessage {message} is answered {status}"
            told.features[id] = Proposal(status == "Accepted", how)
    return told


_TRIGGERS: Mapping[str, tuple[str, bool]] = {
    "C-29.1": ("MeterValues", False),
    "C-29.2": ("TransactionEvent", False),
    "C-29.3": ("LogStatusNotification", False),
    "C-29.4": ("FirmwareStatusNotification", False),
    "C-29.5": ("StatusNotification", True),
}
"""Which messages can be triggered: asking changes nothing at the station. Whether it needs a connector (F06.FR.12)."""


def _ask_for_a_summary(peer: Any, told: Told) -> None:
    request_id = peer.next_request_id()
    status = _status_of(peer, "GetBaseReport", requestId=request_id, reportBase="SummaryInventory")
    if status in ("Accepted", "NotSupported"):
        how = f"GetBaseReport SummaryInventory is answered {status}"
        told.features["C-56"] = Proposal(status == "Accepted", how)


def _ask_16(bench: Bench) -> Told:
    peer: Any = bench.peer
    answer = peer.send("GetConfiguration")
    items = answer.configurationKey
    listed = [one for one in (items if isinstance(items, Items) else ()) if isinstance(one.key, str)]
    told = from_keys(listed)
    for profile in (one.value for one in listed if one.key.casefold() == "securityprofile"):
        if profile in ("1", "2", "3"):
            told.features[f"SecurityProfile{profile}"] = Proposal(True, f"SecurityProfile is {profile}")
    vendor = bench.dut.values.unknown_vendor_id
    status = _status_of(peer, "DataTransfer", vendorId=vendor)
    if status in ("UnknownVendorId", "UnknownMessageId", "Rejected"):
        told.features["UnknownVendorId"] = Proposal(True, f"DataTransfer from {vendor} is answered {status}")
    return told


def _status_of(peer: Any, action: str, **payload: Any) -> str:
    """The status in the answer to a CALL; "" for a CALLERROR or for silence: such a question stays open."""
    answer = _answer_of(peer, action, **payload)
    return str(answer.status) if answer is not None and isinstance(answer.status, str) else ""


def _answer_of(peer: Any, action: str, **payload: Any) -> Any:
    """The CALLRESULT to a CALL; None for a CALLERROR or for silence."""
    from conformance.peers.outcome import ExpectationFailed
    from conformance.peers.peer import Response

    try:
        answer = peer.call(action, payload)
    except ExpectationFailed:
        return None
    return answer if isinstance(answer, Response) else None


_ASK: Mapping[str, Callable[[Any], Told]] = {"1.6": _ask_16, "2": _ask_2}
