from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.report.job_summary import add_to_summary


def test_a_section_is_added_where_there_is_a_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    add_to_summary("nowhere")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", os.fspath(tmp_path / "summary.md"))
    add_to_summary("one\n")
    add_to_summary("two\n")
    assert (tmp_path / "summary.md").read_text() == "one\ntwo\n"


def test_a_summary_that_can_not_be_written_is_said_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", os.fspath(tmp_path))
    add_to_summary("one\n")
    assert capsys.readouterr().err.startswith(f"GITHUB_STEP_SUMMARY: {tmp_path}: it can't be written: ")
