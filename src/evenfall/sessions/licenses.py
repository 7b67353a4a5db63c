"""`licenses`: the licenses of the locked packages, checked against the project's policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nox

from evenfall.project.project import Project
from evenfall.sessions.run_command import run_evenfall

TROUBLESHOOTING = (
    (
        "A license is denied or unknown",
        "Replace the package, or ask its authors for metadata. If you may use it, add a `[[tool.evenfall.licenses.exempt]]` "
        "with `package` and `version`, or with `license`, and with `reason` to `pyproject.toml`.",
        ("evenfall licenses",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, and as many groups as possible, whose installed packages have the metadata.

    The metadata of packages that are not installed is read from the index.
    """
    return {
        "python": project.python_for(()),
        "workflow": "security",
        "groups": project.compatible_groups,
        "network": True,
        "troubleshooting": TROUBLESHOOTING,
    }


def licenses(session: nox.Session) -> None:
    """Check the licenses of the packages in uv.lock. Options of `evenfall licenses` go after --."""
    run_evenfall(session, "licenses", f"--python={Path(session.bin).parent}")
