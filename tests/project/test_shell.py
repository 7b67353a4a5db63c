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
        ("V=${TAG#v} uv run pytest # '", ["V='${TAG#v}' uv run pytest"]),
        ("pip install git+https://x/y#egg=z && pytest", ["pip install 'git+https://x/y#egg=z'", "pytest"]),
        ("[ $# -gt 0 ] && pytest '#' \"#\"#", ["'[' '$#' -gt 0 ']'", "pytest '#' '##'"]),
        ("pytest -n 2 > log.txt", ["pytest -n 2"]),
        ("pytest -k 'a 2>b' 12>log &>/dev/null >|x", ["pytest -k 'a 2>b'"]),
        ("t() { pytest integration; }; (flake8);mypy", ["pytest integration", "flake8", "mypy"]),
        ("{ pytest a; } | tee log", ["pytest a", "tee log"]),
        ("sudo -E python -m pytest; env -u A -i B=1 pytest", ["python -m pytest", "B=1 pytest"]),
        ("time -p pytest", ["pytest"]),
        ("until pytest x; do sleep 1; done", ["pytest x", "sleep 1", "done"]),
        ('cd a; eval "pytest -x"; eval "$(ssh-agent)"', ["cd a && pytest -x", "cd a && eval '$(ssh-agent)'"]),
    ],
)
def test_a_script_is_split_into_its_commands(script: str, texts: list[str]) -> None:
    assert [command.text for command in shell_commands(script)] == texts


@pytest.mark.parametrize(("end", "is_required"), [("|| true", False), ("|| :", False), ("|| exit 1", True), ("", True)])
def test_a_command_whose_failure_is_ignored_is_not_required(end: str, is_required: bool) -> None:
    assert next(shell_commands(f"mypy src {end}")) == ShellCommand(words=("mypy", "src"), is_required=is_required)


def test_a_command_has_the_keywords_in_front_of_it() -> None:
    assert [command.keywords for command in shell_commands("! grep x; if ! git diff; then exit; fi")] == [
        ("!",),
        ("if", "!"),
        ("then",),
        (),
    ]
