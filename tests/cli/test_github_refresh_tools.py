from __future__ import annotations

import pytest

from evenfall.project.uv import uv
from tests.github.git_data import GitData
from tests.github_api.fake_github import FakeGitHub, fake_github
from tests.github_api.github_state import ADMIN, REPOSITORY
from tests.sample_project import SampleProject, regenerated

pytestmark = pytest.mark.integration

SETTINGS = """
[tool.evenfall.github]
owners = ["@octocat"]
profile = "solo"
token-secret = "UPDATES_TOKEN"
"""


@pytest.fixture
def lantern(adopted: SampleProject) -> SampleProject:
    """A project whose tools are locked with an old uv."""
    adopted.write("pyproject.toml", adopted.read("pyproject.toml") + SETTINGS)
    uv(adopted.root, "lock", "--quiet", "--upgrade-package=uv==0.9.5", "--script", "noxfile.py")
    regenerated(adopted)
    return adopted


def variables(fake: FakeGitHub) -> dict[str, str]:
    return {"GITHUB_API_URL": fake.api, "GITHUB_REPOSITORY": REPOSITORY, "UPDATES_TOKEN": ADMIN, "GH_TOKEN": "other"}


def test_an_update_is_proposed_once_with_the_generated_files_that_change_with_it(lantern: SampleProject) -> None:
    lantern.write("README.md", "a change that is not committed yet")
    with fake_github() as fake:
        git = GitData(fake)
        done = lantern.command("github", "refresh-tools", "--propose", env=variables(fake))
        assert done.returncode == 0, done.stderr
        assert "\nuv 0.9.5 -> " in f"\n{done.stdout}"
        assert done.stdout.endswith("pull request: https://example.org/pull/1\n")
        assert sorted(git.proposed) == [".github/actions/nox/action.yml", "noxfile.py.lock"]
        assert git.proposed["noxfile.py.lock"] == (lantern.root / "noxfile.py.lock").read_bytes()
        calls = len(fake.calls)
        again = lantern.command("github", "refresh-tools", "--propose", env=variables(fake))
        assert (again.returncode, again.stdout) == (0, "noxfile.py.lock is current\n")
        assert len(fake.calls) == calls
    assert lantern.command("generate", "--check").returncode == 0


@pytest.mark.parametrize(("table", "problem"), [("", "tool.evenfall.github"), (SETTINGS, "repository")])
def test_without_settings_or_a_repository_nothing_changes(adopted: SampleProject, table: str, problem: str) -> None:
    adopted.write("pyproject.toml", adopted.read("pyproject.toml") + table)
    before = adopted.read("noxfile.py.lock")
    done = adopted.command("github", "refresh-tools", "--propose")
    assert done.returncode == 2
    assert problem in done.stderr
    assert adopted.read("noxfile.py.lock") == before
