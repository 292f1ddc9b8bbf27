"""Every change of a recording that a case should notice, and what is made of what it does notice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conformance import check, step
from conformance.cases.case import CaseInfo
from conformance.data import data_path
from conformance.ocppj import frames
from conformance.ocppj.versions import version
from conformance.proof.mutants import Mutant, mutants_of, other_value
from conformance.proof.recording import Recording
from conformance.proof.replay import Change
from conformance.proof.score import (
    Equivalent,
    EquivalentsError,
    Unjudged,
    load_equivalents,
    load_unjudged,
    score,
    summary,
)
from conformance.proof.tracking import Reads, TrackingDict, tracking_parse
from conformance.proof.variants import load_variants
from tests.proof.conftest import ENTRY, SCHEMAS, Recorder


class TestOtherValue:
    @pytest.mark.parametrize(
        ("value", "schema", "other"),
        [
            (True, {}, False),
            ("A", {"enum": ["A", "B", "C"]}, "B"),
            ("C", {"enum": ["A", "B", "C"]}, "A"),
            ("A", {"enum": ["A"]}, None),
            (3, {}, 10),
            (3, {"maximum": 5}, 2),
            (Decimal("1.5"), {}, Decimal("8.5")),
            (Decimal("99.5"), {"maximum": 100}, Decimal("98.5")),
            ("text", {}, "zztext"),
            ("text", {"maxLength": 4}, "zzte"),
            ("zztext", {}, "yyzztext"),
            ("true", {}, "false"),
            ("FALSE", {}, "true"),
            ("41", {}, "48"),
            ("2030-01-03T00:00:00Z", {"format": "date-time"}, "2030-01-01T00:00:00Z"),
            ({}, {}, None),
            ([], {}, None),
            (None, {}, None),
        ],
    )
    def test_as_different_as_it_gets(self, value: Any, schema: Any, other: Any) -> None:
        assert other_value(value, schema) == other

    @pytest.mark.parametrize(
        ("value", "schema"),
        [
            ("zz", {"maxLength": 2}),
            ("z", {"maxLength": 1}),
            ("9", {"maxLength": 1}),
            ("true", {"maxLength": 4}),
            ("", {"maxLength": 0}),
            ("2030-01-03T00:00:00.123+01:00", {"format": "date-time"}),
            (0, {"minimum": 0, "maximum": 0}),
            (0, {"minimum": 0, "maximum": 3}),
            (5, {"minimum": 5, "maximum": 6}),
        ],
    )
    def test_it_is_another_and_the_schema_allows_it(self, value: Any, schema: Any) -> None:
        import jsonschema

        other = other_value(value, schema)
        if other is not None:
            assert other != value
            jsonschema.validate(other, schema)


def asks(csms: Any) -> None:
    """Asks for a variable and looks at its value."""
    step("Ask", expect="Accepted")
    data = [{"component": {"name": "C"}, "variable": {"name": "V"}}]
    answer = csms.send("GetVariables", getVariableData=data)
    result = answer.getVariableResult[0]
    check(result.attributeStatus == "Accepted", "it is known")
    csms.expect("Heartbeat")


def recorded(recorder: Recorder, body: Callable[..., None] = asks, **result: Any) -> Recording:
    device = recorder.lab.device
    given = {"attributeStatus": "Accepted", "attributeValue": "text", **result}

    def react(frame: frames.Frame) -> dict[str, Any]:
        device.after(0.1, "Heartbeat")
        return {"getVariableResult": [{**given, **one} for one in frame.payload["getVariableData"]]}

    device.reactions["GetVariables"] = react
    return recorder.record(body)


class TestMutants:
    def test_one_for_each_frame_and_field(self, recorder: Recorder) -> None:
        found = list(mutants_of(recorded(recorder), version("2.0.1"), SCHEMAS))
        answer = [(one.kind, one.pointer) for one in found if one.action == "GetVariables"]
        result = "/getVariableResult/0"
        assert set(answer) == {
            ("drop", ""),
            ("remove", "/getVariableResult"),
            *(
                ("remove", f"{result}/{name}")
                for name in ("attributeStatus", "attributeValue", "component", "variable")
            ),
            *(("set", f"{result}/{name}") for name in ("attributeStatus", "attributeValue")),
            *((kind, f"{result}/{name}/name") for kind in ("remove", "set") for name in ("component", "variable")),
        }
        assert [(one.kind, one.message) for one in found if one.action == "Heartbeat"] == [("drop", "Heartbeat")]
        assert found[0].message == "GetVariables answer"
        assert {one.field for one in found if one.pointer.endswith("attributeStatus")} == {
            "/getVariableResult/*/attributeStatus"
        }

    def test_each_changes_one_place_and_leaves_the_recording_alone(self, recorder: Recorder) -> None:
        recording = recorded(recorder)
        before = [one.frame.text for one in recording.trace.entries if one.frame]
        for mutant in mutants_of(recording, version("2.0.1"), SCHEMAS):
            original = recording.trace.entries[mutant.entry].frame
            assert original is not None
            assert mutant.change.payload != original.payload
            if mutant.kind == "set":
                name = "GetVariablesResponse" if mutant.answer else f"{mutant.action}Request"
                assert not SCHEMAS.judge(version("2.0.1"), name, mutant.change.payload), mutant
        for one, text in zip((one for one in recording.trace.entries if one.frame), before, strict=True):
            assert one.frame is not None and frames.parse(text).payload == one.frame.payload

    def test_neither_ours_nor_set_up_nor_clean_up(self, recorder: Recorder) -> None:
        def body(csms: Any) -> None:
            csms.configured("C", "V")
            asks(csms)

        recording = recorded(recorder, body)
        answers = [one for one in mutants_of(recording, version("2.0.1"), SCHEMAS) if one.action == "GetVariables"]
        assert len({one.entry for one in answers}) == 1

    def test_not_what_is_told_of_the_time_before(self, recorder: Recorder) -> None:
        def body(csms: Any) -> None:
            step("Wait", expect="statuses of one connector")
            for before in (0, 3, 300):
                told = {"timestamp": csms.timestamp(-before), "connectorStatus": "Available"}
                recorder.lab.device.after(0.1, "StatusNotification", **told, evseId=1, connectorId=1)
            csms.wait(lambda: False, within=1)
            stamps.extend(one.timestamp for one in csms.seen("StatusNotification"))

        stamps: list[str] = []
        found = mutants_of(recorder.record(body), version("2.0.1"), SCHEMAS)
        dropped = [one.original["timestamp"] for one in found if one.kind == "drop"]
        assert dropped == [stamps[0], stamps[2]], "of 3 s before: late; of 300 s before: told on purpose"

    def test_of_a_long_array_some_stand_for_all(self, recorder: Recorder) -> None:
        def body(csms: Any) -> None:
            step("Ask")
            data = [{"component": {"name": "C"}, "variable": {"name": f"V{n}"}} for n in range(9)]
            csms.send("GetVariables", getVariableData=data)

        found = mutants_of(recorded(recorder, body), version("2.0.1"), SCHEMAS)
        assert {one.pointer.split("/")[2] for one in found if one.pointer.count("/") > 1} == {"0", "1", "8"}


class TestScore:
    def scored(self, recording: Recording, body: Callable[..., None] = asks, *equivalents: Equivalent) -> Any:
        return score(recording, CaseInfo("TC_X_01", body), ENTRY, SCHEMAS, equivalents)

    def test_what_was_noticed_and_what_nobody_read(self, recorder: Recorder) -> None:
        result = self.scored(recorded(recorder))
        assert result.broken == "" and result.errors == [] and result.survived == []
        assert result.killed and result.killed + len(result.unjudged) <= result.mutants
        assert "GetVariables answer /getVariableResult/*/attributeValue" in result.unjudged
        assert not any("attributeStatus" in one for one in result.unjudged)
        assert 0 < result.ratio <= 1 and "0 read and survived" in result.line()

    def test_unjudged_fields_have_the_reason_that_is_on_file(self, recorder: Recorder) -> None:
        field = "/getVariableResult/*/attributeValue"
        recording = recorded(recorder)
        without = self.scored(recording)
        named = f"GetVariables answer {field}"
        assert without.unjudged[named] == "" and named in without.unexplained
        entries = [Unjudged("GetVariables answer", field, ("set", "remove"), "somebody else's")]
        result = score(recording, CaseInfo("TC_X_01", asks), ENTRY, SCHEMAS, (), entries)
        assert result.unjudged[named] == "somebody else's" and named not in result.unexplained
        assert result.to_json()["unjudged"][named] and result.ratio == without.ratio, "it counts all the same"
        some = [Unjudged("GetVariables answer", field, ("remove",), "half of it")]
        half = score(recording, CaseInfo("TC_X_01", asks), ENTRY, SCHEMAS, (), some)
        assert half.unjudged[named] == "", "every change of the field needs a reason"

    def test_what_was_read_and_not_judged_survives(self, recorder: Recorder) -> None:
        def careless(csms: Any) -> None:
            step("Ask")
            data = [{"component": {"name": "C"}, "variable": {"name": "V"}}]
            check(csms.send("GetVariables", getVariableData=data).getVariableResult[0].attributeValue, "some value")
            csms.drain()

        result = self.scored(recorded(recorder, careless), careless)
        assert [one.split(" (")[0] for one in result.survived] == [
            "set GetVariables answer /getVariableResult/0/attributeValue"
        ]

    def test_equivalents_are_left_out_with_a_reason(self, recorder: Recorder) -> None:
        equivalent = Equivalent("GetVariables answer", "/getVariableResult/*/attributeValue", ("set", "remove"), "free")
        result = self.scored(recorded(recorder), asks, equivalent)
        assert result.equivalent == 1, "the monitor notices a value that is missing"
        assert not any("attributeValue" in one for one in result.unjudged)

    def test_a_killed_mutant_counts_as_killed_although_it_is_named_equivalent(self, recorder: Recorder) -> None:
        everything = Equivalent("*", "*", ("drop", "set", "remove"), "too much")
        result = self.scored(recorded(recorder), asks, everything)
        assert result.killed == self.scored(recorded(Recorder()), asks).killed

    def test_a_case_that_does_not_pass_unchanged_has_no_score(self, recorder: Recorder) -> None:
        def other(csms: Any) -> None:
            step("Wait")
            csms.expect("BootNotification")

        result = self.scored(recorded(recorder), other)
        assert result.broken.startswith("the unchanged replay ended FAIL: expected BootNotification")
        assert result.mutants == 0 and result.ratio == 0.0

    def test_totals(self, recorder: Recorder) -> None:
        one = self.scored(recorded(recorder))
        total = summary([one, one])
        assert total["cases"] == 2 and total["mutants"] == 2 * (one.mutants - one.equivalent)
        assert total["ratio"] == pytest.approx(one.ratio)
        assert summary([])["ratio"] == 0.0


class TestEquivalents:
    def mutant(self, **fields: Any) -> Mutant:
        given = {"kind": "set", "entry": 1, "action": "A", "answer": False, "pointer": "/x/3/y", **fields}
        message = {"kind": "Started", "x": [0, 1, 2, {"y": 5, "on": True}]}
        return Mutant(**given, change=Change(1, {}), original=message)

    @pytest.mark.parametrize(
        ("equivalent", "covers"),
        [
            (Equivalent("A", "/x/*/y", ("set",), "r"), True),
            (Equivalent("A", "/x/*", ("set",), "r"), True),
            (Equivalent("A*", "*", ("remove", "set"), "r"), True),
            (Equivalent("A answer", "/x/*/y", ("set",), "r"), False),
            (Equivalent("A", "/x/*/y", ("remove",), "r"), False),
            (Equivalent("A", "/z", ("set",), "r"), False),
            (Equivalent("A", "*", ("set",), "r", ("TC_X_*",)), True),
            (Equivalent("A", "*", ("set",), "r", ("TC_Y_01",)), False),
            (Equivalent("A", "*", ("set",), "r", where=(("/kind", ("Started",)), ("/x/3/on", ("true",)))), True),
            (Equivalent("A", "*", ("set",), "r", where=(("/kind", ("Up*", "absent")),)), False),
            (Equivalent("A", "*", ("set",), "r", where=(("/x/4", ("absent",)), ("/kind/z", ("absent",)))), True),
            (Equivalent("A", "*", ("set",), "r", where=(("/kind", ("absent",)),)), False),
            (Equivalent("A", "*", ("set",), "r", where=(("/z", ("*",)),)), False),
            (Equivalent("A", "*", ("set",), "r", where=((".", ("5",)),)), True),
            (Equivalent("A", "*", ("set",), "r", where=((".", ("6",)),)), False),
        ],
    )
    def test_what_an_entry_covers(self, equivalent: Equivalent, covers: bool) -> None:
        assert equivalent.covers("TC_X_01", self.mutant()) is covers

    def test_every_entry_has_a_reason(self, tmp_path: Path) -> None:
        path = tmp_path / "equivalents.toml"
        path.write_text('[[equivalent]]\nmessage = "A"\nreason = "r"\n\n[[equivalent]]\nmessage = "B"\n')
        with pytest.raises(EquivalentsError, match="entry 2 needs a message and a reason"):
            load_equivalents(path)
        path.write_text("")
        assert load_equivalents(path) == ()

    def test_where_is_a_pattern_or_several(self, tmp_path: Path) -> None:
        path = tmp_path / "equivalents.toml"
        path.write_text('[[equivalent]]\nmessage = "A"\nreason = "r"\nwhere = { "/x" = "1", "." = ["a", "b*"] }\n')
        assert load_equivalents(path)[0].where == (("/x", ("1",)), (".", ("a", "b*")))

    def test_ours_can_be_read(self) -> None:
        assert all(one.reason for one in load_equivalents(data_path("testcases", "equivalents.toml")))
        assert all(one.reason for one in load_unjudged(data_path("testcases", "unjudged.toml")))


class TestVariants:
    def test_ours_can_be_read_and_name_cases(self) -> None:
        from conformance.cases.discovery import discover

        known = {info.id for info in discover()}
        for one in load_variants(data_path("testcases", "variants.toml")):
            assert one.role in ("CS", "CSMS") and one.cases
            assert set(one.cases) <= known, f"{one.name}: {sorted(set(one.cases) - known)}"

    @pytest.mark.parametrize("missing", ["name", "role", "cases"])
    def test_one_without_what_it_needs(self, tmp_path: Path, missing: str) -> None:
        lines = {"name": 'name = "x"', "role": 'role = "CS"', "cases": 'cases = ["TC_X"]'}
        del lines[missing]
        path = tmp_path / "variants.toml"
        path.write_text("[[variant]]\n" + "\n".join(lines.values()))
        with pytest.raises(ValueError, match="variant 1 needs name, role and cases"):
            load_variants(path)


class TestTracking:
    def parsed(self, text: str) -> tuple[Any, Reads]:
        reads = Reads()
        reads.frame = 7
        return tracking_parse(reads)(text).payload, reads

    def test_reading_is_noted_and_peeking_is_not(self) -> None:
        payload, reads = self.parsed('[2,"x","A",{"a":{"b":1},"l":[{"c":2}]}]')
        assert payload.peek("a").peek("b") == 1 and reads.seen == set()
        assert payload["a"]["b"] == 1 and payload.get("missing") is None and payload["l"][0]["c"] == 2
        assert reads.seen == {(7, "/a"), (7, "/a/b"), (7, "/missing"), (7, "/l"), (7, "/l/0/c")}

    @pytest.mark.parametrize(
        "look",
        [
            lambda p: list(p),
            lambda p: list(p.items()),
            lambda p: list(p.values()),
            lambda p: [one in p for one in ("a", "b")],
        ],
    )
    def test_every_way_of_looking(self, look: Callable[[Any], Any]) -> None:
        payload, reads = self.parsed('[2,"x","A",{"a":1,"b":2}]')
        look(payload)
        assert reads.seen == {(7, "/a"), (7, "/b")}

    def test_it_is_the_same_object_otherwise(self) -> None:
        payload, reads = self.parsed('[2,"x","A",{"a":[1,0.5],"b":null}]')
        assert payload == {"a": [1, Decimal("0.5")], "b": None} == payload.raw
        assert isinstance(payload, TrackingDict) and type(payload.raw) is dict
        reads.on = False
        reads.seen.clear()
        assert payload["a"] and reads.seen == set()

    @pytest.mark.parametrize("text", ["nonsense", '[2,"x","A",[]]', '[4,"x","InternalError","",{}]'])
    def test_what_has_no_object_is_left_alone(self, text: str) -> None:
        self.parsed(text)
