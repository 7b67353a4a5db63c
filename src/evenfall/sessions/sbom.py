"""`sbom`: a CycloneDX document of the locked packages, checked against the installed ones."""

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


TROUBLESHOOTING = (
    (
        "An installed distribution is missing from the SBOM",
        "Something was installed that `uv.lock` does not have. Lock it, then write the SBOM again.",
        ("uv lock", "nox -s sbom"),
    ),
    (
        "The SBOM could not be written (exit code 3)",
        "The metadata of a package could not be read from the index. Run the job again.",
        ("evenfall sbom --output sbom.cdx.json",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and as many groups as possible, whose installed packages have the metadata.

    The metadata of packages for other systems is read from the index.
    """
    return {
        "python": project.python_for(project.compatible_groups, ()),
        "workflow": "security",
        "groups": project.compatible_groups,
        "network": True,
        "artifacts": (f"{FOLDER}/",),
        "troubleshooting": TROUBLESHOOTING,
    }


def sbom(session: nox.Session) -> None:
    """Write the SBOM into sbom/ and check it against the installed packages.

    The check fails unless the document contains every distribution that cyclonedx-py finds in the environment of the session.
    """
    if session.posargs:
        raise EvenfallError(f"sbom: unexpected arguments {' '.join(session.posargs)!r}", hint="evenfall sbom --help")
    shutil.rmtree(FOLDER, ignore_errors=True)
    environment = Path(session.bin).parent
    run_evenfall(session, "sbom", f"--output={FOLDER}/{NAME}", f"--python={environment}")
    run_evenfall(session, "sbom", "--check", f"--output={FOLDER}/{NAME}", f"--installed={environment}")
