"""`secrets`: none in the history, none in the working tree."""

from __future__ import annotations

from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall


def declare(project: Project) -> dict[str, Any]:
    """On one Python, with the whole history; it needs none of the project's groups."""
    return {"python": project.primary_python, "workflow": "security", "history": True}


def secrets(session: nox.Session) -> None:
    """Look for secrets in history and working tree; -- takes its options."""
    run_evenfall(session, "secrets")
