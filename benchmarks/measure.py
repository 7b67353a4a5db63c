"""One run of a program, measured: its time, and the CPU and memory of all that it started and waited for."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CORES = os.cpu_count() or 1

# What a session of Nox, a virtual environment or a test run around us says is not for the programs that are compared.
_OF_OTHERS = ("PYTEST_", "NOX_", "TOX_", "EVENFALL_", "UV_PROJECT", "UV_NO_SYNC", "UV_PYTHON", "VIRTUAL_ENV", "GITHUB_")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Seconds by the clock and of the processors, and the most megabytes that one process held."""

    wall: float
    cpu: float
    megabytes: float
    printed: str


def run(
    command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None, *, fine: tuple[int, ...] = (0,)
) -> Measured:
    """Run it; `fine` are the exit codes of a run that did its work.

    Raises `SystemExit` with what it printed where it fails: what is compared must do the same work.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ() | dict(more or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None  # it is a pipe
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{printed[-4000:]}")
    return Measured(
        wall=time.perf_counter() - started,
        cpu=used.ru_utime + used.ru_stime,
        megabytes=used.ru_maxrss / 1024,
        printed=printed,
    )


def environ() -> dict[str, str]:
    """The variables of a shell that knows of no run around it; nobody downloads an interpreter, and everybody may compile."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_OF_OTHERS)}
    for name in ("CI", "UV", "PYTHONDONTWRITEBYTECODE"):
        own.pop(name, None)
    return own | {"NOX_SCRIPT_MODE": "none", "NO_COLOR": "1", "UV_PYTHON_DOWNLOADS": "never"}


def in_turn(contestants: Mapping[str, Callable[[], Measured]], runs: int) -> dict[str, list[Measured]]:
    """Several runs of each, one after the other, so that what else the machine does meets all of them; a first one fills caches."""
    found: dict[str, list[Measured]] = {name: [] for name in contestants}
    for number in range(runs + 1):
        for name, measure in contestants.items():
            once = measure()
            sys.stderr.write(f"{name}: {once.wall:.1f} s, {once.cpu:.1f} s of CPU\n")
            if number:
                found[name].append(once)
    return found


def wall(runs: Iterable[Measured]) -> float:
    """The median of the times."""
    return statistics.median(each.wall for each in runs)


def cpu(runs: Iterable[Measured]) -> float:
    """The median of the processors' seconds."""
    return statistics.median(each.cpu for each in runs)
