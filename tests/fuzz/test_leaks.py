"""What the detector of leaks finds in real error texts, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.fuzz.leaks import MAX_TEXTS, findings, leaks, leaks_of_error
from conformance.ocppj import frames
from conformance.ocppj.findings import Severity
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import VERSIONS

STACK_TRACES = [
    'Traceback (most recent call last):\n  File "handler.py", line 12, in handle',
    "at de.rwth.idsg.steve.ocpp.ws.pipeline.Deserializer.accept(Deserializer.java:88)",
    "TypeError: x at Object.<anonymous> (/srv/app/dist/router.js:41:17)",
    "at async Router.handle (node:internal/process/task_queues:95:5)",
    "at Ocpp.Core.Handler.Handle(String message) in Handler.cs:line 12",
    "panic: runtime error: index out of range [3] with length 2",
    "goroutine 17 [running]:",
    "thread 'main' panicked at 'called `Option::unwrap()`'",
    "terminate called after throwing an instance of",
    "Caused by: connection refused",
]
SQL = [
    "SELECT charge_box_pk FROM charge_box WHERE charge_box_id = ?",
    "insert into connector_status (connector_pk, status) values (?, ?)",
    'UPDATE "stations" SET last_seen = now()',
    "DELETE FROM transaction WHERE id = 1",
    "select charge_box_id, last_heartbeat from charge_box",
    "delete from reservation where id = 7",
]
DATABASE = [
    "SQLSTATE 22001: data too long",
    "ORA-00001: unique constraint violated",
    'duplicate key value violates unique constraint "tx_pkey"',
    "sqlite3.OperationalError: database is locked",
    "could not execute statement; nested exception is",
]
OTHERS = [
    ("a line of source", "unexpected token (message_router.cpp:231)"),
    ("a file path", "cannot open /opt/csms/config/stations.yaml"),
    ("a file path", "not found: C:\\Program Files\\Csms\\station.db"),
    ("a file path", "in site-packages"),
    ("an address of an inner service", "connecting to postgres://csms:geheim@10.0.0.5/ocpp failed"),
    ("an address of an inner service", "jdbc:mysql://db:3306/stevedb"),
    ("a secret", "login failed for user=csms password=hunter2"),
    ("a memory address", "<Station object at 0x7f3a1c2b4d50>"),
    ("the name of an exception", "java.lang.NullPointerException"),
    ("the name of an exception", "JSONDecodeError: Expecting value"),
    ("the name of an exception", "[json.exception.type_error.302] type must be string"),
    ("the words of a runtime", "Cannot read properties of undefined (reading 'idToken')"),
    ("the words of a runtime", "'NoneType' object has no attribute 'get'"),
    ("the words of a runtime", "invalid memory address or nil pointer dereference"),
]
HONEST = [
    "",
    "unknown action 'OcppConformanceUnknown'",
    "/meterValue/0/sampledValue/0/value: expected a number, got a string",
    'expected \',\' delimiter at character 12 of 40: ...[2,"1" "Heartbeat"...',
    "the payload is null instead of {} (payload-null)",
    "byte 17 (0xed) is no UTF-8: invalid continuation byte",
    "password: shorter than 16 characters",
    "InternalError",
    "errorCode: one of ConnectorLockFailure, EVCommunicationError, InternalError, OtherError",
    "message is 1048602 bytes long, at most 1048576 are read",
    "Payload for Action is syntactically incorrect or not conform the PDU structure for Action",
    "RpcFrameworkError: MessageId could not be read",
    "please select an EVSE from the list",
    "insert into the connector, delete from the list, update the set",
    "see https://www.openchargealliance.org/protocols/",
    "ws://csms.example.com/ocpp/CS001",
    "firmware 1.2.3 at 10:30:00",
]


@pytest.mark.parametrize("text", STACK_TRACES)
def test_stack_traces_are_found(text: str) -> None:
    assert {leak.kind for leak in leaks(text)} & {"a stack trace"}


@pytest.mark.parametrize("text", SQL)
def test_sql_is_found(text: str) -> None:
    assert "SQL" in {leak.kind for leak in leaks(text)}


@pytest.mark.parametrize("text", DATABASE)
def test_the_words_of_a_database_are_found(text: str) -> None:
    assert "the words of a database" in {leak.kind for leak in leaks(text)}


@pytest.mark.parametrize(("kind", "text"), OTHERS)
def test_other_leaks_are_found_by_their_kind(kind: str, text: str) -> None:
    assert kind in {leak.kind for leak in leaks(text)}


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_error_text_lets_nothing_out(text: str) -> None:
    assert leaks(text) == ()


def test_an_echo_of_what_was_sent_is_no_leak() -> None:
    sent = '[2,"1","DataTransfer",{"vendorId":"SELECT id FROM station"}]'
    assert leaks("vendorId is 'SELECT id FROM station'") != ()
    assert leaks("vendorId is 'SELECT id FROM station'", sent) == ()
    assert leaks("SELECT password FROM station", sent) != ()


def test_details_are_searched_wherever_they_hide_a_text() -> None:
    trace = "Traceback (most recent call last):"
    for details in (trace, [trace], {"why": {"deep": [trace]}}, {trace: 1}):
        assert [leak.kind for leak in leaks_of_error("wrong", details)] == ["a stack trace"]
    assert leaks_of_error("wrong", {"why": None, "index": 3, "pointer": "/key/0"}) == ()


def test_an_endless_list_of_texts_costs_no_endless_time() -> None:
    assert leaks_of_error("", ["x"] * (10 * MAX_TEXTS)) == ()


def _trace(*texts: tuple[str, str]) -> Trace:
    trace = Trace()
    for sender, text in texts:
        frame = frames.parse(text)
        asked = next((one.index for one in trace.entries if one.frame and one.frame.id == frame.id), None)
        trace.add("frame", 0.0, sender=sender, frame=frame, answers=asked)
    return trace


SENT = ("CSMS", '[2,"1","DataTransfer",{"vendorId":"SELECT id FROM station"}]')


def test_an_error_of_the_device_that_leaks_is_a_finding() -> None:
    trace = _trace(SENT, ("CS", '[4,"1","InternalError","",{"trace":["Traceback (most recent call last):"]}]'))
    (finding,) = findings(trace.entries, "CS")
    assert (finding.severity, finding.frame) == (Severity.MUST, 1)
    assert "a stack trace: Traceback" in finding.actual
    assert not list(findings(trace.entries, "CSMS")), "only the device's own errors count"


def test_the_name_of_an_exception_alone_is_a_remark() -> None:
    trace = _trace(SENT, ("CS", '[4,"1","InternalError","KeyError",{}]'))
    assert [finding.severity for finding in findings(trace.entries, "CS")] == [Severity.SHOULD]


def test_an_error_that_repeats_what_it_answers_is_no_finding() -> None:
    echo = "no vendor 'SELECT id FROM station'"
    assert not list(findings(_trace(SENT, ("CS", f'[4,"1","GenericError","{echo}",{{}}]')).entries, "CS"))
    assert not list(findings(_trace(SENT, ("CS", f'[4,"-1","GenericError","{echo}",{{}}]')).entries, "CS"))
    assert list(
        findings(_trace(("CSMS", '[2,"1","Reset",{}]'), ("CS", f'[4,"1","GenericError","{echo}",{{}}]')).entries, "CS")
    )


def test_an_error_that_answers_nothing_in_particular_is_judged_too() -> None:
    assert list(findings(_trace(SENT, ("CS", '[4,"-1","GenericError","panic: what now",{}]')).entries, "CS"))


def test_answers_and_calls_are_not_judged() -> None:
    trace = _trace(SENT, ("CS", '[3,"1",{"status":"Rejected","data":"SELECT a FROM b"}]'))
    assert not list(findings(trace.entries, "CS"))


def _words(schema: Any) -> Iterator[str]:
    """Enumeration values of a schema, and its members as they stand in a JSON pointer."""
    if isinstance(schema, dict):
        yield from map(str, schema.get("enum", ()))
        yield from (f"/{name}/0/value: expected a number, got a string" for name in schema.get("properties", ()))
        for inner in schema.values():
            yield from _words(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _words(inner)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=lambda version: version.id)
def test_no_word_of_the_standard_is_taken_for_a_leak(version: Any) -> None:
    store = SchemaStore()
    words = set(version.actions) | set(version.error_codes)
    for name in version.schemas:
        words.update(_words(store.schema(version, name)))
    assert len(words) > 100
    assert {word for word in words if leaks(word)} == set()
