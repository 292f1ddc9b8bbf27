"""What a soak takes of the machine: memory and descriptors of the tester's process, minute by minute.

    python -m bench.soak --role CS --version 2.0.1 --minutes 30

Runs `pytest --ocpp-fuzz soak` against an embedded device, which is a process of its own and not counted, and reads
every ten seconds what the system says of the tester's: resident memory (VmRSS of /proc/PID/status, all its threads,
program text and libraries included) and open descriptors. The first two minutes are the warm-up: the last line leaves
them out. `peak` is the highest that memory ever was, as the system saw it (VmHWM), also between two readings.

Linux only. The report of the soak and its readings (readings.csv: seconds, kB, descriptors) are kept in --report-dir.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 10.0
"""Seconds from one reading to the next."""
WARM_UP = 120.0
"""Seconds that do not count: modules, schemas and devices come in them."""
ALLOWED = 10.0
"""Percent by which the highest reading may lie above the lowest."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read at one moment: seconds since the start, kilobytes, open descriptors."""

    at: float
    resident: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What readings come to: megabytes (10^6 bytes), and the highest above the lowest in percent."""

    lowest: float
    median: float
    highest: float
    above: float
    descriptors: tuple[int, int]

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> Summary:
        """Of one reading or more."""
        megabytes = [one.resident * 1024 / 1e6 for one in readings]
        counts = [one.descriptors for one in readings]
        low, high = min(megabytes), max(megabytes)
        return cls(low, statistics.median(megabytes), high, (high / low - 1) * 100, (min(counts), max(counts)))

    def __str__(self) -> str:
        low, high = self.descriptors
        return f"{self.lowest:6.1f} {self.median:6.1f} {self.highest:6.1f} MB, descriptors {low} to {high}"


def kilobytes(process: Path, name: str) -> int:
    """A line of /proc/PID/status, such as VmRSS; OSError or ValueError when the process is gone."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", (process / "status").read_text("ascii"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{process}/status has no {name}: the process has ended")
    return int(found[1])


def readings(running: subprocess.Popen[bytes], peak: list[int]) -> Iterator[Reading]:
    """A reading every ten seconds until the process ends; `peak` takes its highest memory, in kilobytes."""
    process = Path("/proc", str(running.pid))
    began = time.monotonic()
    while True:
        try:
            resident, peak[:] = kilobytes(process, "VmRSS"), [kilobytes(process, "VmHWM")]
            yield Reading(time.monotonic() - began, resident, sum(1 for _ in (process / "fd").iterdir()))
        except (OSError, ValueError):
            pass
        try:
            running.wait(EVERY)
            return
        except subprocess.TimeoutExpired:
            continue


def watched(command: Sequence[str], folder: Path) -> tuple[list[Reading], int, int]:
    """Run a command and print what it takes minute by minute: the readings, the peak in kilobytes, its exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Reading] = []
    peak: list[int] = [0]
    print("minute  memory: lowest, median, highest", flush=True)
    with (
        (folder / "pytest.log").open("wb") as log,
        (folder / "readings.csv").open("w", encoding="ascii") as kept,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as running,
    ):
        told = 0
        for one in readings(running, peak):
            kept.write(f"{one.at:.0f},{one.resident},{one.descriptors}\n")
            kept.flush()
            if one.at >= (told + 1) * 60:
                _tell(taken, told)
                told = int(one.at // 60)
            taken.append(one)
        _tell(taken, told)
    return taken, peak[0], running.returncode


def _tell(taken: Sequence[Reading], minute: int) -> None:
    now = [one for one in taken if int(one.at // 60) == minute]
    if now:
        print(f"{minute:6}  {Summary.of(now)}", flush=True)


def inputs(folder: Path) -> int:
    """How many inputs the soak has sent, from its report."""
    cases = json.loads((folder / "results.json").read_text("utf-8"))["cases"]
    return sum((one.get("campaign") or {}).get("played", 0) for one in cases)


def main() -> int:
    """Run a soak and print what it took; 0 if it passed and its memory was flat."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--role", choices=("CS", "CSMS"), default="CS", help="of the embedded device")
    parser.add_argument("--version", choices=("1.6", "2.0.1", "2.1"), default="2.0.1")
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="of random searches; some minutes of rows come on top"
    )
    parser.add_argument("--pace", type=float, default=60.0, help="inputs a second at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report-dir", type=Path, default=Path("reports/soak"))
    options = parser.parse_args()
    if not Path("/proc/self/status").exists():
        parser.error("/proc/PID/status is not there: run this on Linux")
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--ocpp-fuzz", "soak"),
        *("--ocpp-fuzz-time", f"{options.minutes * 60:.0f}", "--ocpp-fuzz-pace", f"{options.pace:g}"),
        *("--ocpp-fuzz-seed", str(options.seed), "--ocpp-role", options.role, "--ocpp-version", options.version),
        *("--ocpp-report-dir", str(options.report_dir)),
    ]
    taken, peak, code = watched(command, options.report_dir)
    counted = [one for one in taken if one.at >= WARM_UP]
    if code or not counted:
        print(
            f"the soak ended with exit code {code} after {taken[-1].at if taken else 0:.0f} s: see {options.report_dir}"
        )
        return 1
    whole = Summary.of(counted)
    print(f"from minute 2: {whole}; the highest is {whole.above:.1f} % above the lowest")
    print(f"peak, as the system saw it: {peak * 1024 / 1e6:.1f} MB")
    print(
        f"{inputs(options.report_dir)} inputs in {taken[-1].at / 60:.1f} min; report: {options.report_dir}/report.html"
    )
    return 0 if whole.above <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
