"""`tests`: the whole test suite on every supported Python and system, against what is shipped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project import Project, read_project
from evenfall.sessions import measurement
from evenfall.sessions.shipped import find_shipped, import_only_shipped


def declare(project: Project) -> dict[str, Any]:
    """On every Python and system of the project."""
    return {
        "python": project.pythons,
        "systems": project.pyproject.settings.systems,
        "groups": project.groups("tests"),
        "artifacts": (f"{measurement.FOLDER}/",),
    }


def tests(session: nox.Session) -> None:
    """Run pytest under coverage on every supported Python; own arguments go to pytest, and write no data for the gate."""
    project = read_project(Path.cwd())
    shipped = find_shipped(session, project.name)
    import_only_shipped(shipped)
    if "pytest" not in shipped.installed:
        groups = ", ".join(project.groups("tests")) or "none"
        raise EvenfallError(f"pytest: not in the project's test groups ({groups})", hint="uv add --group test pytest")
    kept = measurement.data_file(session.name)
    kept.unlink(missing_ok=True)
    # Doctest modules and tests inside a package are found in the source tree and imported from what is shipped.
    env = {"PY_IGNORE_IMPORTMISMATCH": "1"}
    if session.posargs:
        session.run("python", "-m", "pytest", *session.posargs, env=env, external="error")
        return
    measurement.check_installed(shipped)
    raw = (session.env_dir / "measured").absolute()
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir()
    options = (
        "--branch",
        "--parallel-mode",
        f"--data-file={raw / 'data'}",
        f"--source={measurement.sources(session, shipped)}",
    )
    no_second_tracer = ("--no-cov",) if "pytest-cov" in shipped.installed else ()
    session.run("coverage", "run", *options, "-m", "pytest", *no_second_tracer, env=env, external="error")
    measurement.keep(session, raw, kept)
    measurement.check_outside_tree(session, kept, shipped)
