"""A TOML file with the line numbers of its keys; whatever is wrong with it is one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from conformance.dut.errors import DescriptionError, DescriptionProblem
from conformance.dut.lines import line_numbers


def read_toml(path: Path, remedy: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The content of a file, and the lines of its keys (see `line_numbers`).

    `remedy` says what to do when there is no such file. Raises DescriptionError with one problem.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _error(path, "there is no such file", remedy) from None
    except UnicodeDecodeError as error:
        raise _error(path, f"byte {error.start} is no UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise _error(path, f"it cannot be read ({error.strerror})", "give the path of a readable file") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _error(path, f"it is no TOML: {error}", "correct that line") from None
    return content, line_numbers(text)


def _error(path: Path, what: str, fix: str) -> DescriptionError:
    return DescriptionError([DescriptionProblem(str(path), what, fix)])
