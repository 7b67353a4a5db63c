"""`audit`: known vulnerabilities in what is locked, by advisories of today and by second opinions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

FOLDER = "audit-report"


def declare(project: Project) -> dict[str, Any]:
    """On one Python; it reads the lock and needs none of the project's groups.

    What it finds depends on what the world knows; a key for Safety is handed over where GitHub has one.
    """
    return {
        "python": project.primary_python,
        "workflow": "security",
        "network": True,
        "artifacts": (f"{FOLDER}/",),
        "secrets": ("SAFETY_API_KEY",),
    }


def audit(session: nox.Session) -> None:
    """Find known vulnerabilities in uv.lock; reports in audit-report/.

    The advisories are taken anew, uv audit and Safety are asked too; the reports are JSON and SARIF.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    files = (f"--report={Path(FOLDER, 'audit.json')}", f"--sarif={Path(FOLDER, 'audit.sarif')}")
    run_evenfall(session, "audit", "--update", "--second-opinions", *files)
