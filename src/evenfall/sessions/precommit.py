"""`precommit`: every hook on every file, with the tools that the lock holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project.git import detached_head
from evenfall.project.precommit_config import HOOKS
from evenfall.project.project import Project, read_project
from evenfall.sessions.run_program import passes
from evenfall.sessions.tool_config import beyond_commit


def declare(project: Project) -> dict[str, Any]:
    """On one Python. Hooks call what lint and tests call, so both sets of groups are there."""
    return {"python": project.primary_python, "groups": project.lint_and_test_groups}


def precommit(session: nox.Session) -> None:
    """Run every pre-commit hook on all files, with the tools that the lock holds.

    Hooks of a commit and of a push; those of other stages (manual, commit-msg) are left out, and named.
    """
    project = read_project(Path.cwd())
    if not (project.root / HOOKS).is_file():
        raise EvenfallError(f"{HOOKS}: not found in {project.root}", hint="evenfall init")
    if "pre-commit" not in project.locked_names(project.lint_and_test_groups):
        raise EvenfallError("pre-commit: not in the project's lint groups", hint="uv add --group lint pre-commit")
    # A runner that checks a pull request is on no branch, so hooks that ask for the branch get that answer here too.
    with detached_head(project.root) as no_branch:
        runs = [session.posargs] if session.posargs else _runs(session, project)
        command = ("pre-commit", "run", "--show-diff-on-failure")
        # Nox's UV_PYTHON would make a pre-commit that installs with uv put the hooks' tools into this session's environment.
        environ = {**no_branch, "UV_PYTHON": None}
        passed = [passes(session, *command, *arguments, external="error", env=environ) for arguments in runs]
    if not all(passed):
        session.error("pre-commit failed")


def _runs(session: nox.Session, project: Project) -> list[Sequence[str]]:
    stages = beyond_commit(project)
    if stages.neither:
        session.log(f"hooks of neither a commit nor a push are left out: {', '.join(stages.neither)}")
    return [("--all-files",), *(("--all-files", "--hook-stage", "pre-push", hook) for hook in stages.only_push)]
