"""The sessions in a workspace, whose root is no project."""

from __future__ import annotations

import json
import sys

import pytest

from tests.sample_project import PYTHON, SampleProject

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


def test_one_sbom_describes_all_members_and_the_groups_of_the_root(workspace: SampleProject) -> None:
    done = workspace.nox("-s", "sbom")
    assert done.returncode == 0, done.stdout
    table = json.loads(workspace.read("sbom/sbom.cdx.json"))
    scopes = {each["name"]: each["scope"] for each in table["components"]}
    assert [scopes[name] for name in ("kiosk", "lamp", "oil", "mypy")] == [
        "required",
        "required",
        "required",
        "excluded",
    ]


def test_each_member_is_tested_and_the_coverage_of_all_is_compared_with_the_target(workspace: SampleProject) -> None:
    lamp = workspace.read("packages/lamp/pyproject.toml")
    config = (
        '[tool.coverage]\nrun = { source = ["src"], omit = ["src/lamp/old.py"] }\nreport.exclude_also = ["NEVER"]\n'
    )
    workspace.write("packages/lamp/pyproject.toml", f"{lamp}\n{config}")
    for name, text in {"old": "X = 1\n", "unused": "X = 1\nNEVER = 2\n"}.items():
        workspace.write(f"packages/lamp/src/lamp/{name}.py", text)
    workspace.commit()
    old = workspace.write(f"coverage-data/tests-{PYTHON}_lamp_@{sys.platform}@0.dat", "of other code")
    done = workspace.nox("-s", "tests", "coverage")
    assert not old.exists()
    assert done.returncode == 0, done.stdout
    for member in ("lamp", "oil"):
        assert f"* tests-{PYTHON}({member}): success" in done.stdout
    assert "packages/lamp/src/lamp/__init__.py       5      1    80%   6" in done.stdout
    assert "packages/lamp/src/lamp/unused.py         1      1     0%   1" in done.stdout
    assert "lamp/old.py" not in done.stdout
    assert "TOTAL                                   10      2    80%" in done.stdout, "with the module of oil"
    workspace.write(".coveragerc", "[report]\nprecision = 1\n")
    workspace.write("packages/oil/pytest.ini", "[pytest]\n")
    done = workspace.nox("-R", "--no-dependencies", "-s", "coverage")
    assert "the reports have the coverage configuration of the root, not those of packages/lamp" in done.stdout
    assert "lamp/unused.py" not in done.stdout, "because the configuration of the root has no source"
    options = workspace.nox("-R", "-s", f"tests-{PYTHON}(oil)", "--", "-k", "no_such_test")
    assert "1 deselected" in options.stdout
