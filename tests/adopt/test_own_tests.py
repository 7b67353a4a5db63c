from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.own_tests import OwnTestCommand, find_test_command
from tests.project.test_pyproject import package

WORKFLOW = "on: push\njobs:\n  tests:\n    runs-on: ubuntu-latest\n    steps:\n"
GROUPS = '[project]\nname = "lantern"\n[dependency-groups]\ndev = []\nUnit_Tests = []\ndocs = []\n'


def found(root: Path, *steps: str) -> OwnTestCommand:
    (root / ".github" / "workflows").mkdir(parents=True)
    text = WORKFLOW + "".join(f"      - run: {step}\n" for step in steps)
    (root / ".github" / "workflows" / "ci.yml").write_text(text, encoding="utf-8")
    return find_test_command(root)


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (["uv run --group tests --all-extras pytest -q"], "uv run --group tests --all-extras pytest -q"),
        (["uv lock --check", "uv sync --locked --extra=fast", "uv run pytest"], "uv run --extra fast pytest"),
        (["uv sync --no-dev --group unit", "pytest tests/unit"], "uv run --no-dev --group unit pytest tests/unit"),
        (["uv run -p ${{ matrix.python }} python -m pytest --cov=x -n auto"], "uv run pytest -n auto"),
        (["uv run --group ${{ matrix.group }} coverage run -m pytest"], "uv run pytest"),
        (["uv sync --group", "uv run --with pytest pytest"], "uv run --with pytest pytest"),
        (["uv run coverage run --branch -m pytest -x tests"], "uv run pytest -x tests"),
        (["cd ../other && uv run pytest a", "cd missing && uv run pytest b"], "uv run pytest"),
        (["pip install .", "pytest tests"], "uv run pytest"),
        (["make test"], "uv run pytest"),
        (["export PYTHONPATH=docs && uv run pytest $OPTIONS '${@}' '$@' tests"], "PYTHONPATH=docs uv run pytest tests"),
    ],
)
def test_the_command_is_found_with_what_it_installs(tmp_path: Path, steps: list[str], text: str) -> None:
    assert found(tmp_path, *steps).text == text


def test_without_a_command_in_a_file_it_is_that_of_uv(tmp_path: Path) -> None:
    command = find_test_command(tmp_path)
    assert (command.text, command.file) == ("uv run pytest", "")


@pytest.mark.parametrize(
    ("options", "groups"),
    [
        ((), {"dev"}),
        (("--group", "unit.tests"), {"dev", "unit-tests"}),
        (("--no-dev", "--group", "docs"), {"docs"}),
        (("--no-default-groups",), set()),
        (("--all-groups", "--no-group", "docs"), {"dev", "unit-tests"}),
        (("--only-group", "docs"), {"docs"}),
        (("--only-dev",), {"dev"}),
    ],
)
def test_the_groups_are_those_that_uv_installs(tmp_path: Path, options: tuple[str, ...], groups: set[str]) -> None:
    assert OwnTestCommand(options=options).groups(package(tmp_path, GROUPS)) == groups


def test_the_extras_are_those_of_the_options() -> None:
    assert OwnTestCommand(options=("--extra", "Fast")).extras(("fast", "slow")) == {"fast"}
    assert OwnTestCommand(options=("--all-extras", "--no-extra", "slow")).extras(("fast", "slow")) == {"fast"}
    assert OwnTestCommand(options=("--with", "x")).adds_packages


@pytest.mark.parametrize(
    ("arguments", "selects"),
    [
        ((), False),
        (("-q", "-n", "auto", "--junitxml", "x.xml", "--strict-markers"), False),
        (("tests/unit",), True),
        (("-m", "not slow"), True),
        (("--ignore=tests/slow",), True),
        (("--doctest-modules",), True),
    ],
)
def test_some_arguments_select_tests(arguments: tuple[str, ...], selects: bool) -> None:
    assert OwnTestCommand(arguments=arguments).selects_tests is selects
