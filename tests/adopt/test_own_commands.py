from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.own_commands import UNKNOWN, own_commands

WORKFLOW = ".github/workflows/checks.yml"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def texts(root: Path) -> list[str]:
    return [own.command.text for own in own_commands(root)]


STEPS = """\
on: {on}
defaults: {{run: {{working-directory: app}}}}
jobs:
  checks:
    steps:
      - uses: actions/checkout@v5
      - run: |
          mypy ${{{{ matrix.paths }}}}
          flake8 || true
      - run: ruff check .
        working-directory: docs
        env: {{MYPYPATH: src, TOKEN: x}}
      - run: pylint src
        continue-on-error: true
      - uses: astral-sh/ruff-action@v3
        with: {{args: format --check, src: src}}
      - uses: psf/black@stable
      - not a step
  off:
    if: ${{{{ false }}}}
    steps: [{{run: bandit -r .}}]
  called: {{uses: ./.github/workflows/other.yml}}
"""


@pytest.mark.parametrize("on", ["push", "[pull_request]", "{merge_group: }"])
def test_the_steps_of_a_workflow_that_checks_changes(tmp_path: Path, on: str) -> None:
    root = write(tmp_path, {WORKFLOW: STEPS.format(on=on)})
    assert texts(root) == [
        f"cd app && mypy '{UNKNOWN}'",
        "cd app && true",
        "cd docs && MYPYPATH=src ruff check .",
        "ruff format --check src",
        "black --check --diff .",
    ]
    assert all(own.is_step and own.file == WORKFLOW for own in own_commands(root))


@pytest.mark.parametrize("on", ["workflow_dispatch", "{schedule: [{cron: 0 0 * * *}]}", "release"])
def test_a_workflow_that_does_not_check_changes_has_none(tmp_path: Path, on: str) -> None:
    assert texts(write(tmp_path, {WORKFLOW: STEPS.format(on=on)})) == []


def test_the_repository_s_own_actions_have_steps(tmp_path: Path) -> None:
    action = "runs: {using: composite, steps: [{run: pyright, shell: bash}]}\n"
    assert texts(
        write(tmp_path, {".github/actions/types/action.yml": action, ".github/actions/no/action.yaml": "a"})
    ) == ["pyright"]


MAKEFILE = """\
PATHS = src \\
  tests
export OPTIONS ?= --strict $(PATHS)
all: types
\techo all
types: missing ## check types
\t@mypy $(OPTIONS)
\t-flake8 ${PATHS}
other:
\tpylint $(shell find .) $(NONE)
"""


def test_the_recipes_of_a_makefile_with_its_variables_and_the_targets_that_run_them(tmp_path: Path) -> None:
    found = own_commands(write(tmp_path, {"Makefile": MAKEFILE}))
    assert [(own.command.text, {*own.targets}) for own in found] == [
        ("echo all", {"all"}),
        ("mypy --strict src tests", {"types", "all"}),
        (f"pylint '{UNKNOWN}' '{UNKNOWN}'", {"other"}),
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("justfile", 'paths := "src"\nlint:\n    @mypy {{paths}} {{ arg }}\n    -flake8\n', [f"mypy src '{UNKNOWN}'"]),
        (
            "tox.ini",
            "[testenv:lint]\nchangedir = docs\ncommands =\n    a,b: mypy {posargs:src {toxinidir}}\n    - flake8\n"
            "    {envpython} -m pylint {[x]y}\n[x]\ncommands = z\n",
            ["cd docs && mypy src .", f"cd docs && python -m pylint '{UNKNOWN}'"],
        ),
        ("tox.toml", '[env.lint]\ncommands = [["mypy", "src", {replace = "posargs"}], "x"]\n', ["mypy src"]),
        (
            "pyproject.toml",
            '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ncommands = mypy\n"""\n',
            ["'[testenv]'", "mypy"],
        ),
        (
            "pyproject.toml",
            '[tool.poe.tasks]\nmypy = "mypy src"\nall = ["mypy", "flake8 src"]\nlint = {cmd = "ruff check", help = "a b"}\n',
            ["mypy src", "flake8 src", "ruff check"],
        ),
        ("pyproject.toml", '[tool.hatch.envs.lint.scripts]\nall = ["mypy"]\n', ["mypy"]),
        ("pyproject.toml", "tool = 1", []),
        ("pyproject.toml", "[tool", []),
        (
            "noxfile.py",
            'def lint(session):\n    session.run("mypy", "src", *session.posargs)\n    session.run("pylint", NAME)\n'
            '    print()\n    run("x")\n    session.run()\n',
            ["mypy src", f"pylint '{UNKNOWN}'"],
        ),
        ("noxfile.py", "def", []),
        (
            "tasks.py",
            'c.run("mypy src && flake8")\nsubprocess.run(["pylint", "src"])\n',
            ["mypy src", "flake8", "pylint src"],
        ),
        ("scripts/lint.sh", "set -e\nmypy src\n", ["set -e", "mypy src"]),
        ("scripts/lint", "#!/usr/bin/env bash\nmypy src\n", ["mypy src"]),
        ("scripts/lint.py", "mypy\n", []),
    ],
)
def test_the_commands_of_files_for_local_use(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    assert texts(write(tmp_path, {name: text})) == expected


def test_a_folder_instead_of_a_file_has_none(tmp_path: Path) -> None:
    assert texts(write(tmp_path, {"scripts/lint.sh/x": ""})) == []
