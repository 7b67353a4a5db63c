from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.project.project import Project, read_project
from evenfall.project.pyproject import Pyproject
from evenfall.release.missing_module import explain_missing_module
from tests.sample_project import SampleProject

REQUIRES = ("oil; extra == 'night'", "Wick-Trimmer; python_version < '3.9'", "matches", "not a requirement!")
LAMP = Project(root=Path(), pyproject=Pyproject({"project": {"name": "lamp"}}))


def explain(module: str, project: Project = LAMP) -> tuple[str, str]:
    return explain_missing_module(module, REQUIRES, {"lantern-lamp", "lamp", "google.cloud.lamp"}, project)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("lamp._data", "not in the installed files"),
        ("lantern_lamp", "not in the installed files"),
        ("google.cloud.lamp.data", "not in the installed files"),
        ("google.protobuf", "google.protobuf is in no dependency"),
        ("distutils.core", "standard library"),
        ("winreg", "standard library"),
        ("oil", "only in the extra night"),
        ("wick_trimmer.scissors", "only where python_version"),
        ("rich", "rich is not a dependency of the project"),
    ],
)
def test_the_reason_says_where_a_module_belongs(module: str, reason: str) -> None:
    assert reason in explain(module)[0]


def test_a_module_missing_in_an_installed_dependency_is_not_explained() -> None:
    assert explain("matches.box") == ("", "")


def test_a_module_of_a_dependency_group_is_named_with_it(template: SampleProject) -> None:
    reason, fix = explain("pytest", read_project(template.root))
    assert reason == "pytest is only in the dependency group test"
    assert fix.startswith("uv add pytest")


@pytest.mark.parametrize("module", ["lantern", "rich"])
def test_a_module_in_no_group_is_no_dependency(template: SampleProject, module: str) -> None:
    assert "not a dependency" in explain(module, read_project(template.root))[0]


def test_a_lock_that_is_not_readable_is_not_needed(project: SampleProject) -> None:
    project.write("uv.lock", "version = ")
    assert "not a dependency" in explain("pytest", read_project(project.root))[0]
