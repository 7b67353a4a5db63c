"""Combine the coverage data of all jobs, write the reports, and find out what the gate requires."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import msgspec
import nox

from evenfall.pipeline.model import NOXFILE
from evenfall.project.coverage_target import read_coverage_target
from evenfall.report.github_actions import add_to_summary
from evenfall.sessions.coverage import REPORT
from evenfall.sessions.coverage_config import run_program
from evenfall.sessions.coverage_gate import CoverageTotals, Requirement, requirement
from evenfall.sessions.measurement import Measurement
from evenfall.sessions.run_command import environment_folder


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
    request = {
        "files": [*map(str, files), *([str(unused)] if unused.exists() else [])],
        "folder": str(folder),
        "config_file": str(measurement.write_path_rules(folder)),
        "data_file": str(data),
    }
    if not msgspec.json.decode(run_program(session, "combine", request, silent=False)):
        session.log("branches do not count, because not all test jobs measured them; [run] branch decides")
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
    run_program(session, "report", {**msgspec.to_builtins(measurement.options), **request}, silent=False)
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
