"""A reference station's security: events that are told once, profiles that only rise, ways back, odd tokens."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from conformance.link.pki import TestPki
from conformance.ocppj import frames
from conformance.reference import lax, link
from conformance.reference.authorization import AuthorizationCache, LocalList, Verdict, presentable
from conformance.reference.clock import Clock
from conformance.reference.memory import Memory
from conformance.reference.security import LOG_LENGTH, SecurityEvents, connection_event, text_of
from conformance.reference.wire import CallError, Disconnected, Payload
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig

PASSWORD = "password-of-16-characters"


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


# -- security events --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (ssl.SSLCertVerificationError(1, "expired"), "InvalidCsmsCertificate"),
        (tls_error("TLSV1_ALERT_PROTOCOL_VERSION"), "InvalidTLSVersion"),
        (tls_error("UNSUPPORTED_PROTOCOL"), "InvalidTLSVersion"),
        (tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE"), "InvalidTLSCipherSuite"),
        (tls_error("WRONG_VERSION_NUMBER"), ""),
        (ConnectionRefusedError(), ""),
    ],
)
def test_what_made_a_connection_fail(error: OSError, event: str) -> None:
    assert connection_event(error) == event


async def test_a_streak_of_failures_is_one_event() -> None:
    events, sent = SecurityEvents(Memory(), Clock()), []

    async def send(action: str, payload: Payload) -> Payload:
        sent.append(payload["type"])
        if len(sent) == 2:
            raise CallError("InternalError")
        return {}

    for _ in range(3):
        events.connection_failed("InvalidCsmsCertificate", critical=True)
        events.connection_failed("", critical=True)
    events.connection_failed("InvalidTLSVersion", critical=True)
    events.happened("ReconfigurationOfSecurityParameters", critical=False, info="slot 2")
    task = asyncio.create_task(events.deliver(send))
    await asyncio.sleep(0.01)
    assert sent == ["InvalidCsmsCertificate", "InvalidTLSVersion"], "a CALLERROR is no reason to send it again"
    events.connected()
    events.connection_failed("InvalidCsmsCertificate", critical=True)
    await asyncio.sleep(0.01)
    assert sent[2:] == ["InvalidCsmsCertificate"], "after a connection it is news again"
    task.cancel()
    assert b"ReconfigurationOfSecurityParameters slot 2\n" in text_of(events.log)


async def test_undelivered_events_are_kept(tmp_path: Path) -> None:
    events = SecurityEvents(Memory(tmp_path), Clock())
    events.happened("StartupOfTheDevice", critical=True)

    async def gone(action: str, payload: Payload) -> Payload:
        raise Disconnected("gone")

    with pytest.raises(Disconnected):
        await events.deliver(gone)
    later, sent = SecurityEvents(Memory(tmp_path), Clock()), []

    async def send(action: str, payload: Payload) -> Payload:
        sent.append(payload["type"])
        return {}

    task = asyncio.create_task(later.deliver(send))
    await asyncio.sleep(0.01)
    task.cancel()
    assert sent == ["StartupOfTheDevice"]


def test_the_log_rolls() -> None:
    events = SecurityEvents(Memory(), Clock())
    for number in range(LOG_LENGTH + 1):
        events.happened(f"event-{number}", critical=False)
    assert len(events.log) == LOG_LENGTH
    assert not any("event-0" in line for line in events.log)


# -- profiles ---------------------------------------------------------------------------------------------------------


async def change(csms: CsmsDouble, value: str, key: str = "SecurityProfile") -> Any:
    return (await csms.send("ChangeConfiguration", {"key": key, "value": value})).payload["status"]


async def test_a_security_profile_only_rises_and_needs_what_it_needs() -> None:
    async with CsmsDouble("1.6") as csms, Rig(csms, password=PASSWORD) as rig:
        await csms.until(lambda: rig.station.online)
        assert [await change(csms, value) for value in ("0", "1", "4", "x")] == ["Rejected"] * 4
        assert await change(csms, "2") == "Rejected", "there is no root to trust"
        answer = await csms.send("GetConfiguration", {"key": ["SecurityProfile", "AuthorizationKey"]})
        assert answer.payload["configurationKey"] == [
            {"key": "SecurityProfile", "readonly": False, "value": "1"},
            {"key": "AuthorizationKey", "readonly": False},
        ]


async def test_the_way_back_from_a_security_profile_that_does_not_work(tmp_path: Path) -> None:
    roots = TestPki(tmp_path).roots
    async with CsmsDouble("1.6") as csms, Rig(csms, password=PASSWORD, ca=roots) as rig:
        await csms.until(lambda: rig.station.online)
        assert await change(csms, "3") == "Rejected", "it has no certificate of its own"
        assert await change(csms, "2") == "Accepted"
        await csms.until(lambda: not rig.station.online)
        await csms.until(lambda: rig.station.online)
        answer = await csms.send("GetConfiguration", {"key": ["SecurityProfile"]})
        assert answer.payload["configurationKey"][0]["value"] == "1"
        assert any("SecurityProfile back to 1" in line for line in rig.station.security.log)


def profile(csms: CsmsDouble, slot: int, security: int) -> Payload:
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": csms.url.replace("ws:", "wss:") if security > 1 else csms.url,
        "messageTimeout": 5,
        "securityProfile": security,
        "ocppInterface": "Wired0",
    }
    return {"configurationSlot": slot, "connectionData": data}


async def priority(csms: CsmsDouble, value: str) -> Payload:
    where = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    answer = await csms.send("SetVariables", {"setVariableData": [{**where, "attributeValue": value}]})
    result: Payload = answer.payload["setVariableResult"][0]
    return result


async def test_network_profiles_only_rise_and_need_what_they_need() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms, password=PASSWORD) as rig:
        await csms.until(lambda: rig.station.online)
        lower = await csms.send("SetNetworkProfile", profile(csms, 2, 0))
        assert lower.payload == {"status": "Rejected", "statusInfo": {"reasonCode": "NoSecurityDowngrade"}}
        assert (await csms.send("SetNetworkProfile", profile(csms, 2, 2))).payload == {"status": "Accepted"}
        refused = await priority(csms, "2,1")
        assert refused["attributeStatus"] == "Rejected", "there is no root to trust (A05.FR.02)"
        assert refused["attributeStatusInfo"] == {"reasonCode": "InvalidNetworkConf"}


async def test_a_higher_network_profile_needs_a_root_and_then_a_certificate(tmp_path: Path) -> None:
    roots = TestPki(tmp_path).roots
    async with CsmsDouble("2.0.1") as csms, Rig(csms, password=PASSWORD, ca=roots) as rig:
        await csms.until(lambda: rig.station.online)
        await csms.send("SetNetworkProfile", profile(csms, 2, 2))
        await csms.send("SetNetworkProfile", profile(csms, 3, 3))
        assert (await priority(csms, "2,1"))["attributeStatus"] == "RebootRequired"
        assert (await priority(csms, "3,1"))["attributeStatus"] == "Rejected", "it has no certificate (A05.FR.03)"


async def test_after_a_higher_profile_the_lower_ones_are_forgotten(tmp_path: Path) -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms, password=PASSWORD, ca=TestPki(tmp_path).roots) as rig:
        await csms.until(lambda: rig.station.online)
        await csms.send("SetNetworkProfile", profile(csms, 2, 2))
        await priority(csms, "2,1")
        profiles = rig.station.network_profiles  # type: ignore[union-attr]  # a station of 2.x
        profiles._trying = "2"
        profiles.connected()
        assert profiles.security_profile == 2
        assert rig.station.model.text("OCPPCommCtrlr", "NetworkConfigurationPriority") == "2"  # type: ignore[union-attr]  # as above
        assert (await priority(csms, "1"))["attributeStatus"] == "Rejected"


# -- limits and texts -------------------------------------------------------------------------------------------------


def test_room_in_a_local_list() -> None:
    held = LocalList(Memory(), Clock())
    yes = Verdict("Accepted")
    held.replace(1, [("a", yes, None), ("b", yes, None)])
    assert held.fits([("B", yes, None)], 2, full=False), "it is there already"
    assert not held.fits([("c", yes, None)], 2, full=False)
    assert held.fits([("a", None, None), ("c", yes, None)], 2, full=False)
    assert held.fits([("c", yes, None), ("d", yes, None)], 2, full=True)


def test_room_in_a_cache() -> None:
    cache = AuthorizationCache(Memory(), Clock(), room=2)
    for token, status in (("a", "Accepted"), ("b", "Invalid"), ("c", "Accepted")):
        cache.learn(token, Verdict(status), None, None, 0)
    assert cache.find("a") and cache.find("c") and not cache.find("b"), "what is not valid goes first"
    cache.learn("a", Verdict("Accepted"), None, None, 0)
    cache.learn("d", Verdict("Accepted"), None, None, 0)
    assert cache.find("a") and cache.find("d") and not cache.find("c"), "then the oldest, which has been renewed last"


@pytest.mark.parametrize(("text", "can_be"), [("ABC 12", True), ("", False), ("A\x00", False), ("\u202eA", False)])
def test_texts_of_tokens(text: str, can_be: bool) -> None:
    assert presentable(text) is can_be


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        ("1.6", "RemoteStartTransaction", {"connectorId": 1, "idTag": ""}),
        (
            "2.0.1",
            "RequestStartTransaction",
            {"evseId": 1, "remoteStartId": 1, "idToken": {**TOKEN, "idToken": "\x01"}},
        ),
    ],
)
async def test_tokens_that_can_not_be(version: str, action: str, payload: Payload) -> None:
    async with CsmsDouble(version) as csms, Rig(csms) as rig:
        await csms.until(lambda: rig.station.online)
        assert (await csms.send(action, payload)).payload["status"] == "Rejected"
        rig.do("present_token", idToken={"idToken": "", "type": "ISO14443"}, evseId=1)
        rig.do("plug_in", evseId=1)
        assert (await csms.send("ClearCache", {})).type == frames.CALLRESULT
        assert not [one for one in csms.calls if one.action == "Authorize"]


# -- defects ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*lax._LAX])
def test_a_defect_weakens_tls(name: str, tmp_path: Path) -> None:
    strict = link.tls_context(TestPki(tmp_path).roots, None, None)
    before = facts(strict)
    lax.weaken(strict, lambda asked: False)
    assert facts(strict) == before
    lax.weaken(strict, lambda asked: asked == name)
    assert facts(strict) != before


def facts(context: ssl.SSLContext) -> tuple[Any, ...]:
    ciphers = tuple(one["name"] for one in context.get_ciphers())
    return context.verify_mode, context.check_hostname, context.verify_flags, context.minimum_version, ciphers


async def test_a_station_that_has_broken_down_comes_back_with_the_power() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms) as rig:
        await csms.until(lambda: rig.station.online)
        rig.station.break_down()
        await asyncio.sleep(0.1)
        assert not rig.station.online
        rig.do("power_cycle")
        await csms.until(lambda: rig.station.online)
