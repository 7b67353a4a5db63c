from __future__ import annotations

from pathlib import Path

from evenfall.adopt.duplicates import duplicates_note, repeated_jobs
from tests.adopt.own_ci import FOLDER, checks
from tests.sample_project import SampleProject

PATH = f"{FOLDER}/tests.yml"
JOBS = """\
on: push
jobs:
  tests: {runs-on: macos-latest, steps: [{run: pytest}, {run: python -m pip install .}]}
  mixed: {runs-on: ubuntu-latest, steps: [{run: pytest && mkdocs build}]}
  docs: {runs-on: ubuntu-latest, steps: [{run: mkdocs build}]}
  hooks: {runs-on: ubuntu-latest, steps: [{uses: pre-commit/action@v3}]}
  upload: {runs-on: ubuntu-latest, steps: [{run: uv build && uv publish}]}
  checkout: {runs-on: ubuntu-latest, steps: [{uses: actions/checkout@v6}]}
"""


def test_jobs_whose_checks_the_pipeline_also_runs_are_named(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(PATH, JOBS)
    made = checks(tmp_path)
    assert [*repeated_jobs(tmp_path, PATH, made)] == ["tests", "hooks"]
    assert duplicates_note(tmp_path, PATH, made).startswith("its jobs tests, hooks repeat sessions of Evenfall")
    assert "run twice, though not on macos-latest; delete" in duplicates_note(tmp_path, PATH, made)
    SampleProject(tmp_path).write(PATH, "".join(JOBS.splitlines(keepends=True)[:5]))
    assert duplicates_note(tmp_path, PATH, made).startswith("its job tests repeats sessions of Evenfall")
    needs = (
        "{runs-on: ubuntu-latest, env: {TOKEN: '${{ secrets.KEY }}'}, steps: [{run: apt-get install x}, {run: pytest}]}"
    )
    SampleProject(tmp_path).write(PATH, f"on: push\njobs: {{tests: {needs}}}\n")
    assert (
        "twice, and without system packages apt-get install x, variable TOKEN, secret KEY; delete"
        in duplicates_note(tmp_path, PATH, made)
    )
    SampleProject(tmp_path).write(PATH, "on: push\njobs: {}\n")
    assert duplicates_note(tmp_path, PATH, made) == ""
