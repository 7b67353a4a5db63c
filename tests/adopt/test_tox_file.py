from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.tox_file import tox_tasks
from tests.sample_project import SampleProject

INI = """\
[tox]
env_list = py3{11-12}-{a,b}, lint
[shared]
command = mypy src
[testenv]
commands =
    a: pytest -x \\
      tests
    !a: pytest {posargs:-q}
    cov: coverage report
[testenv:lint]
base_python = 3.13
change_dir = {toxinidir}/sub
commands =
    - ruff check {env:WHERE:.}
    {[shared]command}
[testenv:docs-{html,pdf}]
basepython = python3.12
commands = sphinx-build -b html docs {envtmpdir}
[testenv:empty]
"""


def scripts(root: Path, *arguments: str, **variables: str) -> dict[str, str]:
    return {task.name: task.script for task in tox_tasks(root, arguments, variables)}


@pytest.fixture
def made(tmp_path: Path) -> SampleProject:
    project = SampleProject(tmp_path)
    project.write("tox.ini", INI)
    return project


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "-e", "lint"), {"tox -e lint": "ruff check . || true\nmypy src"}),
        (("-elint",), {"tox -e lint": "ruff check . || true\nmypy src"}),
        (("--env=py311-a",), {"tox -e py311-a": "pytest -x  tests"}),
        (("-e", "3.14-b", "--", "-n", "3"), {"tox -e 3.14-b": "pytest -n 3"}),
        (("-e", "pypy3-b-cov"), {"tox -e pypy3-b-cov": "pytest -q\ncoverage report"}),
        (("-e", "docs-pdf"), {"tox -e docs-pdf": "sphinx-build -b html docs $?"}),
        (("-e", "unknown"), {"tox -e unknown": ""}),
        (("-e", "empty"), {"tox -e empty": "pytest -q"}),
        (("-e", "$PYTHON-a"), {"tox -e $PYTHON-a": "pytest -x  tests"}),
        (("-f", "b-py311"), {"tox -e py311-b": "pytest -q"}),
    ],
)
def test_the_scripts_of_environments(made: SampleProject, arguments: tuple[str, ...], expected: dict[str, str]) -> None:
    assert scripts(made.root, *arguments) == expected


def test_without_names_the_listed_environments_run_and_variables_can_name_others(made: SampleProject) -> None:
    listed = ["tox -e py311-a", "tox -e py311-b", "tox -e py312-a", "tox -e py312-b", "tox -e lint"]
    assert [*scripts(made.root, "run")] == listed
    assert [*scripts(made.root, TOXENV="lint")] == ["tox -e lint"]
    others = ["tox -e docs-html", "tox -e docs-pdf", "tox -e empty"]
    assert [*scripts(made.root, "-e", "ALL")] == [*listed, *others]


def test_an_environment_names_its_pythons_and_its_folder(made: SampleProject) -> None:
    lint, first, docs, pypy = tox_tasks(made.root, ["-e", "lint,py311-a,docs-pdf,pypy310-b"], {})
    assert (lint.pythons, lint.folder, first.pythons, docs.pythons) == (("3.13",), "sub", ("3.11",), ("3.12",))
    assert (pypy.pythons, first.folder) == (("pypy3.10",), ".")


def test_a_configuration_in_setup_cfg(tmp_path: Path) -> None:
    SampleProject(tmp_path).write("setup.cfg", "[tox:tox]\nenvlist = py\n[testenv]\ncommands = pytest\n")
    assert scripts(tmp_path) == {"tox -e py": "pytest"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "tox.toml",
            'env_list = ["3.12"]\n[env_run_base]\ncommands = [["pytest", {replace = "posargs", default = ["-q", "a b"]}]]\n'
            '[env.lint]\ncommands = [["ruff", "check", "{tox_root}"]]\nskip_install = true\n[env]\nbroken = 1\n',
        ),
        (
            "pyproject.toml",
            '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenv_list = 3.12\n[testenv]\ncommands = pytest -q \'a b\'\n'
            '[testenv:lint]\ncommands = ruff check {tox_root}\n"""\n',
        ),
    ],
)
def test_a_configuration_in_toml(tmp_path: Path, name: str, text: str) -> None:
    SampleProject(tmp_path).write(name, text)
    assert scripts(tmp_path, "-e", "3.12,lint") == {"tox -e 3.12": "pytest -q 'a b'", "tox -e lint": "ruff check ./"}
    assert [*scripts(tmp_path)] == ["tox -e 3.12"]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"tox.ini": "no section\n"},
        {"tox.toml": "["},
        {"tox.ini": "[testenv]\ncommands\n    pytest\n"},
        {"pyproject.toml": "tool = 1\n"},
        {"setup.cfg": "[metadata]\nname = a\n"},
    ],
)
def test_without_a_configuration_there_is_no_environment(tmp_path: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        SampleProject(tmp_path).write(path, text)
    assert tox_tasks(tmp_path, [], {}) == []


TOML = """\
env_list = "py312,lint"
labels = {check = ["lint", "types"]}
[env_run_base]
commands = [["pytest", "-n", {replace = "env", name = "N", default = 4}, {replace = "posargs", default = "auto"}]]
[env.lint]
set_env = {A = "1"}
commands = [
  {replace = "ref", of = ["env", "types", "commands"], extend = true},
  {replace = "ref", env = "types", key = "commands", extend = true},
  {replace = "ref", of = ["env", "missing", "commands"], extend = true},
  {replace = "ref", of = ["env", "lint", "commands"], extend = true},
  {replace = "posargs", default = ["ruff", "format"], extend = true},
  {replace = "if", condition = "env.CI", then = [["ruff", "check"]], extend = true},
  ["ruff", {replace = "glob", pattern = "*.py"}, {replace = "env", name = "M"}],
]
[env.types]
commands = [["mypy", "src"]]
"""


def test_values_of_a_toml_file_can_refer_to_others(tmp_path: Path) -> None:
    SampleProject(tmp_path).write("tox.toml", TOML)
    assert [*scripts(tmp_path)] == ["tox -e py312", "tox -e lint"]
    assert scripts(tmp_path, "-e", "py312") == {"tox -e py312": "pytest -n 4 auto"}
    assert scripts(tmp_path, "-e", "py312", "--", "-x") == {"tox -e py312": "pytest -n 4 -x"}
    lint = scripts(tmp_path, "-e", "lint")["tox -e lint"].splitlines()
    assert lint[:2] == ["mypy src", "$?"]
    assert lint[-2:] == ["ruff check", "ruff $? '$?'"]
    assert [*scripts(tmp_path, "-m", "check")] == ["tox -e lint", "tox -e types"]


def test_labels_choose_environments(made: SampleProject) -> None:
    made.write("tox.ini", INI.replace("[testenv:lint]", "[testenv:lint]\nlabels = check, ci"))
    assert [*scripts(made.root, "-m", "ci")] == ["tox -e lint"]
    assert [*scripts(made.root, "-m", "missing").values()] == [""]


def test_a_command_that_runs_in_an_environment_is_read(made: SampleProject) -> None:
    assert scripts(made.root, "exec", "-e", "lint", "--", "mypy", "x") == {"tox exec": "mypy x"}
