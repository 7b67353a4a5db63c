"""How long it takes before anything is checked: `python -m benchmarks.start`, a part of the page that `nox -s bench` writes.

Each row is the median of several runs, taken in turn with its peer's, as a ratio; absolute times are of one machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = 15


@dataclass(frozen=True)
class Comparison:
    what: str
    ours: Sequence[str]
    peer: str
    theirs: Sequence[str]
    budget: str


COMPARISONS = (
    Comparison("import evenfall", ("-c", "import evenfall"), "import nox", ("-c", "import nox"), "ratio at most 1.3"),
    Comparison(
        "evenfall generate --check",
        ("-m", "evenfall", "generate", "--check"),
        "nox -l",
        ("-m", "nox", "-l"),
        "at most 0.5 s",
    ),
)


def seconds(arguments: Sequence[str]) -> float:
    """The wall time of one run of this Python, in seconds."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environ, "NOX_SCRIPT_MODE": "none"},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def main() -> None:
    print("## Before anything is checked\n")
    print("| what | seconds | peer | seconds | ratio | budget |\n| --- | --- | --- | --- | --- | --- |")
    for row in COMPARISONS:
        pairs = [(seconds(row.ours), seconds(row.theirs)) for _ in range(RUNS + 1)][1:]  # the first fills caches
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"| `{row.what}` | {ours:.2f} | `{row.peer}` | {theirs:.2f} | {ours / theirs:.2f} | {row.budget} |")


if __name__ == "__main__":
    main()
