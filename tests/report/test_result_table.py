from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from evenfall.report.job_result import JobResult
from evenfall.report.result_table import last_line, table
from evenfall.results import Failed, Skipped
from tests.report.made import ON_WINDOWS, PASSED, UNDECIDED, failed


def test_each_job_has_a_row_and_those_skipped_a_line_a_reason(tmp_path: Path) -> None:
    other = JobResult(name="lint @ windows-latest", result=Skipped("it runs on Windows"))
    assert table((PASSED, failed(tmp_path), UNDECIDED, ON_WINDOWS, other), wall=3.5).splitlines() == [
        "lint        passed           1.2 s",
        "tests-3.12  failed           2.0 s  pytest failed",
        "coverage    inconclusive     0.5 s  short by 2 lines",
        "skipped: tests @ windows-latest, lint @ windows-latest: it runs on Windows",
        "3 jobs in 3.5 s, 4.2 s in sequence (0.5 s of it for sandboxes)",
    ]


def test_where_nothing_ran_there_is_no_count() -> None:
    assert table((ON_WINDOWS,), wall=1.0) == "skipped: tests @ windows-latest: it runs on Windows\n"


def test_a_failure_is_the_last_word_with_the_command_that_shows_its_output(tmp_path: Path) -> None:
    said = last_line((PASSED, UNDECIDED, failed(tmp_path)), next_step="git push")
    assert said == "failed: tests-3.12\n  next: evenfall run --log tests-3.12"


def test_what_is_inconclusive_is_no_promise(tmp_path: Path) -> None:
    printed = replace(UNDECIDED, printed=tmp_path / "log")
    said = last_line((PASSED, printed), next_step="git push")
    assert said == "inconclusive: coverage: CI may say no\n  next: evenfall run --log coverage"


def test_the_log_is_that_of_one_that_has_printed(tmp_path: Path) -> None:
    silent = JobResult(name="build", result=Failed("an artifact lies in the way"))
    assert last_line((silent,), next_step="") == "failed: build"
    said = last_line((silent, failed(tmp_path)), next_step="")
    assert said == "failed: build, tests-3.12\n  next: evenfall run --log tests-3.12"


def test_what_passed_may_be_pushed() -> None:
    said = last_line((PASSED, ON_WINDOWS, PASSED), next_step="git push")
    assert said == "2 passed, 1 skipped\n  next: git push"
    assert last_line((PASSED,), next_step="") == "1 passed"


@pytest.mark.parametrize(
    ("job_results", "said"),
    [((ON_WINDOWS,), "1 skipped: nothing could run here"), ((), "no jobs: nothing could run here")],
)
def test_where_nothing_could_run_nothing_is_recommended(job_results: tuple[JobResult, ...], said: str) -> None:
    assert last_line(job_results, next_step="git push") == said


@pytest.mark.parametrize(
    "name",
    ["tests-3.12 @ ubuntu-latest", "tests(oil='a b')", "tests(oil='$HOME', wick=\"x\")", 'lit(o="1") @ ubuntu-latest'],
)
def test_the_name_of_a_job_is_one_word_of_the_command_that_is_recommended(name: str) -> None:
    _, _, command = last_line((JobResult(name=name, result=Failed(""), printed=Path("log")),), next_step="").partition(
        "next: "
    )
    assert shlex.split(command) == ["evenfall", "run", "--log", name]


def test_a_reason_of_several_lines_stays_in_its_row() -> None:
    forging = JobResult(name="lint", result=Failed("no oil\npassed tests"))
    assert table((forging,), wall=1.0).splitlines()[0].endswith("no oil passed tests")
