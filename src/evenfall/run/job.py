"""One job: a sandbox is made, the session runs in it, its artifacts are saved, and its result is decided."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.errors import EvenfallError
from evenfall.git.checkout import changed_files
from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import Pipeline
from evenfall.results import Failed, Inconclusive, JobResult, Result
from evenfall.run import landlock
from evenfall.run.artifact_store import ArtifactStore
from evenfall.run.caches import Caches
from evenfall.run.diagnosis.causes import find_causes
from evenfall.run.diagnosis.evidence import Evidence
from evenfall.run.job_tools import JobTools
from evenfall.run.landlock import path_rules
from evenfall.run.planner import Plan, PlannedJob
from evenfall.run.process import JobOutput, RunningJobs, supervise
from evenfall.run.request import RunRequest
from evenfall.run.runner_environment import CERTIFICATES, EnvironmentRequest, RunnerJob, runner_environment
from evenfall.run.sandbox import UMASK, Sandbox, make_sandbox
from evenfall.run.sandbox_removal import SandboxRemover
from evenfall.run.session_result import (
    SessionEnd,
    failed_tests,
    last_nox_message,
    mentions_full_disk,
    read_nox_report,
    session_result,
)

if TYPE_CHECKING:
    from evenfall.run.diagnosis.experiments import Condition
    from evenfall.run.landlock import PathRule
    from evenfall.run.supervisor import Order

NOX_REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """The objects that all jobs of one run share.

    `is_confined`: whether the kernel can restrict jobs to the paths that a runner would have.
    """

    request: RunRequest
    folder: Path
    snapshot: Snapshot
    pipeline: Pipeline
    plan: Plan
    tools: JobTools
    caches: Caches
    remover: SandboxRemover
    running: RunningJobs = field(default_factory=RunningJobs)
    is_confined: bool = field(default_factory=landlock.is_supported)
    least_free_space: int = 1 << 30
    """Bytes. If less is free after a job whose output mentions a full disk, the disk was full; else the job had another disk."""

    @property
    def artifact_store(self) -> ArtifactStore:
        """The artifacts of this run."""
        return ArtifactStore(self.folder / "artifacts")

    @property
    def cores_per_job(self) -> int:
        """The number of cores that each job may use."""
        parallel = max(1, min(self.request.parallel, len(self.plan.jobs)))
        return max(1, (os.cpu_count() or 1) // parallel)


def run_job(planned: PlannedJob, number: int, context: RunContext, show: Callable[[str], object]) -> JobResult:
    """Run the `number`th job of a run. `show` receives the last line of its output as it changes.

    Raises `EvenfallError` (unknown) if the sandbox can't be made, and `OSError` if the disk is full.
    """
    began = time.perf_counter()
    facts = planned.session.facts
    sandbox = make_sandbox(context.folder / str(number), context.snapshot, history=bool(facts.history))
    if conflict := _restore_artifacts(planned, sandbox, context):
        context.remover.add(sandbox.folder)
        return JobResult(job=planned.name, result=Failed(conflict), setup_seconds=time.perf_counter() - began)
    order = _order(planned, sandbox, context, ())
    log = context.folder / f"{number}.log"
    started = time.perf_counter()
    ended = supervise(order, JobOutput(log, show), context.running, seconds=facts.timeout * 60)
    seconds = time.perf_counter() - started
    end = SessionEnd(
        code=ended.code,
        nox=read_nox_report(sandbox.files / NOX_REPORT),
        last_message=last_nox_message(log),
        failed_tests=failed_tests(log),
        timeout=facts.timeout if ended.timed_out else None,
        artifact_problem=_save_artifacts(planned, sandbox, context.artifact_store),
    )
    result = _inconclusive_if_disk_full(session_result(end), log, context)
    notes = [*_changed_files(sandbox, context)]
    causes = _causes(planned, log, sandbox, context) if isinstance(result, Failed) else []
    if isinstance(result, Failed) and context.request.keep:
        notes.append(f"its sandbox is kept; open a shell in it: {_write_shell_script(sandbox, order)}")
    else:
        context.remover.add(sandbox.folder)
    return JobResult(
        job=planned.name,
        result=result,
        seconds=seconds,
        setup_seconds=time.perf_counter() - began - seconds,
        log=log,
        notes=tuple(notes),
        causes=tuple(causes),
    )


def passes_with(
    planned: PlannedJob, name: str, context: RunContext, changes: Sequence[Condition], *, seconds: float
) -> bool:
    """Return whether a job passes within `seconds` if its sandbox has these properties of the user's machine.

    `name` is the name of the sandbox's folder. Raises `EvenfallError` and `OSError` as `run_job` does.
    """
    sandbox = make_sandbox(context.folder / name, context.snapshot, history=bool(planned.session.facts.history))
    try:
        if _restore_artifacts(planned, sandbox, context):
            return False
        for change in changes:
            if change.prepare:
                change.prepare(sandbox.checkout)
        order = _order(planned, sandbox, context, changes)
        output = JobOutput(sandbox.folder / "output.log", lambda _: None)
        ended = supervise(order, output, RunningJobs(), seconds=seconds)
        store = ArtifactStore(sandbox.folder / "artifacts")  # a copy for this run must not reach other jobs
        return ended.code == 0 and not _save_artifacts(planned, sandbox, store)
    finally:
        context.remover.add(sandbox.folder)


def _restore_artifacts(planned: PlannedJob, sandbox: Sandbox, context: RunContext) -> str:
    """Copy the required artifacts into the checkout. Return the problem if the checkout has a file where a folder is needed."""
    try:
        context.artifact_store.restore(context.pipeline.required_artifacts(planned.session), sandbox.checkout)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        path = os.path.relpath(error.filename, sandbox.checkout)
        return f"a required artifact can't be restored, because the checkout contains {path}"
    return ""


def _save_artifacts(planned: PlannedJob, sandbox: Sandbox, store: ArtifactStore) -> str:
    """Save the declared artifacts. Return the problem if one is missing or can't be read."""
    try:
        missing = store.save(planned.session.artifacts, sandbox.checkout, job=planned.job.name, system=planned.system)
    except PermissionError as error:
        return f"an artifact can't be read: {os.path.relpath(error.filename, sandbox.checkout)}"
    return f"no file matches the declared artifact {', '.join(missing)}" if missing else ""


def _inconclusive_if_disk_full(result: Result, log: Path, context: RunContext) -> Result:
    if isinstance(result, Failed) and mentions_full_disk(log):
        disk = os.statvfs(context.folder)
        if disk.f_bavail * disk.f_frsize < context.least_free_space:
            return Inconclusive(f"the disk was full: {result.reason}")
    return result


def _changed_files(sandbox: Sandbox, context: RunContext) -> tuple[str, ...]:
    changed = changed_files(
        context.snapshot, sandbox.checkout, commit=sandbox.commit, git_dir=sandbox.folder / "compare"
    )
    return (f"it changed tracked files: {', '.join(changed)}",) if changed else ()


def _causes(planned: PlannedJob, log: Path, sandbox: Sandbox, context: RunContext) -> list[str]:
    """Return the causes that the output names. If they can't be searched for, as with another user's folder, the failure stands."""
    restored = tuple(artifact.path for artifact in context.pipeline.required_artifacts(planned.session))
    evidence = Evidence(
        log=log,
        snapshot=context.snapshot,
        checkout=sandbox.checkout,
        environ=users_environment(planned, context),
        restored_artifacts=restored,
    )
    try:
        return find_causes(evidence)
    except (OSError, EvenfallError) as error:
        return [f"the cause could not be searched for: {error}"]


def users_environment(planned: PlannedJob, context: RunContext) -> dict[str, str]:
    """Return the user's environment without the variables that the job gets."""
    passed = planned.session.facts.pass_env
    return {name: value for name, value in context.request.environ.items() if name not in passed}


def _order(planned: PlannedJob, sandbox: Sandbox, context: RunContext, changes: Sequence[Condition]) -> Order:
    """Return the order for a job, with these properties of the user's machine instead of a runner's."""
    facts = planned.session.facts
    job = RunnerJob(
        session=planned.session.name,
        workflow=facts.workflows[0],
        system=planned.system,
        python=f"{planned.job.python}={planned.python}" if planned.python else None,
        pass_env=facts.pass_env,
        cores=context.cores_per_job,
        skipped=context.plan.skipped_on_systems,
    )
    request = EnvironmentRequest(
        job=job,
        sandbox=sandbox,
        snapshot=context.snapshot,
        caches=context.caches,
        tools=context.tools.folder,
        environ=context.request.environ,
    )
    environ: dict[str, str | None] = {**runner_environment(request)}
    for change in changes:
        environ |= change.environ
    nox = os.fspath(context.tools.folder / "nox")
    report = os.fspath(sandbox.inside.files / NOX_REPORT)
    return {
        "command": (nox, "--no-dependencies", "--report", report, "-s", planned.job.name),
        "folder": os.fspath(sandbox.inside.checkout),
        "environ": {name: value for name, value in environ.items() if value is not None},
        "umask": next((change.umask for change in changes if change.umask != UMASK), UMASK),
        "terminal": any(change.terminal for change in changes),
        "rules": _rules(planned, sandbox, context) if context.is_confined else None,
    }


def _rules(planned: PlannedJob, sandbox: Sandbox, context: RunContext) -> tuple[PathRule, ...]:
    """Return rules that hide the user's home and checkout and the sandboxes of others, except what the job needs of them."""
    repository, environ = context.snapshot.repository, context.request.environ
    return path_rules(
        hidden=(*home_folders(environ), repository.top, repository.common_dir, context.folder.parent),
        readable=(
            context.tools.folder,
            *context.tools.dependencies,
            *((planned.python.resolve().parent.parent,) if planned.python else ()),  # PREFIX of PREFIX/bin/python3.12
            *(Path(environ[name]) for name in CERTIFICATES if name in environ),
            context.snapshot.store,
            repository.objects,
            *repository.alternates,
        ),
        writable=(sandbox.folder, *context.caches.folders),
    )


def home_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the user's home folder, or nothing if it is missing or the root of the file system, as in some containers."""
    home = Path(environ.get("HOME") or os.sep)
    return (home,) if home.is_dir() and home.resolve() != Path(os.sep) else ()


def _write_shell_script(sandbox: Sandbox, order: Order) -> str:
    """Write a script that opens a shell in a sandbox with the job's variables; return the command that runs it."""
    script = sandbox.folder / "shell"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in order["environ"].items()]
    body = "\n".join(("#!/bin/sh", f"cd {shlex.quote(order['folder'])}", *lines, 'exec "${SHELL:-/bin/sh}"'))
    script.write_bytes(os.fsencode(f"{body}\n"))
    script.chmod(0o700)
    return shlex.quote(os.fspath(script))
