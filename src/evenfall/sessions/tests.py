"""`tests`: the whole test suite on every supported Python and system, against the installed package."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.matrix import systems_of_tests
from evenfall.pipeline.model import NOXFILE
from evenfall.project.project import Project, read_project
from evenfall.project.suites import Suite, find_suite, find_suites
from evenfall.sessions import coverage_data
from evenfall.sessions.coverage_config import read_options
from evenfall.sessions.import_hook import PLUGIN, install_import_hook
from evenfall.sessions.installed_project import (
    InstalledProject,
    inspect_installed_project,
    require_test_tool,
    warn_of_untracked,
)
from evenfall.sessions.measurement import Measurement
from evenfall.sessions.pytest_options import OPTIONS_PLUGIN, read_pytest_options
from evenfall.sessions.run_command import environment_folder

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


# With --doctest-modules pytest would import the noxfile, too, but the project's groups have no Evenfall.
OPTIONS = ("-p", PLUGIN, f"--ignore={NOXFILE}")

# Doctest modules, and tests inside the package, are found in the source tree but imported from the installed package.
ENVIRONMENT = {"PY_IGNORE_IMPORTMISMATCH": "1"}


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: the groups for tests, every Python on which these can be installed, and every system.

    In a workspace, each member with tests has jobs of its own.
    """
    groups = project.groups("tests")
    members = {"members": {suite.name: suite.project.pythons_for(groups) for suite in find_suites(project)}}
    return {
        **(members if project.is_workspace else {"python": project.pythons_for(groups)}),
        "systems": systems_of_tests(project),
        "groups": groups,
        "artifacts": (f"{coverage_data.FOLDER}/",),
        "timeout": 30,
        "troubleshooting": TROUBLESHOOTING,
    }


def tests(session: nox.Session, member: str = ".") -> None:  # noqa: PT028 - it is no test
    """Run pytest under coverage on every Python, against the installed package.

    In a workspace, each member with tests has a job, and the root if there are tests outside of the members.

    Arguments after `--` go to pytest; such a run leaves no data for the coverage gate.
    """
    project = read_project(Path.cwd())
    suite = find_suite(project, member)
    installed = inspect_installed_project(session, project)
    require_test_tool("pytest", suite.project, installed)
    install_import_hook(session, project, installed)
    warn_of_untracked(session, project.root, installed)
    raw = environment_folder(session) / "measured" / "data"
    if session.posargs:
        with _folder(session, suite):
            run_some_tests(session, suite, installed)
        return
    data_file = coverage_data.new_data_file(session.name, coverage_data.code_digest(project.root))
    require_test_tool("coverage", suite.project, installed)
    shutil.rmtree(raw.parent, ignore_errors=True)
    raw.parent.mkdir()
    with _folder(session, suite):
        run_measured_tests(session, project.root, suite, installed, raw)
    if not any(raw.parent.iterdir()):
        raise EvenfallError(
            "pytest succeeded but left no coverage data: a test replaced its process (os.exec…) or ended it (os._exit)",
            hint=f"nox -s {session.name} -- -v, and look at the last test it lists",
        )
    coverage_data.combine(session, raw, data_file)
    coverage_data.check_outside_source_tree(session, data_file, installed)


def _folder(session: nox.Session, suite: Suite) -> AbstractContextManager[object]:
    """Return a context for the suite's folder. Call it only in a `with` statement, because Nox enters the folder at the call."""
    return nullcontext() if suite.folder == Path.cwd() else session.chdir(suite.folder)


def run_some_tests(session: nox.Session, suite: Suite, installed: InstalledProject) -> None:
    """Run pytest with the arguments after `--`, without pytest-cov, because a part of the tests does not reach `--cov-fail-under`."""
    arguments = suite.with_options(session.posargs)
    asked = any(argument.startswith("--cov") for argument in arguments)
    no_cov = () if asked or not read_pytest_options(session, installed, arguments).has_cov else ("--no-cov",)
    session.run("python", "-m", "pytest", *OPTIONS, *no_cov, *arguments, env=ENVIRONMENT, external="error")


def run_measured_tests(session: nox.Session, root: Path, suite: Suite, installed: InstalledProject, data: Path) -> None:
    """Run pytest, measured as the project's own command measures it; the names of the data files begin with `data`."""
    arguments = (*suite.arguments, *suite.project.pyproject.settings.tests.pytest_args)
    options, config = read_options(session, installed, arguments)
    measurement = Measurement(root=root, folder=suite.folder, installed=installed, options=options, config=config)
    rcfile = measurement.write_run_config(environment_folder(session), data)
    command, variables = measured_pytest(session, measurement, rcfile)
    env = {**ENVIRONMENT, **variables, "COVERAGE_FILE": None}
    session.run(*command, *OPTIONS, "-p", OPTIONS_PLUGIN, *arguments, env=env, external="error")


def measured_pytest(
    session: nox.Session, measurement: Measurement, rcfile: Path
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the command that measures pytest as the project's own command does, and the variables for it.

    pytest-cov measures if the project's pytest options use it, or if the workers of pytest-xdist need it. Without pytest-cov, coverage
    measures the workers only if it measures every process that the tests start.
    """
    options, config = measurement.options, measurement.config
    needs_help = options.has_workers and not config.measures_workers
    if options.has_cov or (needs_help and options.cov_source is not None and not options.no_cov):
        # A --cov without a value, after those of the project, leaves `source` to the configuration file.
        return ("python", "-m", "pytest", "--cov", f"--cov-config={rcfile}", "--cov-fail-under=0"), {}
    if config.options.get("run:command_line"):
        session.log(
            "[run] command_line of coverage is not used, because the session runs pytest; "
            "arguments for pytest belong in [tool.evenfall.tests] pytest-args"
        )
    command = ("coverage", "run", f"--rcfile={rcfile}", "-m", "pytest")
    if not needs_help:
        return command, {}
    session.log(
        "coverage measures every Python process that the tests start, because without pytest-cov or "
        'patch = ["subprocess"] in [tool.coverage.run] it would not measure the workers of pytest-xdist'
    )
    start_coverage_in_processes(measurement.installed)
    return command, {"COVERAGE_PROCESS_START": str(rcfile)}


def start_coverage_in_processes(installed: InstalledProject) -> None:
    """Make the environment's Python start coverage where `COVERAGE_PROCESS_START` is set. Before 7.10, coverage did not install that.

    https://coverage.readthedocs.io/en/latest/subprocess.html
    """
    line = "import os; os.environ.get('COVERAGE_PROCESS_START') and __import__('coverage').process_startup()\n"
    Path(installed.site, "_evenfall_coverage.pth").write_text(line, encoding="utf-8")
