"""`coverage`: the gate. It compares the combined coverage of all test jobs with `coverage_target.txt`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, assert_never

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE, SKIPPED_JOBS
from evenfall.project.coverage_target import read_coverage_target
from evenfall.project.project import Project, read_project
from evenfall.report.github_actions import add_to_summary
from evenfall.results import Failed, Inconclusive, Passed
from evenfall.sessions import coverage_data
from evenfall.sessions.coverage_config import own_command, read_config, run_program
from evenfall.sessions.coverage_gate import CoverageTotals, Requirement, compare_with_target, requirement
from evenfall.sessions.installed_project import inspect_installed_project, require_test_tool
from evenfall.sessions.measurement import Measurement
from evenfall.sessions.member_coverage import member_configs, write_common_config
from evenfall.sessions.pytest_options import read_pytest_options
from evenfall.sessions.run_command import environment_folder
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
    project = read_project(Path.cwd())
    installed = inspect_installed_project(session, project)
    require_test_tool("coverage", project, installed)
    digest = coverage_data.code_digest(project.root)
    if stale := coverage_data.stale_data(digest):
        session.warn(f"{coverage_data.FOLDER}: not counted, because the code has changed since: {and_more(stale)}")
    files, missing_jobs = find_job_data(declared_test_jobs(), digest)
    if not files:
        raise EvenfallError(
            f"{coverage_data.FOLDER}: no coverage data for the current code", hint="nox -s tests coverage"
        )
    options = read_pytest_options(session, installed, project.pyproject.settings.tests.pytest_args)
    config = read_config(session, options)
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


def find_job_data(jobs: Iterable[tuple[str, str]], digest: str) -> tuple[list[Path], tuple[str, ...]]:
    """Return the data files of the test jobs for this code, and the jobs without one, such as `tests-3.12 @ windows-latest`.

    In CI, every job must have left its data; in the mirror, every job that can run there. Raises `EvenfallError` if data are missing.
    """
    labels: dict[str, list[str]] = {}
    for name, system in jobs:
        labels.setdefault(name, []).append(system)
    files = {
        (name, system): file
        for name, systems in labels.items()
        for system, file in coverage_data.find_data(name, systems, digest).items()
    }
    missing = tuple(f"{name} @ {system}" for (name, system), file in files.items() if file is None)
    expected = [name for name in missing if name not in os.environ.get(SKIPPED_JOBS, "").split("\n")]
    if expected and os.environ.get("GITHUB_ACTIONS") == "true":
        raise EvenfallError(
            f"{coverage_data.FOLDER}: no coverage data from {and_more(expected)}", hint="read the log of that job"
        )
    return sorted({file for file in files.values() if file}), missing


def combine_jobs(session: nox.Session, measurement: Measurement, files: Iterable[Path]) -> Path:
    """Return the data of all jobs, with paths of the source tree, and with the files that `source` names and no test runs."""
    folder = environment_folder(session) / "combined"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    data, unused, nothing = folder / "data", folder / "unused", folder / "nothing.py"
    if measurement.source:
        if os.path.realpath(measurement.root) in measurement.source:
            session.log(
                f"{NOXFILE} does not count, although it is in coverage's source, because it is no part of the project's code"
            )
        nothing.touch()
        search = f"--rcfile={measurement.write_search_config(folder, unused, nothing)}"
        session.run("coverage", "run", search, str(nothing), log=False, external="error")
    elif not measurement.config.values("run:include"):
        session.log(
            "coverage has no source: it counts each file that the tests run, and no other; [run] source decides"
        )
    given = [*map(str, files), *([str(unused)] if unused.exists() else [])]
    request = {"files": given, "folder": str(folder)}
    names = msgspec.json.decode(run_program(session, "lines", request, silent=True), type=list[str])
    if names != given:
        session.log("branches do not count, because not all test jobs measured them; [run] branch decides")
    paths = f"--rcfile={measurement.write_path_rules(folder)}"
    session.run("coverage", "combine", "--keep", "--quiet", paths, f"--data-file={data}", *names, external="error")
    return data


def write_reports(
    session: nox.Session, measurement: Measurement, data: Path, missing_jobs: tuple[str, ...]
) -> CoverageTotals:
    """Write the terminal, XML, HTML and JSON reports, and Markdown for the job summary. Return the totals."""
    folder = Path(REPORT)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    summary = environment_folder(session) / "summary.md" if os.environ.get("GITHUB_STEP_SUMMARY") else None
    request = {
        "data_file": str(data),
        "measured": measurement.source,
        "trees": measurement.trees,
        "generated": measurement.generated,
        "unused": measurement.unused,
        "folder": REPORT,
        "markdown": str(summary or ""),
    }
    run_program(session, "report", {**own_command(measurement.options), **request}, silent=False)
    if summary:
        add_to_summary(f"### Coverage\n\n{summary.read_text(encoding='utf-8')}\n")
    totals = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["totals"]
    return CoverageTotals(
        statements=totals["num_statements"],
        executed_statements=totals["covered_lines"],
        branches=totals.get("num_branches", 0),
        executed_branches=totals.get("covered_branches", 0),
        missing_jobs=missing_jobs,
    )


def find_requirement(measurement: Measurement) -> Requirement:
    """Return what the gate requires: `coverage_target.txt` or the project's `fail_under`. Raises `EvenfallError` (usage) as they do."""
    options, config = measurement.options, measurement.config
    value, name = options.cov_fail_under, "--cov-fail-under"
    if value is None:
        file = os.path.relpath(config.file, measurement.root) if config.file else "the configuration of a plugin"
        value, name = config.number("report:fail_under"), f"fail_under in {file}"
    precision = options.cov_precision if options.cov_precision is not None else int(config.number("report:precision"))
    target = read_coverage_target(measurement.root)
    return requirement(target, Fraction(str(value)), precision=precision, name=name)
