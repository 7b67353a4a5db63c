"""`tests`: the whole test suite on every supported Python and system, against what is shipped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project.project import Project, read_project
from evenfall.sessions import coverage_data
from evenfall.sessions.installed_project import Shipped, check_installed, find_shipped, import_only_shipped
from evenfall.sessions.source_tree import check_tracked, code_digest


def declare(project: Project) -> dict[str, Any]:
    """On every Python and system of the project."""
    return {
        "python": project.pythons,
        "systems": project.pyproject.settings.systems,
        "groups": project.groups("tests"),
        "artifacts": (f"{coverage_data.FOLDER}/",),
        "timeout": 30,
    }


def tests(session: nox.Session) -> None:
    """Run pytest under coverage on every Python, against what is shipped.

    Own arguments go to pytest, and write no data for the gate.
    """
    project = read_project(Path.cwd())
    shipped = find_shipped(session, project.name)
    check_installed("pytest", project, shipped)
    import_only_shipped(shipped)
    # Doctest modules and tests inside a package are found in the source tree and imported from what is shipped.
    env = {"PY_IGNORE_IMPORTMISMATCH": "1"}
    if session.posargs:
        session.run("python", "-m", "pytest", *session.posargs, env=env, external="error")
        return
    kept = coverage_data.new_data_file(session.name, code_digest(project.root))
    check_tracked(project.root, shipped)
    check_installed("coverage", project, shipped)
    configured = coverage_data.read_configured(session)
    raw = (session.env_dir / "measured" / "data").absolute()
    shutil.rmtree(raw.parent, ignore_errors=True)
    raw.parent.mkdir()
    measured = f"--source={coverage_data.sources(configured, shipped)}"
    # What the project omits is omitted by its place in the tree, at the gate; a pattern like */site-packages/* would omit all here.
    options = ("--branch", "--parallel-mode", f"--data-file={raw}", measured, "--omit=-")
    arguments = pytest_arguments(session, configured, shipped)
    session.run("coverage", "run", *options, "-m", "pytest", *arguments, env=env, external="error")
    if not any(raw.parent.iterdir()):
        raise EvenfallError(
            "pytest left no coverage data, though it said that all is well: a test replaced its process (os.exec…) or ended it (os._exit)",
            hint=f"nox -s {session.name} -- -v, and look at the last test that it names",
        )
    coverage_data.keep(session, raw, kept, shipped)
    coverage_data.check_outside_tree(session, kept, shipped)


def pytest_arguments(session: nox.Session, configured: coverage_data.Configured, shipped: Shipped) -> tuple[str, ...]:
    """Keep a second tracer out, and xdist's workers too where coverage does not follow into them."""
    arguments = ("--no-cov",) if "pytest-cov" in shipped.installed else ()
    if "pytest-xdist" not in shipped.installed or "subprocess" in configured.patch:
        return arguments
    session.log(
        "tests run in one process, since coverage does not follow into pytest-xdist's; "
        'with coverage 7.10 or newer, [tool.coverage.run] patch = ["subprocess"] lets it'
    )
    return (*arguments, "-n", "0")
