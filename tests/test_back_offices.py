"""Operators for a CSMS, tried with whole cases: each in front of the reference CSMS, behind an interface of its own."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes, select
from conformance.data import data_path
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS
from conformance.reference.launch import Device, start_csms
from conformance.report.record import CaseRecord
from conformance.run import Run, Settings

Handler = Callable[[web.Request], Any]
STORE = SchemaStore()


class Csms:
    """A reference CSMS behind an HTTP front of the test's own; what the front was asked for stands in `asked`."""

    def __init__(self, version: str, device: Device) -> None:
        self.version = version
        self.device = device
        self.asked: list[tuple[str, str, Any]] = []
        self.url = ""

    def send(self, identity: str, action: str, payload: Any) -> tuple[int, dict[str, Any]]:
        """Have it send a CALL: the status and body of its own operator interface."""
        body = json.dumps({"identity": identity, "action": action, "payload": payload}).encode()
        url = f"{self.device.addresses['operator']}/verbs/csms_sends"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as answer:
                return answer.status, {}
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def run(self, folder: Path, operator: str, *ids: str) -> dict[str, CaseRecord]:
        """Run these cases with an operator described by TOML."""
        text = data_path("docs", "devices", "reference-csms.toml").read_text("utf-8")
        head, rest = text.split("[operator]", 1)
        _, rest = rest.split("[evses]", 1)
        text = head.replace("ws://127.0.0.1:9001/ocpp", self.device.addresses["ocpp"]) + operator + "\n[evses]" + rest
        path = folder / "dut.toml"
        path.write_text(text.replace('["1.6", "2.0.1", "2.1"]', f'["{self.version}"]'))
        for name in ("reference-firmware.pem", "reference-firmware.sig"):
            shutil.copyfile(data_path("docs", "devices", name), folder / name)
        run = Run(Settings(descriptions=(path,), report_dir=folder / "reports"))
        run.begin()
        chosen = [
            one for info in discover() if info.id in ids for one in select(info, load_catalogue(), run.duts, Wishes())
        ]
        records = {one.entry.id: run.execute(one, one.entry.id) for one in chosen}
        run.finish()
        assert set(records) == set(ids)
        return records


@contextmanager
def behind(version: str, routes: Callable[[Csms], list[web.RouteDef]]) -> Iterator[Csms]:
    device = start_csms(version)
    csms = Csms(version, device)
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        app = web.Application()
        app.add_routes(routes(csms))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        csms.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()

    def forever() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=forever, daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield csms
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        device.close()


def octt(csms: Csms) -> list[web.RouteDef]:
    """The trigger interface: it forwards what it is given, and fills in nothing."""
    actions = {"".join(c for c in name.lower() if c.isalnum()): name for name in VERSIONS[csms.version].actions}

    async def trigger(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer lab":
            return web.json_response({"error": "who are you?"}, status=401)
        version, station, way = (request.match_info[name] for name in ("version", "station", "action"))
        payload = await request.json()
        action = actions.get(way.removeprefix("call/").replace("-", "").lower())
        generic = way.startswith("call/")
        # Half of the actions only by the generic way, as the convention's own suite has it for 2.0.1.
        if version != csms.version or action is None or (action in ("Reset", "GetBaseReport")) != generic:
            return web.json_response({"error": "no such trigger"}, status=404)
        errors = STORE.judge(VERSIONS[version], VERSIONS[version].actions[action].request, payload)
        csms.asked.append((station, action, payload))
        if errors:
            return web.json_response({"error": f"invalid: {errors[0].pointer} {errors[0].expected}"}, status=400)
        status, body = await asyncio.to_thread(csms.send, station, action, payload)
        if action == "ClearCache":
            # Some wait for the station's answer, and call one that they do not like a failure.
            return web.json_response({"error": "the station did not accept"}, status=502)
        return web.json_response(body, status=status)

    return [web.post("/api/octt/{version}/{station}/{action:.+}", trigger)]


def rest(csms: Csms) -> list[web.RouteDef]:
    """The back office of docs/examples/rest_back_office.py: names of its own, orders that are carried out later."""
    sixteen = csms.version == "1.6"
    jobs: dict[str, list[str]] = {}

    def payloads(what: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        token = {"idToken": body.get("token"), "type": "ISO14443"}
        if what == "remote-start" and sixteen:
            return "RemoteStartTransaction", {"connectorId": body.get("connector"), "idTag": body["token"]}
        if what == "remote-start":
            return "RequestStartTransaction", {"evseId": body.get("evse"), "idToken": token}
        if what == "remote-stop" and sixteen:
            return "RemoteStopTransaction", {"transactionId": int(body["session"])}
        if what == "inventory":
            return "GetBaseReport", {"reportBase": body["extent"]}
        kinds = ("Soft", "Hard") if sixteen else ("OnIdle", "Immediate")
        return "Reset", {"type": kinds[0] if body["wait"] else kinds[1], "evseId": body.get("evse")}

    async def order(request: web.Request) -> web.Response:
        if request.headers.get("X-Api-Key") != "key-of-the-lab":
            return web.json_response({"error": "unknown key"}, status=401)
        body = await request.json()
        csms.asked.append((request.match_info["id"], request.match_info["what"], body))
        action, payload = payloads(request.match_info["what"], body)
        status, answer = await asyncio.to_thread(csms.send, request.match_info["id"], action, payload)
        job = str(len(jobs))
        # The job is seen queued once before it is done.
        jobs[job] = ["done" if status == 200 else "failed", "queued"]
        return web.json_response({"job": job} if status == 200 or "no station" in str(answer) else answer, status=202)

    async def state(request: web.Request) -> web.Response:
        told = jobs[request.match_info["job"]]
        return web.json_response({"state": told.pop() if len(told) > 1 else told[0]})

    async def chargers(request: web.Request) -> web.Response:
        known = request.headers.get("X-Api-Key") == "key-of-the-lab"
        return web.json_response({"chargers": []} if known else {"error": "unknown key"}, status=200 if known else 401)

    return [
        web.get("/api/chargers", chargers),
        web.route("*", "/api/chargers/{id}/{what}", order),
        web.get("/api/jobs/{job}", state),
    ]


class TestOctt:
    OPERATOR = '[operator]\nkind = "octt"\nurl = "{url}"\nheaders = {{ Authorization = "{login}" }}\n'

    def test_a_csms_of_2_0_1(self, tmp_path: Path) -> None:
        with behind("2.0.1", octt) as csms:
            operator = self.OPERATOR.format(url=csms.url, login="Bearer lab")
            records = csms.run(tmp_path, operator, "TC_B_12_CSMS", "TC_B_20_CSMS", "TC_C_37_CSMS", "TC_F_01_CSMS")
            for one in records.values():
                assert one.verdict == "PASS", one.why
            asked = {action: payload for _, action, payload in csms.asked}
        assert {"GetBaseReport", "Reset", "ClearCache", "RequestStartTransaction"} <= set(asked)
        assert isinstance(asked["GetBaseReport"]["requestId"], int), "filled in, for the convention forwards the body"
        assert "Bearer lab" not in (tmp_path / "reports" / "results.json").read_text()

    def test_a_csms_of_1_6(self, tmp_path: Path) -> None:
        with behind("1.6", octt) as csms:
            records = csms.run(tmp_path, self.OPERATOR.format(url=csms.url, login="Bearer lab"), "TC_010_CSMS")
            assert records["TC_010_CSMS"].verdict == "PASS", records["TC_010_CSMS"].why

    def test_a_login_that_is_refused_is_inconclusive(self, tmp_path: Path) -> None:
        with behind("2.0.1", octt) as csms:
            records = csms.run(tmp_path, self.OPERATOR.format(url=csms.url, login="Bearer wrong"), "TC_C_37_CSMS")
        one = records["TC_C_37_CSMS"]
        assert one.verdict == "INCONCLUSIVE"
        assert "POST /api/octt/2.0.1/CS001/clear-cache: who are you?" in one.why


class TestRestBackOffice:
    OPERATOR = (
        '[operator]\nkind = "python"\nclass = "rest_back_office:BackOffice"\n'
        '[operator.options]\nurl = "{url}"\napi_key = "{key}"\n'
    )

    def run(self, csms: Csms, folder: Path, *ids: str, key: str = "key-of-the-lab") -> dict[str, CaseRecord]:
        shutil.copyfile(data_path("docs", "examples", "rest_back_office.py"), folder / "rest_back_office.py")
        return csms.run(folder, self.OPERATOR.format(url=csms.url, key=key), *ids)

    @pytest.mark.parametrize(
        ("version", "ids"),
        [("1.6", ("TC_010_CSMS", "TC_013_CSMS")), ("2.0.1", ("TC_B_12_CSMS", "TC_B_20_CSMS", "TC_F_01_CSMS"))],
    )
    def test_the_example_of_the_documents(self, tmp_path: Path, version: str, ids: tuple[str, ...]) -> None:
        with behind(version, rest) as csms:
            records = self.run(csms, tmp_path, *ids)
            for one in records.values():
                assert one.verdict == "PASS", one.why
            assert len(csms.asked) >= len(ids)
        for path in (tmp_path / "reports").glob("*.json"):
            assert "key-of-the-lab" not in path.read_text()

    def test_what_it_cannot_send_is_inconclusive(self, tmp_path: Path) -> None:
        with behind("2.0.1", rest) as csms:
            one = self.run(csms, tmp_path, "TC_D_08_CSMS")["TC_D_08_CSMS"]
        assert one.verdict == "INCONCLUSIVE" and "this back office has no way to send GetLocalListVersion" in one.why

    def test_a_wrong_key_is_told_before_the_first_case(self, tmp_path: Path) -> None:
        with behind("2.0.1", rest) as csms:
            one = self.run(csms, tmp_path, "TC_F_01_CSMS", key="wrong-key")["TC_F_01_CSMS"]
        assert one.verdict == "INCONCLUSIVE" and "unknown key" in one.why and "wrong-key" not in one.why
