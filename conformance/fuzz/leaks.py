"""What an error text lets out: stack traces, SQL, file paths, names of exceptions, addresses of inner services.

A peer has no use for any of it, and an attacker has: it names the language, the libraries, the tables and the places of
a back office or a station's firmware. Sources: field defects 5 (a CALLERROR with the SQL that had failed) and S11;
CWE-209. Nothing in OCPP forbids a device to say why it refuses, so a detector must not mind what an honest error text
holds: JSON pointers, the names of fields, actions and enumeration values, OCPP's own error codes, and an echo of what
was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.frames import CALLERROR, CALLRESULTERROR
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import VERSIONS

NAME_ONLY = "the name of an exception"
"""The kind of leak that says least."""
EXCERPT = 80
"""Characters of a leak that are shown."""
MAX_TEXTS = 1000
"""Texts of one errorDetails that are looked at; more of them say no more."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that should have stayed inside: its kind, in words, and the text that shows it."""

    kind: str
    excerpt: str


_NO_NAMES = frozenset({code for version in VERSIONS.values() for code in version.error_codes}) | {
    # Values of enumerations, which a device may well list when it refuses another one.
    "CertChainError",
    "EVCommunicationError",
    "NoError",
    "OtherError",
    "SignatureError",
    # How RFC 6455 and HTTP libraries word a close code or a status; no name of a class.
    "WebSocketError",
    "ServerError",
}
"""Words that end like the name of an exception and are none."""

_WORDS = r"(?:[^\W\d_][\w$]*\.)*"
_KINDS: tuple[tuple[str, str], ...] = (
    ("a stack trace", r"Traceback \(most recent call last\)|^\s*File \"[^\"]+\", line \d+"),
    ("a stack trace", r"\bat " + _WORDS + r"[\w$<>]+\([\w$]+\.(?:java|kt|scala|groovy):\d+\)"),
    ("a stack trace", r"\bat [\w$.<>\[\] ]+ \(?(?:node:|file:|/|[A-Za-z]:\\)[^\s)]*:\d+(?::\d+)?\)?"),
    ("a stack trace", r"\bat [\w.`<>]+\([^)]*\) in [^:]+:line \d+"),
    ("a stack trace", r"\bgoroutine \d+ \[|\bpanic: |\bpanicked at |\bStack ?trace:|\bCaused by: \S"),
    ("a stack trace", r"\bcore dumped\b|\bSegmentation fault\b|\bterminate called after\b|\bAssertion .+ failed\b"),
    ("a line of source", r"\b[\w\-]+\.(?:py|java|kt|go|rs|c|cc|cpp|cxx|h|hpp|cs|js|mjs|ts|php|rb|ex|erl|lua):\d+"),
    ("SQL", r"\bSELECT\b[^;]{1,200}?\bFROM\b\s+[\w\"`\[.]+|\bDELETE\s+FROM\b\s+\S+"),
    # In small letters these may be English: what follows tells.
    ("SQL", r"\bselect\s+(?:\*|\w+[._]\w+|\w+\s*,)[^;]{0,200}?\bfrom\b\s+\S+|\bdelete\s+from\s+\S+\s+where\b"),
    ("SQL", r"(?i:\binsert\s+into\s+\S+\s*(?:\(|values\b|select\b)|\bupdate\s+\S+\s+set\s+\S+\s*=)"),
    ("SQL", r"(?i:\b(?:create|alter|drop)\s+table\b\s+\S+)"),
    ("the words of a database", r"\bSQLSTATE\b|\bORA-\d{5}\b|\bSQL(?:ITE|Server|Syntax|Integrity)\w*"),
    (
        "the words of a database",
        r"(?i:\bsyntax error at or near\b|\bviolates (?:unique|foreign key|not-null|check) constraint\b)",
    ),
    (
        "the words of a database",
        r"(?i:\bcould not execute (?:statement|query)\b|\bdata too long for column\b|\bduplicate entry .+ for key\b)",
    ),
    (
        "the words of a database",
        r"(?i:\byou have an error in your sql syntax\b|\bsqlite3?\.|\bhibernate\b|\bprepared statement\b)",
    ),
    (
        "an address of an inner service",
        r"(?i:\b(?:jdbc:\w+|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?|kafka|mssql|ldap)://?[^\s\"']+)",
    ),
    ("a secret", r"(?i:\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token)=[\"']?[^\s\"',;]{3,})"),
    (
        "a file path",
        r"(?<![\w:/.])/(?:home|usr|var|opt|etc|srv|root|tmp|proc|mnt|lib|app|build|src|workspace)/[\w.\-/]+",
    ),
    ("a file path", r"(?<![\w/])[A-Za-z]:\\{1,2}[\w.\- ]+\\{1,2}[\w.\-\\ ]+"),
    ("a file path", r"\b(?:site-packages|node_modules|dist-packages|\.cargo/registry|\.m2/repository)\b"),
    ("a memory address", r"\b0x[0-9a-fA-F]{8,16}\b"),
    (NAME_ONLY, r"\b(?:[a-z_]\w*\.)*[A-Z]\w*(?:Exception|Error)\b"),
    (
        "the name of an exception",
        r"\bjson\.exception\.\w+|\bstd::(?:\w+_error|exception|bad_\w+|out_of_range|logic_error)",
    ),
    ("the words of a runtime", r"\bCannot read propert(?:y|ies) of (?:undefined|null)\b|\bis not a function\b"),
    ("the words of a runtime", r"\bnil pointer dereference\b|\bindex out of (?:range|bounds)\b.*\blen(?:gth)?\b"),
    ("the words of a runtime", r"\b(?:int|float|str|dict|list|bytes|NoneType)\(?\)? object (?:is not|has no)\b"),
    ("the words of a runtime", r"'\w+' object (?:is not|has no|does not)\b|\bmaximum recursion depth exceeded\b"),
)
_PATTERNS = tuple((kind, re.compile(pattern, re.MULTILINE)) for kind, pattern in _KINDS)


def leaks(text: str, sent: str = "") -> tuple[Leak, ...]:
    """What a text lets out, one leak of each kind at most; () for an honest error text.

    What also stands in `sent`, the message that the text answers, is an echo and no leak.
    """
    found: dict[str, Leak] = {}
    for kind, pattern in _PATTERNS:
        if kind not in found:
            for match in pattern.finditer(text):
                shown = match[0].strip()
                if shown.rpartition(".")[2] not in _NO_NAMES and shown not in sent:
                    found[kind] = Leak(kind, shown[:EXCERPT])
                    break
    return tuple(found.values())


def leaks_of_error(description: Any, details: Any, sent: str = "") -> tuple[Leak, ...]:
    """What the description and the details of a CALLERROR let out, whatever JSON they are."""
    found: dict[str, Leak] = {}
    for text in _texts([description, details]):
        for leak in leaks(text, sent):
            found.setdefault(leak.kind, leak)
    return tuple(found.values())


def findings(entries: Sequence[Entry], sender: str) -> Iterator[Finding]:
    """One finding for each error of `sender` ("CS" or "CSMS") in these entries of a trace that lets something out.

    The mere name of an exception is a remark; everything else fails.
    """
    texts = {one.index: one.frame.text for one in entries if one.frame is not None and one.sender != sender}
    for entry in entries:
        frame = entry.frame
        if frame is None or entry.sender != sender or frame.type not in (CALLERROR, CALLRESULTERROR):
            continue
        sent = texts.get(entry.answers, "") if entry.answers is not None else "".join(texts.values())
        found = leaks_of_error(frame.error_description, frame.error_details, sent)
        if found:
            worst = next((leak for leak in found if leak.kind != NAME_ONLY), found[0])
            yield Finding(
                rule="oracle.nothing-leaked",
                severity=Severity.SHOULD if worst.kind == NAME_ONLY else Severity.MUST,
                expected="an error text that says what was wrong, and nothing of what is inside the device",
                actual=f"{worst.kind}: {worst.excerpt}",
                requirement="CWE-209; field defect 5",
                frame=entry.index,
            )


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names of members included."""
    left = [value]
    count = 0
    while left and count < MAX_TEXTS:
        item = left.pop()
        if isinstance(item, str):
            count += 1
            yield item
        elif isinstance(item, Mapping):
            left.extend(item.values())
            left.extend(item.keys())
        elif isinstance(item, list | tuple):
            left.extend(item)
