"""A realistic record of 60 cases for the tests of the views, and for looking at them.

`python tests/report/sample.py FOLDER` writes it there with its HTML and JUnit views.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    INCONCLUSIVE,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    PASS,
    UNEXPECTED_PASS,
    CaseRecord,
    FindingRecord,
    FrameRecord,
    Requirements,
    RunInfo,
    RunRecord,
    StepRecord,
)
from conformance.report.standard import ListedCase, ListedRequirement, ListedRule, Standard

RUN = ("2.0.1", "2.1")

HOSTILE = (
    "</script><script>alert('x')</script><img src=x onerror=alert(1)>\u202egpj.exe\x1b[31m\x00\ud800]]>\"'`{{7*7}}"
)
"""What a device may put into any string of its own."""

_TITLES = {
    "A": ["Basic Authentication - Valid credentials", "Basic Authentication - Wrong password", "Update password"],
    "B": [
        "Cold Boot - Accepted",
        "Cold Boot - Pending",
        "Cold Boot - Rejected",
        "Offline idle - above the threshold",
        "Get Variables - single value",
        "Get Variables - several values",
        "Set Variables - single value",
        "Get Base Report - ConfigurationInventory",
        "Get Base Report - FullInventory",
        "Reset - no transaction, OnIdle",
        "Reset - with transaction, OnIdle",
        "Reset - with transaction, Immediate",
    ],
    "C": ["Local start - accepted", "Local start - blocked", "Authorization cache - invalid after expiry"],
    "E": [
        "Start point - EVConnected",
        "Start point - Authorized",
        "Start point - DataSigned",
        "Start point - PowerPathClosed",
        "Stop point - EVConnected",
        "Stop point - Authorized",
        "Disconnect on the EV side, deauthorized",
        "Offline - transaction queue delivered in order",
    ],
    "F": ["Remote start - cable first", "Remote start - first token", "Remote stop", "Trigger - MeterValues"],
    "G": ["Status - Occupied after plug in", "Change availability - EVSE", "Connector faulted", "Lock failure"],
    "N": ["Get log - diagnostics", "Set monitoring level", "Clear variable monitoring"],
}


def _exchange(frames: list[FrameRecord], at: float, sender: str, action: str, payload: str, answer: str) -> float:
    index = len(frames)
    other = "CSMS" if sender == "CS" else "CS"
    message = f"{'dev' if sender == 'CS' else 'our'}-{index:04d}"
    frames.append(FrameRecord(index, at, sender, 2, action, message, f'[2,"{message}","{action}",{payload}]'))
    frames.append(
        FrameRecord(index + 1, at + 0.004, other, 3, action, message, f'[3,"{message}",{answer}]', answers=index)
    )
    return at + 0.25


def _meter(big: bool) -> str:
    sample = (
        '{"timestamp":"2026-03-02T09:14:07.120Z","sampledValue":['
        '{"value":1234.5,"measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"}},'
        '{"value":16.0,"phase":"L1","measurand":"Current.Import"}]}'
    )
    return ",".join([sample] * (30 if big else 1))


def frames_of(start: float, *, big: bool = False) -> list[FrameRecord]:
    """A boot, a plug in, a started transaction with meter values."""
    frames: list[FrameRecord] = []
    frames.append(FrameRecord(0, start, kind="act", text="power_cycle"))
    frames.append(FrameRecord(1, start + 0.9, "CS", kind="open", text="identity=CS001 subprotocol=ocpp2.0.1"))
    at = _exchange(
        frames,
        start + 1.0,
        "CS",
        "BootNotification",
        '{"reason":"PowerUp","chargingStation":{"model":"Hoymiles 22","vendorName":"Acme"}}',
        '{"currentTime":"2026-03-02T09:14:06.000Z","interval":300,"status":"Accepted"}',
    )
    for connector in (1, 2):
        at = _exchange(
            frames,
            at,
            "CS",
            "StatusNotification",
            f'{{"timestamp":"2026-03-02T09:14:06.3Z","connectorStatus":"Available","evseId":{connector},"connectorId":1}}',
            "{}",
        )
    frames.append(FrameRecord(len(frames), at, kind="act", text="plug_in evseId=1 connectorId=1"))
    _exchange(
        frames,
        at + 0.3,
        "CS",
        "TransactionEvent",
        '{"eventType":"Started","timestamp":"2026-03-02T09:14:07.12Z","triggerReason":"CablePluggedIn","seqNo":0,'
        '"transactionInfo":{"transactionId":"tx-77","chargingState":"EVConnected"},"evse":{"id":1,"connectorId":1},'
        f'"meterValue":[{_meter(big)}]}}',
        "{}",
    )
    return frames


def _steps(count: int, reached: int, broken: int, word: str, frames: list[FrameRecord]) -> list[StepRecord]:
    texts = [
        ("Power-cycle the station", "it opens a WebSocket connection"),
        ("It registers itself", "BootNotification with reason PowerUp"),
        ("It reports each connector", "Available, by StatusNotification or NotifyEvent"),
        ("Plug in the cable at EVSE 1", "TransactionEvent Started with triggerReason CablePluggedIn"),
        ("Unplug", "TransactionEvent Ended, then Available"),
    ]
    spans = [(0, 2), (2, 4), (4, 8), (8, len(frames)), (len(frames), len(frames))]
    steps = []
    for number, ((text, expect), (first, last)) in enumerate(zip(texts[:count], spans, strict=False), 1):
        done = number <= reached
        verdict = (word if number == broken else PASS) if done else ""
        steps.append(
            StepRecord(number, text, expect, done, verdict, [f.index for f in frames[first:last]] if done else [])
        )
    return steps


def failed_case(number: int = 22, *, text: str = "Unavailable") -> CaseRecord:
    """A case of block B that fails in step 3 and has a remark."""
    frames = frames_of(40.0 * number)
    frames[6].text = frames[6].text.replace('"Available"', json.dumps(text, ensure_ascii=False))
    case = CaseRecord(
        id=f"TC_B_{number:02d}_CS",
        title="Reset - with transaction, Immediate",
        version="2.0.1",
        role="CS",
        block="B",
        verdict=FAIL,
        profiles=["Core"],
        device="volt-22",
        seconds=34.3,
        frames=frames,
        steps=_steps(5, 3, 3, FAIL, frames),
        reason="",
        node=f"testcases/v2/station/block_b.py::test_reset_immediate[2.0.1-{number}]",
        requirements=Requirements(["B01.FR.01", "B01.FR.03"], ["B04.FR.01"], ["B12.FR.03", "B12.FR.04"]),
    )
    case.findings = [
        FindingRecord(
            "expect",
            "MUST",
            'StatusNotification with connectorStatus "Available" for EVSE 2',
            f'connectorStatus "{text}"',
            "step 3, frame 6, /connectorStatus",
            "B04.FR.01",
            6,
            "/connectorStatus",
            3,
        ),
        FindingRecord(
            "timestamp-precision",
            "SHOULD",
            "a timestamp with milliseconds at most",
            "2026-03-02T09:14:06.3Z has one decimal",
            "step 3, frame 4, /timestamp",
            "2.0.1 Part 2, 2.1.3",
            4,
            "/timestamp",
            3,
        ),
    ]
    return case


def _case(position: int, block: str, index: int, title: str, version: str) -> CaseRecord:
    start = position * 12.0
    frames = frames_of(start, big=position % 9 == 0)
    return CaseRecord(
        id=f"TC_{block}_{index:02d}_CS",
        title=title,
        version=version,
        role="CS",
        block=block,
        verdict=PASS,
        device="volt-22",
        profiles=["Core"] if block not in "N" else ["Advanced Device Management"],
        seconds=0.4 + (position * 7 % 23) * 0.61,
        steps=_steps(4, 4, 0, PASS, frames),
        frames=frames,
        node=f"testcases/v2/station/block_{block.lower()}.py::test_{index}[{version}]",
        requirements=Requirements(
            [f"{block}{index:02d}.FR.01", f"{block}{index:02d}.FR.02"], [], [f"{block}{index:02d}.FR.07"]
        ),
    )


def _spoil(case: CaseRecord, verdict: str) -> None:
    case.verdict = verdict
    if verdict in (NOT_APPLICABLE, NOT_IMPLEMENTED):
        case.steps, case.frames, case.seconds = [], [], 0.0
        named = case.requirements
        case.requirements = Requirements([], [], named.verified + named.not_exercised)
        case.reason = "C-49 is false" if case.block == "N" else "C-10.2 and HFS-8 >= 2: HFS-8 is 1"
        if verdict == NOT_IMPLEMENTED:
            case.reason, case.node = "listed in the catalogue, no test yet", ""
    elif verdict == INCONCLUSIVE:
        case.reason = "the operator could not plug_in: http://127.0.0.1:9100 refused the connection"
        case.steps = _steps(4, 4, 4, INCONCLUSIVE, case.frames)
    elif verdict == ERROR:
        case.reason = "our BootNotification response broke the schema"
        case.findings = [
            FindingRecord(
                "schema", "MUST", "an integer", "300.5", "step 2, frame 3, /interval", "", 3, "/interval", 2, "tester"
            )
        ]
        case.steps = _steps(4, 2, 2, ERROR, case.frames)
    elif verdict in (FAIL, EXPECTED_FAIL):
        case.findings = [
            FindingRecord(
                "expect",
                "MUST",
                "TransactionEvent with triggerReason CablePluggedIn within 5 s",
                "nothing matching; came instead: TransactionEvent triggerReason Authorized",
                "step 4, frame 9",
                f"{case.block}02.FR.01",
                9,
                "/triggerReason",
                4,
            )
        ]
        case.steps = _steps(5, 4, 4, FAIL, case.frames)
        case.requirements.violated.append(f"{case.block}02.FR.01")
        if verdict == EXPECTED_FAIL:
            case.reason = "known, fixed in firmware 3.2: https://tracker.example/1412"
    elif verdict == UNEXPECTED_PASS:
        case.reason = "dut.toml expects it to fail (known, fixed in firmware 3.2) and it passed: remove the entry"


def run_info() -> RunInfo:
    """The facts of the sample run."""
    return RunInfo(
        tool_version="0.1.0",
        started="2026-03-02T09:14:05.000+00:00",
        ended="2026-03-02T09:26:31.500+00:00",
        role="CS",
        versions=["2.0.1", "2.1"],
        device={
            "name": "Acme Volt 22",
            "vendor": "Acme Charging GmbH",
            "model": "Volt 22",
            "firmware": "3.1.4",
            "serial": "AC-2291-0007",
            "identity": "CS001",
            "security_profile": 2,
            "description": "dut.toml",
        },
        features={"C-49": False, "C-10.2": True, "HFS-8": 1, "C-30": True, "C-31": False},
        schema_source="ocpp 2.1.0 (PyPI)",
        schema_corrections=[
            "1.6 MeterValues: unit Hertz removed, minItems removed (restores the official file)",
            "2.0.1 Get15118EVCertificateResponse: exiResponse maxLength 5600 (restores the official file)",
        ],
        seeds={"hypothesis": 20260302},
        selection=["--ocpp-version=2.0.1,2.1"],
        devices=[
            {
                "name": "volt-22",
                "role": "CS",
                "versions": ["2.0.1", "2.1"],
                "identity": "CS001",
                "source": "volt-22.toml",
                "security_profile": 2,
                "connectors": [[1, 1], [2, 1]],
                "operator": "manual; http: power_cycle",
                "tester": "Ada <Example>, Lab 7",
                "tolerance": 4.0,
                "features": {"C-49": False, "C-10.2": True, "HFS-8": 1},
            }
        ],
        environment={"python": "3.11.2", "websockets": "17.4"},
    )


def standard(cases: list[CaseRecord]) -> Standard:
    """Lists to measure `cases` by: theirs, one more that was not run, and one that the description rules out."""
    listed = {
        (case.version, case.id): ListedCase(
            case.id, case.version, "CS", "volt-22", case.block, case.title, tuple(case.profiles)
        )
        for case in cases
    }
    extra = [
        ListedCase("TC_K_01_CS", "2.0.1", "CS", "volt-22", "K", "Set a profile", ("Smart Charging",), "SC-1 is false"),
        ListedCase("TC_C_99_CS", "2.0.1", "CS", "volt-22", "C", "A case that nobody chose", ("Core",)),
    ]
    rules = [
        ListedRule(
            "timestamp-precision",
            "Times have three decimals at most",
            "SHOULD",
            "both",
            {"2.0.1": "2.1.3", "2.1": "2.1.3"},
        ),
        ListedRule("tx.seq-no", "seqNo counts without gaps", "MUST", "CS", {"2.0.1": "E02.FR.07"}),
    ]
    texts = [
        ListedRequirement("B04.FR.01", "2.0.1", "CS", "SHALL", "Every connector is reported after a boot"),
        ListedRequirement("Z01.FR.01", "2.0.1", "CS", "SHALL", "What no case looks at"),
    ]
    return Standard(
        cases=[*listed.values(), *extra],
        implemented=[*sorted(case.id for case in cases), "TC_C_99_CS"],
        requirements=texts,
        rules=rules,
        editions={"2.0.1": ["OCA 2.0.1 Part 6 ed3"], "2.1": ["OCA 2.1 Part 5 ed2"]},
        schemas={"2.0.1": {"BootNotificationRequest": "ab" * 32, "HeartbeatRequest": "cd" * 32}},
        features={"C-49": "authorization cache", "HFS-8": "number of EVSEs"},
    )


def sample_record() -> RunRecord:
    """60 cases of both 2.x versions with every verdict, the first of them a failed one."""
    record = _cases()
    record.standard = standard(record.cases)
    return record


def _cases() -> RunRecord:
    record = RunRecord(run_info())
    record.add(failed_case())
    verdicts = {
        5: FAIL, 9: NOT_APPLICABLE, 14: INCONCLUSIVE, 18: ERROR, 21: FAIL, 26: EXPECTED_FAIL, 27: UNEXPECTED_PASS,
        31: NOT_APPLICABLE, 34: NOT_APPLICABLE, 35: NOT_IMPLEMENTED, 36: NOT_IMPLEMENTED, 40: FAIL, 44: INCONCLUSIVE,
        51: NOT_APPLICABLE, 55: NOT_IMPLEMENTED, 57: NOT_IMPLEMENTED,
    }  # fmt: skip
    position = 0
    for version in ("2.0.1", "2.1"):
        for block, titles in _TITLES.items():
            for index, title in enumerate(titles, 1):
                if position == 59:
                    return record
                case = _case(position, block, index, title, version)
                if position in verdicts:
                    _spoil(case, verdicts[position])
                position += 1
                record.add(case)
    return record


def hostile_record() -> RunRecord:
    """A small record in which every string that a device can choose is HOSTILE."""
    run = run_info()
    run.device = {"name": HOSTILE, HOSTILE: HOSTILE, "identity": HOSTILE}
    run.problems = [HOSTILE]
    run.interrupted, run.interruption = True, HOSTILE
    record = RunRecord(run)
    case = failed_case(text=HOSTILE)
    case.title = case.reason = HOSTILE
    case.profiles = [HOSTILE]
    case.findings[0].expected = case.findings[0].pointer = case.findings[0].note = HOSTILE
    case.requirements.verified.append(HOSTILE)
    case.steps[0].text = case.steps[0].expect = HOSTILE
    for frame in case.frames:
        frame.action = frame.id = HOSTILE
    case.frames[2].text = HOSTILE
    record.add(case)
    other = _case(3, HOSTILE, 4, HOSTILE, HOSTILE)
    other.id = other.node = HOSTILE
    _spoil(other, NOT_APPLICABLE)
    other.reason = HOSTILE
    record.add(other)
    return record


def main(folder: Path) -> None:
    """Write the sample and its views into `folder`."""
    from conformance.report.journal import write_results
    from conformance.report.render import render

    record = sample_record()
    write_results(record, folder / "results.json")
    render(folder / "results.json", html=folder / "report.html", junit=folder / "junit.xml")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
