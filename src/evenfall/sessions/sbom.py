"""`sbom`: the software bill of materials, and that it holds all that the lock installs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

FOLDER = "sbom"
NAME = "sbom.cdx.json"


def declare(project: Project) -> dict[str, Any]:
    """On one Python, with all groups, so that metadata are at hand; the index is asked for what other systems need."""
    together = project.pyproject.groups_fit_together
    groups = project.pyproject.groups if together else project.lint_and_test_groups
    return {
        "python": project.primary_python,
        "workflow": "security",
        "groups": groups,
        "network": True,
        "artifacts": (f"{FOLDER}/",),
    }


def sbom(session: nox.Session) -> None:
    """Write the software bill of materials into sbom/, and hold it against what is installed.

    Every distribution that cyclonedx-py finds in the synced environment is in it with that version.
    """
    if session.posargs:
        raise EvenfallError(f"sbom takes nothing, not {' '.join(session.posargs)!r}", hint="evenfall sbom --help")
    shutil.rmtree(FOLDER, ignore_errors=True)
    environment = Path(session.bin).parent
    run_evenfall(session, "sbom", f"--output={FOLDER}/{NAME}", f"--python={environment}")
    run_evenfall(session, "sbom", "--check", f"--output={FOLDER}/{NAME}", f"--installed={environment}")
