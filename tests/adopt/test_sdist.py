from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.build import record_build
from evenfall.adopt.sdist import record_sdist
from tests.sample_project import SampleProject


@pytest.fixture
def adoption(project: SampleProject) -> Adoption:
    """An adoption in a project whose sdist lacks some tracked files."""
    project.write("notes/one.txt", "1\n")
    project.write("notes/two.txt", "2\n")
    project.write("scrap.txt", "3\n")
    project.write("untracked.txt", "4\n")
    project.build_with("flit_core.buildapi", "flit_core")
    project.commit("notes")
    project.git("rm", "--quiet", "--cached", "untracked.txt")
    project.commit("untracked")
    return Adoption(root=project.root, scratch=project.root, header="")


@pytest.mark.integration
def test_the_current_differences_are_recorded_and_pass_the_session_build(
    project: SampleProject, adoption: Adoption
) -> None:
    record_sdist(adoption, Path(sys.executable))
    table = tomllib.loads(project.read("pyproject.toml"))["tool"]["check-sdist"]
    assert {"/notes/", "/scrap.txt"} <= set(table["git-only"])
    project.commit()
    build = project.nox("-s", "build")
    assert build.returncode == 0, build.stdout


def test_an_existing_configuration_of_check_sdist_stays(project: SampleProject, adoption: Adoption) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + "\n[tool.check-sdist]\ngit-only = []\n")
    before = project.read("pyproject.toml")
    record_sdist(adoption, Path(sys.executable))
    assert project.read("pyproject.toml") == before


@pytest.mark.integration
def test_a_failed_comparison_is_noted(project: SampleProject) -> None:
    project.build_with("hatchling.missing", "hatchling")
    project.commit("broken build")
    adoption = Adoption(root=project.root, scratch=project.root, header="")
    record_build(adoption)
    record_sdist(adoption, Path(sys.executable))
    assert adoption.notes == ["the sdist can't be built, so the session build fails; uv build shows the reason"]
    assert "check-sdist" not in adoption.project.pyproject.tools


@pytest.mark.integration
def test_nothing_is_recorded_if_the_sdist_equals_git(project: SampleProject) -> None:
    before = project.read("pyproject.toml")
    record_sdist(Adoption(root=project.root, scratch=project.root, header=""), Path(sys.executable))
    assert project.read("pyproject.toml") == before
