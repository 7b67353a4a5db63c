"""`precommit`: every hook on every file, with the tools that the lock holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project import Project, lint_and_test_groups, read_project
from evenfall.project.git import detached_head
from evenfall.sessions.configured import HOOKS


def declare(project: Project) -> dict[str, Any]:
    """On one Python. Hooks call what lint and tests call, so both sets of groups are there."""
    return {"python": project.primary_python, "groups": lint_and_test_groups(project)}


def precommit(session: nox.Session) -> None:
    """Run every pre-commit hook on all files, with the tools that the lock holds."""
    project = read_project(Path.cwd())
    if not (project.root / HOOKS).is_file():
        raise EvenfallError(f"{HOOKS}: not found in {project.root}", hint="evenfall init")
    if "pre-commit" not in project.lock.reached_from(project.name, lint_and_test_groups(project)):
        raise EvenfallError("pre-commit: not in the project's lint groups", hint="uv add --group lint pre-commit")
    # A runner that checks a pull request is on no branch, so hooks that ask for the branch get that answer here too.
    with detached_head(project.root) as no_branch:
        arguments = session.posargs or ("--all-files",)
        session.run("pre-commit", "run", "--show-diff-on-failure", *arguments, env=no_branch, external="error")
