from __future__ import annotations

import json

import pytest

from evenfall.project.project import read_project
from evenfall.sessions.sbom import declare
from tests.sample_project import SampleProject


def test_all_groups_are_installed(project: SampleProject) -> None:
    declared = declare(read_project(project.root))
    assert declared["groups"] == ("lint", "test")
    assert declared["artifacts"] == ("sbom/",)


def test_of_conflicting_groups_only_those_of_lint_and_tests_are_installed(project: SampleProject) -> None:
    project.replace("pyproject.toml", "[dependency-groups]", '[dependency-groups]\nold = ["pytest<8"]')
    conflict = '\n[tool.uv]\nconflicts = [[{ group = "old" }, { group = "test" }]]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + conflict)
    assert declare(read_project(project.root))["groups"] == ("lint", "test")


@pytest.mark.integration
def test_the_session_writes_the_same_document_twice_with_all_installed_packages(project: SampleProject) -> None:
    done = project.nox("-s", "sbom")
    assert done.returncode == 0, done.stdout
    table = json.loads(project.read("sbom/sbom.cdx.json"))
    assert {"pytest", "ruff"} <= {each["name"] for each in table["components"]}
    first = project.read("sbom/sbom.cdx.json")
    assert project.nox("-R", "-s", "sbom").returncode == 0
    assert project.read("sbom/sbom.cdx.json") == first, "two runs give the same bytes"
    done = project.nox("-R", "-s", "sbom", "--", "--offline")
    assert done.returncode == 1
    assert "unexpected arguments '--offline'" in done.stdout
