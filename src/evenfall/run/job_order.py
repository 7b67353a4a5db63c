"""The order for a job's supervisor: the command with its variables, and what of the user's machine the job may see."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.pipeline.model import BUILT, LAYER
from evenfall.project.session_python import CHOSEN
from evenfall.run import file_system
from evenfall.run.isolation import Isolation
from evenfall.run.landlock import path_rules
from evenfall.run.planner import PlannedJob
from evenfall.run.runner_environment import CERTIFICATES, EnvironmentRequest, RunnerJob, runner_environment
from evenfall.run.runner_image import runner_image
from evenfall.run.sandbox import Sandbox
from evenfall.run.supervisor import COMMAND, UMASK

if TYPE_CHECKING:
    from evenfall.pipeline.model import Artifact
    from evenfall.run.diagnosis.experiments import Condition
    from evenfall.run.job import RunContext
    from evenfall.run.landlock import PathRule
    from evenfall.run.namespace import FileSystem, Mount
    from evenfall.run.supervisor import Order, Transfer

NOX_REPORT = "report.json"
"""The name of the file in which Nox reports the result of a job."""


def order_of(
    planned: PlannedJob, sandbox: Sandbox, context: RunContext, changes: Sequence[Condition], *, save_to: Path
) -> Order:
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
        caches=context.caches.provide(sandbox.folder.name, _other_hooks(context, changes)),
        tools=context.tools.folder,
        environ=context.request.environ,
    )
    environ: dict[str, str | None] = {**runner_environment(request), CHOSEN: context.pipeline.chosen_pythons}
    if sandbox.build:
        context.caches.copy_builds(sandbox.build.folder.name, sandbox.folder.name)
    if sandbox.environment:
        environ[LAYER] = BUILT if sandbox.build else "packages"
    for change in changes:
        environ |= change.environ
    nox = os.fspath(context.tools.folder / "nox")
    report = os.fspath(sandbox.inside.files / NOX_REPORT)
    order: Order = {
        "command": (nox, "--no-dependencies", "--report", report, "-s", planned.job.name),
        "folder": os.fspath(sandbox.inside.checkout),
        "environ": {name: value for name, value in environ.items() if value is not None},
        "umask": next((change.umask for change in changes if change.umask != UMASK), UMASK),
        "report": os.fspath(sandbox.folder / "report.json"),
    }
    if any(change.terminal for change in changes):
        order["stdin"] = "terminal"
    if sandbox.has_file_system:
        order["file_system"] = file_system_of(planned, sandbox, context, changes=changes)
    if any(change.machine for change in changes) or context.isolation.kind is Isolation.LANDLOCK:
        order["rules"] = _rules(planned, sandbox, context, changes)
    if transfer := _transfer(planned, sandbox, context, save_to):
        order["transfer"] = transfer
    if sys.platform == "linux" and not any(change.limits for change in changes):
        order["limits"] = {**runner_image().limits}
    return order


def _transfer(planned: PlannedJob, sandbox: Sandbox, context: RunContext, save_to: Path) -> Transfer | None:
    """Return the artifacts that a job takes and leaves; None without any."""
    required, declared = context.pipeline.required_artifacts(planned.session), planned.session.artifacts
    if not required and not declared:
        return None
    checkout = sandbox.checkout
    if sandbox.has_file_system:
        checkout = root_of(sandbox) / sandbox.inside.checkout.relative_to(os.sep)
    return {
        "checkout": os.fspath(checkout),
        "store": os.fspath(context.artifacts),
        "restore": [_fields(artifact) for artifact in required],
        "save": [_fields(artifact) for artifact in declared],
        "save_to": os.fspath(save_to),
        "job": planned.job.name,
        "system": planned.system,
    }


def _fields(artifact: Artifact) -> tuple[str, int, str]:
    return (artifact.session, artifact.number, artifact.path)


def root_of(sandbox: Sandbox) -> Path:
    """Return the folder that becomes the root of a job's file system."""
    return sandbox.folder / "root"


def _other_hooks(context: RunContext, changes: Sequence[Condition]) -> Path | None:
    """Return the folder of the hooks that an experiment can use but not change; None if the job is not an experiment.

    With properties of the user's machine, it must not install hooks where other jobs would use them.
    """
    users = (change.hooks for change in changes if change.hooks)
    return next(users, context.caches.hooks / "pre-commit") if changes else None


def file_system_of(
    planned: PlannedJob, sandbox: Sandbox, context: RunContext, *more: Mount, changes: Sequence[Condition] = ()
) -> FileSystem:
    """Return a job's file system."""
    for folder in context.caches.folders:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    mounts = (
        *sandbox.mounts(context.snapshot),
        *more,
        *file_system.writable(*_caches(context, changes)),
        *file_system.readable(*_readable(planned, context, changes)),
    )
    made = file_system.file_system(root_of(sandbox), mounts)
    made["host"] = next((change.host for change in changes if change.host), made["host"])
    return made


def _caches(context: RunContext, changes: Sequence[Condition]) -> tuple[Path, ...]:
    """Return the folders outside the sandbox to which a job may write."""
    return context.caches.folders if changes else (*context.caches.folders, context.caches.hooks)


def _readable(planned: PlannedJob, context: RunContext, changes: Sequence[Condition]) -> Iterator[Path]:
    """Yield the paths of the user's machine that a job needs: tools, interpreters, certificates."""
    if hooks := _other_hooks(context, changes):
        yield hooks
    yield context.tools.folder
    yield from context.tools.dependencies
    if planned.python:
        yield from file_system.interpreter_paths(planned.python)
    for name in CERTIFICATES:
        if path := context.request.environ.get(name):
            yield Path(path)


def _rules(
    planned: PlannedJob, sandbox: Sandbox, context: RunContext, changes: Sequence[Condition]
) -> tuple[PathRule, ...]:
    """Return rules that allow the system, what the job needs, and no file of the user or of another sandbox.

    With the files of the user's machine, they also allow the job to read all other files.
    """
    is_open = any(change.machine for change in changes)
    snapshot, repository = context.snapshot, context.snapshot.repository
    hidden = [*home_folders(context.request.environ), repository.top, repository.common_dir, context.folder.parent]
    readable = (Path(os.sep),) if is_open else file_system.SYSTEM_PATHS
    if not is_open:
        hidden.append(file_system.LOCAL)
    return (
        *path_rules(hidden=hidden, readable=readable, writable=file_system.SHARED_PATHS),
        *path_rules(
            hidden=(),
            readable=(*_readable(planned, context, changes), *snapshot.objects, *repository.alternates),
            writable=(sandbox.folder, *sandbox.layers, *_caches(context, changes)),
        ),
    )


def home_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the user's home folder, or nothing if it is missing or the root of the file system, as in some containers."""
    home = Path(environ.get("HOME") or os.sep)
    return (home,) if home.is_dir() and home.resolve() != Path(os.sep) else ()


def write_shell_script(sandbox: Sandbox, order: Order) -> str:
    """Write a script that opens a shell in a sandbox as the job had it; return the command that runs it."""
    script, file = sandbox.folder / "shell", sandbox.folder / "shell.json"
    shell = ("/bin/sh", "-c", "command -v bash >/dev/null && exec bash; exec sh")
    # The user may change the files for which the Pythons were chosen and the project was built.
    environ = {name: value for name, value in order["environ"].items() if name not in {CHOSEN, LAYER}}
    changed = {**order, "command": shell, "environ": environ, "stdin": "shell"}
    changed.pop("transfer", None)
    file.write_text(json.dumps(changed), encoding="utf-8")
    script.write_bytes(os.fsencode(f"#!/bin/sh\nexec {shlex.join((*COMMAND, os.fspath(file)))}\n"))
    script.chmod(0o700)
    return shlex.quote(os.fspath(script))
