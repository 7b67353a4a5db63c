"""`act` runs the generated workflow `auto-merge` against a GitHub and an index on loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Prepare
from tests.generate.conftest import RunOnGitHub
from tests.generate.runner import GitHubEvent, WorkflowRun
from tests.github.auto_merge.update import Update, locked
from tests.github_api.fake_github import FakeGitHub, fake_github
from tests.github_api.github_state import REPOSITORY, WORKFLOW
from tests.sample_project import SampleProject, copy, regenerated
from tests.supply_chain.index import Index, serving
from tests.supply_chain.osv import record, write_zip
from tests.supply_chain.review.locks import lock_text

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="act runs jobs without containers only on Linux"),
]

SETTINGS = """
[tool.evenfall.audit]
database = "osv.zip"

[tool.evenfall.github]
owners = ["@octocat"]
profile = "team"
"""


@pytest.fixture(scope="module")
def managed_template(adopted_template: SampleProject, prepare: Prepare) -> SampleProject:
    """A project that manages its repository on GitHub."""

    def fill(folder: Path) -> None:
        made = copy(adopted_template, folder / "lantern")
        made.write("pyproject.toml", made.read("pyproject.toml") + SETTINGS)
        write_zip(made.root / "osv.zip", record("PYSEC-1", "oil", versions=["1.0.7"]))
        regenerated(made)

    return SampleProject(prepare("adopted-managed", fill) / "lantern")


class Dependabot:
    """The lock of its pull request, and the run of the workflow."""

    def __init__(self, project: SampleProject, index: Index, fake: FakeGitHub, github: RunOnGitHub) -> None:
        self.index, self.fake, self.github = index, fake, github
        self.project = project
        self.before = self.lock(oil="1.0.0")
        project.write("uv.lock", self.before)
        project.commit("lock oil")

    def lock(self, *, oil: str) -> str:
        packages = (locked(self.index, "oil", oil), locked(self.index, "wick", "1.0"))
        return lock_text(*packages, needs=("oil", "wick"))

    def run(self, after: str, author: str = "dependabot[bot]") -> tuple[WorkflowRun, Update]:
        base = self.project.git("rev-parse", "HEAD").strip()
        update = Update(self.fake, {"uv.lock": self.before}, {"uv.lock": after}, base)
        update.author = {"login": author, "type": "Bot"}
        variables = {"GITHUB_API_URL": self.fake.api, "GITHUB_REPOSITORY": REPOSITORY}
        event = GitHubEvent(
            name="pull_request",
            workflow="auto-merge",
            payload=update.event,
            secrets={"GITHUB_TOKEN": WORKFLOW},
            variables=variables,
        )
        return self.github(self.project, event), update


@pytest.fixture
def dependabot(managed_template: SampleProject, tmp_path: Path, github: RunOnGitHub) -> Iterator[Dependabot]:
    with serving() as index, fake_github() as fake:
        yield Dependabot(copy(managed_template, tmp_path / "lantern"), index, fake, github)


def test_a_patch_by_dependabot_is_approved_and_merged_by_github(dependabot: Dependabot) -> None:
    run, update = dependabot.run(dependabot.lock(oil="1.0.1"))
    assert run.results == {"auto-merge": "success"}, run.log
    assert update.auto_merge
    assert len(update.reviews) == 1


def test_a_major_update_by_dependabot_gets_a_comment(dependabot: Dependabot) -> None:
    run, update = dependabot.run(dependabot.lock(oil="2.0.0"))
    assert run.results == {"auto-merge": "success"}, run.log
    assert (update.auto_merge, update.reviews, len(update.comments)) == (None, [], 1)


def test_nothing_happens_for_a_patch_by_somebody_else(dependabot: Dependabot) -> None:
    run, _ = dependabot.run(dependabot.lock(oil="1.0.1"), author="ada")
    assert run.results == {}, run.log
    assert dependabot.fake.calls == []
