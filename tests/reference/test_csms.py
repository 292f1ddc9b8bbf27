"""The reference CSMS against a scripted station, every answer and every CALL judged by the official schemas."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from conformance.reference.csms import Csms, CsmsOptions
from conformance.reference.csms_door import identity_of
from conformance.reference.http_operator import VerbError
from tests.reference.scripted import SCHEMAS, Running, ScriptedStation, utc

ALL = ("1.6", "2.0.1", "2.1")
TWO = ("2.0.1", "2.1")
TOKEN = {"idToken": "AABBCC01", "type": "ISO14443"}


def run(work: Awaitable[None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(30):
            await work

    asyncio.run(limited())


def scripted(spoken: str, body: Callable[[ScriptedStation, Running], Awaitable[None]], **options: Any) -> None:
    """Run `body` with a booted station."""

    async def work() -> None:
        async with Running(spoken, **options) as csms, csms.station(spoken) as station:
            assert (await station.boot())["status"] == "Accepted"
            await body(station, csms)

    run(work())


# -- handshake ----------------------------------------------------------------------------------------------------


def test_identity_is_percent_decoded() -> None:
    assert identity_of("/ocpp/RDAM%7C123") == "RDAM|123"
    assert identity_of("/ocpp/RDAM%20123?x=1") == "RDAM 123"
    assert identity_of("/ocpp/a%2Fb") == "a/b"
    assert identity_of("/ocpp/") is None
    assert identity_of("/ocpp") is None
    assert identity_of("/ocpp/a/b") is None
    assert identity_of("/other/CS001") is None


@pytest.mark.parametrize("spoken", ALL)
def test_no_common_subprotocol_completes_the_handshake_and_closes(spoken: str) -> None:
    async def work() -> None:
        async with Running(spoken) as csms:
            for offered in (["ocpp0.1"], None):
                async with csms.station(spoken, subprotocols=offered) as station:
                    assert station.socket.subprotocol is None
                    assert await station.closed() == 1002

    run(work())


def test_the_stations_preference_chooses_the_version() -> None:
    async def work() -> None:
        async with Running(*ALL) as csms:
            for offered, chosen in (
                (["ocpp0.1", "ocpp2.0.1"], "ocpp2.0.1"),
                (["ocpp2.1", "ocpp1.6"], "ocpp2.1"),
                (["ocpp1.6", "ocpp2.1"], "ocpp1.6"),
            ):
                async with csms.station(chosen[4:], identity=chosen, subprotocols=offered) as station:
                    assert station.socket.subprotocol == chosen
                    assert (await station.boot())["status"] == "Accepted"

    run(work())


def test_compression_is_accepted_when_offered_and_not_needed() -> None:
    async def work() -> None:
        async with Running("2.0.1") as csms:
            async with csms.station("2.0.1") as station:
                assert station.socket.protocol.extensions
            async with csms.station("2.0.1", compression=None) as station:
                assert not station.socket.protocol.extensions
                await station.boot()

    run(work())


def test_unknown_identity_and_path_get_404() -> None:
    async def work() -> None:
        async with Running("2.0.1", identities=frozenset({"CS001"})) as csms:
            async with csms.station("2.0.1") as station:
                await station.boot()
            with pytest.raises(InvalidStatus) as refused:
                await csms.station("2.0.1", identity="CS002").__aenter__()
            assert refused.value.response.status_code == 404
        async with Running("2.0.1") as csms:
            with pytest.raises(InvalidStatus) as refused:
                await ScriptedStation(csms.url + "x", "CS001", "2.0.1").__aenter__()
            assert refused.value.response.status_code == 404

    run(work())


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Basic Q1MwMDE6c2VjcmV0LXNlY3JldC0xMjM=", 101),
        ("basic Q1MwMDE6c2VjcmV0LXNlY3JldC0xMjM=", 101),
        ("Basic Q1MwMDE6d3Jvbmc=", 401),
        ("Basic Q1MwMDI6c2VjcmV0LXNlY3JldC0xMjM=", 401),
        ("Basic !!!", 401),
        ("Bearer Q1MwMDE6c2VjcmV0LXNlY3JldC0xMjM=", 401),
        ("Basic Q1MwMDE=", 401),
    ],
)
def test_basic_authentication(header: str | None, status: int) -> None:
    async def work() -> None:
        headers = {} if header is None else {"Authorization": header}
        async with Running("2.0.1", password="secret-secret-123") as csms:
            if status == 101:
                async with csms.station("2.0.1", additional_headers=headers) as station:
                    await station.boot()
                return
            with pytest.raises(InvalidStatus) as refused:
                await csms.station("2.0.1", additional_headers=headers).__aenter__()
            assert refused.value.response.status_code == status
            assert refused.value.response.headers["WWW-Authenticate"].startswith("Basic")

    run(work())


def test_hexadecimal_key_of_1_6_stands_for_its_bytes() -> None:
    async def work() -> None:
        # The example of OCPP-J 1.6, section 6.2.2.
        header = {"Authorization": "Basic QUwxMDAwOgABAgMEBQYH////////////////"}
        csms = Running("1.6", password="0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
        async with csms, csms.station("1.6", identity="AL1000", additional_headers=header) as station:
            await station.boot()

    run(work())


def test_an_accepted_charge_point_is_not_made_to_boot_again() -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        with pytest.raises(VerbError, match="accepted"):
            await csms.sends("TriggerMessage", {"requestedMessage": "BootNotification"})
        # Null instead of {} is allowed in 1.6 (OCPP-J 1.6, 4.2.1).
        assert (await station.call("Heartbeat", None))[0] == 3  # type: ignore[arg-type]  # on purpose

    scripted("1.6", body)


def test_new_password_counts_once_it_is_accepted() -> None:
    async def work() -> None:
        variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        old = {"Authorization": "Basic Q1MwMDE6b2xkLW9sZC1vbGQtb2xkLW9sZA=="}
        new = {"Authorization": "Basic Q1MwMDE6bmV3LW5ldy1uZXctbmV3LW5ldw=="}
        async with Running("2.0.1", password="old-old-old-old-old") as csms:
            for status, good, bad in (("Rejected", old, new), ("Accepted", new, old)):
                async with csms.station("2.0.1", additional_headers=old) as station:
                    await station.boot()
                    asked = {"setVariableData": [{**variable, "attributeValue": "new-new-new-new-new"}]}
                    await csms.sends("SetVariables", asked)
                    result = {"setVariableResult": [{**variable, "attributeStatus": status}]}
                    await station.expect("SetVariables", result)
                    await station.ask("Heartbeat", {})
                async with csms.station("2.0.1", additional_headers=good):
                    pass
                with pytest.raises(InvalidStatus):
                    await csms.station("2.0.1", additional_headers=bad).__aenter__()

    run(work())


@pytest.mark.parametrize("spoken", ALL)
def test_a_second_connection_replaces_the_first(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        async with csms.station(spoken) as newer:
            assert await station.closed() == 1008
            await newer.ask("Heartbeat", {})
            await csms.sends("Reset")
            await newer.expect("Reset", {"status": "Accepted"})

    scripted(spoken, body)


# -- RPC framework ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", ALL)
def test_what_is_wrong_with_a_call_is_said(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        old = spoken == "1.6"
        for action, payload, code in (
            ("Teleport", {}, "NotImplemented"),
            ("BootNotification", {}, "OccurenceConstraintViolation" if old else "OccurrenceConstraintViolation"),
            ("Heartbeat", [], "FormationViolation" if old else "FormatViolation"),
            ("Reset", {"type": "Soft"}, "NotSupported"),
        ):
            frame = await station.call(action, payload)
            assert frame[0] == 4
            assert station.version.canonical_error_code(frame[2]) == code
        await station.ask("Heartbeat", {})

    scripted(spoken, body)


@pytest.mark.parametrize("spoken", ALL)
def test_what_is_not_for_us_is_ignored(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        await station.send(3, "nobody-asked", {})
        await station.send(4, "nobody-asked", "GenericError", "", {})
        await station.send(9, "some-id", "Heartbeat", {})
        if spoken == "2.1":
            await station.send(5, "nobody-asked", "GenericError", "", {})
            data = {"id": 1, "pending": 0, "basetime": utc(), "data": [{"t": 0, "v": "1"}]}
            await station.send(6, "stream", "NotifyPeriodicEventStream", data)
            await station.send(6, "stream-2", "NotifyPeriodicEventStream", {})
        await station.ask("Heartbeat", {})
        await station.nothing()

    scripted(spoken, body)


@pytest.mark.parametrize("spoken", ALL)
def test_unreadable_message(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        await station.socket.send('{"this is": ')
        if spoken != "1.6":
            frame = await station.receive()
            assert frame[:3] == [4, "-1", "RpcFrameworkError"]
        await station.ask("Heartbeat", {})
        await station.nothing()

    scripted(spoken, body)


@pytest.mark.parametrize("spoken", ALL)
def test_one_call_at_a_time_in_the_order_asked_for(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        first, second = ("Hard", "Soft") if spoken == "1.6" else ("Immediate", "OnIdle")
        await csms.sends("Reset", {"type": first})
        await csms.sends("Reset", {"type": second})
        frame = await station.receive()
        assert frame[3]["type"] == first
        await station.nothing()
        await station.ask("Heartbeat", {})
        await station.send(4, frame[1], "InternalError", "", {})
        other = await station.receive()
        assert other[3]["type"] == second
        assert other[1] != frame[1]

    scripted(spoken, body)


def test_invalid_answer_draws_callresulterror_in_2_1() -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        await csms.sends("Reset")
        frame = await station.receive()
        await station.send(3, frame[1], {"status": "Perhaps"})
        answer = await station.receive()
        assert answer[:2] == [5, frame[1]]

    scripted("2.1", body)


# -- registration -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", ALL)
def test_boot_and_heartbeat_tell_the_time_in_utc(spoken: str) -> None:
    async def work() -> None:
        async with Running(spoken) as csms, csms.station(spoken) as station:
            boot = await station.boot()
            beat = await station.ask("Heartbeat", {})
            assert boot["interval"] > 0
            for text in (boot["currentTime"], beat["currentTime"]):
                assert text.endswith("Z")
                assert abs((datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds()) < 2

    run(work())


@pytest.mark.parametrize("spoken", ALL)
def test_nothing_before_the_boot(spoken: str) -> None:
    async def work() -> None:
        async with Running(spoken) as csms, csms.station(spoken) as station:
            assert (await station.call("Heartbeat", {}))[2] == "SecurityError"
            with pytest.raises(VerbError, match="not booted"):
                await csms.sends("Reset")
            await station.boot()
            await station.ask("Heartbeat", {})
            # A reconnection needs no new BootNotification.
            async with csms.station(spoken) as again:
                await again.ask("Heartbeat", {})

    run(work())


@pytest.mark.parametrize("spoken", ALL)
def test_pending_lets_through_what_was_triggered(spoken: str) -> None:
    async def work() -> None:
        async with Running(spoken) as csms, csms.station(spoken) as station:
            csms.csms.answer_boot("CS001", "Pending")
            boot = await station.boot()
            assert boot["status"] == "Pending"
            assert boot["interval"] >= 0
            assert (await station.call("Heartbeat", {}))[2] == "SecurityError"
            await csms.sends("TriggerMessage", {"requestedMessage": "Heartbeat"})
            await station.expect("TriggerMessage", {"status": "Accepted"})
            await station.ask("Heartbeat", {})
            if spoken != "1.6":
                await csms.sends("GetBaseReport")
                number = (await station.expect("GetBaseReport", {"status": "Accepted"}))["requestId"]
                report = {"requestId": number, "generatedAt": utc(), "seqNo": 0}
                await station.ask("NotifyReport", report)
            remote = "RemoteStartTransaction" if spoken == "1.6" else "RequestStartTransaction"
            with pytest.raises(VerbError, match="pending"):
                await csms.sends(remote)
            await csms.sends("TriggerMessage", {"requestedMessage": "BootNotification"})
            await station.expect("TriggerMessage", {"status": "Accepted"})
            assert (await station.boot())["status"] == "Accepted"

    run(work())


@pytest.mark.parametrize("spoken", ALL)
def test_rejected_stations_are_left_alone(spoken: str) -> None:
    async def work() -> None:
        async with Running(spoken, first_status="Rejected") as csms, csms.station(spoken) as station:
            assert (await station.boot())["status"] == "Rejected"
            assert (await station.call("Heartbeat", {}))[2] == "SecurityError"
            with pytest.raises(VerbError, match="rejected"):
                await csms.sends("TriggerMessage")
            assert (await station.boot())["status"] == "Accepted"

    run(work())


# -- tokens and transactions --------------------------------------------------------------------------------------

STATUSES = [
    ("AABBCC01", "Accepted"),
    ("aabbcc02", "Accepted"),
    ("AABBCC07", "Blocked"),
    ("AABBCC08", "Expired"),
    ("AABBCC09", "Invalid"),
]


def test_tokens_in_1_6() -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        for tag, status in [*STATUSES, ("NOBODY", "Invalid")]:
            info = (await station.ask("Authorize", {"idTag": tag}))["idTagInfo"]
            assert info["status"] == status
        assert (await station.ask("Authorize", {"idTag": "AABBCC03"}))["idTagInfo"]["parentIdTag"] == "GROUP01"

    scripted("1.6", body)


@pytest.mark.parametrize("spoken", TWO)
def test_tokens_in_2_x(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        for number, (value, status) in enumerate([*STATUSES, ("NOBODY", "Unknown")]):
            token = {"idToken": value, "type": "ISO14443"}
            info = (await station.ask("Authorize", {"idToken": token}))["idTokenInfo"]
            event = await station.event("Started", 0, f"tx-{number}", idToken=token)
            assert info["status"] == event["idTokenInfo"]["status"] == status
        free = {"idToken": "", "type": "NoAuthorization"}
        assert (await station.ask("Authorize", {"idToken": free}))["idTokenInfo"]["status"] == "Accepted"
        member = {"idToken": "AABBCC04", "type": "ISO14443"}
        info = (await station.ask("Authorize", {"idToken": member}))["idTokenInfo"]
        assert info["groupIdToken"]["idToken"] == "GROUP01"

    scripted(spoken, body)


def test_transactions_in_1_6() -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        start = {"connectorId": 1, "idTag": "AABBCC01", "meterStart": 5, "timestamp": utc()}
        first = await station.ask("StartTransaction", start)
        assert first["idTagInfo"]["status"] == "Accepted"
        assert first["transactionId"] > 0
        assert (await station.ask("StartTransaction", start))["transactionId"] == first["transactionId"]
        refused = await station.ask("StartTransaction", {**start, "connectorId": 2, "idTag": "AABBCC09"})
        assert refused["idTagInfo"]["status"] == "Invalid"
        assert refused["transactionId"] not in (0, first["transactionId"])

        stop = {"transactionId": refused["transactionId"], "meterStop": 6, "timestamp": utc()}
        assert await station.ask("StopTransaction", stop) == {}
        await csms.sends("RemoteStopTransaction")
        asked = await station.expect("RemoteStopTransaction", {"status": "Accepted"})
        assert asked == {"transactionId": first["transactionId"]}
        stop = {**stop, "transactionId": first["transactionId"], "idTag": "AABBCC02"}
        assert (await station.ask("StopTransaction", stop))["idTagInfo"]["status"] == "Accepted"
        assert await station.ask("StopTransaction", {**stop, "transactionId": -1, "idTag": "X"}) != {}
        with pytest.raises(VerbError, match="no transaction"):
            await csms.sends("RemoteStopTransaction")

    scripted("1.6", body)


@pytest.mark.parametrize("spoken", TWO)
def test_transactions_in_2_x(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        assert "idTokenInfo" not in await station.event("Started", 0, "tx-1", evse={"id": 1, "connectorId": 1})
        assert (await station.event("Updated", 2, "tx-1", idToken=TOKEN))["idTokenInfo"]["status"] == "Accepted"
        # An event from the offline queue arrives late, and the end of another transaction before its start.
        assert await station.event("Updated", 1, "tx-1", offline=True) == {}
        await station.event("Ended", 3, "tx-0", offline=True)
        await station.event("Started", 0, "tx-0", offline=True)
        await csms.sends("RequestStopTransaction")
        assert await station.expect("RequestStopTransaction", {"status": "Accepted"}) == {"transactionId": "tx-1"}
        await station.event("Ended", 3, "tx-1", info={"stoppedReason": "Remote"})
        with pytest.raises(VerbError, match="no transaction"):
            await csms.sends("RequestStopTransaction")

    scripted(spoken, body)


def test_single_use_token_is_concurrent_in_a_second_transaction() -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        token = {"idToken": "AABBCC06", "type": "ISO14443"}
        for number, transaction, status in ((0, "a", "Accepted"), (1, "a", "Accepted"), (0, "b", "ConcurrentTx")):
            kind = "Started" if number == 0 else "Updated"
            answer = await station.event(kind, number, transaction, idToken=token)
            assert answer["idTokenInfo"]["status"] == status

    scripted("2.0.1", body)


# -- everything else ----------------------------------------------------------------------------------------------


def minimal(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """The smallest payload that a schema asks for."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: minimal(properties[name], root) for name in schema.get("required", [])}
    if kind == "array":
        return [minimal(schema["items"], root)] * max(1, schema.get("minItems", 1))
    if schema.get("format") == "date-time":
        return utc()
    if schema.get("format") == "uri":
        return "https://example.com"
    return {"string": "x", "integer": 1, "number": 1, "boolean": False}[kind]


@pytest.mark.parametrize("spoken", ALL)
def test_every_message_of_a_station_gets_a_valid_answer(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        for action in station.version.actions.values():
            if not action.may_be_sent_by("CS") or action.response is None:
                continue
            schema = SCHEMAS.schema(station.version, action.request)
            await station.ask(action.name, minimal(schema, schema))
            await station.nothing(0.001)

    scripted(spoken, body)


@pytest.mark.parametrize("spoken", ALL)
def test_every_message_of_a_csms_can_be_sent(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        if spoken == "1.6":
            start = {"connectorId": 1, "idTag": "AABBCC01", "meterStart": 5, "timestamp": utc()}
            await station.ask("StartTransaction", start)
        else:
            await station.event("Started", 0, "tx-1", evse={"id": 1}, idToken=TOKEN)
        sent = 0
        for action in station.version.actions.values():
            if action.may_be_sent_by("CSMS"):
                await csms.sends(action.name)
                frame = await station.receive()
                assert frame[2] == action.name
                await station.send(4, frame[1], "NotSupported", "", {})
                sent += 1
        assert sent == {"1.6": 26, "2.0.1": 40, "2.1": 55}[spoken]

    scripted(spoken, body)


def test_the_fields_asked_for_are_kept_and_null_leaves_one_out() -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        token = {"idToken": "ABC", "type": "Central"}
        await csms.sends("RequestStartTransaction", {"idToken": token, "evseId": 2, "remoteStartId": 77})
        answer = {"status": "Accepted"}
        payload = await station.expect("RequestStartTransaction", answer)
        assert payload == {"idToken": token, "evseId": 2, "remoteStartId": 77}
        await csms.sends("RequestStartTransaction", {"evseId": None, "chargingProfile": {"stackLevel": 3}})
        payload = await station.expect("RequestStartTransaction", answer)
        assert payload["idToken"] == TOKEN
        assert "evseId" not in payload
        assert payload["chargingProfile"]["stackLevel"] == 3
        assert payload["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
        ids = []
        for _ in range(2):
            await csms.sends("GetBaseReport", {"reportBase": "SummaryInventory"})
            ids.append((await station.expect("GetBaseReport", answer))["requestId"])
        assert len(set(ids)) == 2
        await csms.sends("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 2}})
        assert (await station.expect("TriggerMessage", answer))["evse"] == {"id": 2, "connectorId": 1}
        await csms.sends("GetTransactionStatus")
        assert await station.expect("GetTransactionStatus", {"messagesInQueue": False}) == {}

    scripted("2.0.1", body)


@pytest.mark.parametrize(
    ("action", "payload", "reason"),
    [
        ("Heartbeat", {}, "no CALL of a CSMS"),
        ("Teleport", {}, "no CALL of a CSMS"),
        ("Reset", {"type": "Sideways"}, "/type"),
        ("Reset", {"color": "red"}, "color"),
    ],
)
def test_the_operator_is_told_what_cannot_be_sent(action: str, payload: dict[str, Any], reason: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        with pytest.raises(VerbError, match=reason):
            await csms.sends(action, payload)
        with pytest.raises(VerbError, match="CS009"):
            await csms.sends("Reset", {}, identity="CS009")
        await station.nothing(0.02)

    scripted("2.0.1", body)


def test_item_limits_of_the_station_are_kept() -> None:
    def asked(*names: tuple[str, str, str | None]) -> dict[str, Any]:
        return {
            "getVariableData": [
                {
                    "component": {"name": component},
                    "variable": {"name": variable} if instance is None else {"name": variable, "instance": instance},
                }
                for component, variable, instance in names
            ]
        }

    async def body(station: ScriptedStation, csms: Running) -> None:
        limit = ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables")
        await csms.sends("GetVariables", asked(limit))
        data = await station.receive()
        result = {**data[3]["getVariableData"][0], "attributeStatus": "Accepted", "attributeValue": "4"}
        await station.send(3, data[1], {"getVariableResult": [result]})
        await station.ask("Heartbeat", {})
        five = asked(limit, *(("AuthCtrlr", f"V{number}", None) for number in range(4)))
        await csms.sends("GetVariables", five)
        counts = []
        for _ in range(2):
            frame = await station.receive()
            counts.append(len(frame[3]["getVariableData"]))
            await station.send(4, frame[1], "InternalError", "", {})
        assert counts == [4, 1]

    scripted("2.0.1", body)


@pytest.mark.parametrize("spoken", ALL)
def test_certificate_requests_are_signed(spoken: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CS001")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    csr = request.public_bytes(Encoding.PEM).decode()

    async def body(station: ScriptedStation, csms: Running) -> None:
        assert await station.ask("SignCertificate", {"csr": "nonsense"}) == {"status": "Rejected"}
        assert await station.ask("SignCertificate", {"csr": csr}) == {"status": "Accepted"}
        chain = (await station.expect("CertificateSigned", {"status": "Accepted"}))["certificateChain"]
        leaf, root = x509.load_pem_x509_certificates(chain.encode())
        leaf.verify_directly_issued_by(root)
        assert leaf.public_key() == key.public_key()

    scripted(spoken, body)


@pytest.mark.parametrize("spoken", TWO)
def test_charging_needs_bring_a_profile(spoken: str) -> None:
    async def body(station: ScriptedStation, csms: Running) -> None:
        needs = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"}}
        assert await station.ask("NotifyEVChargingNeeds", needs) == {"status": "Rejected"}
        await station.event("Started", 0, "tx-1", evse={"id": 1}, idToken=TOKEN)
        assert await station.ask("NotifyEVChargingNeeds", needs) == {"status": "Accepted"}
        profile = (await station.expect("SetChargingProfile", {"status": "Accepted"}))["chargingProfile"]
        assert (profile["chargingProfilePurpose"], profile["transactionId"]) == ("TxProfile", "tx-1")

    scripted(spoken, body)


def test_a_restart_forgets_nothing(tmp_path: Any) -> None:
    async def work() -> None:
        start = {"connectorId": 1, "idTag": "AABBCC01", "meterStart": 5, "timestamp": utc()}
        async with Running("1.6", state=tmp_path) as csms, csms.station("1.6") as station:
            await station.boot()
            first = (await station.ask("StartTransaction", start))["transactionId"]
        async with Running("1.6", state=tmp_path) as csms, csms.station("1.6") as station:
            await csms.sends("RemoteStopTransaction")
            assert (await station.expect("RemoteStopTransaction", {"status": "Accepted"}))["transactionId"] == first
            second = await station.ask("StartTransaction", {**start, "timestamp": utc(), "connectorId": 2})
            assert second["transactionId"] > first

    run(work())


def test_start_up_errors_are_one_line(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="no-such-defect"):
        Csms(CsmsOptions(("2.0.1",), defects=("no-such-defect",)), SCHEMAS)
    with pytest.raises(ValueError, match=r"3\.0"):
        Csms(CsmsOptions(("3.0",)), SCHEMAS)
    (tmp_path / "counters.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"counters\.json"):
        Csms(CsmsOptions(("2.0.1",), state=tmp_path), SCHEMAS)
