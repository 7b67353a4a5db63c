from __future__ import annotations

import copy
from dataclasses import fields
from typing import Any

import pytest

from evenfall.errors import Exit
from evenfall.github_api.client import GitHubApi
from tests.github.lamp import apply, prepare
from tests.github_api.conftest import admin_client, api, fake, settings_server
from tests.github_api.fake_github import FakeGitHub

__all__ = ["admin_client", "api", "fake", "settings_server"]


@pytest.fixture
def new(fake: FakeGitHub) -> FakeGitHub:
    """A new repository."""
    prepare(fake)
    return fake


@pytest.fixture(scope="session")
def finished(settings_server: FakeGitHub, admin_client: GitHubApi) -> dict[str, Any]:
    """The state of a repository with all wanted settings."""
    settings_server.reset()
    prepare(settings_server)
    assert apply(admin_client).exit_code == Exit.FINE
    settings_server.calls.clear()
    return {each.name: copy.deepcopy(getattr(settings_server, each.name)) for each in fields(settings_server)}


@pytest.fixture
def done(finished: dict[str, Any], fake: FakeGitHub) -> FakeGitHub:
    """A repository with all wanted settings."""
    for name, value in finished.items():
        setattr(fake, name, copy.deepcopy(value))
    return fake
