"""`audit`: known vulnerabilities of the locked packages, by current advisories and all scanners."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

FOLDER = "audit-report"


TROUBLESHOOTING = (
    (
        "A package has a known vulnerability",
        "Read the advisory, which the report names with its fixed versions and with the packages that require it, and update the package.",
        ("evenfall audit --update", "uv lock --upgrade-package NAME"),
    ),
    (
        "No version fixes the vulnerability",
        "Assess the risk, and look for another package. To accept the risk for some time, add an `[[tool.evenfall.audit.ignore]]` with "
        "`id`, `reason`, `owner` and `expires` to `pyproject.toml`.",
        ("evenfall audit",),
    ),
    (
        "The audit could not find out (exit code 3)",
        "A source of advisories or a scanner did not answer. Run the job again.",
        ("evenfall audit --update --all-scanners",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python and no groups, because it reads only the lock.

    The result depends on the advisories of the day. Safety gets its API key if the repository has that secret.
    """
    return {
        "python": project.python_for(()),
        "workflow": "security",
        "network": True,
        "artifacts": (f"{FOLDER}/",),
        "secrets": ("SAFETY_API_KEY",),
        "troubleshooting": TROUBLESHOOTING,
    }


def audit(session: nox.Session) -> None:
    """Find known vulnerabilities in uv.lock and noxfile.py.lock, with current advisories, uv audit and Safety.

    Writes the reports audit-report/audit.json and audit-report/audit.sarif. Options of `evenfall audit` go after --.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    files = (f"--report={Path(FOLDER, 'audit.json')}", f"--sarif={Path(FOLDER, 'audit.sarif')}")
    run_evenfall(session, "audit", "--update", "--all-scanners", *files)
