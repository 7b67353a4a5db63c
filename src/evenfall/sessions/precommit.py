"""`precommit`: every pre-commit hook on every file, with the locked tools and the locked pre-commit or prek."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError, Exit
from evenfall.project.precommit_config import HOOKS, PREK, find_hooks_file
from evenfall.project.project import Project, read_project
from evenfall.project.tool_config import later_hooks
from evenfall.sessions.run_command import exit_code

TROUBLESHOOTING = (
    (
        "A hook fails or changes files",
        "Run all hooks here, and commit what they changed.",
        ("nox -s precommit",),
    ),
    (
        "A hook is too old",
        "Update the hooks of other repositories in `.pre-commit-config.yaml`, then run all of them.",
        ("uvx pre-commit autoupdate", "nox -s precommit"),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and the groups for lint and tests, because hooks run the same tools."""
    return {
        "python": project.python_for(project.lint_and_test_groups),
        "groups": project.lint_and_test_groups,
        "troubleshooting": TROUBLESHOOTING,
    }


def precommit(session: nox.Session) -> None:
    """Run every pre-commit hook on all files, with the locked tools.

    Hooks of other stages than commit and push (manual, commit-msg) do not run; the session lists them.
    """
    from evenfall.git.detached_head import detached_head  # slow to import, and not needed when a noxfile is loaded

    project = read_project(Path.cwd())
    program = find_program(project)
    # On a runner, HEAD is detached for a pull request, so hooks must not find a branch here either.
    with detached_head(project.root) as detached:
        runs = [session.posargs] if session.posargs else _runs(session, project)
        command = (program, "run", "--show-diff-on-failure")
        # With Nox's UV_PYTHON, a pre-commit that installs with uv would install the hooks' tools into this session's environment.
        environ = {**detached, "UV_PYTHON": None}
        codes = [exit_code(session, *command, *arguments, external="error", env=environ) for arguments in runs]
    if 1 in codes:
        session.error(f"{program} failed")
    if any(codes):
        raise EvenfallError(
            f"inconclusive: {program} could not run the hooks (exit code {max(codes)}); see the reason above",
            exit_code=Exit.UNKNOWN,
        )


def find_program(project: Project) -> str:
    """Return the program that runs the hooks: prek if it is locked, or else pre-commit, which can't read `prek.toml`.

    Raises `EvenfallError` (usage) if the project has no hooks, or if the program is not locked.
    """
    file = find_hooks_file(project.root)
    if file is None:
        raise EvenfallError(
            f"{HOOKS}: not found in {project.root}", hint="add hooks, or omit the session in the noxfile"
        )
    locked = project.locked_names(project.lint_and_test_groups)
    program = "prek" if file == PREK or "prek" in locked else "pre-commit"
    if program not in locked:
        raise EvenfallError(f"{program}: not in the project's lint groups", hint=f"uv add --group lint {program}")
    return program


def _runs(session: nox.Session, project: Project) -> list[Sequence[str]]:
    hooks = later_hooks(project)
    if hooks.unused:
        session.log(f"not run, because their stage is neither commit nor push: {', '.join(hooks.unused)}")
    return [("--all-files",), *(("--all-files", "--hook-stage", "pre-push", hook) for hook in hooks.push)]
