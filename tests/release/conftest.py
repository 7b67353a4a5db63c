from __future__ import annotations

from collections.abc import Iterator

import pytest

from evenfall.github_api.repository import GitHubRepository
from evenfall.release.github_releases import GitHub
from tests.release.github import REPOSITORY, TOKEN, FakeGitHub, github


@pytest.fixture(scope="session")
def github_server() -> Iterator[FakeGitHub]:
    with github() as fake:
        yield fake


@pytest.fixture(scope="session")
def github_client(github_server: FakeGitHub) -> Iterator[GitHub]:
    """One client for all tests, because a new one reads all certificates of the machine."""
    with GitHub(GitHubRepository(name=REPOSITORY, api=github_server.api, token=TOKEN)) as client:
        yield client


@pytest.fixture
def fake(github_server: FakeGitHub) -> FakeGitHub:
    """A GitHub with an empty repository."""
    github_server.reset()
    return github_server


@pytest.fixture
def api(fake: FakeGitHub, github_client: GitHub) -> GitHub:
    return github_client
