"""The layers of a job's checkout: the snapshot, what the build of the project left in it, and the environment of the session.

They are made once for all jobs with the same inputs, and an overlay over them keeps what each job changes for itself.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.errors import EvenfallError
from evenfall.pipeline.build_source import OUTPUTS, local_paths
from evenfall.project.project import read_project
from evenfall.run import file_system
from evenfall.run.environments import FOLDER, Environments, environment_key, environment_path, install_command
from evenfall.run.isolation import Isolation
from evenfall.run.job_order import file_system_of, order_of, root_of
from evenfall.run.planner import PlannedJob
from evenfall.run.process import JobOutput, supervise
from evenfall.run.sandbox import Sandbox, make_sandbox
from evenfall.run.sandbox_removal import remove

if TYPE_CHECKING:
    from evenfall.run.diagnosis.experiments import Condition
    from evenfall.run.job import RunContext
    from evenfall.run.supervisor import Order

# Arguments: the interpreter, which must win over the one of `.python-version`, and the options of `uv sync`. The environment is needed
# only for the build.
_BUILD = """\
folder=$(mktemp -d) && export UV_PYTHON="$1" UV_PROJECT_ENVIRONMENT="$folder/env" && shift && uv venv --quiet "$folder/env" &&
exec uv sync --quiet --frozen --no-default-groups --no-editable --only-install-local "$@"
"""

_UV_READS = ("pyproject.toml", "setup.py", "setup.cfg")
"""The files whose time decides whether uv reuses a build: https://docs.astral.sh/uv/concepts/cache/#dynamic-metadata"""


def sandbox_for(
    planned: PlannedJob,
    name: str,
    context: RunContext,
    changes: Sequence[Condition] = (),
    *,
    on_one_disk: bool = False,
) -> Sandbox:
    """Make a job's sandbox, which can have these properties of the user's machine.

    `name` is the name of its folder. With `on_one_disk`, its checkout has no layers, so that the job can move and link files between
    all its folders (an overlay does not allow it: https://docs.kernel.org/filesystems/overlayfs.html). Raises `EvenfallError` (unknown) as
    `make_sandbox` does, and `OSError` if the disk is full.
    """
    history = bool(planned.session.facts.history) or any(change.history for change in changes)
    kind = context.isolation.kind
    if any(change.machine for change in changes):
        kind = Isolation.LANDLOCK
    base = None
    if kind is Isolation.NAMESPACES and not on_one_disk and not any(change.prepare for change in changes):
        base = _base(context, history=history)
    sandbox = make_sandbox(
        context.folder / name,
        context.snapshot,
        history=history,
        isolation=kind,
        base=base,
        checkouts=context.checkouts,
    )
    python, environments = planned.python, context.environments
    has_environment = base or (sys.platform == "linux" and not (changes or sandbox.has_file_system))
    if not (has_environment and python and environments) or planned.session.facts.groups is None:
        return sandbox
    environment = _environment(planned, python, sandbox, context, environments)
    build = _build(planned, python, base, sandbox, context) if base and environment and not changes else None
    return replace(sandbox, environment=environment, build=build)


def _base(context: RunContext, *, history: bool) -> Sandbox:
    """Return the sandbox whose checkout is the lowest layer."""
    commit = context.snapshot.checkout_commit(history=history)
    folder = context.folder / f"base-{commit[:12]}"
    return context.bases.get(
        commit,
        lambda: make_sandbox(folder, context.snapshot, history=history, isolation=Isolation.NAMESPACES),
    )


def _environment(
    planned: PlannedJob, python: Path, sandbox: Sandbox, context: RunContext, environments: Environments
) -> Path | None:
    """Return the folder with the environment of a job, or `None` if only the job itself can make it.

    Without a base, it is in the checkout.
    """
    base, path = sandbox.base or sandbox, environment_path(planned.job.name)
    try:
        command = install_command(base.checkout, planned.session.facts.groups or (), python, path)
    except EvenfallError:
        return None
    tools = (python, context.tools.folder / "uv")
    inputs = (*command, *_passed(planned, context), os.fspath(sandbox.inside.checkout))
    key = environment_key(inputs, base.checkout, tools)
    own = context.folder / f"{sandbox.folder.name}-environment"

    def install(folder: Path | None = None) -> bool:
        other, order = _another_sandbox(planned, f"{own.name}-sandbox", base, command, context)
        if folder:
            order["environ"]["UV_LINK_MODE"] = "symlink"
            inside = other.inside.checkout / FOLDER  # in memory, because a disk takes as long for links as for copies
            order["file_system"] = file_system_of(planned, other, context, file_system.in_memory(inside))
            order["environments"] = (f"{root_of(other)}{inside}", os.fspath(folder))
        else:  # in the job's checkout, with another HOME and another temporary folder
            order["folder"] = os.fspath(sandbox.checkout)
        is_made = _run(order, other, context, planned)
        context.remover.add(other.folder)
        return is_made

    if sandbox.base:
        return environments.get(key, own, install)
    target = sandbox.checkout / path
    target.parent.mkdir()
    target.parent.chmod(0o755)
    if environments.take(key, own, target, install):
        return target
    remove(target.parent)
    return None


def _build(planned: PlannedJob, python: Path, base: Sandbox, sandbox: Sandbox, context: RunContext) -> Sandbox | None:
    """Return the sandbox in which the project was built for all jobs with this Python; `None` if each job must build it itself.

    A job must do so if it is the only one, if a required artifact may change the build, if the build fails, so that it shows why, or
    if uv would not reuse the build, so that it finds nothing of another build.
    """
    project, required = read_project(base.checkout), context.pipeline.required_artifacts(planned.session)
    may_change = any(not artifact.path.startswith(OUTPUTS) for artifact in required)
    if not project.packages or may_change or not _is_shared(planned, context):
        return None
    # uv reuses a build only if `src` has the same creation time, and a folder of an overlay gets a new one with its first change.
    folders = local_paths(project.lock)
    sources = [f"{folder}/src" for folder in folders if (base.checkout / folder / "src").is_dir()]
    script = f"{shlex.join(('chmod', 'u+w', '--', '.', *sources))} && {_BUILD}"
    command = ("/bin/sh", "-c", script, "sh", os.fspath(python), *project.sync_scope)

    def build() -> Sandbox | None:
        other, order = _another_sandbox(planned, f"{sandbox.folder.name}-build", base, command, context)
        is_built = _run(order, other, context, planned)
        is_stale = any(os.path.lexists(other.upper / folder / name) for folder in folders for name in _UV_READS)
        return other if is_built and not is_stale else None

    return context.builds.get("\0".join((*command, *_passed(planned, context), base.commit)), build)


def _is_shared(planned: PlannedJob, context: RunContext) -> bool:
    """Return whether another job of the plan builds the project with the same inputs."""
    facts = planned.session.facts
    return any(
        other.python == planned.python
        and other.session.facts.groups is not None
        and bool(other.session.facts.history) == bool(facts.history)
        and other.session.facts.pass_env == facts.pass_env
        for other in context.plan.jobs
        if other.name != planned.name
    )


def _passed(planned: PlannedJob, context: RunContext) -> tuple[str, ...]:
    """Return the user's variables that a session declares with `pass_env`, and their values."""
    return tuple(f"{name}={context.request.environ.get(name)}" for name in planned.session.facts.pass_env)


def _another_sandbox(
    planned: PlannedJob, name: str, base: Sandbox, command: Sequence[str], context: RunContext
) -> tuple[Sandbox, Order]:
    """Return another sandbox of a job, and the order to run a command in it."""
    history = bool(planned.session.facts.history)
    sandbox = make_sandbox(
        context.folder / name, context.snapshot, history=history, isolation=context.isolation.kind, base=base
    )
    order = order_of(planned, sandbox, context, (), save_to=context.artifacts)
    order["command"] = command
    order.pop("transfer", None)
    return sandbox, order


def _run(order: Order, sandbox: Sandbox, context: RunContext, planned: PlannedJob) -> bool:
    """Run a command in a sandbox; return whether it succeeded."""
    output = JobOutput(sandbox.folder / "output.log", lambda _: None)
    ended = supervise(order, output, context.running, seconds=planned.session.facts.timeout * 60)
    return not (ended.code or ended.report)
