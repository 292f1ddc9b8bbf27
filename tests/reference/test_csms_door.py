"""Who is let in by the reference CSMS on each security profile, and who is by each of its defects."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from conformance.link.pki import KeyKind, TestPki, Variant
from conformance.link.tls import CIPHER_SUITES, Credentials, client_context
from conformance.reference.csms import Csms, CsmsOptions
from conformance.reference.csms_door import Security
from conformance.reference.csms_registration import Settings
from tests.reference.scripted import SCHEMAS, ScriptedStation

OURS, THEIRS = "secret-secret-123", "another-secret-456"
STATIONS = {"CS001": OURS, "CS002": THEIRS}


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> TestPki:
    return TestPki(tmp_path_factory.mktemp("pki"), organization="Operator")


@pytest.fixture(scope="module")
def server(pki: TestPki) -> tuple[tuple[Path, Path], ...]:
    both = (pki.server("127.0.0.1"), pki.server("127.0.0.1", keys=KeyKind.RSA_2048))
    return tuple((one.chain, one.key) for one in both)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


async def outcome(url: str, identity: str = "CS001", **options: Any) -> str:
    """What becomes of an attempt: "open", an HTTP status, or "ended"."""
    try:
        async with ScriptedStation(url, identity, "2.0.1", **options) as station:
            await station.boot()
            return "open"
    except InvalidStatus as refused:
        return str(refused.response.status_code)
    except (OSError, EOFError, InvalidMessage, ConnectionClosed):
        return "ended"


def at(
    body: Callable[[str], Awaitable[None]], *, defect: str = "", habit: str = "", security: Security | None = None
) -> None:
    """Run `body` with the URL of a CSMS that knows two stations, each with a password of its own."""
    settings = Settings(passwords=STATIONS, identities=frozenset(STATIONS))
    options = CsmsOptions(
        ("2.0.1",),
        settings=settings,
        security=security or Security(),
        defects=(defect,) if defect else (),
        habits=(habit,) if habit else (),
    )

    async def work() -> None:
        csms = Csms(options, SCHEMAS)
        try:
            async with asyncio.timeout(20):
                await body(await csms.start())
        finally:
            await csms.stop()

    asyncio.run(work())


ATTEMPTS = {
    "right": ("CS001", basic("CS001", OURS), "open"),
    "the other": ("CS002", basic("CS002", THEIRS), "open"),
    "none": ("CS001", {}, "401"),
    "wrong password": ("CS001", basic("CS001", "wrong"), "401"),
    "beginning": ("CS001", basic("CS001", OURS[:8]), "401"),
    "longer": ("CS001", basic("CS001", OURS + "4"), "401"),
    "empty": ("CS001", basic("CS001", ""), "401"),
    "of the other": ("CS001", basic("CS001", THEIRS), "401"),
    "as the other": ("CS001", basic("CS002", THEIRS), "401"),
    "user name of another": ("CS001", basic("CS002", OURS), "401"),
    "unknown": ("CS003", basic("CS003", "wrong"), "401"),
    "unknown without": ("CS003", {}, "401"),
}

LETS_IN = {
    "": set(),
    "password-unchecked": {"wrong password", "beginning", "longer", "empty", "of the other"},
    "user-name-unchecked": {"user name of another"},
    "missing-header-let-in": {"none"},
    "password-prefix-accepted": {"beginning"},
    "password-of-another-accepted": {"of the other"},
    "unknown-identity-let-in": {"unknown", "unknown without"},
}


@pytest.mark.parametrize("defect", LETS_IN, ids=lambda name: name or "good")
def test_basic_authentication(defect: str) -> None:
    # Whose credentials nobody looks at comes as far as the list of known stations.
    past_the_password = {"password-unchecked": {"unknown"}, "missing-header-let-in": {"unknown without"}}

    async def body(url: str) -> None:
        for name, (identity, header, right) in ATTEMPTS.items():
            expected = "open" if name in LETS_IN[defect] else right
            if name in past_the_password.get(defect, ()):
                expected = "404"
            assert (name, await outcome(url, identity, additional_headers=header)) == (name, expected)

    at(body, defect=defect)


def test_unknown_identities_are_told_apart_by_a_habit_alone() -> None:
    async def told(url: str, identity: str) -> tuple[int, bytes | None]:
        with pytest.raises(InvalidStatus) as refused:
            await ScriptedStation(url, identity, "2.0.1", additional_headers=basic(identity, "wrong")).__aenter__()
        return refused.value.response.status_code, refused.value.response.body

    async def good(url: str) -> None:
        assert await told(url, "CS001") == await told(url, "CS003")

    async def bad(url: str) -> None:
        assert await told(url, "CS001") != await told(url, "CS003")

    at(good)
    at(bad, habit="identity-before-credentials")


def test_who_locks_out_opens_again() -> None:
    async def body(url: str) -> None:
        right, wrong = basic("CS001", OURS), basic("CS001", "wrong")
        for _ in range(5):
            assert await outcome(url, additional_headers=wrong) == "401"
        assert await outcome(url, additional_headers=right) == "429"
        assert await outcome(url, "CS002", additional_headers=basic("CS002", THEIRS)) == "open"
        await asyncio.sleep(1.6)
        assert await outcome(url, additional_headers=right) == "open"

    at(body, habit="locks-out")


def test_the_older_connection_may_be_kept() -> None:
    async def body(url: str) -> None:
        right = basic("CS001", OURS)
        async with ScriptedStation(url, "CS001", "2.0.1", additional_headers=right) as older:
            assert await outcome(url, additional_headers=right) == "409"
            await older.boot()
        assert await outcome(url, additional_headers=right) == "open"

    at(body, habit="older-connection-kept")


def test_an_older_connection_that_overhears() -> None:
    async def body(url: str) -> None:
        right = basic("CS001", OURS)
        async with ScriptedStation(url, "CS001", "2.0.1", additional_headers=right) as older:
            await older.boot()
            async with ScriptedStation(url, "CS001", "2.0.1", additional_headers=right) as newer:
                answer = await newer.call("Heartbeat", {})
                assert await older.receive() == answer

    at(body, defect="old-session-hears-new")


def test_who_has_credentials_and_is_not_known_gets_404() -> None:
    async def work() -> None:
        settings = Settings(password=OURS, identities=frozenset({"CS001"}))
        csms = Csms(CsmsOptions(("2.0.1",), settings=settings), SCHEMAS)
        url = await csms.start()
        assert await outcome(url, "CS009", additional_headers=basic("CS009", OURS)) == "404"
        await csms.stop()

    asyncio.run(work())


# -- TLS ----------------------------------------------------------------------------------------------------------

OLD = {"minimum": ssl.TLSVersion.TLSv1, "maximum": ssl.TLSVersion.TLSv1_1, "ciphers": ["DEFAULT"]}
WEAK = {"maximum": ssl.TLSVersion.TLSv1_2, "ciphers": ["NULL", "aNULL"], "security_level": 0}


def test_profile_2(pki: TestPki, server: tuple[tuple[Path, Path], ...]) -> None:
    async def body(url: str) -> None:
        assert url.startswith("wss://")
        for suite in CIPHER_SUITES.values():
            context = client_context(pki.roots, maximum=ssl.TLSVersion.TLSv1_2, ciphers=[suite])
            assert await outcome(url, ssl=context, additional_headers=basic("CS001", OURS)) == "open"
        assert await outcome(url, ssl=client_context(pki.roots)) == "401"

    at(body, security=Security(server))


@pytest.mark.parametrize(("defect", "let_in"), [("", ""), ("old-tls-allowed", "old"), ("weak-ciphers-allowed", "weak")])
def test_weak_tls(pki: TestPki, server: tuple[tuple[Path, Path], ...], defect: str, let_in: str) -> None:
    async def body(url: str) -> None:
        for name, how in (("good", {}), ("old", OLD), ("weak", WEAK)):
            context = client_context(verify=False, **how)  # type: ignore[arg-type]  # keywords of several kinds
            expected = "open" if name in ("good", let_in) else "ended"
            assert (name, await outcome(url, ssl=context, additional_headers=basic("CS001", OURS))) == (name, expected)

    at(body, defect=defect, security=Security(server))


@pytest.mark.parametrize("defect", ["", "plain-on-tls-port"])
def test_plain_on_the_tls_port(pki: TestPki, server: tuple[tuple[Path, Path], ...], defect: str) -> None:
    async def body(url: str) -> None:
        header = basic("CS001", OURS)
        assert await outcome(url, ssl=client_context(pki.roots), additional_headers=header) == "open"
        expected = "open" if defect else "ended"
        assert await outcome("ws" + url[3:], additional_headers=header) == expected

    at(body, defect=defect, security=Security(server))


CERTIFICATES: dict[str, tuple[dict[str, Any], str]] = {
    "right": ({}, "open"),
    "of another": ({"variant": Variant.WRONG_NAME}, "403"),
    "expired": ({"variant": Variant.EXPIRED}, "ended"),
    "self-signed": ({"variant": Variant.SELF_SIGNED}, "ended"),
    "foreign": ({"variant": Variant.FOREIGN_CA}, "ended"),
}
SHOWN_IN = {
    "": set(),
    "certificate-of-another-accepted": {"of another"},
    "expired-certificate-accepted": {"expired"},
    "client-certificate-optional": {"none"},
}


@pytest.mark.parametrize("defect", SHOWN_IN, ids=lambda name: name or "good")
def test_profile_3(pki: TestPki, server: tuple[tuple[Path, Path], ...], defect: str) -> None:
    async def body(url: str) -> None:
        for name, (how, right) in CERTIFICATES.items():
            shown: Credentials = pki.station("CS001", **how)
            expected = "open" if name in SHOWN_IN[defect] else right
            context = client_context(pki.roots, credentials=shown)
            assert (name, await outcome(url, ssl=context)) == (name, expected)
        header = basic("CS001", OURS)
        expected = "open" if "none" in SHOWN_IN[defect] else "ended"
        assert await outcome(url, ssl=client_context(pki.roots), additional_headers=header) == expected

    at(body, defect=defect, security=Security(server, pki.roots, "Operator"))


@pytest.mark.parametrize("defect", ["", "organization-unchecked"])
def test_certificate_of_another_organization(pki: TestPki, server: Any, defect: str) -> None:
    async def body(url: str) -> None:
        context = client_context(pki.roots, credentials=pki.station("CS001"))
        assert await outcome(url, ssl=context) == ("open" if defect else "403")

    at(body, defect=defect, security=Security(server, pki.roots, "Another operator"))


@pytest.mark.parametrize("defect", ["", "serial-number-unchecked"])
def test_serial_number_of_another(pki: TestPki, server: Any, defect: str) -> None:
    async def body(url: str) -> None:
        context = client_context(pki.roots, credentials=pki.station("CS001"))
        async with ScriptedStation(url, "CS001", "2.0.1", ssl=context) as station:
            boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
            boot["chargingStation"]["serialNumber"] = "CS001"  # type: ignore[index]
            assert (await station.ask("BootNotification", boot))["status"] == "Accepted"
            boot["chargingStation"]["serialNumber"] = "CS002"  # type: ignore[index]
            answer = await station.call("BootNotification", boot)
            if defect:
                assert answer[0] == 3
            else:
                assert answer[2] == "SecurityError"
                assert await station.closed() == 1008

    at(body, defect=defect, security=Security(server, pki.roots))


def test_unusable_certificates_are_one_line(pki: TestPki, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    right = pki.server("127.0.0.1")
    for security in (
        Security(((nothing, right.key),)),
        Security(((right.chain, right.key),), nothing),
    ):
        with pytest.raises(ValueError, match=r"^--c") as caught:
            at(lambda url: asyncio.sleep(0), security=security)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="--cert"):
        Csms(CsmsOptions(("2.0.1",), security=Security((), pki.roots)), SCHEMAS)
