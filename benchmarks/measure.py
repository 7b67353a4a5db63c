"""Measure programs: wall-clock time, CPU time and memory, including the processes that they start and wait for."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CORES = os.cpu_count() or 1
RUNS = int(os.environ.get("EVENFALL_BENCH_RUNS", "5"))

# Nox, tox, a virtual environment or a test run sets these variables; they would change what the measured programs do.
_OUTER_PREFIXES = (
    "PYTEST_",
    "NOX_",
    "TOX_",
    "EVENFALL_",
    "UV_PROJECT",
    "UV_NO_SYNC",
    "UV_PYTHON",
    "VIRTUAL_ENV",
    "GITHUB_",
)
_OUTER_NAMES = {"CI", "UV", "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run of a program: wall-clock and CPU seconds, the memory of its largest process in megabytes, and its output."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    stdout: str
    stderr: str


def measure(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    *,
    exit_codes: Collection[int] = (0,),
) -> Measurement:
    """Run a command and measure it. `exit_codes` are those of a run that did its work; any other raises `SystemExit`."""
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as stderr,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment() | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None  # it is a pipe
        stdout = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(0)
        errors = stderr.read()
    if process.returncode not in exit_codes:
        output = f"{stdout}\n{errors}"[-4000:]
        raise SystemExit(f"{' '.join(command)}\nended with exit code {process.returncode}:\n{output}")
    return Measurement(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss / 1024,
        stdout=stdout,
        stderr=errors,
    )


def environment() -> dict[str, str]:
    """Return the variables of a plain shell. No interpreter is downloaded, and Python may write bytecode."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OUTER_PREFIXES) and name not in _OUTER_NAMES
    }
    return variables | {"NOX_SCRIPT_MODE": "none", "NO_COLOR": "1", "UV_PYTHON_DOWNLOADS": "never"}


def measure_in_turn(
    tools: Mapping[str, Callable[[], Measurement]], runs: int = RUNS, *, is_warm: bool = False
) -> dict[str, list[Measurement]]:
    """Measure the tools one after the other, `runs` times, so that other load affects all alike.

    An extra first run fills caches, unless `is_warm` says that they are full.
    """
    measurements: dict[str, list[Measurement]] = {tool: [] for tool in tools}
    for number in range(1 if is_warm else 0, runs + 1):
        for tool, run in tools.items():
            measurement = run()
            sys.stderr.write(f"{tool}: {measurement.seconds:.2f} s, {measurement.cpu_seconds:.2f} s of CPU\n")
            if number:
                measurements[tool].append(measurement)
    return measurements


def median_seconds(measurements: Iterable[Measurement]) -> float:
    return statistics.median(each.seconds for each in measurements)


def median_cpu_seconds(measurements: Iterable[Measurement]) -> float:
    return statistics.median(each.cpu_seconds for each in measurements)
