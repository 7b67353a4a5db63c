from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.project.uv import uv
from tests.github.git_data import GitData
from tests.github_api.fake_github import FakeGitHub, fake_github
from tests.github_api.github_state import ADMIN, REPOSITORY
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

PYPROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "lantern"
version = "1"
"""
SETTINGS = """
[tool.evenfall.github]
owners = ["@octocat"]
profile = "solo"
token-secret = "UPDATES_TOKEN"
"""
HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["idna"]\n# ///\n'


@pytest.fixture
def lantern(tmp_path: Path) -> SampleProject:
    project = SampleProject(tmp_path)
    project.write("pyproject.toml", PYPROJECT + SETTINGS)
    project.write("noxfile.py", HEADER)
    project.git("init", "--quiet", "--initial-branch=main")
    uv(tmp_path, "lock", "--quiet", "--exclude-newer=2024-01-01T00:00:00Z", "--script", "noxfile.py")
    return project


def variables(fake: FakeGitHub) -> dict[str, str]:
    return {"GITHUB_API_URL": fake.api, "GITHUB_REPOSITORY": REPOSITORY, "UPDATES_TOKEN": ADMIN, "GH_TOKEN": "other"}


def test_an_update_is_proposed_once(lantern: SampleProject) -> None:
    with fake_github() as fake:
        git = GitData(fake)
        done = lantern.command("github", "refresh-tools", "--propose", env=variables(fake))
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("idna 3.6 -> ")
        assert done.stdout.endswith("pull request: https://example.org/pull/1\n")
        assert git.proposed == (lantern.root / "noxfile.py.lock").read_bytes()
        calls = len(fake.calls)
        again = lantern.command("github", "refresh-tools", "--propose", env=variables(fake))
        assert (again.returncode, again.stdout) == (0, "noxfile.py.lock is current\n")
        assert len(fake.calls) == calls


def test_without_propose_only_the_lock_changes(lantern: SampleProject) -> None:
    done = lantern.command("github", "refresh-tools")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    ("text", "problem"), [(PYPROJECT, "tool.evenfall.github"), (PYPROJECT + SETTINGS, "repository")]
)
def test_without_settings_or_a_repository_nothing_changes(lantern: SampleProject, text: str, problem: str) -> None:
    lantern.write("pyproject.toml", text)
    before = lantern.read("noxfile.py.lock")
    done = lantern.command("github", "refresh-tools", "--propose")
    assert done.returncode == 2
    assert problem in done.stderr
    assert lantern.read("noxfile.py.lock") == before
