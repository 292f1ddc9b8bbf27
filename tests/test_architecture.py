"""The house rules of docs/architecture.md, read from the source: where arrows point, and what nobody may write."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import conformance

ROOT = Path(conformance.__file__).resolve().parent
CASES = ROOT.parent / "testcases"
DOCUMENT = ROOT.parent / "docs" / "architecture.md"

ORDER = (
    "data",
    "ocppj",
    "link",
    "monitor",
    "peers",
    "dut",
    "charging",
    "cases",
    "fuzz",
    "services",
    "report",
    "proof",
    "reference",
    "case_record",
    "facts",
    "holder",
    "ahead",
    "negative",
    "run",
    "turns",
    "workers",
    "prove",
    "coverage",
    "proposals",
    "draft",
    "inquiry",
    "interview",
    "init",
    "operator_check",
    "progress",
    "terminated",
    "plugin",
    "record_commands",
    "cli",
)
"""Rooms and modules of the engine, from the ground up: each imports only from those that stand before it."""

ONLY = {"reference": {"ocppj", "data"}}
"""Rooms that may use less than all that stand below them: reference devices share no code with what tests them."""

SEES_PYTEST = {ROOT / "plugin.py", ROOT / "report" / "html_plugin.py", ROOT / "cli.py"}
"""The command line starts pytest; the plugin and the page that pytest-html draws are part of it."""

VERSIONS = {"1.6", "2.0.1", "2.1"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, wherever in it, with the line. Relative imports are resolved."""
    package = path.relative_to(ROOT.parent).with_suffix("").parts
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) - node.level], *([base] if base else [])])
            yield base, node.lineno
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def room_of(name: str) -> str:
    """The room of a module of the engine; "" for what is not of the engine, or for the package itself."""
    head, _, rest = name.partition(".")
    return rest.partition(".")[0] if head == "conformance" and rest else ""


def is_a_room(name: str) -> bool:
    return (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()


ENGINE = modules(ROOT)
BODIES = modules(CASES)
NAMES = [str(path.relative_to(ROOT.parent)) for path in (*ENGINE, *BODIES)]


def test_every_room_has_its_place() -> None:
    rooms = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in ENGINE} - {"__init__"}
    assert rooms <= set(ORDER), f"add {sorted(rooms - set(ORDER))} to the order, here and in docs/architecture.md"


def test_the_document_says_the_same_order() -> None:
    text = DOCUMENT.read_text("utf-8")
    found = re.search(r"imports only from rooms above it in this list:\n((?:`\w+` → )+`\w+`)", text)
    assert found, "docs/architecture.md no longer lists the rooms"
    listed = re.findall(r"`(\w+)`", found[1])
    assert listed == [name for name in ORDER if name in listed] and set(listed) == {
        name for name in ORDER if (ROOT / name).is_dir()
    }


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_point_one_way(path: Path) -> None:
    mine = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if mine == "__init__":
        return
    wrong = []
    for name, line in imports(path):
        theirs = room_of(name)
        if not theirs or theirs == mine or not is_a_room(theirs):
            continue
        below = ORDER.index(theirs) < ORDER.index(mine)
        if not below or theirs not in ONLY.get(mine, {theirs}):
            wrong.append(f"{path}:{line}: {mine} imports {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_knows_neither_its_cases_nor_its_tests_nor_pytest(path: Path) -> None:
    forbidden = {"testcases", "tests", "bench"} | (set() if path in SEES_PYTEST else {"pytest", "_pytest"})
    wrong = [f"{path}:{line}: {name}" for name, line in imports(path) if name.partition(".")[0] in forbidden]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", BODIES, ids=lambda path: str(path.relative_to(CASES)))
def test_cases_use_only_the_public_names(path: Path) -> None:
    wrong = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            wrong += [f"{path}:{node.lineno}: import {one.name}" for one in node.names if not _standard(one.name)]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if base.startswith("conformance.fuzz.") and CASES / "negative" in path.parents:
                hidden = [one.name for one in node.names if one.name.startswith("_")]
                wrong += [f"{path}:{node.lineno}: {name} is the engine's own" for name in hidden]
            elif node.level or not (base == "conformance" or _standard(base)):
                wrong.append(f"{path}:{node.lineno}: from {'.' * node.level}{base} import ...")
            elif base == "conformance":
                hidden = [one.name for one in node.names if one.name not in conformance.__all__]
                wrong += [f"{path}:{node.lineno}: {name} is no public name of conformance" for name in hidden]
    assert not wrong, "\n".join(wrong)


def _standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("path", BODIES, ids=lambda path: str(path.relative_to(CASES)))
def test_cases_neither_sleep_nor_wait_without_end(path: Path) -> None:
    wrong = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and _called(node) in ("sleep", "time", "monotonic", "input", "print"):
            wrong.append(f"{path}:{node.lineno}: {_called(node)}()")
        elif isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
            wrong.append(f"{path}:{node.lineno}: while {ast.unparse(node.test)}")
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            wrong.append(f"{path}:{node.lineno}: .{node.attr} is the engine's own")
        elif isinstance(node, ast.ExceptHandler) and (node.type is None or _called(node.type) in _EVERYTHING):
            wrong.append(f"{path}:{node.lineno}: catches everything")
    assert not wrong, "\n".join(wrong)


_EVERYTHING = ("Exception", "BaseException", "AssertionError", "ExpectationFailed")


def _called(node: ast.AST) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")


@pytest.mark.parametrize("path", [*ENGINE, *BODIES], ids=NAMES)
def test_nobody_compares_versions(path: Path) -> None:
    """Differences between versions are data (ocppj/versions.py), or tables keyed by family or version.

    A family is no version: to ask which of the two it is may be the shortest way to say what differs.
    """
    if path == ROOT / "ocppj" / "versions.py":
        return
    wrong = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            if any(map(_names_a_version, parts)) and not any(_called(part) == "family" for part in parts):
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.MatchValue) and _names_a_version(node.value):
            wrong.append(f"{path}:{node.value.lineno}: case {ast.unparse(node.value)}")
        elif isinstance(node, ast.Call) and _called(node) == "startswith" and any(map(_begins_a_version, node.args)):
            wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)


def _begins_a_version(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and bool(re.fullmatch(r"[12]|[12]\.\d?|ocpp[12].*", str(node.value)))


def _names_a_version(node: ast.AST) -> bool:
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(_names_a_version(one) for one in node.elts)
    return isinstance(node, ast.Constant) and node.value in VERSIONS


@pytest.mark.parametrize("path", [*ENGINE, *BODIES], ids=NAMES)
def test_every_module_says_what_it_is(path: Path) -> None:
    empty = not path.read_text("utf-8").strip()
    assert empty or ast.get_docstring(tree_of(path)), f"{path}: no docstring"


@pytest.mark.parametrize("path", [*ENGINE, *BODIES], ids=NAMES)
def test_public_things_are_documented(path: Path) -> None:
    if ROOT / "reference" / "defects" in path.parents:
        return  # a defect says what it breaks in an attribute, which is printed
    wrong = [
        f"{path}:{node.lineno}: {node.name}"
        for node in tree_of(path).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not wrong, "\n".join(wrong)


def test_the_scan_itself_sees_what_it_is_for(tmp_path: Path) -> None:
    """The checks above catch what they say, on a file that does everything wrong."""
    bad = ast.parse('if version == "2.1": pass\nif version.id in ("1.6", "x"): pass\nif a == "2.1.0": pass\n')
    found = [
        node.lineno
        for node in ast.walk(bad)
        if isinstance(node, ast.Compare) and any(map(_names_a_version, [node.left, *node.comparators]))
    ]
    assert found == [1, 2]
    assert room_of("conformance.peers.peer") == "peers" and room_of("conformance") == "" and room_of("os.path") == ""
