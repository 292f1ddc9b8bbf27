"""The procedure of a case, read from its source without running it: its steps, and what it needs.

What it needs: verbs of the operator, and what a description may leave out (tokens, files, a second EVSE).
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.cases.case import CaseInfo
from conformance.peers.states import all_states


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as the source has it; `line` is its line in the file."""

    text: str
    expect: str
    line: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in source order, states that the case goes through, and verbs that it and its states need."""

    steps: tuple[PlannedStep, ...]
    states: tuple[str, ...]
    verbs: frozenset[str]
    optional_verbs: frozenset[str]
    acts: tuple[str, ...] = ()
    """The verbs that it uses outright, in source order and as often as they stand there; those of its states once."""
    given: frozenset[str] = frozenset()
    """What it reads of the description that is not always there: `tokens.blocked`, `values.firmware`, SECOND_EVSE."""
    features: frozenset[str] = frozenset()
    """The features that it reads, whether or not its condition names them."""


SECOND_EVSE = "a second EVSE"
_FILES = {
    "firmware": ("values.firmware",),
    "firmware_signed": ("values.firmware_certificate", "values.firmware_signature"),
    "second_evse": (SECOND_EVSE,),
    "second_connector": (SECOND_EVSE,),
}
"""Attributes of a description that need something that may not be given."""


def plan_of(info: CaseInfo, family: str, dut_role: str) -> Plan:
    """Read the plan of a case for a version family and the role of the device under test.

    Helpers of the case's own module are read in the place where they are called.
    """
    return _plan(info.function, family, dut_role)


@cache
def _plan(function: Callable[..., Any], family: str, dut_role: str) -> Plan:
    read = _reading(function)
    verbs, optional, acts = set(read.verbs), set(read.optional), list(read.acts)
    given, features = set(read.given), set(read.features)
    for function in _state_functions(read, family, dut_role):
        more = _reading(function)
        verbs |= more.verbs
        optional |= more.optional
        given |= more.given
        features |= more.features
        # A session is led through its states once: what several of them could do is done by one.
        acts += [verb for verb in dict.fromkeys(more.acts) if verb not in acts]
    return Plan(
        read.steps,
        read.states,
        frozenset(verbs),
        frozenset(optional - verbs),
        tuple(acts),
        frozenset(given),
        frozenset(features),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one function does, and the helpers of its module that it calls."""

    steps: tuple[PlannedStep, ...]
    states: tuple[str, ...]
    verbs: frozenset[str]
    optional: frozenset[str]
    acts: tuple[str, ...]
    given: frozenset[str]
    features: frozenset[str]


def _state_functions(read: _Reading, family: str, dut_role: str) -> list[Callable[..., Any]]:
    """The functions of the states that a reading names, and of those that they name."""
    found: dict[str, Callable[..., Any]] = {}
    names = list(read.states)
    while names:
        name = names.pop()
        function = all_states().get((family, dut_role, name))
        if function is not None and name not in found:
            found[name] = function
            names.extend(_reading(function).states)
    return list(found.values())


def _node(function: Callable[..., Any]) -> ast.AST:
    """A function as its file has it; each file is parsed once (`inspect` would tokenize it for every function)."""
    code = function.__code__
    return _functions(code.co_filename)[code.co_name, code.co_firstlineno]


@cache
def _functions(path: str) -> dict[tuple[str, int], ast.AST]:
    """Every function of a file by its name and first line, which is that of its first decorator."""
    tree = ast.parse(Path(path).read_text("utf-8"), path)
    found: dict[tuple[str, int], ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name, min([node.lineno, *(one.lineno for one in node.decorator_list)])] = node
        elif isinstance(node, ast.Lambda):
            found["<lambda>", node.lineno] = node
    return found


@cache
def _reading(function: Callable[..., Any]) -> _Reading:
    return _read(function, frozenset())


def _read(function: Callable[..., Any], callers: frozenset[Callable[..., Any]]) -> _Reading:
    look = _looked_at(function)
    verbs, optional, acts = set(look.used), set(look.offered), list(look.used)
    given, features = set(look.given), set(look.features)
    steps: list[PlannedStep] = []
    states: dict[str, None] = {}
    for call in look.calls:
        helper = _helper(function, call)
        if helper is not None and helper not in callers:
            inner = _read(helper, callers | {function})
            steps += inner.steps
            states |= dict.fromkeys(inner.states)
            verbs |= inner.verbs
            optional |= inner.optional
            acts += inner.acts
            given |= inner.given
            features |= inner.features
        elif _name(call.func) == "step":
            steps.append(_planned(call))
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ("reach", "execute") and call.args:
            states[_text(call.args[0])] = None
    return _Reading(
        tuple(steps),
        tuple(states),
        frozenset(verbs),
        frozenset(optional),
        tuple(acts),
        frozenset(given),
        frozenset(features),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What one function's own text has."""

    calls: list[ast.Call]
    """In the order of the source."""
    used: list[str]
    """The verbs that it uses outright, each time."""
    offered: set[str]
    """The verbs that it asks for first."""
    given: set[str]
    features: set[str]


@cache
def _looked_at(function: Callable[..., Any]) -> _Look:
    nodes = list(ast.walk(_node(function)))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.lineno, node.col_offset))
    return _Look(calls, *_verbs(nodes, calls), _given(nodes), _features(nodes))


def _given(nodes: list[ast.AST]) -> set[str]:
    """What is read of the description outright; not what is read only where the description has it."""
    guarded: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, (ast.If, ast.IfExp)) and any(
            _is_description(one) and _name(one) == "two_evses" for one in ast.walk(node.test)
        ):
            guarded.update(ast.walk(node))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and _is_description(node.func) and _name(node.func) == "file" and node.args:
            found.add(f"values.{_text(node.args[0])}")
        elif not isinstance(node, ast.Attribute):
            continue
        elif _name(node.value) == "tokens":
            found.add(f"tokens.{node.attr}")
        elif node.attr in _FILES and _is_description(node) and node not in guarded:
            found.update(_FILES[node.attr])
    return found


def _features(nodes: list[ast.AST]) -> set[str]:
    """The features that are read: `features["C-49"]`, `features.supports("C-49")`; not `features.get`."""
    found: set[str] = set()
    for node in nodes:
        read: ast.expr | None = None
        if isinstance(node, ast.Subscript) and _name(node.value) == "features":
            read = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "supports":
            read = node.args[0] if node.args and _name(node.func.value) == "features" else None
        if isinstance(read, ast.Constant):
            found.add(str(read.value))
    return found


def _is_description(node: ast.AST) -> bool:
    """Whether it reads an attribute of the device's description."""
    return isinstance(node, ast.Attribute) and _name(node.value) in ("dut", "_dut")


def _helper(function: Callable[..., Any], call: ast.Call) -> Callable[..., Any] | None:
    """The function of the same module that a call names."""
    if not isinstance(call.func, ast.Name):
        return None
    called = getattr(inspect.getmodule(function), call.func.id, None)
    mine = inspect.isfunction(called) and called is not function and called.__module__ == function.__module__
    return called if mine else None


def _planned(call: ast.Call) -> PlannedStep:
    text = _text(call.args[0]) if call.args else ""
    expect = next((_text(keyword.value) for keyword in call.keywords if keyword.arg == "expect"), "")
    return PlannedStep(text, expect, call.lineno)


def _verbs(nodes: list[ast.AST], calls: list[ast.Call]) -> tuple[list[str], set[str]]:
    """Verbs used outright, and verbs used only where `offers` was asked first."""
    guarded: set[ast.AST] = set()
    offered: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.If, ast.IfExp)):
            asked = {_text(call.args[0]) for call in ast.walk(node.test) if _is_offer(call)}  # type: ignore[attr-defined]  # a Call
            offered |= asked
            if asked:
                branches = node.body if isinstance(node.body, list) else [node.body]
                for branch in branches:
                    guarded.update(ast.walk(branch))
        elif _is_offer(node):
            offered.add(_text(node.args[0]))  # type: ignore[attr-defined]  # a Call, as _is_offer says
    used: list[str] = []
    for node in calls:
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if _name(owner) == "operator" and node.func.attr not in ("offers",) and node not in guarded:
                used.append(node.func.attr)
    return [verb for verb in used if verb not in offered], offered


def _is_offer(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "offers"
        and bool(node.args)
    )


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"<{ast.unparse(part.value)}>"
            for part in node.values
            if isinstance(part, (ast.Constant, ast.FormattedValue))
        )
    return ast.unparse(node) if isinstance(node, ast.expr) else ""
