"""The sessions in a workspace, whose root is no project."""

from __future__ import annotations

import json

import pytest

from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration


def test_lint_checks_the_types_of_all_members(workspace: SampleProject) -> None:
    workspace.write("apps/kiosk/kiosk.py", "import lamp\n\n\ndef sell() -> int:\n    return lamp.light(1)\n")
    workspace.write(
        "packages/oil/pyproject.toml", workspace.read("packages/oil/pyproject.toml") + "\n[tool.mypy]\nfiles = 'src'\n"
    )
    workspace.write("packages/oil/src/oil/more.py", "X: int = ''\n")
    workspace.commit()
    done = workspace.nox("-s", "lint")
    assert done.returncode == 1, done.stdout
    assert "mypy apps/kiosk packages/lamp/src/lamp\n" in done.stdout
    assert "apps/kiosk/kiosk.py:5: error" in done.stdout
    assert "\nsrc/oil/more.py:1: error" in done.stdout, "in the folder of the member"


def test_sbom_describes_each_member_and_names_what_is_in_no_document(workspace: SampleProject) -> None:
    done = workspace.nox("-s", "sbom")
    assert done.returncode == 0, done.stdout
    assert "in none of the documents: what only a group of the root requires (dev, lint)" in done.stdout
    table = json.loads(workspace.read("sbom/kiosk.cdx.json"))
    assert {each["name"] for each in table["components"]} == {"lamp", "oil"}
