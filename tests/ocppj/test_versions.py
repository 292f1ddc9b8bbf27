"""The versions as data."""

from __future__ import annotations

import pytest

from conformance.ocppj.frames import SEND, parse
from conformance.ocppj.versions import VERSIONS, version


def test_sizes_and_names() -> None:
    assert {id: (len(v.actions), len(v.schemas)) for id, v in VERSIONS.items()} == {
        "1.6": (39, 78),
        "2.0.1": (64, 128),
        "2.1": (91, 181),
    }
    assert [v.subprotocol for v in VERSIONS.values()] == ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]


@pytest.mark.parametrize("id", list(VERSIONS))
def test_actions_name_every_schema_once_and_a_known_block(id: str) -> None:
    v = version(id)
    named = [name for action in v.actions.values() for name in (action.request, action.response) if name is not None]
    assert sorted(named) == sorted(v.schemas)
    assert {action.block for action in v.actions.values()} == set(v.blocks)
    assert {action.sender for action in v.actions.values()} == {"CS", "CSMS", "both"}


def test_some_actions() -> None:
    boot = version("1.6").actions["BootNotification"]
    assert (boot.sender, boot.block, boot.request, boot.response) == (
        "CS",
        "Core",
        "BootNotification",
        "BootNotificationResponse",
    )
    assert version("2.0.1").actions["Reset"].request == "ResetRequest"
    assert not version("2.0.1").actions["Reset"].may_be_sent_by("CS")
    assert version("2.1").actions["DataTransfer"].may_be_sent_by("CS")
    stream = version("2.1").actions["NotifyPeriodicEventStream"]
    assert (stream.request, stream.response, stream.message_type) == ("NotifyPeriodicEventStream", None, SEND)
    assert [a.name for v in VERSIONS.values() for a in v.actions.values() if a.response is None] == [stream.name]


def test_error_codes_with_their_spellings() -> None:
    assert version("1.6").canonical_error_code("FormatViolation") == "FormationViolation"
    assert version("1.6").canonical_error_code("OccurrenceConstraintViolation") == "OccurenceConstraintViolation"
    assert version("2.0.1").canonical_error_code("FormationViolation") == "FormatViolation"
    assert version("2.1").canonical_error_code("RpcFrameworkError") == "RpcFrameworkError"
    assert version("1.6").canonical_error_code("RpcFrameworkError") is None
    assert [len(v.error_codes) for v in VERSIONS.values()] == [10, 12, 12]


def test_problems_depend_on_the_version() -> None:
    send = parse('[6,"1","NotifyPeriodicEventStream",{}]')
    assert [problem.code for problem in version("2.0.1").problems(send)] == ["type-not-in-version"]
    assert version("2.1").problems(send) == ()
    long = parse(f'[4,"1","GenericError","{"x" * 300}",{{}}]')
    assert version("1.6").problems(long) == ()
    assert [problem.code for problem in version("2.1").problems(long)] == ["description-too-long"]
    unknown = parse('[9,"1",{}]')
    assert [problem.code for problem in version("2.1").problems(unknown)] == ["unknown-type"]


def test_an_unknown_version_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"OCPP 2\.0 is not known; the versions are 1\.6, 2\.0\.1, 2\.1"):
        version("2.0")
