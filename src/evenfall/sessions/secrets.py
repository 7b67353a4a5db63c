"""`secrets`: secrets in the git history and the work tree."""

from __future__ import annotations

from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, the complete git history, and no groups."""
    return {"python": project.primary_python, "workflow": "security", "history": True}


def secrets(session: nox.Session) -> None:
    """Find secrets in the git history and the work tree. Options of `evenfall secrets` go after --."""
    run_evenfall(session, "secrets")
