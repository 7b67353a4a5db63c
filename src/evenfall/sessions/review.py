"""`review`: the changes of a pull request or a push in `uv.lock`."""

from __future__ import annotations

from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

TROUBLESHOOTING = (
    (
        "A change of uv.lock is rejected",
        "Compare each finding with the release page of the package. Other files under an unchanged version, or another source, can be "
        "an attack: do not merge before you know the reason.",
        ("evenfall review",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, the git history with the base, and the network for advisories and metadata."""
    return {
        "python": project.python_for(()),
        "workflow": "security",
        "history": True,
        "network": True,
        "troubleshooting": TROUBLESHOOTING,
    }


def review(session: nox.Session) -> None:
    """Review the changes of uv.lock.

    Findings are replaced files, changed sources, vulnerabilities and licenses. Options of `evenfall review` follow --.
    """
    run_evenfall(session, "review")
