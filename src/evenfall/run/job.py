"""One job: its sandbox is made, its session runs there, its artifacts go to the store, and the sandbox is left."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from evenfall.errors import EvenfallError
from evenfall.git.checkout import changed_files
from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import Pipeline
from evenfall.report.job_result import JobResult
from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped
from evenfall.run import artifact_store
from evenfall.run.diagnosis.causes import causes
from evenfall.run.job_tools import Programs
from evenfall.run.landlock import path_rules
from evenfall.run.planner import Planned
from evenfall.run.process import Output, Running, supervise
from evenfall.run.runner_environment import CERTIFICATES, Caches, Job, runner_environment
from evenfall.run.sandbox import Sandbox, make_sandbox
from evenfall.run.sandbox_removal import Clearing

if TYPE_CHECKING:
    from evenfall.run.landlock import PathRule
    from evenfall.run.supervisor import Order


@dataclass(frozen=True, kw_only=True)
class Run:
    """What all jobs of one run share. `share`: the cores for each; `skipped`: jobs, like `tests-3.12 @ windows-latest`.

    `confined`: whether the kernel can keep them from what a runner has not.
    """

    folder: Path
    snapshot: Snapshot
    pipeline: Pipeline
    programs: Programs
    caches: Caches
    environ: Mapping[str, str]
    share: int
    skipped: tuple[str, ...]
    clearing: Clearing
    keep: bool
    confined: bool

    @property
    def artifacts(self) -> Path:
        """The store of artifacts."""
        return self.folder / "artifacts"


class Report(msgspec.Struct):
    """What Nox says of a session."""

    result: str
    reason: str | None = None


class _Written(msgspec.Struct):
    """What `nox --report` writes."""

    sessions: tuple[Report, ...]


def run_job(planned: Planned, number: int, run: Run, running: Running, told: Callable[[str], object]) -> JobResult:
    """Run the `number`th job. Raises `EvenfallError` (unknown) where its sandbox can't be made, `OSError` where the disk is full."""
    began = time.perf_counter()
    sandbox = make_sandbox(run.folder / str(number), run.snapshot, history=bool(planned.session.facts.history))
    try:
        artifact_store.hand_over(run.pipeline.required_artifacts(planned.session), run.artifacts, sandbox.checkout)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        run.clearing.leave(sandbox.folder)
        at = os.path.relpath(error.filename, sandbox.checkout)
        reason = f"an artifact that it takes can't lie where the checkout has {at}"
        return JobResult(name=planned.name, result=Failed(reason), preparing=time.perf_counter() - began)
    order = _order(planned, sandbox, run)
    printed = run.folder / f"{number}.log"
    started = time.perf_counter()
    minutes = planned.session.facts.timeout
    code, late = supervise(order, Output(printed, told), running, seconds=minutes * 60)
    seconds = time.perf_counter() - started
    unkept = _keep_artifacts(planned, sandbox, run)
    result = judge(code, _report(sandbox), unkept, why=last_words(printed), minutes=minutes if late else None)
    if isinstance(result, Failed) and was_full(printed) and is_short(run.folder):
        result = Inconclusive(f"the disk was full; it failed: {result.reason}")
    git_dir = sandbox.folder / "status.git"
    changed = changed_files(run.snapshot, sandbox.checkout, commit=sandbox.commit, git_dir=git_dir)
    notes = [f"it changed {', '.join(changed)}, which git tracks"] if changed else []
    if isinstance(result, Failed):
        notes += _causes(planned, printed, sandbox, run)
    if isinstance(result, Failed) and run.keep:
        notes.append(f"its sandbox is kept: {_entering(sandbox, order)}")
    else:
        run.clearing.leave(sandbox.folder)
    return JobResult(
        name=planned.name,
        result=result,
        seconds=seconds,
        preparing=time.perf_counter() - began - seconds,
        printed=printed,
        notes=tuple(notes),
    )


def _keep_artifacts(planned: Planned, sandbox: Sandbox, run: Run) -> str:
    """What is wrong with what a job declares to leave; empty where all of it is in the artifact_store."""
    left = planned.session.artifacts
    try:
        missing = artifact_store.keep(
            left, sandbox.checkout, run.artifacts, job=planned.job.name, system=planned.system
        )
    except PermissionError as error:
        return f"what it left can't be read: {os.path.relpath(error.filename, sandbox.checkout)}"
    return f"it declares {', '.join(missing)} and left nothing there" if missing else ""


def _causes(planned: Planned, printed: Path, sandbox: Sandbox, run: Run) -> list[str]:
    """What explains a failure. Where that can't be looked at, as in a folder that a container has made, the failure stands."""
    lacking = {name: value for name, value in run.environ.items() if name not in planned.session.facts.pass_env}
    taken = tuple(artifact.path for artifact in run.pipeline.required_artifacts(planned.session))
    try:
        return causes(printed, run.snapshot, sandbox.checkout, lacking, taken)
    except (OSError, EvenfallError) as error:
        return [f"what differs here could not be looked at: {error}"]


def _order(planned: Planned, sandbox: Sandbox, run: Run) -> Order:
    facts = planned.session.facts
    job = Job(
        name=planned.name,
        session=planned.session.name,
        workflow=facts.workflows[0],
        system=planned.system,
        python=f"{planned.job.python}={planned.python}" if planned.python else None,
        pass_env=facts.pass_env,
        share=run.share,
        skipped=run.skipped,
    )
    nox = (os.fspath(run.programs.folder / "nox"), "--no-dependencies", "--report", os.fspath(_report_of(sandbox)))
    variables = runner_environment(
        job, sandbox, run.snapshot, run.caches, programs=run.programs.folder, environ=run.environ
    )
    return {
        "command": (*nox, "-s", planned.job.name),
        "folder": os.fspath(sandbox.checkout),
        "environ": variables,
        "rules": confinement(planned, sandbox, run) if run.confined else None,
    }


def confinement(planned: Planned, sandbox: Sandbox, run: Run) -> tuple[PathRule, ...]:
    """Hidden: the user's home and checkout, and the sandboxes of others."""
    repository = run.snapshot.repository
    python = (_prefix(planned.python),) if planned.python else ()
    certificates = (Path(run.environ[name]) for name in CERTIFICATES if name in run.environ)
    return path_rules(
        hidden=(*home_folders(run.environ), repository.top, repository.common_dir, run.folder.parent),
        readable=(
            run.programs.folder,
            *run.programs.needs,
            *python,
            *certificates,
            run.snapshot.store,
            repository.objects,
            *repository.alternates,
        ),
        writable=(sandbox.folder, *run.caches.folders),
    )


def home_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the user's home folder, or nothing if it is missing or the root of the file system, as in some containers."""
    home = Path(environ.get("HOME") or os.sep)
    return (home,) if home.is_dir() and home.resolve() != Path(os.sep) else ()


def _prefix(python: Path) -> Path:
    """The folder that holds an interpreter's library: of `/opt/python/bin/python3.12` it is `/opt/python`."""
    return python.resolve().parent.parent


def _report_of(sandbox: Sandbox) -> Path:
    return sandbox.files / "report.json"


def _report(sandbox: Sandbox) -> Report | None:
    """What Nox said of the job; `None` where it did not come to that."""
    try:
        return msgspec.json.decode(_report_of(sandbox).read_bytes(), type=_Written).sessions[0]
    except (OSError, msgspec.MsgspecError, IndexError):
        return None


def _end_of(printed: Path) -> str:
    with printed.open("rb") as file:
        file.seek(max(0, printed.stat().st_size - 65536))
        return file.read().decode("utf-8", "replace")


def was_full(printed: Path) -> bool:
    """Whether a program said that the disk is full."""
    return os.strerror(errno.ENOSPC) in _end_of(printed)


ENOUGH = 1 << 30
"""Bytes. Where more is free now, a program that spoke of a full disk had another one, or tests what happens then."""


def is_short(folder: Path) -> bool:
    """Whether the disk of the sandboxes has little left."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize < ENOUGH


def last_words(printed: Path) -> str:
    """What Nox said last of why a session failed, without its own prefix; empty where it said nothing."""
    lines = re.findall(r"(?m)^nox > (.+)$", _end_of(printed))
    for line in reversed(lines):
        if not re.match(
            r"Session .* failed\.$|Running session|Creating virtual environment|Ran multiple sessions|# ", line
        ):
            found = re.match(r"Session \S+(?: \(.*?\))? failed: (.+)$", line)
            return found[1] if found else line
    return ""


def judge(code: int, report: Report | None, unkept: str, *, why: str = "", minutes: int | None = None) -> Result:
    """The result of a job whose Nox ended with `code`, and `why`. `unkept`: what is wrong with its artifacts, which fails it, as
    in CI; `minutes`: its time was over.

    A session that skips itself passes in CI; a standard one that can't know says so, and skips itself or fails.
    """
    if minutes is not None:
        return Failed(f"it was stopped after {minutes} minutes, its timeout")
    reason = (report.reason or "").strip() if report else ""
    if report and reason.startswith("inconclusive: "):
        return Inconclusive(reason.removeprefix("inconclusive: "))
    if report and report.result == "skipped" and reason.startswith("skipped: "):
        return Skipped(reason.removeprefix("skipped: "))
    if code:
        return Failed(
            reason or why or (f"Nox was ended by signal {code - 128}" if code > 128 else f"Nox ended with {code}")
        )
    if unkept:
        return Failed(unkept)
    return Passed(f"it skipped itself: {reason}" if report and report.result == "skipped" else "")


def _entering(sandbox: Sandbox, order: Order) -> str:
    """The command that opens a shell in a kept sandbox, with its variables."""
    import shlex

    script = sandbox.folder / "enter"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in order["environ"].items()]
    body = "\n".join(("#!/bin/sh", f"cd {shlex.quote(order['folder'])}", *lines, 'exec "${SHELL:-/bin/sh}"'))
    script.write_bytes(os.fsencode(f"{body}\n"))
    script.chmod(0o700)
    return shlex.quote(os.fspath(script))
