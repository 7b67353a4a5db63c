from __future__ import annotations

import pytest

from evenfall.generate.hand_written import hand_written
from evenfall.pipeline.marker import MARKER
from evenfall.project.project import read_project
from tests.sample_project import SampleProject

DEPENDABOT = ".github/dependabot.yml"
AUTO_MERGE = ".github/workflows/auto-merge.yml"
DEPLOYMENT = "docs/DEPLOYMENT.md"
CODEOWNERS = ".github/CODEOWNERS"
RELEASING = "docs/RELEASING.md"
TABLE = '\n[tool.evenfall.github]\nowners = ["@octocat"]\nprofile = "solo"\n'


def found(project: SampleProject, *, release: bool = False) -> dict[str, str]:
    return hand_written(read_project(project.root), release=release)


@pytest.fixture
def managed(bare: SampleProject) -> SampleProject:
    """A project whose repository on GitHub Evenfall manages."""
    bare.write("pyproject.toml", bare.read("pyproject.toml") + TABLE)
    return bare


@pytest.mark.parametrize(
    ("own", "text", "generated"),
    [
        (DEPENDABOT, "version: 2\n", [DEPENDABOT]),
        (".github/dependabot.yaml", "version: 2\n", [DEPENDABOT]),
        (CODEOWNERS, "* @octocat\n", [CODEOWNERS]),
        ("CODEOWNERS", "* @octocat\n", [CODEOWNERS]),
        ("docs/CODEOWNERS", "* @octocat\n", [CODEOWNERS]),
        (DEPLOYMENT, "# How we deploy\n", [DEPLOYMENT]),
        (AUTO_MERGE, "on: pull_request\n", [AUTO_MERGE]),
        (".github/workflows/bots.yaml", 'run: gh pr merge --auto "$URL"\n', [AUTO_MERGE]),
        (".github/workflows/bots.yml", 'run: gh pr comment --body "@dependabot squash and merge"\n', [AUTO_MERGE]),
        (".github/workflows/bots.yml", "uses: peter-evans/enable-pull-request-automerge@v3\n", [AUTO_MERGE]),
        (".github/workflows/bots.yml", "uses: 'fastify/github-action-merge-dependabot@v3'\n", [AUTO_MERGE]),
        (".github/workflows/bots.yml", "uses: pascalgn/automerge-action@v0\n", [AUTO_MERGE]),
        ("renovate.json", "", [DEPENDABOT, AUTO_MERGE]),
        (".github/renovate.json5", "{}", [DEPENDABOT, AUTO_MERGE]),
        (".renovaterc", "{}", [DEPENDABOT, AUTO_MERGE]),
    ],
)
def test_generated_files_give_way_to_a_hand_written_one(
    managed: SampleProject, own: str, text: str, generated: list[str]
) -> None:
    managed.write(own, text)
    assert found(managed) == dict.fromkeys(generated, own)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (DEPENDABOT, MARKER),
        (CODEOWNERS, MARKER),
        ("CODEOWNERS", ""),
        (AUTO_MERGE, f"{MARKER}run: gh pr merge\n"),
        (".github/workflows/ci.yml", "name: our auto-merge waits for this\nuses: dependabot/fetch-metadata@v2\n"),
        ("docs/deploy.md", "gh pr merge\n"),
        (RELEASING, "# How we release\n"),
    ],
)
def test_other_files_keep_nothing_from_being_generated(managed: SampleProject, path: str, text: str) -> None:
    managed.write(path, text)
    assert found(managed) == {}


def test_the_configuration_of_renovate_can_be_in_pyproject(managed: SampleProject) -> None:
    managed.write(
        "pyproject.toml", managed.read("pyproject.toml") + '\n[tool.renovate]\nextends = ["config:best-practices"]\n'
    )
    assert found(managed) == {DEPENDABOT: "pyproject.toml", AUTO_MERGE: "pyproject.toml"}


def test_a_file_that_would_not_be_generated_gives_way_to_none(bare: SampleProject) -> None:
    for path in (DEPENDABOT, CODEOWNERS, DEPLOYMENT, RELEASING, "renovate.json"):
        bare.write(path, "mine\n")
    assert found(bare) == {}
    assert found(bare, release=True) == {RELEASING: RELEASING}
