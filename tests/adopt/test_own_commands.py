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
          mypy ${{{{ github.ref }}}}
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
    assert all(own.job == f"{WORKFLOW}: checks" and own.file == WORKFLOW for own in own_commands(root))


@pytest.mark.parametrize("on", ["workflow_dispatch", "{schedule: [{cron: 0 0 * * *}]}", "release"])
def test_a_workflow_that_does_not_check_changes_has_none(tmp_path: Path, on: str) -> None:
    assert texts(write(tmp_path, {WORKFLOW: STEPS.format(on=on)})) == []


def test_the_commands_of_all_runs_of_a_job_with_what_they_start(tmp_path: Path) -> None:
    action = "runs: {using: composite, steps: [{run: pyright, shell: bash}, {run: tox -e types}]}\n"
    job = "{strategy: {matrix: {p: [a, b]}}, steps: [{uses: ./.github/actions/types}, {run: 'ruff check ${{ matrix.p }}'}]}"
    files = {
        WORKFLOW: f"on: push\njobs: {{x: {job}}}\n",
        ".github/actions/types/action.yml": action,
        ".github/actions/unused/action.yml": action,
        "tox.ini": "[testenv:types]\ncommands = mypy\n[testenv:local]\ncommands = pylint\n",
    }
    found = own_commands(write(tmp_path, files))
    assert [(own.command.text, own.file, bool(own.job)) for own in found] == [
        ("pyright", ".github/actions/types/action.yml", True),
        ("mypy", "tox.ini", True),
        ("ruff check a", WORKFLOW, True),
        ("ruff check b", WORKFLOW, True),
        ("mypy", "tox.ini", False),
        ("pylint", "tox.ini", False),
    ]


def test_ci_runs_all_tasks_of_a_runner_whose_task_is_only_known_when_it_runs(tmp_path: Path) -> None:
    files = {"noxfile.py": "@nox.session\ndef a(session):\n    session.run('mypy')\n", "Makefile": "b:\n\tpylint\n"}
    files[WORKFLOW] = "on: push\njobs: {x: {steps: [{run: 'nox -s ${{ github.ref }}'}]}}\n"
    found = own_commands(write(tmp_path, files))
    assert {own.command.text: own.job for own in found} == {"pylint": "", "mypy": "nox -s a"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Makefile", "all: types\ntypes:\n\t@mypy $(shell ls)\n\t-flake8\n", [f"mypy '{UNKNOWN}'", "true"]),
        (
            "justfile",
            "a:\n    @mypy {{ arg }}\n    -flake8\nb: a\n    ty check\n",
            [f"mypy '{UNKNOWN}'", "true", "ty check"],
        ),
        (
            "tox.ini",
            "[testenv:lint]\nchangedir = docs\ncommands =\n    a,b: mypy\n    - flake8\n    {envpython} -m pylint {x}\n",
            ["cd docs && true", f"cd docs && python -m pylint '{UNKNOWN}'"],
        ),
        ("tox.toml", '[env.lint]\ncommands = [["mypy", "src", {replace = "posargs"}]]\n', ["mypy src"]),
        ("pyproject.toml", '[tool.tox]\nlegacy_tox_ini = "[testenv]\\ncommands = mypy"\n', ["mypy"]),
        (
            "pyproject.toml",
            '[tool.poe.tasks]\nmypy = "mypy src"\nall = ["mypy", "lint"]\nlint = {cmd = "ruff check", help = "a b"}\n',
            ["mypy src", "ruff check"],
        ),
        (
            "pyproject.toml",
            '[tool.hatch.envs.lint.scripts]\nall = ["mypy {args:src}", "b"]\nb = "ty"\n',
            ["mypy src", "ty"],
        ),
        ("pyproject.toml", '[tool.pdm.scripts]\nlint = "mypy {args}"\n', ["mypy"]),
        ("pyproject.toml", "tool = 1", []),
        ("pyproject.toml", "[tool", []),
        (
            "noxfile.py",
            "nox.options.sessions = []\n@nox.session\ndef lint(session):\n    session.run('mypy', 'src', *session.posargs)\n",
            ["mypy src"],
        ),
        (
            "tasks.py",
            "@task\ndef types(c):\n    c.run('mypy src && flake8')\n@task(types)\ndef all(c):\n"
            "    subprocess.check_call(['pylint', SRC])\n",
            ["mypy src", "flake8", f"pylint '{UNKNOWN}'"],
        ),
        ("tasks.py", "def", []),
        ("scripts/lint.sh", "set -e\nmypy src\n", ["set -e", "mypy src"]),
        ("scripts/lint", "#!/usr/bin/env bash\nmypy src\n", ["mypy src"]),
        ("scripts/lint.py", "mypy\n", []),
    ],
)
def test_the_commands_of_files_for_local_use(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    assert texts(write(tmp_path, {name: text})) == expected


def test_a_folder_instead_of_a_file_has_none(tmp_path: Path) -> None:
    assert texts(write(tmp_path, {"scripts/lint.sh/x": ""})) == []
