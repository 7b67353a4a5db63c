from __future__ import annotations

import tomllib
from typing import Any

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import Detection
from evenfall.adopt.settings import default_branch, write_settings
from tests.sample_project import SampleProject

NOTHING = Detection(tests=(), lint=(), docs=(), extras=())


def written(adoption: Adoption, detection: Detection = NOTHING) -> dict[str, Any] | None:
    """The table `[tool.evenfall]` that adoption writes."""
    write_settings(adoption, detection)
    text = (adoption.scratch / "pyproject.toml").read_text(encoding="utf-8")
    table: dict[str, Any] | None = tomllib.loads(text)["tool"].get("evenfall")
    return table


def set_default_branch(bare: SampleProject, name: str) -> None:
    bare.git("update-ref", f"refs/remotes/origin/{name}", "HEAD")
    bare.git("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{name}")


def test_a_usual_project_needs_no_settings(bare: SampleProject, adoption: Adoption) -> None:
    before = bare.read("pyproject.toml")
    assert written(adoption) is None
    assert bare.read("pyproject.toml") == before


def test_existing_settings_stay_and_missing_keys_are_added(bare: SampleProject, adoption: Adoption) -> None:
    set_default_branch(bare, "trunk")
    text = '\n[tool.evenfall]\nsystems = ["macos-latest"]\ngroups.lint = []\n'
    bare.write("pyproject.toml", bare.read("pyproject.toml") + text)
    detection = Detection(tests=("check",), lint=("test",), docs=(), extras=())
    assert written(adoption, detection) == {
        "default-branch": "trunk",
        "systems": ["macos-latest"],
        "groups": {"lint": [], "tests": ["check", "test"]},
    }


def test_everything_that_differs_from_the_defaults_is_written(bare: SampleProject, adoption: Adoption) -> None:
    set_default_branch(bare, "trunk")
    detection = Detection(tests=("test",), lint=("test",), docs=(), extras=("fast",), codecov="oidc")
    assert written(adoption, detection) == {
        "extras": ["fast"],
        "default-branch": "trunk",
        "groups": {"lint": ["test", "lint"]},
        "coverage": {"codecov": "oidc"},
    }


def test_the_default_branch_is_that_of_the_remote(bare: SampleProject, adoption: Adoption) -> None:
    set_default_branch(bare, "trunk")
    assert written(adoption) == {"default-branch": "trunk"}


@pytest.mark.parametrize(("branch", "default"), [("main", "main"), ("master", "master"), ("a-feature", "main")])
def test_without_a_remote_the_default_branch_is_the_current_one_if_it_has_a_usual_name(
    bare: SampleProject, branch: str, default: str
) -> None:
    bare.git("branch", "--move", branch)
    assert default_branch(bare.root) == default
