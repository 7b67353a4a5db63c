"""`coverage`: the gate. It compares the combined coverage of all test jobs with `coverage_target.txt`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_never

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.project.coverage_target import read_coverage_target
from evenfall.project.project import Project, read_project
from evenfall.sessions import coverage_data
from evenfall.sessions.coverage_config import read_config, read_options
from evenfall.sessions.installed_project import inspect_installed_project, require_test_tool
from evenfall.sessions.measurement import Measurement
from evenfall.text import and_more

REPORT = "coverage-report"

TROUBLESHOOTING = (
    (
        "Coverage is below the target",
        "The session lists the lines that no test executes, and `coverage-report/html/index.html` shows them. Test them, because the "
        "target in `coverage_target.txt` applies to all Pythons and systems together.",
        ("nox -s tests coverage",),
    ),
    (
        "No coverage data from a job",
        "That job of `tests` failed or left no data. Read its log first.",
        ("evenfall run coverage",),
    ),
)


def declare(project: Project) -> dict[str, Any]:
    """Return the session's arguments: one Python, after all test jobs. Raises `EvenfallError` (usage) for an invalid target."""
    read_coverage_target(project.root)
    return {
        "python": project.python_for(project.groups("tests"), ("coverage",)),
        "groups": project.groups("tests"),
        "requires": ("tests",),
        "artifacts": (f"{REPORT}/",),
        "troubleshooting": TROUBLESHOOTING,
    }


def coverage(session: nox.Session) -> None:
    """Compare the combined coverage of all test jobs with coverage_target.txt.

    Writes reports to coverage-report/.
    """
    # slow to import, and not needed when a noxfile is loaded
    from evenfall.results import Failed, Inconclusive, Passed
    from evenfall.sessions.coverage_gate import compare_with_target
    from evenfall.sessions.coverage_report import combine_jobs, find_requirement, write_reports
    from evenfall.sessions.member_coverage import member_configs, write_common_config

    project = read_project(Path.cwd())
    installed = inspect_installed_project(session, project)
    require_test_tool("coverage", project, installed)
    digest = coverage_data.code_digest(project.root)
    if stale := coverage_data.stale_data(digest):
        session.warn(f"{coverage_data.FOLDER}: not counted, because the code has changed since: {and_more(stale)}")
    files, missing_jobs = coverage_data.find_job_data(declared_test_jobs(), digest)
    if not files:
        raise EvenfallError(
            f"{coverage_data.FOLDER}: no coverage data for the current code", hint="nox -s tests coverage"
        )
    options, config = read_options(session, installed, project.pyproject.settings.tests.pytest_args)
    if members := member_configs(session, project, installed):
        names = ", ".join(member.folder for member in members)
        if config.file is None and not options.has_cov:
            session.log(f"the reports combine the coverage configurations of {names}, because the root has none")
            file = write_common_config(session, members, installed.source_paths(project.root).values())
            # As if pytest-cov named the file, with the sources in it.
            options = msgspec.structs.replace(options, cov_source=(True,), cov_config=str(file))
            config = read_config(session, options)
        else:
            session.warn(f"the reports have the coverage configuration of the root, not those of {names}")
    measurement = Measurement(
        root=project.root, folder=project.root, installed=installed, options=options, config=config
    )
    totals = write_reports(session, measurement, combine_jobs(session, measurement, files), missing_jobs)
    match compare_with_target(totals, find_requirement(measurement)):
        case Passed(note):
            session.log(note)
        case Failed(reason):
            raise EvenfallError(reason, hint=f"read {REPORT}/html/index.html")
        case Inconclusive(missing):
            session.skip(f"inconclusive: {missing}")
        case never:
            assert_never(never)


def declared_test_jobs() -> tuple[tuple[str, str], ...]:
    """Return the name and the system of each job of the session `tests`; none if the noxfile declares no such session for CI."""
    from evenfall.pipeline.nox_adapter import declared_session  # imports Nox's internals

    tests = declared_session("tests")
    return tuple((job.name, system) for job in tests.jobs for system in tests.facts.systems) if tests else ()
