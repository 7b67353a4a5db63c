"""The sessions of a project that manages its repository on GitHub by `[tool.evenfall.github]`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import nox

from evenfall.pipeline.declare import session
from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall


def declare_github_sessions(project: Project, omit: Sequence[str]) -> None:
    """Declare the sessions except those in `omit`, if the project has the table."""
    github = project.pyproject.settings.github
    if github is None:
        return
    arguments: dict[str, dict[str, Any]] = {
        "refresh-tools": {
            "workflow": "security",
            "events": ("weekly", "manual"),
            "permissions": {"contents": "write", "pull-requests": "write"},
            "secrets": (github.token_secret or "GITHUB_TOKEN",),
            "network": True,
            "side_effects": True,
        }
    }
    for name, function in SESSIONS.items():
        if name not in omit:
            session(name=name, python=project.primary_python, **arguments[name])(function)


def refresh_tools(session: nox.Session) -> None:
    """Update noxfile.py.lock to releases that are older than the cooldown. On GitHub, open a pull request with it."""
    propose = ("--propose",) if os.environ.get("GITHUB_ACTIONS") == "true" else ()
    run_evenfall(session, "github refresh-tools", *propose)


SESSIONS: dict[str, Callable[[nox.Session], None]] = {"refresh-tools": refresh_tools}
"""Every session by its name."""
