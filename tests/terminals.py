"""A command on a terminal of its own, with a user who types."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def typed(command: Sequence[str], answers: Sequence[str], folder: Path, within: float = 60) -> tuple[int, str]:
    """Run a command, answer each of its prompts (they end in `: `); its exit code, and what the terminal showed."""
    ours, theirs = os.openpty()
    shown = b""
    with subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        for answer in answers:
            while not shown.endswith(b": "):
                shown += os.read(ours, 4096)
            os.write(ours, answer.encode() + b"\n")
            shown += b" "
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:
            pass  # the other end is closed
        code = process.wait(within)
    os.close(ours)
    return code, shown.decode()
