from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from tests.project.test_pyproject import PACKAGE, package


def test_a_project_has_a_normalized_name_and_its_pythons(tmp_path: Path) -> None:
    project = package(tmp_path, PACKAGE)
    assert (project.name, project.pythons) == ("night-lantern", ("3.11", "3.12"))


def test_groups_are_found_by_their_usual_names(tmp_path: Path) -> None:
    project = package(tmp_path, PACKAGE)
    assert project.groups("tests") == ("test", "dev")
    assert project.groups("lint") == ("typing", "dev")
    assert project.lint_and_test_groups == ("typing", "dev", "test")


def test_without_a_group_for_a_purpose_dev_is_used(tmp_path: Path) -> None:
    assert package(tmp_path, PACKAGE).groups("docs") == ("dev",)
    assert package(tmp_path, PACKAGE.replace("dev =", "other =")).groups("docs") == ()


def test_configured_groups_replace_the_usual_ones(tmp_path: Path) -> None:
    project = package(tmp_path, PACKAGE + '\n[tool.evenfall.groups]\ntests = ["test", "dev"]\nlint = []\n')
    assert project.groups("tests") == ("test", "dev")
    assert project.groups("lint") == ()


def test_a_configured_group_that_does_not_exist_is_an_error_with_those_that_do(tmp_path: Path) -> None:
    project = package(tmp_path, PACKAGE + '\n[tool.evenfall.groups]\ntests = ["tets"]\n')
    with pytest.raises(EvenfallError, match=r"tool\.evenfall\.groups\.tests: .*'tets'.*test, typing, dev"):
        project.groups("tests")
    project = package(tmp_path, '[build-system]\n[project]\nname = "a"\n[tool.evenfall.groups]\ntests = ["tets"]')
    with pytest.raises(EvenfallError, match=r"'tets'"):
        project.groups("tests")


GROUPS = """\
[project]
name = "lantern"
requires-python = ">=3.11,<3.14"
[dependency-groups]
tests = []
lint = []
dev = []
[tool.uv]
"""


def test_tests_and_linters_have_the_groups_that_uv_installs_by_default(tmp_path: Path) -> None:
    project = package(tmp_path, GROUPS)
    assert project.groups("tests") == ("tests", "dev")
    assert project.groups("lint") == ("lint", "dev")
    assert package(tmp_path, GROUPS + "default-groups = []\n").groups("tests") == ("tests",)
    assert package(tmp_path, GROUPS + 'default-groups = "all"\n').groups("tests") == ("tests", "lint", "dev")


def test_usual_and_configured_names_are_compared_normalized(tmp_path: Path) -> None:
    text = GROUPS.replace("tests =", "Tests =").replace("lint =", "Pre_Commit =").replace("dev =", "code_style =")
    project = package(tmp_path, text)
    assert project.groups("tests") == ("tests",)
    assert project.groups("lint") == ("pre-commit",)
    project = package(tmp_path, text + '[tool.evenfall.groups]\nlint = ["CODE.style"]\n')
    assert project.groups("lint") == ("code-style",)


def test_default_groups_that_conflict_or_need_a_newer_python_are_left_out(tmp_path: Path) -> None:
    conflict = 'conflicts = [[{ group = "tests" }, { group = "dev" }], [{ group = "tests" }, { group = "lint" }]]\n'
    project = package(tmp_path, GROUPS + conflict)
    assert project.groups("tests") == ("tests",)
    assert project.lint_and_test_groups == ("lint", "dev")
    assert project.compatible_groups == ("lint", "dev")
    newer = 'dependency-groups.dev = { requires-python = ">=3.13" }\n'
    assert package(tmp_path, GROUPS + newer).groups("tests") == ("tests",)
    assert package(tmp_path, GROUPS + newer).groups("lint") == ("lint", "dev")
    never = 'dependency-groups.dev = { requires-python = ">=3.14" }\n'
    assert package(tmp_path, GROUPS + never).groups("lint") == ("lint",)


def test_tests_run_on_the_pythons_that_their_groups_allow(tmp_path: Path) -> None:
    text = GROUPS + "".join(
        f'dependency-groups.{name} = {{ requires-python = ">=3.{minor}" }}\n'
        for name, minor in (("tests", 12), ("dev", 13))
    )
    project = package(tmp_path, text)
    assert project.groups("tests") == ("tests",)
    assert project.pythons_for(project.groups("tests")) == ("3.12", "3.13")
    assert project.pythons_for(()) == ("3.11", "3.12", "3.13")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            'conflicts = [[{ group = "tests" }, { group = "dev" }]]\n',
            "can't install group tests and group dev together",
        ),
        (
            'dependency-groups.tests = { requires-python = ">=3.14" }\n',
            "no supported Python allows the groups tests, dev",
        ),
    ],
)
def test_groups_that_cannot_be_installed_are_refused(tmp_path: Path, settings: str, message: str) -> None:
    project = package(tmp_path, GROUPS + settings + '[tool.evenfall.groups]\ntests = ["tests", "dev"]\n')
    with pytest.raises(EvenfallError, match=message):
        project.groups("tests")
