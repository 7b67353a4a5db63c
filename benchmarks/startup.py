"""Measure how long Evenfall takes to start: `python -m benchmarks.startup`. Prints the part `startup` of the page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Measurement, measure, measure_in_turn, median_seconds

ROOT = Path(__file__).parents[1]
RUNS = 15
ROWS = (
    (("import evenfall", "-c", "import evenfall"), ("import nox", "-c", "import nox"), "ratio at most 1.3"),
    (
        ("evenfall generate --check", "-m", "evenfall", "generate", "--check"),
        ("nox -l", "-m", "nox", "-l"),
        "at most 0.5 s",
    ),
)
"""Evenfall's command and that of its peer, each a title and the arguments of Python; and the budget."""


def main() -> None:
    print("## Start-up\n")
    print(f"Runs of each tool: {RUNS}; the table shows medians.\n")
    print("| command | seconds | peer | seconds | ratio | budget |\n| --- | --- | --- | --- | --- | --- |")
    for evenfall, peer, budget in ROWS:
        measurements = measure_in_turn({title: _python(*arguments) for title, *arguments in (evenfall, peer)}, RUNS)
        ours, theirs = map(median_seconds, measurements.values())
        print(f"| `{evenfall[0]}` | {ours:.2f} | `{peer[0]}` | {theirs:.2f} | {ours / theirs:.2f} | {budget} |")


def _python(*arguments: str) -> Callable[[], Measurement]:
    return lambda: measure((sys.executable, *arguments), ROOT)


if __name__ == "__main__":
    main()
