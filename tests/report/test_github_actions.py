from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.report.github_actions import add_to_summary, annotate, escape_markdown, markdown_table
from evenfall.results import Failed, JobResult
from tests.report.examples import INCONCLUSIVE, PASSED, SKIPPED, failed


def test_a_failed_job_is_annotated_as_an_error_with_its_notes(tmp_path: Path) -> None:
    result = failed(tmp_path, notes=("helper.py is untracked",))
    assert [*annotate(result)] == ["::error title=tests-3.12::pytest failed%0Ahelper.py is untracked"]


def test_an_inconclusive_job_is_annotated_as_a_warning() -> None:
    assert [*annotate(INCONCLUSIVE)] == ["::warning title=coverage::short by 2 lines"]


@pytest.mark.parametrize("result", [PASSED, SKIPPED])
def test_passed_and_skipped_jobs_are_not_annotated(result: JobResult) -> None:
    assert [*annotate(result)] == []


def test_a_name_or_a_reason_cannot_start_another_workflow_command() -> None:
    result = JobResult(job="a,b:c%", result=Failed("100 %\r\n::stop-commands::x"))
    assert [*annotate(result)] == ["::error title=a%2Cb%3Ac%25::100 %25%0D%0A::stop-commands::x"]


def test_sections_are_appended_to_the_summary_if_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    add_to_summary("nowhere")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", os.fspath(tmp_path / "summary.md"))
    add_to_summary("one\n")
    add_to_summary("two\n")
    assert (tmp_path / "summary.md").read_text() == "one\ntwo\n"


def test_a_summary_that_cannot_be_written_is_reported_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", os.fspath(tmp_path))
    add_to_summary("one\n")
    assert capsys.readouterr().err.startswith(f"GITHUB_STEP_SUMMARY: {tmp_path}: ")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain 1.0, text", "plain 1.0, text"),
        ("a | b\nc", r"a \| b c"),
        ("<img src=x>&", "&lt;img src=x&gt;&amp;"),
        ("[x](https://example.org) `y` *z* #1", r"\[x\]\(https&#58;//example.org\) \`y\` \*z\* \#1"),
        ("@all", "&#64;all"),
        ("\x1b[2J", r"\\x1b\[2J"),
    ],
)
def test_text_is_escaped_so_that_markdown_shows_it_literally(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


def test_a_table_has_a_head_and_one_line_per_row() -> None:
    assert markdown_table(("a", "b"), [("1", "2|3")]) == "| a | b |\n| --- | --- |\n| 1 | 2\\|3 |\n"
