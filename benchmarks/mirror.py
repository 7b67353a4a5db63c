"""Compare `evenfall run` with plain Nox, `nox -j auto` and tox-uv: `python -m benchmarks.mirror [CLONE]`, with the group `bench`.

CLONE is a clone of a real project, in a copy of which Evenfall is adopted; the default is this repository. The second part is a
generated project with many files and jobs. Before each run everything except the package caches is removed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.adopt import adopted
from benchmarks.comparison import EVENFALL, RUNS, SEQUENCE, TOGETHER, TOX, Contest, sandboxes
from benchmarks.measure import CORES, Measured, cpu, in_turn, wall
from benchmarks.sample_project import compare_on_large_project, make_large_project
from evenfall.pipeline.load import read_pipeline
from evenfall.project.project import read_project

ROOT = Path(__file__).parent.parent


def longest_path(contest: Contest, report: Path) -> float:
    """Return the seconds of the longest path through the pipeline, from the durations in Nox's report."""
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    seconds = {each["signatures"][0]: each["duration"] for each in sessions}
    pipeline = read_pipeline(contest.root, python=str(contest.python))

    def path(name: str) -> float:
        session = pipeline.by_name[name]
        own = max((seconds.get(job.name, 0.0) for job in session.jobs), default=0.0)
        return own + max((path(required.name) for required in pipeline.needs(session)), default=0.0)

    return max(path(session.name) for session in pipeline.sessions)


def compare_on_real_project(contest: Contest, failed: tuple[str, ...], report: Path) -> None:
    """Measure all tools on a real project and print the result."""
    paths: list[float] = []
    warm: list[Measured] = []

    def sequence() -> Measured:
        done = contest.nox("--report", str(report))
        paths.append(longest_path(contest, report))
        warm.append(contest.nox("--reuse-existing-virtualenvs", fresh=False))
        return done

    tools = {
        SEQUENCE: sequence,
        TOGETHER: lambda: contest.nox("-j", "auto"),
        TOX: contest.tox,
        EVENFALL: contest.evenfall,
    }
    measured = in_turn(tools, RUNS)
    path, used = statistics.median(paths[1:]), cpu(measured[SEQUENCE])
    print(
        f"## A real project: {read_project(contest.root).name}\n\n{len(contest.jobs)} jobs: {', '.join(contest.jobs)}."
    )
    if failed:
        print(f"Not measured, because they fail with plain Nox here: {', '.join(failed)}.")
    print(f"Medians of {RUNS} runs; the tools take turns.\n")
    limit = max(path, used / CORES)
    print_table(measured, limit, used)
    setup = statistics.median(sandboxes(each) for each in measured[EVENFALL])
    without_setup = (wall(measured[EVENFALL]) - setup / CORES) / limit
    print(f"""
The limit is computed from plain Nox with new environments: the longest path takes {path:.1f} s, and {used - cpu(warm[1:]):.1f} s
of the CPU time make the environments. `evenfall run` needs {setup:.1f} s more for the sandboxes of all jobs; without them it takes
{without_setup:.2f} times the limit (budget: 1.05).
""")


def print_table(measured: Mapping[str, Sequence[Measured]], limit: float, used: float) -> None:
    """Print each tool's time, and its ratios to the limit and to Evenfall (budget: at least 1)."""
    evenfall = wall(measured[EVENFALL])
    print(
        "| tool | seconds | CPU seconds | ratio to the limit | ratio to `evenfall run` |\n| --- | --- | --- | --- | --- |"
    )
    print(f"| max(longest path, CPU / cores) | {limit:.1f} | {used:.1f} | 1.00 | {limit / evenfall:.2f} |")
    for tool, runs in measured.items():
        print(
            f"| {tool} | {wall(runs):.1f} | {cpu(runs):.1f} | {wall(runs) / limit:.2f} | {wall(runs) / evenfall:.2f} |"
        )


def main() -> None:
    clone = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    with tempfile.TemporaryDirectory(prefix="evenfall-bench-") as temporary:
        folder = Path(temporary)
        subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder / "wheel", ROOT], check=True)
        wheel = next((folder / "wheel").glob("*.whl"))
        versions = (f"{name} {version(name)}" for name in ("evenfall", "nox", "tox", "tox-uv", "uv"))
        cores = f"Python {sys.version_info.major}.{sys.version_info.minor}, {CORES} cores"
        print("`nox -s bench -- mirror CLONE`; CLONE is a clone of another project. Before each run of each tool,")
        print("environments, tool caches and build results were removed.\n")
        print(f"With {', '.join(versions)}, {cores}.\n", flush=True)
        compare_on_real_project(*adopted(clone, folder, wheel), folder / "report.json")
        sys.stdout.flush()
        compare_on_large_project(make_large_project(folder, wheel), max(1, RUNS // 2))


if __name__ == "__main__":
    main()
