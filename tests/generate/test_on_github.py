"""`act` runs the generated workflow `ci` on a fresh clone, job by job, without changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.generate.conftest import RunOnGitHub
from tests.generate.runner import GitHubEvent
from tests.sample_project import SampleProject, regenerated

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="act runs jobs without containers only on Linux"),
]

GATE = "all-checks-pass"

# Two jobs, whose names need quotes, upload artifacts; another job downloads them to the same folders.
ARTIFACTS = """

@evenfall.session(artifacts=("pictures/", "lists/*.txt"))
@nox.parametrize("color", ["red", "light blue"])
def paint(session, color):
    for folder in ("pictures", "lists"):
        pathlib.Path(folder).mkdir()
        pathlib.Path(folder, f"{color}.txt").write_text(color)


@evenfall.session(requires=("paint",), history=True)
def show(session):
    for folder in ("pictures", "lists"):
        found = sorted(path.name for path in pathlib.Path(folder).iterdir())
        assert found == ["light blue.txt", "red.txt"]
    commits = session.run("git", "log", "--format=%s", external=True, silent=True)
    assert commits.splitlines() == ["add colors", "a change", "a lantern"]

"""

TWO_SESSIONS = """
@evenfall.session({artifacts})
def first(session):
    {first}


@evenfall.session({requires})
def second(session):
    pass
"""


def test_every_job_and_the_gate_pass_on_a_sound_project(adopted: SampleProject, github: RunOnGitHub) -> None:
    adopted.replace("noxfile.py", "import evenfall\n", "import pathlib\n\nimport evenfall\n")
    adopted.replace("noxfile.py", "standard_sessions()\n", f"standard_sessions()\n{ARTIFACTS}")
    regenerated(adopted, "add colors")
    run = github(adopted, GitHubEvent())
    jobs = ["tests", "coverage", "lint", "precommit", "build", "workflows", "paint", "show", GATE]
    assert run.results == dict.fromkeys(jobs, "success"), run.log


def test_the_gate_fails_if_a_job_fails_whose_artifacts_are_uploaded(
    adopted: SampleProject, tmp_path: Path, github: RunOnGitHub
) -> None:
    first = "open('report.txt', 'x').close(); session.error('broken')"
    sessions = TWO_SESSIONS.format(first=first, artifacts="artifacts=('report.txt',)", requires="requires=('first',)")
    adopted.replace("noxfile.py", "\nevenfall.standard_sessions()\n", sessions)
    regenerated(adopted)
    run = github(adopted, GitHubEvent())
    assert {"second": "skipped", **run.results} == {"first": "failure", "second": "skipped", GATE: "failure"}, run.log
    assert [path.name for path in (tmp_path / "github/store").glob("first.0*/*")] == ["report.txt"]


def test_the_gate_fails_if_a_job_is_skipped(adopted: SampleProject, github: RunOnGitHub) -> None:
    adopted.replace(
        "noxfile.py", "\nevenfall.standard_sessions()\n", TWO_SESSIONS.format(first="pass", artifacts="", requires="")
    )
    regenerated(adopted)
    adopted.replace(".github/workflows/ci.yml", "    name: first\n", "    name: first\n    if: false\n")
    adopted.commit()
    run = github(adopted, GitHubEvent())
    assert {"first": "skipped", **run.results} == {"first": "skipped", "second": "success", GATE: "failure"}, run.log
