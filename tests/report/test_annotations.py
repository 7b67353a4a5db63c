from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.report.annotations import annotated
from evenfall.report.job_result import JobResult
from evenfall.results import Failed
from tests.report.made import ON_WINDOWS, PASSED, UNDECIDED, failed


def test_a_failure_is_an_error_with_its_notes_in_one_line(tmp_path: Path) -> None:
    job_result = failed(tmp_path, notes=("helper.py is untracked",))
    assert [*annotated(job_result)] == ["::error title=tests-3.12::pytest failed%0Ahelper.py is untracked"]


def test_what_could_not_be_found_out_is_a_warning() -> None:
    assert [*annotated(UNDECIDED)] == ["::warning title=coverage::short by 2 lines"]


@pytest.mark.parametrize("job_result", [PASSED, ON_WINDOWS])
def test_nothing_else_is_annotated(job_result: JobResult) -> None:
    assert [*annotated(job_result)] == []


def test_nothing_in_a_name_or_a_reason_can_begin_another_command() -> None:
    job_result = JobResult(name="a,b:c%", result=Failed("100 %\r\n::stop-commands::x"))
    assert [*annotated(job_result)] == ["::error title=a%2Cb%3Ac%25::100 %25%0D%0A::stop-commands::x"]
