"""The layers of a job's checkout: the snapshot, what the build of the project left in it, and the environment of the session.

They are made once for all jobs with the same inputs, and an overlay over them keeps what each job changes for itself. Without
namespaces, there is only the environment, in the checkout of one job at a time.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
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
    has_base = kind is Isolation.NAMESPACES and not on_one_disk and not any(change.prepare for change in changes)
    base = _shared_base(context, history=history) if has_base else None
    sandbox = make_sandbox(
        context.folder / name,
        context.snapshot,
        history=history,
        isolation=kind,
        base=base,
        checkouts=context.checkouts,
    )
    python, environments = planned.python, context.environments
    can_have_environment = base or (sys.platform == "linux" and not (changes or sandbox.has_file_system))
    if not (can_have_environment and python and environments) or planned.session.facts.groups is None:
        return sandbox
    layers = _JobLayers(planned=planned, python=python, sandbox=sandbox, context=context)
    environment = layers.environment(environments)
    build = layers.build() if base and environment and not changes else None
    return replace(sandbox, environment=environment, build=build)


def _shared_base(context: RunContext, *, history: bool) -> Sandbox:
    """Return the sandbox whose checkout is the lowest layer."""
    commit = context.snapshot.checkout_commit(history=history)
    make = partial(
        make_sandbox,
        context.folder / f"base-{commit[:12]}",
        context.snapshot,
        history=history,
        isolation=Isolation.NAMESPACES,
        checkouts=context.checkouts,
    )
    return context.bases.get(commit, make)


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobLayers:
    """What a job finds in its checkout besides the snapshot. The command that makes it runs in a separate sandbox."""

    planned: PlannedJob
    python: Path
    sandbox: Sandbox
    context: RunContext

    @property
    def _base(self) -> Sandbox:
        """The sandbox with the checkout of the snapshot: the job's own without layers."""
        return self.sandbox.base or self.sandbox

    def environment(self, environments: Environments) -> Path | None:
        """Return the folder with the environment of the job, or `None` if only the job itself can make it.

        Without a base, it is in the checkout.
        """
        checkout, path = self._base.checkout, environment_path(self.planned.job.name)
        try:
            command = install_command(checkout, self.planned.session.facts.groups or (), self.python, path)
        except EvenfallError:
            return None
        inputs = (*command, *self._passed_variables(), os.fspath(self.sandbox.inside.checkout))
        key = environment_key(inputs, checkout, (self.python, self.context.tools.folder / "uv"))
        own = self.context.folder / f"{self.sandbox.folder.name}-environment"
        if self.sandbox.base:
            return environments.get(key, own, partial(self._install_below_overlay, f"{own.name}-sandbox", command))
        target = self.sandbox.checkout / path
        target.parent.mkdir(exist_ok=True)  # the repository may have files there
        target.parent.chmod(0o755)
        if environments.take(key, own, target, partial(self._install_in_checkout, f"{own.name}-sandbox", command)):
            return target
        remove(target)
        return None

    def _install_below_overlay(self, name: str, command: Sequence[str], folder: Path) -> bool:
        """Make an environment for all jobs in `folder`; return whether that succeeded."""
        sandbox, order = self._separate_sandbox(name, command)
        order["environ"]["UV_LINK_MODE"] = "symlink"
        inside = sandbox.inside.checkout / FOLDER  # in memory, because a disk takes as long for links as for copies
        order["file_system"] = file_system_of(self.planned, sandbox, self.context, file_system.in_memory(inside))
        order["environments"] = (f"{root_of(sandbox)}{inside}", os.fspath(folder))
        is_made = self._run(sandbox, order)
        self.context.remover.add(sandbox.folder)
        return is_made

    def _install_in_checkout(self, name: str, command: Sequence[str]) -> bool:
        """Make an environment in the job's checkout, but with another HOME and temporary folder; return whether that succeeded."""
        sandbox, order = self._separate_sandbox(name, command)
        order["folder"] = os.fspath(self.sandbox.checkout)
        is_made = self._run(sandbox, order)
        self.context.remover.add(sandbox.folder)
        return is_made

    def build(self) -> Sandbox | None:
        """Return the sandbox in which the project was built for all jobs with this Python; `None` if the job must build it itself.

        A job must do so if it is the only one, if a required artifact may change the build, if the build fails, so that it shows why,
        or if uv would not reuse the build, so that it finds nothing of another build.
        """
        checkout, required = self._base.checkout, self.context.pipeline.required_artifacts(self.planned.session)
        project = read_project(checkout)
        may_change = any(not artifact.path.startswith(OUTPUTS) for artifact in required)
        if not project.packages or may_change or not self._is_build_shared():
            return None
        # uv reuses a build only if `src` has the same creation time, and a folder of an overlay gets a new one with its first change.
        folders = local_paths(project.lock)
        sources = [f"{folder}/src" for folder in folders if (checkout / folder / "src").is_dir()]
        script = f"{shlex.join(('chmod', 'u+w', '--', '.', *sources))} && {_BUILD}"
        command = ("/bin/sh", "-c", script, "sh", os.fspath(self.python), *project.sync_scope)

        def make() -> Sandbox | None:
            sandbox, order = self._separate_sandbox(f"{self.sandbox.folder.name}-build", command)
            is_built = self._run(sandbox, order)
            is_stale = any(os.path.lexists(sandbox.upper / folder / name) for folder in folders for name in _UV_READS)
            return sandbox if is_built and not is_stale else None

        return self.context.builds.get("\0".join((*command, *self._passed_variables(), self._base.commit)), make)

    def _is_build_shared(self) -> bool:
        """Return whether another job of the plan builds the project with the same inputs."""
        facts = self.planned.session.facts
        return any(
            other.python == self.planned.python
            and other.session.facts.groups is not None
            and bool(other.session.facts.history) == bool(facts.history)
            and other.session.facts.pass_env == facts.pass_env
            for other in self.context.plan.jobs
            if other.name != self.planned.name
        )

    def _passed_variables(self) -> tuple[str, ...]:
        """Return the user's variables that the session declares with `pass_env`, and their values."""
        environ = self.context.request.environ
        return tuple(f"{name}={environ.get(name)}" for name in self.planned.session.facts.pass_env)

    def _separate_sandbox(self, name: str, command: Sequence[str]) -> tuple[Sandbox, Order]:
        """Return a sandbox like that of the job, and the order to run a command in it."""
        context, base = self.context, self._base
        history = bool(self.planned.session.facts.history)
        kind = context.isolation.kind
        sandbox = make_sandbox(context.folder / name, context.snapshot, history=history, isolation=kind, base=base)
        order = order_of(self.planned, sandbox, context, (), save_to=context.artifacts)
        order["command"] = command
        order.pop("transfer", None)
        return sandbox, order

    def _run(self, sandbox: Sandbox, order: Order) -> bool:
        """Run the command of an order; return whether it succeeded."""
        output = JobOutput(sandbox.folder / "output.log", lambda _: None)
        ended = supervise(order, output, self.context.running, seconds=self.planned.session.facts.timeout * 60)
        return not (ended.code or ended.report)
