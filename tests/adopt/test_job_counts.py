from __future__ import annotations

from pathlib import Path

import msgspec

from evenfall.adopt.job_counts import NO_JOBS, job_counts
from evenfall.pipeline.marker import MARKER
from tests.adopt.own_ci import CI, FOLDER, pipeline
from tests.generate.pipelines import session
from tests.sample_project import SampleProject


def test_jobs_are_counted_before_and_after_and_weighted_as_github_bills_them(tmp_path: Path) -> None:
    made = SampleProject(tmp_path)
    matrix = "{runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [ubuntu-latest, windows-2025, macos-13, self-hosted]}}, steps: []}"
    made.write(CI, f"on: push\njobs: {{tests: {matrix}, lint: {{runs-on: ubuntu-latest, steps: []}}}}\n")
    made.write(f"{FOLDER}/nightly.yml", f"on: schedule\njobs: {{tests: {matrix}}}\n")
    made.write(f"{FOLDER}/publish.yml", f"on: {{push: {{tags: [v*]}}}}\njobs: {{tests: {matrix}}}\n")
    weekly = session("weekly", workflows=("security",), events=("weekly",))
    after = pipeline("tests", "lint", "audit", own=(weekly, session("publish", workflows=("cd",))))
    kept = job_counts(tmp_path, msgspec.structs.replace(after, renamed=("ci",)), ())
    assert [(count.path, count.jobs, count.minutes) for count in kept.before] == [(CI, 5, 14)]
    assert [(count.path, count.jobs, count.minutes) for count in kept.after] == [
        (CI, 5, 14),
        (f"{FOLDER}/evenfall-ci.yml", 6, 8),
        (f"{FOLDER}/security.yml", 3, 3),
    ]
    replaced = job_counts(tmp_path, after, (CI,))
    assert [count.path for count in replaced.after] == [CI, f"{FOLDER}/security.yml"]


def test_an_adopted_project_has_no_jobs_before_the_adoption(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(CI, f"{MARKER}name: CI\non: push\njobs: {{}}\n")
    assert job_counts(tmp_path, pipeline("tests"), ()) == NO_JOBS


def test_a_workflow_without_jobs_is_not_counted(tmp_path: Path) -> None:
    without = msgspec.structs.replace(pipeline("tests"), hosted_jobs=())
    assert [count.path for count in job_counts(tmp_path, without, ()).after] == [CI]
