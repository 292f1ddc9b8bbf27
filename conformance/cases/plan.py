"""The procedure of a case, read from its source without running it: its steps, and the operator's verbs it needs."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
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


def plan_of(info: CaseInfo, family: str, dut_role: str) -> Plan:
    """Read the plan of a case for a version family and the role of the device under test."""
    tree, offset = _tree(info.function)
    steps = tuple(_steps(tree, offset))
    states = tuple(dict.fromkeys(_states(tree)))
    verbs, optional = _verbs(tree)
    for name in states:
        more, maybe = _state_verbs(name, family, dut_role)
        verbs |= more
        optional |= maybe
    return Plan(steps, states, frozenset(verbs), frozenset(optional - verbs))


@cache
def _tree(function: Callable[..., Any]) -> tuple[ast.AST, int]:
    lines, first = inspect.getsourcelines(function)
    return ast.parse(textwrap.dedent("".join(lines))), first - 1


def _steps(tree: ast.AST, offset: int) -> Iterator[PlannedStep]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "step"]
    for call in sorted(calls, key=lambda node: node.lineno):
        text = _text(call.args[0]) if call.args else ""
        expect = next((_text(keyword.value) for keyword in call.keywords if keyword.arg == "expect"), "")
        yield PlannedStep(text, expect, call.lineno + offset)


def _states(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("reach", "execute")
            and node.args
        ):
            yield _text(node.args[0])


def _verbs(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Verbs used outright, and verbs used only where `offers` was asked first."""
    guarded: set[ast.AST] = set()
    offered: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.IfExp)):
            asked = {_text(call.args[0]) for call in ast.walk(node.test) if _is_offer(call)}  # type: ignore[attr-defined]  # a Call
            offered |= asked
            if asked:
                branches = node.body if isinstance(node.body, list) else [node.body]
                for branch in branches:
                    guarded.update(ast.walk(branch))
        elif _is_offer(node):
            offered.add(_text(node.args[0]))  # type: ignore[attr-defined]  # a Call, as _is_offer says
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if _name(owner) == "operator" and node.func.attr not in ("offers",) and node not in guarded:
                used.add(node.func.attr)
    return used - offered, offered


def _is_offer(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "offers"
        and bool(node.args)
    )


def _state_verbs(name: str, family: str, dut_role: str) -> tuple[set[str], set[str]]:
    """The verbs of a state and of every state function that it calls."""
    function = all_states().get((family, dut_role, name))
    return _function_verbs(function) if function is not None else (set(), set())


@cache
def _function_verbs(function: Callable[..., Any]) -> tuple[set[str], set[str]]:
    tree, _ = _tree(function)
    verbs, optional = _verbs(tree)
    module = inspect.getmodule(function)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = getattr(module, node.func.id, None)
            if inspect.isfunction(called) and called is not function and called.__module__ == function.__module__:
                more, maybe = _function_verbs(called)
                verbs = verbs | more
                optional = optional | maybe
    return verbs, optional


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
