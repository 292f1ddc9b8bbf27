"""What a device may do about a message, worked out from the message: as the tables say that were written by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.fuzz import framework, reactions
from conformance.fuzz.derived import BIG, reactions_to
from conformance.fuzz.envelope import broken_envelopes
from conformance.fuzz.example import Allowed, frozen, text_bytes
from conformance.fuzz.known import SAMPLE
from conformance.fuzz.texts import broken_texts
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, Version

SCHEMAS = SchemaStore()
DEVICES = [
    pytest.param(SimpleNamespace(version=version, role=role), id=f"{version.id}-{role}")
    for version in VERSIONS.values()
    for role in ("CS", "CSMS")
]
CANNOT_TELL = {"repeated id", "depth", "size", "huge number", "small number", "duplicate key"}
"""What one message alone does not show, and what the written tables leave wide on purpose."""


def to(version: Version, text: str, role: str = "CS") -> Allowed:
    return reactions_to(version, role, SCHEMAS, text.encode())


@pytest.mark.parametrize("device", DEVICES)
def test_the_tables_written_by_hand_agree(device: Any) -> None:
    compared = 0
    for example in (*broken_envelopes(device), *broken_texts(device)):
        act = example.acts[-1]
        if act.verb != "send" or example.constraint in CANNOT_TELL:
            continue
        compared += 1
        written = example.allowed
        found = reactions_to(device.version, device.role, SCHEMAS, text_bytes(frozen(act.args["text"]), SAMPLE))
        assert found.result == written.result, example.name
        assert found.silence == written.silence, example.name
        assert written.codes <= found.codes | found.tolerated, example.name
        assert written.close_codes <= found.close_codes, example.name
    assert compared > 180


V16, V201, V21 = VERSIONS.values()


@pytest.mark.parametrize("version", [V16, V201, V21], ids=lambda version: version.id)
def test_a_valid_call_may_be_taken_or_be_unsupported(version: Version) -> None:
    allowed = to(version, '[2,"1","ClearCache",{}]')
    assert allowed.result and not allowed.silence and allowed.codes >= reactions.UNSUPPORTED


def test_a_broken_payload_is_refused_by_what_is_broken() -> None:
    missing = to(V201, '[2,"1","Reset",{}]')
    assert "OccurrenceConstraintViolation" in missing.codes and not missing.result and not missing.silence
    assert missing.codes >= reactions.UNSUPPORTED, "an action that is not supported need not be looked into"
    unknown = to(V201, '[2,"1","ClearCache",{"x":1}]')
    assert not unknown.result and "CALLRESULT" in unknown.tolerated, "an unknown field may be overlooked"
    both = to(V201, '[2,"1","Reset",{"x":1}]')
    assert not both.result and "CALLRESULT" not in both.tolerated, "but not what is missing beside it"


def test_several_things_wrong_may_be_refused_for_each() -> None:
    allowed = to(V201, '[2,"' + "x" * 37 + '","NoSuchAction",[],1]')
    assert {"NotImplemented", "RpcFrameworkError", "ProtocolError", "TypeConstraintViolation"} <= allowed.codes
    assert not allowed.result and not allowed.silence


def test_what_follows_the_head_of_a_broken_text_may_count_or_not() -> None:
    assert "NotImplemented" in to(V201, '[2,"1","NoSuchAction",{').codes
    assert "NotImplemented" not in to(V201, '[2,"1","Reset",{').codes
    assert to(V201, '[3,"1",{').silence and not to(V201, '[2,"1","Reset",{').silence
    assert to(V16, '[2,"1","Reset",{').silence
    assert to(V201, '[7,"1",' + "[" * 2000).silence


def test_a_member_named_twice_leaves_open_which_one_counts() -> None:
    assert to(V201, '[2,"1","DataTransfer",{"vendorId":null,"vendorId":"a"}]').result
    assert not to(V201, '[2,"1","DataTransfer",{"vendorId":null}]').result


def test_whole_numbers_with_a_point_are_integers_to_some() -> None:
    point = to(V16, '[2,"1","GetCompositeSchedule",{"connectorId":1.0,"duration":60}]')
    assert not point.result and "CALLRESULT" in point.tolerated
    assert "CALLRESULT" not in to(V16, '[2,"1","GetCompositeSchedule",{"connectorId":1.5,"duration":60}]').tolerated
    assert to(V201, '[2,"1","GetCompositeSchedule",{"evseId":1.0,"duration":60}]').result


def test_a_byte_order_mark_excuses_nothing_else() -> None:
    assert to(V201, '\ufeff[2,"1","ClearCache",{}]').result
    assert not to(V201, '\ufeff[2,"1","Reset",{}]').result


def test_big_messages_may_be_closed_upon() -> None:
    small, big = ('[2,"1","DataTransfer",{"vendorId":"a","data":"' + "x" * size + '"}]' for size in (10, BIG))
    assert not to(V201, small).close
    assert to(V201, big).close_codes == framework.TOO_BIG and to(V201, big).result


def test_actions_are_judged_by_the_role_and_the_version() -> None:
    assert to(V201, '[2,"1","Heartbeat",{}]', "CSMS").result
    assert to(V201, '[2,"1","Heartbeat",{}]', "CS").codes >= {"NotSupported", "NotImplemented"}
    assert not to(V201, '[2,"1","Heartbeat",{}]', "CS").result
    assert to(V201, '[2,"1","GetConfiguration",{}]').codes == {"NotImplemented"}
    assert to(V16, '[2,"1","GetConfiguration",{}]').result
    assert to(V21, '[6,"1","NotifyPeriodicEventStream",{}]', "CSMS") == framework.unanswerable(V21)
    assert to(V201, '[6,"1","NotifyPeriodicEventStream",{}]', "CSMS") == framework.unknown_type(V201)


def test_a_message_with_an_unreadable_id_may_be_answered_whatever_its_type() -> None:
    assert "RpcFrameworkError" in to(V201, "[3,null,{}]").codes
    assert to(V201, "[3,null,{}]").silence
