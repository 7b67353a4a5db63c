from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.own_coverage import coverage_commands, find_fail_under, record_coverage_options
from tests.sample_project import SampleProject


def commands(root: Path, makefile: str) -> list[tuple[str, tuple[str, ...]]]:
    (root / "Makefile").write_text(f"check:\n\t{makefile}\n", encoding="utf-8")
    return [(command.program, command.options) for command in coverage_commands(root)]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("uv run pytest -q --cov lamp --cov-branch --cov-report=xml", [("pytest", ("--cov=lamp", "--cov-branch"))]),
        ("python -m pytest --cov --cov-config cfg/rc tests", [("pytest", ("--cov", "--cov-config=cfg/rc"))]),
        (
            "coverage run --branch --source=lamp -m pytest --cov=other",
            [("coverage run", ("--branch", "--source=lamp")), ("pytest", ("--cov=other",))],
        ),
        ("coverage run -m pytest", []),
        ("coverage run --branch example.py", []),
        ("coverage report -m --fail-under 95", [("coverage report", ("--fail-under=95",))]),
        ("pytest -n 2", []),
        ("ruff check --cov=no", []),
    ],
)
def test_the_options_that_change_the_percentage_are_found(
    tmp_path: Path, command: str, found: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert commands(tmp_path, command) == found


@pytest.mark.parametrize(
    ("files", "percent", "source"),
    [
        ({".coveragerc": "[report]\nfail_under = 87.5\n"}, "87.5", "fail_under in .coveragerc"),
        ({"setup.cfg": "[coverage:report]\nfail_under = 91\n"}, "91", "fail_under in setup.cfg"),
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 99.95\n"}, "99.95", "fail_under in pyproject.toml"),
        ({".coveragerc.toml": "[tool.coverage.report]\nfail_under = 9\n"}, "9", "fail_under in .coveragerc.toml"),
        (
            {
                "tox.ini": "[pytest]\naddopts = --cov-config=cfg/rc\n[coverage:report]\nfail_under = 5\n",
                "cfg/rc": "[coverage:report]\nfail_under = 6\n",
            },
            "6",
            "fail_under in cfg/rc",
        ),
        (
            {"pytest.ini": "[pytest]\naddopts = --cov-fail-under 42\n", ".coveragerc": "[report]\nfail_under = 1\n"},
            "42",
            "--cov-fail-under in addopts",
        ),
        ({"Makefile": "check:\n\tcoverage report --fail-under=95\n"}, "95", "coverage report in Makefile"),
        ({"Makefile": "check:\n\tpytest --cov=x --cov-fail-under=96\n"}, "96", "pytest in Makefile"),
    ],
)
def test_the_required_percentage_is_found_where_coverage_finds_it(
    tmp_path: Path, files: dict[str, str], percent: str, source: str
) -> None:
    project = SampleProject(tmp_path)
    for name, text in files.items():
        project.write(name, text)
    assert find_fail_under(tmp_path) == (Fraction(percent), source)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"Makefile": "check:\n\tpytest --cov=x\n"},
        {".coveragerc": "no section"},
        {".coveragerc": "[report]\nfail_under = most\n"},
        {"setup.cfg": "[coverage:report]\nfail_under = 101\n"},
        {"setup.cfg": "[report]\nfail_under = 50\n"},
        {"pyproject.toml": "[tool.coverage]\nreport = 3\n"},
        {"pyproject.toml": "[tool]\ncoverage = 3\n"},
        {".coveragerc": "[run]\nbranch = true\n", "setup.cfg": "[coverage:report]\nfail_under = 91\n"},
        {".coveragerc.toml": "", "pyproject.toml": "[tool.coverage.report]\nfail_under = 99.95\n"},
    ],
)
def test_only_a_percentage_in_the_file_that_coverage_reads_is_one(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_fail_under(tmp_path) is None


@pytest.mark.parametrize(
    ("command", "arguments", "note"),
    [
        ("pytest --cov=lantern --cov-branch", ("--cov=lantern", "--cov-branch"), ""),
        ("pytest -q", (), ""),
        ("pytest --cov=$$PACKAGE", (), "a value is only known when it runs"),
        ("coverage run --branch -m pytest && coverage report --fail-under=9", (), "write them to [tool.coverage.run]"),
    ],
)
def test_the_options_of_the_own_command_become_arguments_of_the_session(
    bare: SampleProject, adoption: Adoption, command: str, arguments: tuple[str, ...], note: str
) -> None:
    bare.replace("pyproject.toml", '"pytest"]', '"pytest", "pytest-cov"]')
    bare.lock()
    bare.write("Makefile", f"check:\n\t{command}\n")
    record_coverage_options(adoption)
    assert adoption.project.pyproject.settings.tests.pytest_args == arguments
    assert [note in text for text in adoption.notes] == ([True] if note else [])


def test_options_of_pytest_cov_need_it_in_the_test_groups(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("Makefile", "check:\n\tpytest --cov=lantern\n")
    record_coverage_options(adoption)
    (note,) = adoption.notes
    assert "the test groups lack pytest-cov" in note


def test_arguments_that_the_project_has_stay(bare: SampleProject, adoption: Adoption) -> None:
    bare.replace("pyproject.toml", "[tool.isort]", '[tool.evenfall.tests]\npytest-args = ["-x"]\n\n[tool.isort]')
    bare.write("Makefile", "check:\n\tpytest --cov=lantern\n")
    record_coverage_options(adoption)
    assert adoption.project.pyproject.settings.tests.pytest_args == ("-x",)
