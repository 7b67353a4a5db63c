"""Compare `evenfall run` with Nox and tox-uv: `python -m benchmarks.mirror [CLONE]`.

It prints the part `mirror` of the benchmarks page. CLONE is a clone of a real project, by default this repository. Evenfall is
adopted in a copy of it. A generated project with many files and jobs follows. Before each run everything is removed except the
package caches.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.benchmark_projects import ROOT, BenchmarkProject, adopt_clone, build_wheel, generate_project
from benchmarks.measure import CORES, RUNS, Measurement, measure_in_turn, median_cpu_seconds, median_seconds
from evenfall.git.command import git
from evenfall.pipeline.load import read_pipeline
from evenfall.project.project import read_project

EVENFALL, NOX, PARALLEL_NOX, TOX = "`evenfall run`", "`nox`", "`nox -j auto`", "tox-uv `run-parallel`"


def main() -> None:
    clone = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    packages = ("evenfall", "nox", "tox", "tox-uv", "uv")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    print("`nox -s bench -- mirror CLONE` adopts Evenfall in a copy of CLONE, a clone of another project.")
    print("Before each run of each tool, environments, tool caches and build products were removed.\n")
    print(f"Versions: {versions}, {python}; {CORES} cores.\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="evenfall-bench-") as name:
        folder = Path(name)
        wheel = build_wheel(folder / "wheel")
        compare_on_clone(*adopt_clone(clone, folder, wheel), folder / "report.json")
        sys.stdout.flush()
        compare_on_generated_project(generate_project(folder, wheel), max(1, RUNS // 2))


def compare_on_clone(project: BenchmarkProject, omitted: tuple[str, ...], report: Path) -> None:
    """Compare all tools on a real project. Nox writes the durations of its jobs to `report`."""
    paths: list[float] = []
    reused: list[Measurement] = []

    def sequential_nox() -> Measurement:
        measurement = project.nox("--report", str(report))
        paths.append(longest_path(project, report))
        reused.append(project.nox("--reuse-existing-virtualenvs", clean=False))
        return measurement

    tools = {
        NOX: sequential_nox,
        PARALLEL_NOX: lambda: project.nox("-j", "auto"),
        TOX: project.tox,
        EVENFALL: project.evenfall,
    }
    measurements = measure_in_turn(tools)
    path, cpu = statistics.median(paths[1:]), median_cpu_seconds(measurements[NOX])
    limit = max(path, cpu / CORES)
    environments = cpu - median_cpu_seconds(reused[1:])
    setup = sum_over_jobs(measurements[EVENFALL], "setup_seconds")
    ratio = (median_seconds(measurements[EVENFALL]) - setup / CORES) / limit
    print(f"## A real project: {read_project(project.root).name}\n")
    print(f"{len(project.jobs)} jobs: {', '.join(project.jobs)}.")
    if omitted:
        print(f"Omitted, because they fail with plain Nox on this machine: {', '.join(omitted)}.")
    print(f"Runs of each tool: {RUNS}; the table shows medians.\n")
    print_table(measurements, limit, cpu)
    print(f"""
The limit is calculated from the jobs in plain Nox, including the creation of their environments: the longest path takes
{path:.1f} s. Environments take {environments:.1f} s of the CPU time. `evenfall run` spends {setup:.1f} s on setting up sandboxes,
over all jobs; without that time, its ratio to the limit is {ratio:.2f} (budget: 1.05).
""")


def longest_path(project: BenchmarkProject, report: Path) -> float:
    """Return the seconds of the longest path through the pipeline, from the durations in Nox's report."""
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    seconds = {each["signatures"][0]: each["duration"] for each in sessions}
    pipeline = read_pipeline(project.root, python=str(project.python))

    def path(name: str) -> float:
        session = pipeline.by_name[name]
        own = max((seconds.get(job.name, 0.0) for job in session.jobs), default=0.0)
        return own + max((path(needed.name) for needed in pipeline.needs(session)), default=0.0)

    return max(path(session.name) for session in pipeline.sessions)


def sum_over_jobs(measurements: Iterable[Measurement], key: str) -> float:
    """Return the median, over runs of Evenfall, of the sum of `key` over all jobs of a run."""
    return statistics.median(
        sum(float(job[key]) for job in json.loads(each.stdout)["results"]) for each in measurements
    )


def print_table(measurements: Mapping[str, Sequence[Measurement]], limit: float, cpu: float) -> None:
    """Print how each tool compares with the limit and with Evenfall. The budget for the latter is a ratio of at least 1."""
    evenfall = median_seconds(measurements[EVENFALL])
    print("| tool | seconds | CPU seconds | ratio to the limit | ratio to `evenfall run` |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| limit: max(longest path, CPU / cores) | {limit:.1f} | {cpu:.1f} | 1.00 | {limit / evenfall:.2f} |")
    for tool, runs in measurements.items():
        seconds = median_seconds(runs)
        ratios = f"{seconds / limit:.2f} | {seconds / evenfall:.2f}"
        print(f"| {tool} | {seconds:.1f} | {median_cpu_seconds(runs):.1f} | {ratios} |")


def compare_on_generated_project(project: BenchmarkProject, runs: int) -> None:
    """Compare `evenfall run` with `nox -j auto`, which has no sandboxes."""
    tools = {PARALLEL_NOX: lambda: project.nox("-j", "auto"), EVENFALL: project.evenfall}
    measurements = measure_in_turn(tools, runs)
    jobs, files = len(project.jobs), len(git(project.root, "ls-files").text.splitlines())
    print(f"## A generated project: {files} files, {jobs} empty jobs\n")
    print(f"Runs of each tool: {runs}; the table shows medians.\n")
    print("| tool | seconds | CPU seconds | CPU seconds per job | largest process |\n| --- | --- | --- | --- | --- |")
    for tool, measured in measurements.items():
        cpu, megabytes = median_cpu_seconds(measured), max(each.megabytes for each in measured)
        print(f"| {tool} | {median_seconds(measured):.1f} | {cpu:.1f} | {cpu / jobs:.2f} | {megabytes:.0f} MB |")
    evenfall = median_seconds(measurements[EVENFALL])
    ratio = evenfall / median_seconds(measurements[PARALLEL_NOX])
    setup, sessions = (sum_over_jobs(measurements[EVENFALL], key) for key in ("setup_seconds", "seconds"))
    once = max(0.0, evenfall - (setup + sessions) / CORES)
    print(f"""
`evenfall run` takes {ratio:.1f} times as long, because it writes and removes {files * (jobs + 1)} files. Setting up a sandbox takes
{setup / jobs:.2f} s, its session {sessions / jobs:.2f} s. Work that is done once takes {once:.1f} s: taking the snapshot, reading the
pipeline, and removing all sandboxes at the end.
""")


if __name__ == "__main__":
    main()
