"""One job: a sandbox is made, the session runs in it, its artifacts are saved, and its result is decided."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.errors import EvenfallError
from evenfall.git.checkout import changed_files
from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import Pipeline
from evenfall.results import Failed, Inconclusive, JobResult, Passed, Result
from evenfall.run import overlay
from evenfall.run.caches import Caches
from evenfall.run.diagnosis.causes import find_causes
from evenfall.run.diagnosis.evidence import Evidence
from evenfall.run.environments import Environments
from evenfall.run.isolation import ProbedIsolation
from evenfall.run.job_order import NOX_REPORT, order_of, write_shell_script
from evenfall.run.job_tools import JobTools
from evenfall.run.layers import sandbox_for
from evenfall.run.machine import cores
from evenfall.run.once import Once
from evenfall.run.planner import Plan, PlannedJob
from evenfall.run.process import JobOutput, ProcessEnd, RunningJobs, supervise
from evenfall.run.programs import SUDO_MARKER
from evenfall.run.request import RunRequest
from evenfall.run.sandbox import Sandbox
from evenfall.run.sandbox_removal import SandboxRemover
from evenfall.run.services import Services
from evenfall.run.session_result import (
    SessionEnd,
    failed_tests,
    last_nox_message,
    mentions_full_disk,
    read_nox_report,
    session_result,
)
from evenfall.run.spare_checkouts import SpareCheckouts
from evenfall.run.unavailable import unavailable

if TYPE_CHECKING:
    from evenfall.run.diagnosis.experiments import Condition
    from evenfall.run.supervisor import Order, OrderReport


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """The objects that all jobs of one run share."""

    request: RunRequest
    folder: Path
    snapshot: Snapshot
    pipeline: Pipeline
    plan: Plan
    tools: JobTools
    caches: Caches
    remover: SandboxRemover
    isolation: ProbedIsolation
    services: Services = field(default_factory=Services)
    running: RunningJobs = field(default_factory=RunningJobs)
    bases: Once[Sandbox] = field(default_factory=Once)
    builds: Once[Sandbox | None] = field(default_factory=Once)
    checkouts: SpareCheckouts = field(default_factory=SpareCheckouts)
    environments: Environments | None = None
    least_free_space: int = 1 << 30
    """Bytes. If less is free after a job whose output mentions a full disk, the disk was full; else the job had another disk."""

    @property
    def artifacts(self) -> Path:
        """The folder of the artifacts of this run."""
        return self.folder / "artifacts"

    @property
    def cores_per_job(self) -> int:
        """The number of cores that each job may use."""
        parallel = max(1, min(self.request.parallel, len(self.plan.jobs)))
        return max(1, cores() // parallel)


def run_job(
    planned: PlannedJob,
    name: str,
    context: RunContext,
    show: Callable[[str], object],
    *,
    on_one_disk: bool = False,
) -> JobResult:
    """Run a job. `show` receives the last line of its output as it changes; `name` and `on_one_disk` are for `sandbox_for`.

    Raises `EvenfallError` (unknown) if the sandbox can't be made, and `OSError` if the disk is full.
    """
    began = time.perf_counter()
    sandbox = sandbox_for(planned, name, context, on_one_disk=on_one_disk)
    order = order_of(planned, sandbox, context, (), save_to=context.artifacts)
    log, timeout = context.folder / f"{name}.log", planned.session.facts.timeout * 60
    started = time.perf_counter()
    ended = supervise(order, JobOutput(log, show), context.running, seconds=timeout, start=context.services.start)
    seconds = time.perf_counter() - started
    if not_run := _reason_not_to_run(ended.report):
        context.remover.add(sandbox.folder)
        return JobResult(job=planned.name, result=not_run, setup_seconds=time.perf_counter() - began)
    result = _result(planned, ended, log, sandbox, context)
    causes = _causes(planned, log, sandbox, context) if isinstance(result, Failed) else []
    notes = _close_sandbox(sandbox, order, result, context)
    return JobResult(
        job=planned.name,
        result=result,
        seconds=seconds,
        setup_seconds=time.perf_counter() - began - seconds,
        log=log,
        notes=notes,
        causes=tuple(causes),
    )


def _result(planned: PlannedJob, ended: ProcessEnd, log: Path, sandbox: Sandbox, context: RunContext) -> Result:
    """Return the result of a job that has run."""
    end = SessionEnd(
        code=ended.code,
        nox=read_nox_report(sandbox.files / NOX_REPORT),
        last_message=last_nox_message(log),
        failed_tests=failed_tests(log),
        timeout=planned.session.facts.timeout if ended.timed_out else None,
        artifact_problem=ended.report.get("artifact_problem", ""),
    )
    result = _inconclusive_if_disk_full(session_result(end), log, context)
    return _inconclusive_if_unavailable(result, log, sandbox, context)


def _close_sandbox(sandbox: Sandbox, order: Order, result: Result, context: RunContext) -> tuple[str, ...]:
    """Remove a sandbox, except its environment and its checkout if other jobs can use them; return notes for the user.

    With `--keep`, the sandbox of a failed job stays.
    """
    is_kept = isinstance(result, Failed) and context.request.keep
    if context.environments and sandbox.environment and not is_kept:
        context.environments.put_back(sandbox.environment)
    is_unchanged = isinstance(result, Passed) and context.checkouts.add(sandbox)
    notes = () if is_unchanged else _changed_files(sandbox, context)
    if is_kept:
        return (*notes, f"its sandbox is kept; open a shell in it: {write_shell_script(sandbox, order)}")
    context.remover.add(sandbox.folder)
    return notes


def passes_with(
    planned: PlannedJob, name: str, context: RunContext, changes: Sequence[Condition], *, seconds: float
) -> bool:
    """Return whether a job passes within `seconds` if its sandbox has these properties of the user's machine.

    `name` is the name of the sandbox's folder. Raises `EvenfallError` and `OSError` as `run_job` does.
    """
    prepare = [change.prepare for change in changes if change.prepare]
    sandbox = sandbox_for(planned, name, context, changes)
    try:
        for change in prepare:
            change(sandbox.checkout)
        # Its artifacts are a copy, which must not reach other jobs.
        order = order_of(planned, sandbox, context, changes, save_to=sandbox.folder / "artifacts")
        output = JobOutput(sandbox.folder / "output.log", lambda _: None)
        start = (
            subprocess.Popen if any(change.services or change.machine for change in changes) else context.services.start
        )
        ended = supervise(order, output, RunningJobs(), seconds=seconds, start=start)
        return not (ended.code or _reason_not_to_run(ended.report) or "artifact_problem" in ended.report)
    finally:
        context.remover.add(sandbox.folder)


def _reason_not_to_run(report: OrderReport) -> Result | None:
    """Return the result of a job that its supervisor did not start. Raises `OSError` if the system had an error, as a full disk."""
    if "error" in report:
        number, path = report["error"]
        raise OSError(number, os.strerror(number), path)
    if "isolation_problem" in report:
        return Inconclusive(f"its sandbox could not be made: {report['isolation_problem']}")
    return Failed(report["conflict"]) if "conflict" in report else None


def _inconclusive_if_disk_full(result: Result, log: Path, context: RunContext) -> Result:
    if isinstance(result, Failed) and mentions_full_disk(log):
        disk = os.statvfs(context.folder)
        if disk.f_bavail * disk.f_frsize < context.least_free_space:
            return Inconclusive(f"the disk was full: {result.reason}")
    return result


def _inconclusive_if_unavailable(result: Result, log: Path, sandbox: Sandbox, context: RunContext) -> Result:
    """Return a result that says so if the session has used what only a runner has."""
    uses_sudo = (sandbox.files / SUDO_MARKER).exists()
    if not (isinstance(result, Failed) or (isinstance(result, Passed) and uses_sudo)):
        return result
    ports = context.services.closed | context.services.reachable
    text = log.read_text(encoding="utf-8", errors="replace")
    reason = unavailable(text, sandbox.files, context.tools.folder, ports, has_namespaces=sandbox.has_file_system)
    failure = f": {result.reason}" if isinstance(result, Failed) else ""
    return Inconclusive(f"{reason}{failure}") if reason else result


def _changed_files(sandbox: Sandbox, context: RunContext) -> tuple[str, ...]:
    if sandbox.base:
        *uppers, lowest = sandbox.layers
        changed = overlay.changed_paths(lowest, *uppers)
    else:
        git_dir = sandbox.folder / "compare"
        changed = changed_files(context.snapshot, sandbox.checkout, commit=sandbox.commit, git_dir=git_dir)
    return (f"it changed tracked files: {', '.join(changed)}",) if changed else ()


def _causes(planned: PlannedJob, log: Path, sandbox: Sandbox, context: RunContext) -> list[str]:
    """Return the causes that the output names. If they can't be searched for, as with another user's folder, the failure stands."""
    restored = tuple(artifact.path for artifact in context.pipeline.required_artifacts(planned.session))
    evidence = Evidence(
        log=log,
        snapshot=context.snapshot,
        sandbox=sandbox,
        environ=users_environment(planned, context),
        restored_artifacts=restored,
        closed_ports=context.services.closed,
        shared=(context.folder, context.caches.hooks, *context.caches.folders),
    )
    try:
        return find_causes(evidence)
    except (OSError, EvenfallError) as error:
        return [f"the cause could not be searched for: {error}"]


def users_environment(planned: PlannedJob, context: RunContext) -> dict[str, str]:
    """Return the user's environment without the variables that the job gets."""
    passed = planned.session.facts.pass_env
    return {name: value for name, value in context.request.environ.items() if name not in passed}
