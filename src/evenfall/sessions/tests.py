"""`tests`: the whole test suite on every supported Python and system, against the installed package."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.project.project import Project, read_project
from evenfall.project.suites import find_suite, find_suites
from evenfall.sessions import coverage_data
from evenfall.sessions.import_hook import PLUGIN, install_import_hook
from evenfall.sessions.installed_project import (
    InstalledProject,
    inspect_installed_project,
    require_test_tool,
    warn_of_untracked,
)

TROUBLESHOOTING = (
    (
        "The tests fail in CI but pass here",
        "The name of the job has its Python and its system. `evenfall run` tests what CI tests: the tracked files alone, the locked "
        "packages, no configuration and no variables of your own. It lists the files that CI does not have. For a failure on another "
        "system, look for paths, line ends and time zones in the log of the job.",
        ("evenfall run tests",),
    ),
    (
        "A test fails now and then",
        "It depends on the time, on a service, or on the order of the tests. Arguments after `--` go to pytest.",
        ("nox -s tests -- -x -vv",),
    ),
    (
        "A package can't be imported",
        "The sessions install the locked packages. Add the package to a dependency group of the tests.",
        ("uv lock --check", "uv sync --all-groups"),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: every Python and system of the project, and its groups for tests.

    In a workspace, each member with tests has jobs of its own.
    """
    members = {"members": {suite.name: suite.project.pythons for suite in find_suites(project)}}
    return {
        **(members if project.is_workspace else {"python": project.pythons}),
        "systems": project.pyproject.settings.systems,
        "groups": project.groups("tests"),
        "artifacts": (f"{coverage_data.FOLDER}/",),
        "timeout": 30,
        "troubleshooting": TROUBLESHOOTING,
    }


def tests(session: nox.Session, member: str = ".") -> None:  # noqa: PT028 - it is no test
    """Run pytest under coverage on every Python, against the installed package.

    In a workspace, each member with tests has a job, and the root if there are tests outside of the members.

    Arguments after `--` go to pytest; such a run leaves no data for the coverage gate.
    """
    suite = find_suite(read_project(Path.cwd()), member)
    project = suite.project
    installed = inspect_installed_project(session, project)
    require_test_tool("pytest", project, installed)
    install_import_hook(session, project)
    warn_of_untracked(session, project.root, installed)
    # Doctest modules, and tests inside the package, are found in the source tree but imported from the installed package.
    env = {"PY_IGNORE_IMPORTMISMATCH": "1"}
    if session.posargs:
        session.run(
            "python", "-m", "pytest", "-p", PLUGIN, *suite.with_options(session.posargs), env=env, external="error"
        )
        return
    data_file = coverage_data.new_data_file(session.name, coverage_data.code_digest(project.root))
    require_test_tool("coverage", project, installed)
    config = coverage_data.read_config(session)
    raw = (session.env_dir / "measured" / "data").absolute()
    shutil.rmtree(raw.parent, ignore_errors=True)
    raw.parent.mkdir()
    source = f"--source={coverage_data.sources(config, installed)}"
    # The coverage gate applies the project's omit patterns to paths of the source tree; */site-packages/* would omit everything here.
    options = ("--branch", "--parallel-mode", f"--data-file={raw}", source, "--omit=-")
    arguments = (
        *suite.arguments,
        *project.pyproject.settings.tests.pytest_args,
        *pytest_arguments(session, config, installed),
    )
    session.run("coverage", "run", *options, "-m", "pytest", "-p", PLUGIN, *arguments, env=env, external="error")
    if not any(raw.parent.iterdir()):
        raise EvenfallError(
            "pytest succeeded but left no coverage data: a test replaced its process (os.exec…) or ended it (os._exit)",
            hint=f"nox -s {session.name} -- -v, and look at the last test it lists",
        )
    coverage_data.combine(session, raw, data_file, installed)
    coverage_data.check_outside_source_tree(session, data_file, installed)


def pytest_arguments(
    session: nox.Session, config: coverage_data.CoverageConfig, installed: InstalledProject
) -> tuple[str, ...]:
    """Return the pytest options that disable pytest-cov, and pytest-xdist's workers if coverage can't measure them."""
    arguments = ("--no-cov",) if "pytest-cov" in installed.distributions else ()
    if "pytest-xdist" not in installed.distributions or "subprocess" in config.patch:
        return arguments
    session.log(
        "tests run in one process, because coverage does not measure the workers of pytest-xdist; "
        'with coverage 7.10 or newer, [tool.coverage.run] patch = ["subprocess"] enables it'
    )
    return (*arguments, "-n", "0")
