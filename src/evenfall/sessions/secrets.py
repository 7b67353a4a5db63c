"""`secrets`: secrets in the git history and the work tree."""

from __future__ import annotations

from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

TROUBLESHOOTING = (
    (
        "A secret was found",
        "Revoke it at its issuer at once, because a commit that was pushed stays readable. Then store a new one where it is used. "
        "The finding names the commit and the file. Only after that consider removing it from the history with `git filter-repo`.",
        ("evenfall secrets",),
    ),
    (
        "The finding is no secret",
        "Add it to the baseline with the reason. The report has its fingerprint.",
        ('evenfall secrets --add-to-baseline FINGERPRINT --reason "REASON"',),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, the complete git history, and no groups."""
    return {
        "python": project.python_for(()),
        "workflow": "security",
        "history": True,
        "troubleshooting": TROUBLESHOOTING,
    }


def secrets(session: nox.Session) -> None:
    """Find secrets in the git history and the work tree. Options of `evenfall secrets` go after --."""
    run_evenfall(session, "secrets")
