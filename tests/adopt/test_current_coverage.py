from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.current_coverage import find_coverage, write_coverage_target
from evenfall.errors import EvenfallError, Exit
from tests.sample_project import SampleProject

JSON = '{"totals": {"covered_lines": 90, "num_statements": 100, "covered_branches": 7, "num_branches": 20}}'
XML = """\
<?xml version="1.0" ?>
<coverage lines-valid="100" lines-covered="90" branches-valid="20" branches-covered="7" line-rate="0.9">
</coverage>
"""


@pytest.mark.parametrize(
    ("name", "text", "percent", "source"),
    [
        ("coverage.json", JSON, Fraction(9700, 120), "coverage.json"),
        ("coverage.xml", XML, Fraction(9700, 120), "coverage.xml"),
    ],
)
def test_the_current_coverage_is_read_from_a_report(
    tmp_path: Path, name: str, text: str, percent: Fraction, source: str
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_coverage(tmp_path) == (percent, source)


def test_what_the_project_requires_comes_before_a_report_that_may_be_old(tmp_path: Path) -> None:
    (tmp_path / "coverage.json").write_text(JSON, encoding="utf-8")
    (tmp_path / ".coveragerc").write_text("[report]\nfail_under = 87.5\n", encoding="utf-8")
    assert find_coverage(tmp_path) == (Fraction("87.5"), "fail_under in .coveragerc")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("coverage.json", "{}"),
        ("coverage.json", "not JSON"),
        ("coverage.json", '{"totals": {"covered_lines": 0, "num_statements": 0}}'),
        ("coverage.xml", "<coverage>"),
        ("coverage.xml", "<coverage lines-covered=1>"),
        ("coverage.xml", "not XML"),
    ],
)
def test_a_report_without_totals_is_ignored(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_coverage(tmp_path) is None


@pytest.mark.parametrize(
    ("report", "is_new", "target"),
    [(None, False, "0.0\n"), (None, True, "100.0\n"), (JSON, False, "80.8\n"), (JSON, True, "100.0\n")],
)
def test_the_target_is_the_current_coverage(
    bare: SampleProject, adoption: Adoption, report: str | None, is_new: bool, target: str
) -> None:
    if report:
        bare.write("coverage.json", report)
    write_coverage_target(adoption, is_new=is_new)
    assert bare.read("coverage_target.txt") == target
    assert len(adoption.notes) == (0 if is_new else 1)


def test_an_existing_target_stays(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("coverage_target.txt", "7.0\n")
    write_coverage_target(adoption, is_new=False)
    assert bare.read("coverage_target.txt") == "7.0\n"


def test_an_existing_target_that_is_not_a_number_is_rejected(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("coverage_target.txt", "most\n")
    with pytest.raises(EvenfallError, match="not a number") as caught:
        write_coverage_target(adoption, is_new=False)
    assert caught.value.exit_code is Exit.USAGE
