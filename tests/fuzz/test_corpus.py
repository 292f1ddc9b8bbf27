"""Examples in files, and as source: the same example comes back, and what is no example is told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.fuzz import acts
from conformance.fuzz.corpus import ReplayError, Saved, from_json, load, of_case, portable, save, to_json
from conformance.fuzz.example import PLACEHOLDERS, Act, Allowed, Example, act, text_bytes
from conformance.fuzz.printing import case_source

ALL = (
    acts.send('[2,"{{id}}","Heartbeat",{"a":"\ud800\u0000é😀"}]'),
    acts.send(["[", ("[", 100_000), ("hex", "fffe", 3)]),
    acts.send_binary("x"),
    acts.send_fragments("[2]", 1, [acts.frame(9, "between", at=1)]),
    acts.send_fragments("[2]", [0, 2], deflate=True),
    acts.frames([acts.frame(1, [("x", 3), ("hex", "ff", 2)], fin=False, rsv=4), acts.frame(8, length=7)]),
    acts.knock(["GET / HTTP/1.1\r\n\r\n"], slices=3, pause=0.1, end="leave", count=9),
    acts.answer_attempts([acts.attempt_answer("HTTP/1.1 200 OK\r\n\r\n"), acts.attempt_answer(then="keep")], 0.5),
    acts.raw(b"\x81\x00\xff"),
    acts.call("Reset", type="Soft", verb="odd", action="odder"),
    acts.answer("Heartbeat", '[3,"{{theirs}}",{}]', "again"),
    acts.answer("Heartbeat"),
    acts.answer_fields("Authorize", idTagInfo={"status": "Invalid"}, list=[1, [2.5, None, True]]),
    acts.refuse("Authorize", "InternalError"),
    acts.operate("plug_in", evseId=1),
    acts.operate("csms_sends", action="Reset", type="Soft"),
    acts.reach("Booted", reason="PowerUp"),
    acts.cut(),
    acts.reset(),
    acts.close(4000),
    acts.faults({"kind": "cut", "at": 2, "size": 7}),
    acts.reconnect(),
    acts.legal('[2,"{{fresh}}","Heartbeat",{}]', ['[2,"{{id}}","', ("x", 300), '",{}]'], judged=1),
    acts.trial('[2,"{{id}}","Heartbeat",{}]', judged=0),
    acts.reported(),
    acts.rebooted(),
)


def saved(*given: Act, **fields: object) -> Saved:
    example = Example("an example", given, Allowed(codes=frozenset({"B", "A"}), silence=True), "Reset", "odd text")
    return Saved("OC_FZ_04_CS", "2.0.1", "CS", example, {"rule": "x", **fields})


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.verb)
def test_every_act_survives_the_file(one: Act, tmp_path: Path) -> None:
    path = save(tmp_path, saved(one))
    assert load(path) == saved(one)
    assert load(path).example.acts[0].args == one.args


def test_the_same_example_has_the_same_file_whatever_was_found_with_it(tmp_path: Path) -> None:
    assert save(tmp_path, saved(acts.cut())) == save(tmp_path, saved(acts.cut(), actual="something else"))
    assert save(tmp_path, saved(acts.cut())) != save(tmp_path, saved(acts.reset()))
    assert len(list(of_case(tmp_path, "OC_FZ_04_CS", "2.0.1"))) == 2
    assert not list(of_case(tmp_path, "OC_FZ_04_CS", "2.1")) and not list(of_case(tmp_path / "no", "x", "2.1"))


def test_a_damaged_file_of_the_corpus_is_passed_over(tmp_path: Path) -> None:
    save(tmp_path, saved(acts.cut()))
    (tmp_path / "OC_FZ_04_CS-2.0.1-x.json").write_text("{")
    assert len(list(of_case(tmp_path, "OC_FZ_04_CS", "2.0.1"))) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no such file"),
        ("{", "it can't be read as JSON"),
        ("[]", "it is no saved example"),
        ('{"format": "ocpp-conformance-example/9"}', "it is no saved example of format ocpp-conformance-example/1"),
        ('{"format": "ocpp-conformance-example/1"}', "the example in it is damaged (KeyError"),
    ],
)
def test_what_is_no_example_is_told_in_one_line(content: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ReplayError, match=str(path)) as error:
        load(path)
    assert told in str(error.value) and "\n" not in str(error.value)


def test_an_act_that_nobody_knows_is_told(tmp_path: Path) -> None:
    plain = to_json(saved(acts.cut()))
    plain["example"]["acts"][0]["verb"] = "explode"
    with pytest.raises(ValueError, match="no act 'explode'"):
        from_json(plain)
    assert json.dumps(to_json(saved(act("cut"))), allow_nan=False)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.verb)
def test_the_printed_case_plays_the_same_acts(one: Act) -> None:
    """The source compiles, and calls `fuzz.check` with acts that are equal to the saved ones."""
    played: list[object] = []

    class Fuzz:
        def check(self, *given: Act, allowed: Allowed, oracles: tuple[str, ...] = ()) -> None:
            played.extend([*given, allowed, oracles])

    source = case_source(saved(one, actual='a "quoted" \\ text'))
    # The decorator and the step belong to a running case; what the body plays is what counts here.
    names: dict[str, object] = {}
    exec(compile(source.replace("from conformance import Allowed, case, step", _STUBS), "printed", "exec"), names)
    body = next(value for name, value in names.items() if name.startswith("test_"))
    body(None, Fuzz())  # type: ignore[operator]
    assert played == [one, saved(one).example.allowed, ()]


_STUBS = """
from conformance import Allowed
case = lambda id: lambda function: function
step = lambda text, expect="": None
"""


def test_texts_in_segments() -> None:
    assert text_bytes(("[", ("ab", 3), ("hex", "ff00", 2), "{{id}}"), {"{{id}}": "x"}) == b"[ababab\xff\x00\xff\x00x"
    assert text_bytes(("\ud800",)) == b"\xed\xa0\x80"
    assert text_bytes(("{{id}} {{none}}",), {"{{id}}": "x"}) == b"x {{none}}"


def test_a_saved_example_holds_placeholders_instead_of_tokens() -> None:
    tokens = {
        "valid": {"idToken": "AABBCC01", "type": "ISO14443"},
        "blocked": {"idToken": "AABBCC07", "type": "ISO14443"},
        "single": {"idToken": "7", "type": "Local"},
    }
    given = saved(
        acts.send('[2,"{{id}}","Authorize",{"idTag":"AABBCC07","at":"7 AABBCC077"}]'),
        acts.operate("present_token", idToken=dict(tokens["single"])),
        acts.call("Authorize", idTag="AABBCC01"),
        actual="Accepted AABBCC07",
    )
    made = portable(given, tokens)
    assert text_bytes(made.example.acts[0].args["text"] and ("".join(made.example.acts[0].args["text"]),)) == (
        b'[2,"{{id}}","Authorize",{"idTag":"{{token blocked}}","at":"7 AABBCC077"}]'
    )
    assert made.example.acts[1].args["args"]["idToken"] == {"idToken": "{{token single}}", "type": "Local"}
    assert made.example.acts[2].args["payload"] == {"idTag": "{{token}}"}
    assert made.found["actual"] == "Accepted {{token blocked}}"
    assert portable(made, tokens) == made and portable(given, {}) == given


def test_every_token_of_a_description_has_a_placeholder() -> None:
    from conformance.dut.keys import TOKENS
    from conformance.fuzz.example import TOKEN_NAMES
    from conformance.fuzz.stage import _VALUES

    assert {key.name for key in TOKENS.keys} - {"valid"} == set(TOKEN_NAMES)
    assert set(PLACEHOLDERS) == set(_VALUES)
