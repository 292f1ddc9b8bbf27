"""The allowed reactions to broken messages: in the version's own words, and right when two things are odd at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.fuzz import framework
from conformance.fuzz.example import Allowed
from conformance.ocppj.versions import VERSIONS, Version

TABLES: tuple[Callable[[Version], Allowed], ...] = (
    framework.taken,
    framework.legal,
    framework.big,
    framework.big_and_broken,
    framework.binary,
    framework.unread,
    framework.no_json,
    framework.not_utf8,
    framework.unknown_type,
    framework.no_type,
    framework.broken_call,
    framework.no_id,
    framework.long_id,
    framework.empty_id,
    framework.repeated,
    framework.unknown_action,
    framework.foreign_action,
    framework.wrong_direction,
    framework.no_action,
    framework.broken_payload,
    framework.unasked,
    framework.broken_answer,
    framework.corrupt_answer,
    framework.unanswerable,
)
VERSION = [pytest.param(version, id=version.id) for version in VERSIONS.values()]


@pytest.mark.parametrize("version", VERSION)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_codes_are_those_of_the_version_and_something_is_allowed(
    version: Version, table: Callable[[Version], Allowed]
) -> None:
    allowed = table(version)
    assert allowed.codes - framework.COMPLAINT <= set(version.error_codes)
    assert allowed.tolerated - {"CALLRESULT", "silence", "RpcFrameworkError"} <= set(version.error_codes)
    assert allowed.codes or allowed.result or allowed.silence
    assert not allowed.codes & allowed.tolerated
    assert allowed.source


@pytest.mark.parametrize("version", VERSION)
def test_only_16_may_be_silent_about_what_it_cannot_read(version: Version) -> None:
    for unreadable in (framework.no_json, framework.no_id, framework.not_utf8, framework.long_id):
        assert unreadable(version).silence == (version.unreadable_id is None)
    for readable in (framework.broken_call, framework.unknown_action, framework.no_action, framework.broken_payload):
        assert not readable(version).silence


def test_an_unknown_type_is_ignored_and_only_2x_has_a_word_for_it() -> None:
    assert framework.unknown_type(VERSIONS["1.6"]).codes == frozenset()
    for version in ("2.0.1", "2.1"):
        assert framework.unknown_type(VERSIONS[version]).codes == {"MessageTypeNotSupported"}
    assert all(framework.unknown_type(version).silence for version in VERSIONS.values())


def test_only_21_complains_of_a_broken_answer() -> None:
    assert not framework.broken_answer(VERSIONS["1.6"]).codes
    assert not framework.broken_answer(VERSIONS["2.0.1"]).codes
    assert framework.broken_answer(VERSIONS["2.1"]).codes == framework.COMPLAINT


def test_two_things_at_once_may_be_refused_as_either_and_taken_only_if_both_may() -> None:
    version = VERSIONS["2.0.1"]
    legal, broken, silent = framework.legal(version), framework.unknown_action(version), framework.unasked(version)
    mixed = framework.both(legal, broken)
    assert not mixed.result and {"NotImplemented", "FormatViolation"} <= mixed.codes
    assert framework.both(legal, legal).result
    assert framework.both(broken, silent).silence and not framework.both(broken, legal).silence
    assert framework.both(mixed, mixed) == mixed
    assert not mixed.tolerated & mixed.codes


def test_two_things_at_once_may_be_answered_by_either_close_code() -> None:
    version = VERSIONS["2.0.1"]
    big, bytes_, plain = framework.big(version), framework.not_utf8(version), framework.no_json(version)
    assert framework.both(big, bytes_).close_codes == {1007, 1009}
    assert framework.both(big, plain).close_codes == {1009}
    assert not framework.both(plain, plain).close
    assert framework.both(big, Allowed(close=True)).close_codes == frozenset(), "any code"
    first = Allowed(result=True, statuses=frozenset({"Rejected", "Failed"}))
    assert framework.both(first, Allowed(result=True, statuses=frozenset({"Rejected"}))).statuses == {"Rejected"}
