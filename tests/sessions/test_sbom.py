from __future__ import annotations

import json

from evenfall.project.project import read_project
from evenfall.sessions.sbom import declare
from tests.made_project import Made, on_one_python


def test_all_groups_are_installed_so_that_all_can_be_compared(project: Made) -> None:
    declared = declare(read_project(project.root))
    assert declared["groups"] == ("test", "lint")
    assert declared["artifacts"] == ("sbom/",)


def test_groups_that_exclude_each_other_are_left_to_the_index(project: Made) -> None:
    project.replace("pyproject.toml", "[dependency-groups]", '[dependency-groups]\nold = ["pytest<8"]')
    conflict = '\n[tool.uv]\nconflicts = [[{ group = "old" }, { group = "test" }]]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + conflict)
    assert declare(read_project(project.root))["groups"] == ("lint", "test")


@on_one_python
def test_the_session_leaves_a_document_that_holds_all_that_is_installed(project: Made) -> None:
    done = project.nox("-s", "sbom")
    assert done.returncode == 0, done.stdout
    table = json.loads(project.read("sbom/sbom.cdx.json"))
    assert {"pytest", "ruff"} <= {each["name"] for each in table["components"]}
    first = project.read("sbom/sbom.cdx.json")
    assert project.nox("-R", "-s", "sbom").returncode == 0
    assert project.read("sbom/sbom.cdx.json") == first, "two runs give the same bytes"
    done = project.nox("-R", "-s", "sbom", "--", "--offline")
    assert done.returncode == 1
    assert "sbom takes nothing, not '--offline'" in done.stdout
