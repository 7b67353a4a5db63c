from __future__ import annotations

from collections.abc import Iterator

import pytest

from evenfall.github_api.client import GitHubApi
from evenfall.github_api.repository import GitHubRepository
from tests.github_api.fake_github import FakeGitHub, fake_github
from tests.github_api.github_state import ADMIN, REPOSITORY


@pytest.fixture(scope="session")
def settings_server() -> Iterator[FakeGitHub]:
    with fake_github() as fake:
        yield fake


@pytest.fixture(scope="session")
def admin_client(settings_server: FakeGitHub) -> Iterator[GitHubApi]:
    """One client for all tests, because a new one reads all certificates of the machine."""
    with GitHubApi(GitHubRepository(name=REPOSITORY, api=settings_server.api, token=ADMIN)) as client:
        yield client


@pytest.fixture
def fake(settings_server: FakeGitHub) -> Iterator[FakeGitHub]:
    """A GitHub with a new repository."""
    settings_server.reset()
    yield settings_server
    assert settings_server.crashes == []


@pytest.fixture
def api(fake: FakeGitHub, admin_client: GitHubApi) -> GitHubApi:
    """The client of an admin."""
    return admin_client
