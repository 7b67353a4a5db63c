"""`licenses`: the licenses of the locked packages, checked against the project's policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and all groups, whose installed packages have the metadata.

    Groups that conflict are not installed together. The index has the metadata of packages that are not installed.
    """
    together = project.pyproject.groups_can_be_combined
    groups = project.pyproject.groups if together else project.lint_and_test_groups
    return {"python": project.primary_python, "workflow": "security", "groups": groups, "network": True}


def licenses(session: nox.Session) -> None:
    """Check the licenses of the packages in uv.lock. Options of `evenfall licenses` go after --."""
    run_evenfall(session, "licenses", f"--python={Path(session.bin).parent}")
