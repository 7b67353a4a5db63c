"""`licenses`: the licenses of all that is locked, held against the policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall


def declare(project: Project) -> dict[str, Any]:
    """On one Python, with all groups, so that metadata are at hand; the index is asked for what other systems need."""
    together = project.pyproject.groups_fit_together
    groups = project.pyproject.groups if together else project.lint_and_test_groups
    return {"python": project.primary_python, "workflow": "security", "groups": groups, "network": True}


def licenses(session: nox.Session) -> None:
    """Hold the license of every locked package against the policy."""
    run_evenfall(session, "licenses", f"--python={Path(session.bin).parent}")
