"""`evenfall run` beside plain Nox, `nox -j auto` and tox-uv: `python -m benchmarks.mirror [CLONE]`, in an environment with tox-uv.

CLONE is a clone of a real project, which is adopted in a copy; without one, this repository. Then comes a made project of
many files and jobs. Everything is removed before each run but the caches of packages.
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
from benchmarks.sample_project import large, made
from evenfall.pipeline.load import read_pipeline
from evenfall.project.project import read_project

ROOT = Path(__file__).parent.parent


def longest(contest: Contest, report: Path) -> float:
    """The seconds of the longest path through the pipeline, by what Nox says of each job."""
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    seconds = {each["signatures"][0]: each["duration"] for each in sessions}
    pipeline = read_pipeline(contest.root, python=str(contest.python))

    def path(name: str) -> float:
        session = pipeline.by_name[name]
        own = max((seconds.get(job.name, 0.0) for job in session.jobs), default=0.0)
        return own + max((path(needed.name) for needed in pipeline.needs(session)), default=0.0)

    return max(path(session.name) for session in pipeline.sessions)


def real(contest: Contest, failed: tuple[str, ...], report: Path) -> None:
    """All contestants on a real project."""
    paths: list[float] = []
    warm: list[Measured] = []

    def sequence() -> Measured:
        done = contest.nox("--report", str(report))
        paths.append(longest(contest, report))
        warm.append(contest.nox("--reuse-existing-virtualenvs", fresh=False))
        return done

    contestants = {
        SEQUENCE: sequence,
        TOGETHER: lambda: contest.nox("-j", "auto"),
        TOX: contest.tox,
        EVENFALL: contest.evenfall,
    }
    found = in_turn(contestants, RUNS)
    path, used = statistics.median(paths[1:]), cpu(found[SEQUENCE])
    print(
        f"## A real project: {read_project(contest.root).name}\n\n{len(contest.jobs)} jobs: {', '.join(contest.jobs)}."
    )
    if failed:
        print(f"Left out, for they do not pass with plain Nox here: {', '.join(failed)}.")
    print(f"Medians of {RUNS} runs in turn.\n")
    limit = max(path, used / CORES)
    table(found, limit, used)
    took = statistics.median(sandboxes(each) for each in found[EVENFALL])
    apart = (wall(found[EVENFALL]) - took / CORES) / limit
    print(f"""
The limit is that of the sessions in plain Nox, their environments made anew: the longest path is {path:.1f} s. Of the CPU,
{used - cpu(warm[1:]):.1f} s are for environments. `evenfall run` takes {took:.1f} s more for sandboxes, over all jobs; without
them it is at {apart:.2f} of the limit (budget: 1.05).
""")


def table(found: Mapping[str, Sequence[Measured]], limit: float, used: float) -> None:
    """The contestants beside the limit and beside Evenfall (budget: at least 1)."""
    ours = wall(found[EVENFALL])
    print("| what | seconds | CPU seconds | to the limit | to `evenfall run` |\n| --- | --- | --- | --- | --- |")
    print(f"| max(longest path, CPU / cores) | {limit:.1f} | {used:.1f} | 1.00 | {limit / ours:.2f} |")
    for who, runs in found.items():
        print(f"| {who} | {wall(runs):.1f} | {cpu(runs):.1f} | {wall(runs) / limit:.2f} | {wall(runs) / ours:.2f} |")


def main() -> None:
    clone = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    with tempfile.TemporaryDirectory(prefix="evenfall-bench-") as temporary:
        folder = Path(temporary)
        subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder / "wheel", ROOT], check=True)
        wheel = next((folder / "wheel").glob("*.whl"))
        versions = (f"{name} {version(name)}" for name in ("evenfall", "nox", "tox", "tox-uv", "uv"))
        cores = f"Python {sys.version_info.major}.{sys.version_info.minor}, {CORES} cores"
        print(
            "`nox -s bench -- mirror CLONE`; CLONE is a clone of a project that others wrote. Environments, caches of tools"
        )
        print("and what was built were removed before each run, on all sides.\n")
        print(f"With {', '.join(versions)}, {cores}.\n", flush=True)
        real(*adopted(clone, folder, wheel), folder / "report.json")
        sys.stdout.flush()
        large(made(folder, wheel), max(1, RUNS // 2))


if __name__ == "__main__":
    main()
