from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.lint_evidence import find_lint_evidence
from tests.adopt.test_own_commands import WORKFLOW, write

HOOKS = ".pre-commit-config.yaml"


def workflow(*commands: str) -> dict[str, str]:
    steps = "".join(f"      - run: {command}\n" for command in commands)
    return {WORKFLOW: f"on: push\njobs:\n  lint:\n    steps:\n{steps}"}


def hooks(*entries: str) -> dict[str, str]:
    return {HOOKS: f"repos: [{{repo: local, hooks: [{', '.join(entries)}]}}]\n"}


def chosen(root: Path) -> list[tuple[str, bool]]:
    return [(found.command.setting, found.in_ci) for found in find_lint_evidence(root).chosen]


def test_the_commands_of_ci_come_before_hooks_and_hooks_before_scripts(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **workflow("uv run ruff check src", "pytest"),
            **hooks("{id: ruff, name: r, entry: ruff}", "{id: ruff-format, name: f, entry: ruff format}"),
            "Makefile": "all:\n\truff check .\n\truff format .\n\tmypy src\n",
        },
    )
    assert chosen(tmp_path) == [("ruff check src", True), ("mypy src", False)]
    assert find_lint_evidence(tmp_path).hooks == ("ruff check", "ruff format")


@pytest.mark.parametrize(
    ("files", "in_ci"),
    [
        (workflow("make types"), True),
        (workflow("make all"), True),
        (workflow("make docs"), False),
        (workflow("tox -e types"), False),
        ({}, False),
    ],
)
def test_ci_runs_the_targets_of_a_makefile_that_it_names(tmp_path: Path, files: dict[str, str], in_ci: bool) -> None:
    write(tmp_path, {**files, "Makefile": "all: types\ntypes:\n\tmypy src\ndocs:\n\tsphinx-build\n"})
    assert chosen(tmp_path) == [("mypy src", in_ci)]


def test_ci_runs_the_whole_of_a_file_that_its_runner_reads(tmp_path: Path) -> None:
    write(tmp_path, {**workflow("uvx tox run"), "tox.ini": "[tox]\nenv_list = x\n[testenv]\ncommands = mypy src\n"})
    assert chosen(tmp_path) == [("mypy src", True)]


def test_a_target_that_a_hook_runs_is_left_to_the_hook(tmp_path: Path) -> None:
    write(
        tmp_path,
        {**hooks("{id: l, name: l, entry: make lint}"), "Makefile": "lint:\n\truff check .\ntypes:\n\tmypy src\n"},
    )
    assert chosen(tmp_path) == [("mypy src", False)]


def test_a_hook_that_runs_only_by_hand_is_no_evidence(tmp_path: Path) -> None:
    write(
        tmp_path,
        {**hooks("{id: mypy, name: m, stages: [manual]}"), **workflow("pre-commit run --hook-stage manual -a")},
    )
    assert find_lint_evidence(tmp_path).hooks == ()
    assert chosen(tmp_path) == [("pre-commit run --hook-stage manual -a", True)]


def test_equal_commands_are_one_and_a_fix_is_recorded_as_a_check(tmp_path: Path) -> None:
    write(tmp_path, {"Makefile": "a:\n\tblack .\n\tpython -m black . --check\n\truff check --fix .\n\truff check .\n"})
    assert chosen(tmp_path) == [("black --check .", False), ("ruff check .", False)]


@pytest.mark.parametrize("command", ["mypy $FILES", "mypy ${{ github.ref }}", "mypy --install-types src"])
def test_a_command_with_values_that_only_its_file_knows_is_unreadable(tmp_path: Path, command: str) -> None:
    evidence = find_lint_evidence(write(tmp_path, workflow(command)))
    assert evidence.chosen == ()
    assert len(evidence.unreadable) == 1
    assert not evidence.is_empty


@pytest.mark.parametrize("command", ["flake8 --exit-zero .", "pre-commit run --all-files", "ruff --version", "pytest"])
def test_a_command_that_checks_nothing_or_runs_the_hooks_is_no_evidence(tmp_path: Path, command: str) -> None:
    assert find_lint_evidence(write(tmp_path, workflow(command))).is_empty
