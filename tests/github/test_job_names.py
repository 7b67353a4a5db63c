from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.github.job_names import job_names
from evenfall.pipeline.marker import MARKER
from evenfall.pipeline.model import HostedJob, Pipeline
from tests.generate.pipelines import session

PIPELINE = Pipeline(
    sessions=(session("tests", "tests-3.11", "tests-3.12", systems=("ubuntu-latest", "macos-latest")), session("lint")),
    hosted_jobs=(HostedJob(name="codeql", local="lint", workflow="security", description="", steps=()),),
)
OWN = """\
on: push
jobs:
  docs:
    runs-on: ubuntu-latest
  wheels:
    name: Wheel ${{ matrix.arch }} (CPython)
  called:
    uses: ./.github/workflows/other.yml
"""


def write(root: Path, name: str, text: str) -> None:
    file = root / ".github" / "workflows" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    ("name", "is_job"),
    [
        ("lint", True),
        ("tests-3.12 @ macos-latest", True),
        ("tests-3.12", False),
        ("codeql", True),
        ("All CI checks pass", True),
        ("All security checks pass", True),
        ("All cd checks pass", False),
        ("docs", True),
        ("docs (html)", True),
        ("docs2", False),
        ("Wheel arm64 (CPython)", True),
        ("wheels", False),
        ("called / build", True),
        ("old", False),
    ],
)
def test_jobs_are_those_of_the_pipeline_and_of_workflows_by_hand(tmp_path: Path, name: str, is_job: bool) -> None:
    write(tmp_path, "docs.yml", OWN)
    write(tmp_path, "ci.yml", f"{MARKER}jobs: {{ old: {{ }} }}\n")  # generated from a pipeline that was
    assert (name in job_names(tmp_path, PIPELINE)) is is_job


@pytest.mark.parametrize("text", ["{", "jobs: 1", "on: push", "jobs: [docs]"])
def test_a_workflow_that_can_not_be_read_may_have_any_job(tmp_path: Path, text: str) -> None:
    assert "old" not in job_names(tmp_path, PIPELINE)
    write(tmp_path, "docs.yaml", text)
    assert "old" in job_names(tmp_path, PIPELINE)


def test_a_folder_with_the_name_of_a_workflow_has_no_jobs(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows" / "docs.yml").mkdir(parents=True)
    assert "docs" not in job_names(tmp_path, PIPELINE)


def test_a_job_without_keys_has_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, "docs.yml", "jobs: { docs: }\n")
    assert "docs" in job_names(tmp_path, PIPELINE)
