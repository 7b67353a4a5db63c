from __future__ import annotations

import shlex

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lint_command import find_tool, parse_command


@pytest.mark.parametrize(
    ("text", "check", "fix"),
    [
        ("ruff check src", "ruff check --no-fix src", "ruff check --fix src"),
        (
            "ruff check --fix --exit-non-zero-on-fix .",
            "ruff check --no-fix .",
            "ruff check --fix --exit-non-zero-on-fix .",
        ),
        ("ruff format src tests", "ruff format --check src tests", "ruff format src tests"),
        ("ruff format --diff", "ruff format --diff", "ruff format"),
        ("python -m isort .", "python -m isort --check-only .", "python -m isort ."),
        ("isort -c --diff src", "isort -c --diff src", "isort src"),
        ("black --check --line-length 79 .", "black --check --line-length 79 .", "black --line-length 79 ."),
        ("yapf -i -r src", "yapf --diff -r src", "yapf -i -r src"),
        ("yapf -ir src", "yapf --diff -r src", "yapf -i -r src"),
        ("autoflake -ri src", "autoflake --check -r src", "autoflake -r -i src"),
        ("autoflake -cd src", "autoflake --check -cd src", "autoflake --in-place -cd src"),
        ("mypy -ir src", "mypy -ir src", ""),
        ("codespell -w docs", "codespell docs", ""),
        ("mypy --strict src", "mypy --strict src", ""),
        ("python tools/check.py", "python tools/check.py", ""),
    ],
)
def test_a_command_checks_and_fixes_the_same_files(text: str, check: str, fix: str) -> None:
    command = parse_command(text)
    assert shlex.join(command.check) == check
    assert shlex.join(command.fix) == fix


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ty check src", "ty check"),
        ("python3.12 -m pylint src", "pylint"),
        ("python -m mypy.stubtest lantern", "stubtest"),
        ("ruff --version", None),
        ("ruff rule F401", None),
        ("python -m", None),
        ("pytest", None),
        ("", None),
    ],
)
def test_a_tool_is_found_by_its_program_and_subcommand(text: str, name: str | None) -> None:
    tool = find_tool(text.split())
    assert (tool.name if tool else None) == name


@pytest.mark.parametrize("text", ["ruff check . && mypy", "A=1", "mypy 'src"])
def test_a_line_that_is_not_one_command_is_an_error(text: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        parse_command(text)
    assert caught.value.exit_code is Exit.USAGE
