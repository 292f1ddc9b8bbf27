"""A program as operator: one run for each act, JSON on its standard input, JSON on its standard output.

It reads one object {"verb": "plug_in", "args": {"evseId": 1, "connectorId": 1}}, makes the act, and ends with exit code
0 and a JSON object (or nothing) on its output; any other exit code means that the act could not be made, and the last
line of its error output (or of its output) says why. Verb "verbs" is answered with {"verbs": ["plug_in", ...]}.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from conformance.dut.operators.base import OperatorUnable, OperatorUnreachable, known_verbs
from conformance.dut.operators.verbs import verbs_of
from conformance.ocppj.frames import dumps


class CommandOperator:
    """Runs a program for each act, in `folder`."""

    def __init__(self, argv: Sequence[str], role: str, *, timeout: float, folder: Path) -> None:
        self.verbs = verbs_of(role)
        self._argv = list(argv)
        self._role = role
        self._timeout = timeout
        self._folder = folder
        self._shown = shlex.join(self._argv)

    def check(self) -> None:
        """Ask the program for its verbs; OperatorUnreachable if it cannot be run or does not say."""
        try:
            answer = self._run("verbs", {})
        except OperatorUnable as error:
            raise OperatorUnreachable(
                f"the operator program `{self._shown}` does not list its verbs ({error.reason}); correct its argv, "
                'or have it answer {"verb": "verbs"} with {"verbs": ["...", ...]}'
            ) from None
        self.verbs = known_verbs(answer.get("verbs"), self._role, f"the operator program `{self._shown}`")

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Make one act; OperatorUnable with what the program said."""
        return self._run(verb, args)

    def close(self) -> None:
        """Nothing runs between two acts."""

    def _run(self, verb: str, args: Mapping[str, Any]) -> dict[str, Any]:
        try:
            process = subprocess.Popen(
                self._argv,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise OperatorUnable(verb, f"`{self._shown}` cannot be run ({error.strerror})") from None
        try:
            output, errors = process.communicate(dumps({"verb": verb, "args": args}).encode(), timeout=self._timeout)
        except subprocess.TimeoutExpired:
            raise OperatorUnable(verb, f"`{self._shown}` did not end within {self._timeout:g} s") from None
        finally:
            if process.poll() is None:
                _kill(process)
        said = output.decode(errors="replace").strip()
        if process.returncode != 0:
            lines = (errors.decode(errors="replace").strip() or said).splitlines()
            raise OperatorUnable(verb, f"exit code {process.returncode}: {lines[-1] if lines else 'it said nothing'}")
        try:
            answer = json.loads(said, parse_float=Decimal) if said else {}
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise OperatorUnable(verb, f"`{self._shown}` printed no JSON object: {said[:200]}")
        return answer


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started: it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
