"""Measure what one sandbox costs, in a project with many files, for a session with many packages."""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from functools import partial

from benchmarks.benchmark_projects import BenchmarkProject
from benchmarks.measure import RUNS
from evenfall.git.repository import find_repository
from evenfall.git.snapshot import SnapshotRequest, take_snapshot
from evenfall.pipeline.load import read_pipeline
from evenfall.project.interpreters import install_interpreters
from evenfall.results import Passed
from evenfall.run.caches import run_caches
from evenfall.run.environments import Environments
from evenfall.run.isolation import Isolation, ProbedIsolation
from evenfall.run.job import RunContext, run_job
from evenfall.run.job_tools import provide_tools
from evenfall.run.planner import make_plan
from evenfall.run.request import RunRequest
from evenfall.run.run_folder import run_folder
from evenfall.run.sandbox_removal import SandboxRemover

BUDGETS = {Isolation.NAMESPACES: "≤ 50", Isolation.LANDLOCK: ""}
"""Milliseconds to the start of the program."""

SANDBOXES = 4 * RUNS

_PROGRAM = """\
#!/bin/sh
echo started
ls -d .nox/*/lib/python*/site-packages/*.dist-info 2>/dev/null | wc -l
"""
"""The program of each job, in place of Nox. It prints how many packages its environment has."""


def print_sandbox_cost(project: BenchmarkProject, session: str) -> None:
    """Print what a sandbox for a session costs with each kind of isolation."""
    print("## One sandbox: the same files, a session with packages\n")
    print("| isolation | milliseconds until the program starts | budget | milliseconds of CPU | installed packages |")
    print("| --- | --- | --- | --- | --- |")
    for kind, budget in BUDGETS.items():
        wall, cpu, packages = measure_sandboxes(project, session, kind)
        print(f"| {kind.value} | {1000 * wall:.0f} | {budget} | {1000 * cpu:.0f} | {packages} |")
    print(f"""
The CPU time includes the end of the job, not the removal of its sandbox.
Sandboxes of each kind: {SANDBOXES}, one after the other; the table shows medians, and means of the CPU time.
""")


def measure_sandboxes(project: BenchmarkProject, session: str, kind: Isolation) -> tuple[float, float, int]:
    """Return the seconds from the request for a job to the first line of its program, CPU seconds, and the number of packages.

    They are of one sandbox, after a first job has made what all share.
    """
    seconds, cpu = [], 0.0
    with _context(project, session, kind) as context:
        (planned,) = context.plan.jobs
        for number in range(SANDBOXES + 1):
            starts: list[float] = []
            show = partial(_add_time, starts)
            began = time.perf_counter()
            result = run_job(planned, "0", context, show)
            if not isinstance(result.result, Passed) or result.log is None:
                raise SystemExit(f"the job in a sandbox did not pass: {result.reason}")
            packages = int(result.log.read_text(encoding="utf-8").split()[-1])
            seconds.append(starts[0] - began)
            cpu = cpu or _cpu_seconds()
            used = [parent / "0" for parent in (context.folder, context.caches.own)]
            for path in (*used, *context.folder.glob("0-environment*")):  # the next sandbox has the same paths
                path.rename(path.with_name(f"used-{path.name}-{number}"))
        cpu = _cpu_seconds() - cpu
    return statistics.median(seconds[1:]), cpu / SANDBOXES, packages


@contextlib.contextmanager
def _context(project: BenchmarkProject, session: str, kind: Isolation) -> Iterator[RunContext]:
    """Yield the context of a run of one session, as `mirror` makes it."""
    project.clean()
    environ = dict(os.environ)
    with (
        run_folder([]) as folder,
        SandboxRemover(folder, []) as remover,
        run_caches(project.root, environ, []) as caches,
        contextlib.closing(Environments(folder / "environments")) as environments,
    ):
        tools = provide_tools(folder / "tools", project.root, project.root, environ)
        (tools.folder / "nox").unlink()
        (tools.folder / "nox").write_text(_PROGRAM, encoding="utf-8")
        (tools.folder / "nox").chmod(0o755)
        pipeline = read_pipeline(project.root, python=str(project.python))
        request = RunRequest(root=project.root, snapshot=SnapshotRequest(), parallel=1, environ=environ)
        yield RunContext(
            request=request,
            folder=folder,
            snapshot=take_snapshot(find_repository(project.root), request.snapshot, folder),
            pipeline=pipeline,
            plan=make_plan(pipeline, (session,), install_interpreters),
            tools=tools,
            caches=caches,
            remover=remover,
            isolation=ProbedIsolation(kind=kind),
            environments=environments,
        )


def _add_time(times: list[float], line: str) -> None:
    """Add the time at which a line of output arrives."""
    times.append(time.perf_counter())


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of the processes that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
