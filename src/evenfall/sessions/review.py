"""`review`: what a pull request, or a push, changes in the lock."""

from __future__ import annotations

from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall


def declare(project: Project) -> dict[str, Any]:
    """On one Python, with the history in which the base lies; advisories and licenses come from the world."""
    return {"python": project.primary_python, "workflow": "security", "history": True, "network": True}


def review(session: nox.Session) -> None:
    """Review what this change brings in uv.lock.

    Other files of a release, another index, vulnerabilities, licenses; -- BASE names what it is compared with.
    """
    run_evenfall(session, "review")
