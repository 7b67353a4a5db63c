from __future__ import annotations

import json

import pytest

from tests.sample_project import PYTHON, SampleProject, measured

pytestmark = pytest.mark.integration

LOCAL = """
import nox

@nox.session
def mine(session):
    pass
"""


def test_every_session_has_a_line_and_its_jobs(project: SampleProject) -> None:
    project.replace("pyproject.toml", 'systems = ["ubuntu-latest"]', 'systems = ["ubuntu-latest", "macos-latest"]')
    project.write("noxfile.py", project.read("noxfile.py").replace("import nox\n", LOCAL, 1))
    done = project.command("list")
    lines = done.stdout.splitlines()
    assert lines[0].split(": ")[0].split() == ["tests", "ci"]
    assert lines[1].split() == [f"tests-{PYTHON}", "@", "ubuntu-latest,", f"tests-{PYTHON}", "@", "macos-latest"]
    assert lines[-1] == "only here, not in CI: mine"


def test_the_list_as_json(project: SampleProject) -> None:
    listed = json.loads(project.command("list", "--json").stdout)
    assert listed["version"] == 1
    rows = {row["name"]: row for row in listed["sessions"]}
    assert rows["coverage"]["requires"] == ["tests"]
    assert rows["coverage"]["jobs"] == ["coverage"]
    assert rows["codeql"]["hosted"]
    assert rows["codeql"]["jobs"] == ["codeql"]
    assert "only here" not in project.command("list").stdout


def test_session_names_are_completed(project: SampleProject) -> None:
    shell = {"_EVENFALL_COMPLETE": "bash_complete", "COMP_WORDS": "evenfall run tests", "COMP_CWORD": "2"}
    shell |= measured()
    done = project.evenfall(env=shell)
    assert done.stdout.split() == ["plain,tests", f"plain,tests-{PYTHON}"]
    project.write("noxfile.py", "(")
    assert project.evenfall(env=shell).stdout.strip() == ""


def test_a_dry_run_lists_the_jobs_that_would_run_and_the_skipped_ones(project: SampleProject) -> None:
    done = project.command("run", "--dry-run", "coverage")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [f"tests-{PYTHON}", "coverage"]
    assert f"after tests-{PYTHON}" in done.stdout
