from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenfall.errors import Exit
from evenfall.project.project import read_project
from evenfall.sessions.licenses import declare
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration


def test_the_session_installs_all_groups(project: SampleProject) -> None:
    assert declare(read_project(project.root))["groups"] == ("lint", "test")


def test_the_session_does_not_install_conflicting_groups(project: SampleProject) -> None:
    project.replace("pyproject.toml", "[dependency-groups]", '[dependency-groups]\nold = ["pytest<8"]')
    conflict = '\n[tool.uv]\nconflicts = [[{ group = "old" }, { group = "test" }]]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + conflict)
    assert declare(read_project(project.root))["groups"] == ("lint", "test")


def test_the_session_reads_its_environment_and_takes_the_options_of_the_command(
    project: SampleProject, tmp_path: Path
) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "UV_CACHE_DIR": project.uv("cache", "dir").stdout.strip()}
    done = project.nox("-s", "licenses", env=environ)
    assert done.returncode == Exit.FINE, done.stdout
    project.write(
        "pyproject.toml",
        project.read("pyproject.toml") + '\n[tool.evenfall.licenses]\nallow = ["0BSD"]\ndev = "fail"\n',
    )
    done = project.nox("-R", "-s", "licenses", "--", "--offline", "--json", env=environ)
    assert done.returncode == Exit.FINDINGS
    report = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    (pytest_row,) = (row for row in report["packages"] if row["package"] == "pytest")
    assert (pytest_row["license"], pytest_row["result"]) == ("MIT", "denied")
