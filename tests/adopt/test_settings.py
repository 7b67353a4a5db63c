from __future__ import annotations

import tomllib
from typing import Any

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import Detection
from evenfall.adopt.settings import default_branch, record_systems, write_settings
from tests.adopt.own_ci import CI, FOLDER
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


SYSTEMS = '[tool.evenfall]\nsystems = ["ubuntu-latest"]\n'


def workflow(labels: str, on: str = "push", command: str = "pytest") -> str:
    return (
        f"on: {on}\njobs: {{a: {{runs-on: '${{{{ matrix.os }}}}', strategy: {{matrix: {{os: [{labels}]}}}}, "
        f"steps: [{{run: {command}}}]}}}}\n"
    )


def systems(bare: SampleProject) -> tuple[str, ...]:
    return Adoption(root=bare.root, scratch=bare.root, header="").project.pyproject.settings.systems


def test_the_tests_run_on_the_systems_of_the_projects_own_tests(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(CI, workflow("ubuntu-24.04-arm, macos-13, self-hosted"))
    bare.write(f"{FOLDER}/lint.yml", workflow("windows-latest", command="mypy"))
    bare.write(f"{FOLDER}/nightly.yml", workflow("windows-latest", on="schedule"))
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-24.04-arm", "macos-13", "self-hosted")
    assert adoption.notes == []


def test_a_runner_with_several_labels_is_noted(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(CI, workflow("[self-hosted, gpu], ubuntu-latest"))
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-latest",)
    several, others = adoption.notes
    assert "self-hosted + gpu" in several
    assert '"macos-latest"' in others


def test_without_own_tests_they_run_on_linux_and_others_are_offered(bare: SampleProject, adoption: Adoption) -> None:
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-latest",)
    assert len(adoption.notes) == 1


def test_a_setting_stays(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("pyproject.toml", f"{bare.read('pyproject.toml')}\n{SYSTEMS}")
    bare.write(CI, workflow("macos-13"))
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-latest",)
    assert adoption.notes == []
