from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from evenfall.report.result_table import last_line, result_table
from evenfall.results import Failed, Inconclusive, JobResult, Skipped
from tests.report.examples import INCONCLUSIVE, PASSED, SKIPPED, failed


def test_each_job_that_ran_has_a_row_and_skipped_jobs_are_grouped_by_reason(tmp_path: Path) -> None:
    other = JobResult(job="lint @ windows-latest", result=Skipped("it runs on Windows"))
    assert result_table((PASSED, failed(tmp_path), INCONCLUSIVE, SKIPPED, other), wall=3.5).splitlines() == [
        "lint        passed           1.2 s",
        "tests-3.12  failed           2.0 s  pytest failed",
        "coverage    inconclusive     0.5 s  short by 2 lines",
        "skipped: tests @ windows-latest, lint @ windows-latest: it runs on Windows",
        "3 jobs in 3.5 s, 4.2 s in sequence (0.5 s of it for sandboxes)",
    ]


def test_without_a_job_that_ran_there_is_no_total() -> None:
    assert result_table((SKIPPED,), wall=1.0) == "skipped: tests @ windows-latest: it runs on Windows\n"


def test_the_last_line_names_failed_jobs_and_the_command_that_runs_them_again(tmp_path: Path) -> None:
    line = last_line((PASSED, INCONCLUSIVE, failed(tmp_path)), next_step="git push")
    assert line == "failed: tests-3.12\n  next: nox -s tests-3.12"


def test_the_last_line_warns_of_inconclusive_jobs(tmp_path: Path) -> None:
    logged = replace(INCONCLUSIVE, log=tmp_path / "log")
    line = last_line((PASSED, logged), next_step="git push")
    assert line == "inconclusive: coverage: CI may fail\n  next: evenfall run --log coverage"


def test_failed_jobs_run_again_with_nox(tmp_path: Path) -> None:
    silent = JobResult(job="build", result=Failed("no artifact"))
    line = last_line((silent, failed(tmp_path)), next_step="")
    assert line == "failed: build, tests-3.12\n  next: nox -s build tests-3.12"


def test_failed_jobs_whose_causes_are_known_run_again_in_a_sandbox_because_they_pass_in_the_work_tree(
    tmp_path: Path,
) -> None:
    silent = JobResult(job="build", result=Failed("no artifact"))
    explained = replace(failed(tmp_path), causes=("a.txt is untracked",))
    line = last_line((explained,), next_step="")
    assert line == "failed: tests-3.12\n  next: correct this, then: evenfall run tests-3.12"
    assert last_line((silent, explained), next_step="").endswith("next: nox -s build")


def test_the_recommended_log_is_that_of_an_inconclusive_job_with_output(tmp_path: Path) -> None:
    silent = JobResult(job="build", result=Inconclusive("no index"))
    assert last_line((silent,), next_step="") == "inconclusive: build: CI may fail"
    logged = JobResult(job="audit", result=Inconclusive("no data"), log=tmp_path / "log")
    line = last_line((silent, logged), next_step="")
    assert line == "inconclusive: build, audit: CI may fail\n  next: evenfall run --log audit"


def test_the_last_line_of_passed_jobs_is_the_next_step() -> None:
    line = last_line((PASSED, SKIPPED, PASSED), next_step="git push")
    assert line == "2 passed, 1 skipped\n  next: git push"
    assert last_line((PASSED,), next_step="") == "1 passed"


@pytest.mark.parametrize(
    ("results", "line"),
    [((SKIPPED,), "1 skipped: no job can run on this machine"), ((), "no jobs: no job can run on this machine")],
)
def test_without_a_passed_job_there_is_no_next_step(results: tuple[JobResult, ...], line: str) -> None:
    assert last_line(results, next_step="git push") == line


@pytest.mark.parametrize(
    "name",
    ["tests-3.12 @ ubuntu-latest", "tests(oil='a b')", "tests(oil='$HOME', wick=\"x\")", 'lit(o="1") @ ubuntu-latest'],
)
def test_a_job_name_is_quoted_in_the_recommended_command(name: str) -> None:
    _, _, command = last_line((JobResult(job=name, result=Failed(""), log=Path("log")),), next_step="").partition(
        "next: "
    )
    assert shlex.split(command) == ["nox", "-s", name.removesuffix(" @ ubuntu-latest")]


def test_a_reason_with_newlines_stays_in_its_row() -> None:
    forging = JobResult(job="lint", result=Failed("no oil\npassed tests"))
    assert result_table((forging,), wall=1.0).splitlines()[0].endswith("no oil passed tests")
