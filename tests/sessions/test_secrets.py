"""The session `secrets` in a real project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sample_project import SampleProject
from tests.supply_chain.fake import fake

pytestmark = pytest.mark.integration


def test_the_session_runs_the_command_with_its_options(project: SampleProject) -> None:
    done = project.nox("-s", "secrets")
    assert done.returncode == 0, done.stdout
    project.write("a.py", f"TOKEN = '{fake('github')}'\n")
    done = project.nox("-s", "secrets", "--", "--json")
    assert done.returncode == 1
    assert '"path": "a.py"' in done.stdout
    assert "Session secrets aborted: evenfall secrets exited with 1" in done.stdout
    assert fake("github") not in done.stdout


def test_a_shallow_clone_is_inconclusive(project: SampleProject, tmp_path: Path) -> None:
    project.commit("one more")
    project.git("clone", "--quiet", "--depth=1", project.root.as_uri(), os.fspath(tmp_path / "shallow"))
    done = SampleProject(tmp_path / "shallow").nox("-s", "secrets")
    assert done.returncode == 1
    assert "Session secrets aborted: inconclusive: " in done.stdout


def test_the_session_does_not_run_by_default(project: SampleProject) -> None:
    """`nox` without arguments runs the sessions of the workflow `ci`."""
    assert "- secrets [security] -> Find secrets" in project.nox("-l").stdout
