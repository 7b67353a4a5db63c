from __future__ import annotations

import pytest

from evenfall.github_api.repository import GitHubRepository, github_repository


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/lamps/lamp.oil",
        "https://GitHub.com/lamps/lamp.oil.git",
        "https://github.com/lamps/lamp.oil/",
        "git@github.com:lamps/lamp.oil.git",
        "ssh://git@github.com/lamps/lamp.oil.git",
        "ssh://git@ssh.github.com:443/lamps/lamp.oil.git",
    ],
)
def test_the_origin_names_the_repository(origin: str) -> None:
    assert github_repository(origin, {}) == GitHubRepository(name="lamps/lamp.oil", api="https://api.github.com")


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "https://gitlab.com/lamps/lamp",
        "https://example.org/github.com/lamps/lamp",
        "https://notgithub.com/lamps/lamp",
        "https://github.com/lamps",
        "https://github.com/lamps/la%6Dp",
        "https://github.com/lamps/lamp/tree",
        "/home/github.com/lamps/lamp",
    ],
)
def test_another_origin_names_none(origin: str) -> None:
    assert github_repository(origin, {}) is None


def test_the_variables_of_github_actions_come_first() -> None:
    variables = {
        "GITHUB_REPOSITORY": "lamps/lamp",
        "GITHUB_API_URL": "https://github.example.org/api/v3/",
        "GITHUB_TOKEN": "of-the-workflow",
        "GH_TOKEN": " planted-token\n",
    }
    found = github_repository("https://gitlab.com/lamps/other", variables)
    assert found == GitHubRepository(name="lamps/lamp", api="https://github.example.org/api/v3", token="planted-token")
    assert "planted-token" not in repr(found)


def test_the_origin_can_be_on_another_server() -> None:
    found = github_repository("git@github.example.org:lamps/lamp", {"GITHUB_SERVER_URL": "https://github.example.org"})
    assert found is not None
    assert found.name == "lamps/lamp"


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "tökén"])
def test_a_text_that_can_be_no_header_is_no_token(token: str) -> None:
    found = github_repository("https://github.com/lamps/lamp", {"GITHUB_TOKEN": token})
    assert found is not None
    assert found.token == ""
