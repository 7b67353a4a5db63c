from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import detect
from evenfall.adopt.prerequisites import add_tools
from evenfall.adopt.workspace import check_workspace
from evenfall.errors import EvenfallError
from tests.project.test_workspace import workspace as workspace_of_two
from tests.sample_project import PYTHON, SampleProject

integration = pytest.mark.integration


def adoption(made: SampleProject, *, release: bool = False) -> Adoption:
    return Adoption(root=made.root, scratch=made.root, header="", release=release)


@integration
def test_members_without_tests_and_pythons_that_uv_can_not_install_are_named(workspace: SampleProject) -> None:
    made = adoption(workspace)
    check_workspace(made)
    untested, *pythons = made.notes
    assert untested == "no tests in the folder of kiosk, so the session tests has no job for it"
    assert [note.partition(",")[0] for note in pythons if note.startswith("oil")] == ["oil is not tested on Python 3.9"]
    assert not [note for note in pythons if note.startswith("lamp") and f"Python {PYTHON}," in note]


@integration
def test_a_release_is_refused_if_the_root_is_no_package(workspace: SampleProject) -> None:
    with pytest.raises(EvenfallError, match=r"pyproject\.toml: the root of the workspace is not a package"):
        check_workspace(adoption(workspace, release=True))


@integration
def test_a_single_project_needs_no_notes(bare: SampleProject) -> None:
    made = adoption(bare, release=True)
    check_workspace(made)
    assert not made.notes


@integration
def test_the_groups_of_all_members_are_searched_for_tools(workspace: SampleProject) -> None:
    found = detect(adoption(workspace).project)
    assert (found.tests, found.lint) == (("dev",), ("lint",))
    workspace.replace("pyproject.toml", 'dev = ["coverage", "pytest"]\n', "")
    workspace.write(
        "packages/oil/pyproject.toml",
        workspace.read("packages/oil/pyproject.toml") + '[dependency-groups]\ndev = ["coverage"]\n',
    )
    workspace.lock()
    made = adoption(workspace)
    assert detect(made.project).tests == ("dev",)
    add_tools(made)
    text = workspace.read("pyproject.toml")
    assert "pytest" in text, "which no member has"
    assert "coverage" not in text, "because uv installs the groups of all members"


def test_a_workspace_with_the_same_pythons_and_with_tests_in_all_members_needs_no_notes(tmp_path: Path) -> None:
    workspace_of_two(tmp_path)
    for name in ("lamp", "oil"):
        (tmp_path / "packages" / name / "test_it.py").touch()
    made = Adoption(root=tmp_path, scratch=tmp_path, header="")
    check_workspace(made)
    assert [note.partition(",")[0] for note in made.notes] == ["lamp is not tested on Python 3.11"]
