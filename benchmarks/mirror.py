"""Compare `evenfall run` with Nox and tox-uv: `python -m benchmarks.mirror [CLONE...]`.

It prints the part `mirror` of the benchmarks page. Each CLONE is a clone of a real project; Evenfall is adopted in a copy of it. A
generated project with many files and jobs follows.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from unittest import mock

from benchmarks.adopted_clone import AdoptedClone, adopt_clone
from benchmarks.benchmark_projects import ROOT, BenchmarkProject, build_wheel, generate_project
from benchmarks.measure import CORES, RUNS, Measurement, measure_in_turn, median_cpu_seconds, median_seconds
from benchmarks.sandbox_cost import print_sandbox_cost
from evenfall.git.command import git
from evenfall.pipeline.model import Pipeline
from evenfall.project.user_cache import user_cache
from evenfall.project.uv import uv
from evenfall.run.isolation import Isolation
from tests.run.contexts import KINDS

NOX, PARALLEL_NOX, TOX = "`nox`", "`nox -j auto`", "tox-uv `run-parallel`"
EVENFALL, WITHOUT = "`evenfall run`", "`evenfall run` without namespaces"
LIMIT_BUDGETS = {EVENFALL: 1.05, WITHOUT: 1.25}
GENERATED_BUDGET = 1.5


def main() -> None:
    if missing := {Isolation.NAMESPACES, Isolation.LANDLOCK} - KINDS:
        raise SystemExit(f"this machine can't isolate jobs by {', '.join(kind.value for kind in missing)}")
    packages = ("evenfall", "nox", "tox", "tox-uv", "uv")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print("`nox -s bench -- mirror CLONE...` adopts Evenfall in a copy of each CLONE, a clone of another project.\n")
    print(f"Versions: {versions}, Python {sys.version_info.major}.{sys.version_info.minor}; {CORES} cores.\n")
    for clone in map(Path, sys.argv[1:]):
        with _folder() as folder:
            compare_on_clone(adopt_clone(clone, folder, build_wheel(folder / "wheel")), folder / "report.json")
    with _folder() as folder:
        project = generate_project(folder, build_wheel(folder / "wheel"))
        compare_on_generated_project(project)
        print_sandbox_cost(project, "packages")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Yield a new folder. Until the end, the tools have a new cache folder, on the same disk as the user's, except for uv's cache."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=user_cache().parent) as cache,
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        mock.patch.dict(os.environ, {"UV_CACHE_DIR": uv(ROOT, "cache", "dir").strip(), "XDG_CACHE_HOME": cache}),
    ):
        yield Path(folder)
    sys.stdout.flush()


def compare_on_clone(adopted: AdoptedClone, report: Path) -> None:
    """Compare all tools on a real project. Nox writes the durations of its jobs to `report`."""
    project, paths = adopted.project, []

    def sequential_nox() -> Measurement:
        measurement = project.nox("--report", str(report))
        paths.append(longest_path(adopted.pipeline, report))
        return measurement

    tools: dict[str, Callable[[], Measurement]] = {
        NOX: sequential_nox,
        PARALLEL_NOX: lambda: project.nox("-j", "auto"),
        TOX: project.tox,
        f"{EVENFALL}, first": lambda: project.evenfall(is_first=True),
        f"{EVENFALL}, second": project.evenfall,
        f"{WITHOUT}, first": lambda: project.evenfall(namespaces=False, is_first=True),
        f"{WITHOUT}, second": lambda: project.evenfall(namespaces=False),
    }
    measurements = measure_in_turn(tools, is_warm=True)
    path, cpu = statistics.median(paths), median_cpu_seconds(measurements[NOX])
    print(f"## A real project: {adopted.title}, {len(adopted.jobs)} jobs\n")
    print_ratios(measurements, limit=max(path, cpu / CORES))
    print(f"\nJobs: {', '.join(adopted.jobs)}. Runs of each tool: {RUNS}; the table shows medians.")
    if adopted.omitted:
        print(f"Omitted: {adopted.omitted_text}.")
    if adopted.by_nox:
        print(f"tox runs these with Nox, because their sessions do not only run commands: {', '.join(adopted.by_nox)}.")
    print(f"""
The limit is max(longest path, CPU / cores) of plain `nox`: max({path:.1f}, {cpu:.1f} / {CORES}) s. Before each run, environments, tool
caches and build products were removed. Before the first of two runs of Evenfall, so were the checkouts and environments that it keeps.
""")


def longest_path(pipeline: Pipeline, report: Path) -> float:
    """Return the seconds of the longest path through the pipeline, from the durations in Nox's report."""
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    seconds = {each["signatures"][0]: each["duration"] for each in sessions}

    def path(name: str) -> float:
        session = pipeline.by_name[name]
        own = max((seconds.get(job.name, 0.0) for job in session.jobs), default=0.0)
        return own + max((path(needed.name) for needed in pipeline.needs(session)), default=0.0)

    return max(path(session.name) for session in pipeline.sessions)


def print_ratios(measurements: Mapping[str, Sequence[Measurement]], *, limit: float) -> None:
    """Print how each tool compares with the faster of the two others that run jobs in parallel, and with the limit."""
    peer = min(median_seconds(measurements[tool]) for tool in (PARALLEL_NOX, TOX))
    print("| tool | seconds | CPU seconds | ratio to the faster peer | budget | ratio to the limit | budget |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for tool, runs in measurements.items():
        seconds, cpu = median_seconds(runs), median_cpu_seconds(runs)
        budget = LIMIT_BUDGETS.get(tool.partition(",")[0])
        ratios = (
            f"{seconds / peer:.2f}",
            "≤ 1" if budget else "",
            f"{seconds / limit:.2f}",
            f"≤ {budget}" if budget else "",
        )
        print(f"| {tool} | {seconds:.1f} | {cpu:.1f} | {' | '.join(ratios)} |")


def compare_on_generated_project(project: BenchmarkProject) -> None:
    """Compare `evenfall run` with `nox -j auto`, which has no sandboxes."""
    tools: dict[str, Callable[[], Measurement]] = {
        PARALLEL_NOX: lambda: project.nox("-j", "auto"),
        f"{EVENFALL}, first": lambda: project.evenfall(is_first=True),
        f"{EVENFALL}, second": project.evenfall,
        f"{WITHOUT}, first": lambda: project.evenfall(namespaces=False, is_first=True),
        f"{WITHOUT}, second": lambda: project.evenfall(namespaces=False),
    }
    runs = max(1, RUNS // 2)
    measurements = measure_in_turn(tools, runs)
    jobs = len(json.loads(measurements[f"{EVENFALL}, first"][0].stdout)["results"])
    peer = median_seconds(measurements[PARALLEL_NOX])
    print(f"## A generated project: {len(git(project.root, 'ls-files').text.splitlines())} files, {jobs} empty jobs\n")
    print("| tool | seconds | CPU seconds | largest process | ratio to `nox -j auto` | budget |")
    print("| --- | --- | --- | --- | --- | --- |")
    for tool, measured in measurements.items():
        seconds, megabytes = median_seconds(measured), max(each.megabytes for each in measured)
        budget = f"≤ {GENERATED_BUDGET}" if tool.startswith(f"{EVENFALL},") else ""
        fields = (f"{median_cpu_seconds(measured):.1f}", f"{megabytes:.0f} MB", f"{seconds / peer:.2f}", budget)
        print(f"| {tool} | {seconds:.1f} | {' | '.join(fields)} |")
    print(f"\nRuns of each tool: {runs}; the table shows medians.\n")


if __name__ == "__main__":
    main()
