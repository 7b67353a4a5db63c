"""`coverage`: the gate. What all jobs measured together, held against `coverage_target.txt`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, assert_never

import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline import nox_adapter
from evenfall.project.coverage_target import read_coverage_target
from evenfall.project.project import Project, read_project
from evenfall.report.job_summary import add_to_summary
from evenfall.results import Failed, Inconclusive, Passed
from evenfall.sessions import coverage_data
from evenfall.sessions.coverage_gate import Measured, first_few, judge
from evenfall.sessions.installed_project import check_installed, find_shipped
from evenfall.sessions.source_tree import code_digest

REPORT = "coverage-report"
NOT_MIRRORED = "EVENFALL_NOT_MIRRORED"
"""The jobs that a mirror of GitHub can't run, one a line, like `tests-3.12 @ windows-latest`."""


def declare(project: Project) -> dict[str, Any]:
    """After all tests, on one machine. A target that is no number is an error before anything runs."""
    read_coverage_target(project.root)
    return {
        "python": project.primary_python,
        "groups": project.groups("tests"),
        "requires": ("tests",),
        "artifacts": (f"{REPORT}/",),
    }


def coverage(session: nox.Session) -> None:
    """Hold what all tests measured together against coverage_target.txt.

    Reports are left in coverage-report/.
    """
    project = read_project(Path.cwd())
    shipped = find_shipped(session, project.name)
    check_installed("coverage", project, shipped)
    digest = code_digest(project.root)
    if stale := coverage_data.stale_data(digest):
        session.warn(f"{coverage_data.FOLDER}: measured with other code, so not counted: {first_few(stale)}")
    here, absent = measured_jobs(digest)
    if not here:
        raise EvenfallError(
            f"{coverage_data.FOLDER}: no test session left coverage data of the code as it is",
            hint="nox -s tests coverage",
        )
    configured = coverage_data.read_configured(session)
    temporary = session.env_dir / "combined"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    data = f"--data-file={temporary / 'combined'}"
    paths = f"--rcfile={coverage_data.write_paths(temporary, configured, shipped)}"
    session.run("coverage", "combine", "--keep", "--quiet", paths, data, *map(str, here), external="error")
    measured = write_reports(session, data, configured.omit, absent)
    match judge(measured, read_coverage_target(project.root)):
        case Passed(note):
            session.log(note)
        case Failed(reason):
            raise EvenfallError(reason, hint=f"read {REPORT}/html/index.html")
        case Inconclusive(missing):
            session.skip(f"inconclusive: {missing}")
        case never:
            assert_never(never)


def measured_jobs(digest: str) -> tuple[list[Path], tuple[str, ...]]:
    """The data files, of this code, of the jobs that `tests` declares, and the jobs that left none, like `tests-3.12 @ windows-latest`.

    On GitHub, and in the mirror of it but for the jobs that it can't run, every job must have left its data: raises
    `EvenfallError` where one has not.
    """
    tests = nox_adapter.declared("tests")
    jobs = [(job.name, label) for job in tests.jobs for label in tests.facts.systems] if tests else []
    files = {(name, label): coverage_data.find_data(name, label, digest) for name, label in jobs}
    absent = tuple(f"{name} @ {label}" for (name, label), file in files.items() if file is None)
    expected = [name for name in absent if name not in os.environ.get(NOT_MIRRORED, "").split("\n")]
    if expected and os.environ.get("GITHUB_ACTIONS") == "true":
        raise EvenfallError(
            f"{coverage_data.FOLDER}: no coverage data from {first_few(expected)}", hint="look at the job of that job"
        )
    return sorted({file for file in files.values() if file}), absent


def write_reports(session: nox.Session, data: str, omitted: tuple[str, ...], absent: tuple[str, ...]) -> Measured:
    """Terminal, XML, HTML, JSON, and Markdown for the job summary. What the configuration omits is omitted by its place in the tree."""
    omit = (f"--omit={','.join(omitted)}",) if omitted else ()
    options = (data, "--fail-under=0", *omit)
    by_file = ("coverage", "report", "--show-missing", "--skip-covered")
    folder = Path(REPORT)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    session.run(*by_file, *options, external="error")
    session.run("coverage", "xml", "--quiet", *options, "-o", f"{REPORT}/coverage.xml", external="error")
    session.run("coverage", "html", "--quiet", *options, "--directory", f"{REPORT}/html", external="error")
    session.run("coverage", "json", "--quiet", *options, "-o", f"{REPORT}/coverage.json", external="error")
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        table = session.run(*by_file, "--format=markdown", *options, silent=True, external="error")
        add_to_summary(f"### Coverage\n\n{table}\n")
    totals = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["totals"]
    return Measured(
        statements=totals["num_statements"],
        executed_statements=totals["covered_lines"],
        branches=totals.get("num_branches", 0),
        executed_branches=totals.get("covered_branches", 0),
        absent=absent,
    )
