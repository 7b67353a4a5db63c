from __future__ import annotations

import pytest

from evenfall.project.shell import ShellCommand, shell_commands


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ("ruff check . && mypy src", ["ruff check .", "mypy src"]),
        ("ruff check \\\n  src tests", ["ruff check src tests"]),
        ("cd docs && A='1 2' mypy . ; cd ..\nflake8", ["cd docs && A='1 2' mypy .", "flake8"]),
        ("bash -c 'cd docs && pyright'", ["cd docs && pyright"]),
        ("cd docs\nsh -ec true", ["cd docs && sh -ec true"]),
        ("! flake8 src 2> log > /dev/null | tee log # all of it", ["flake8 src", "tee log"]),
        ("(ruff format --diff)", ["ruff format --diff"]),
        ("if flake8; then exit 1; fi", ["flake8", "exit 1", "fi"]),
        ("echo 'an open quote\nflake8", ["flake8"]),
        ("A=1\n\n", []),
    ],
)
def test_a_script_is_split_into_its_commands(script: str, texts: list[str]) -> None:
    assert [command.text for command in shell_commands(script)] == texts


@pytest.mark.parametrize(("end", "is_required"), [("|| true", False), ("|| :", False), ("|| exit 1", True), ("", True)])
def test_a_command_whose_failure_is_ignored_is_not_required(end: str, is_required: bool) -> None:
    assert next(shell_commands(f"mypy src {end}")) == ShellCommand(words=("mypy", "src"), is_required=is_required)
