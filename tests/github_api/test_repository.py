from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.github_api.repository import GitHubRepository, github_repository, repository_with_token


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


@pytest.mark.parametrize(
    ("host", "api"),
    [
        ("github.example.org", "https://github.example.org/api/v3"),
        ("lamps.ghe.com", "https://api.lamps.ghe.com"),
        ("github.com", "https://api.github.com"),
    ],
)
def test_the_origin_can_be_on_another_server(host: str, api: str) -> None:
    for variables in ({"GITHUB_SERVER_URL": f"https://{host}"}, {"GH_HOST": host}):
        found = github_repository(f"git@{host}:lamps/lamp", variables)
        assert found == GitHubRepository(name="lamps/lamp", api=api)


@pytest.mark.parametrize(
    ("host", "token"), [("github.example.org", "enterprise"), ("lamps.ghe.com", "other"), ("github.com", "other")]
)
def test_an_enterprise_server_has_tokens_of_its_own(host: str, token: str) -> None:
    variables = {"GH_HOST": host, "GH_TOKEN": "other", "GITHUB_ENTERPRISE_TOKEN": "enterprise"}
    found = github_repository(f"https://{host}/lamps/lamp", variables)
    assert found is not None
    assert found.token == token


ORIGIN = "https://github.com/lamps/lamp"
GH = """\
#!/bin/sh
[ "$*" = "auth token --hostname github.com" ] && echo planted-token
"""


@pytest.fixture
def gh(tmp_path: Path) -> Path:
    """A GitHub command line that has a token for github.com."""
    if sys.platform == "win32":
        pytest.skip("the command line is a shell script")
    program = tmp_path / "gh"
    program.write_text(GH)
    program.chmod(0o755)
    return program


@pytest.mark.integration
def test_the_last_token_is_that_of_the_command_line_of_github(gh: Path) -> None:
    path = f"{gh.parent}:/bin:/usr/bin"
    found = github_repository(ORIGIN, {"PATH": path})
    assert found is not None
    assert found.token == "planted-token"
    found = github_repository(ORIGIN, {"PATH": path, "GITHUB_TOKEN": "of-the-variable"})
    assert found is not None
    assert found.token == "of-the-variable"


@pytest.mark.integration
@pytest.mark.parametrize(
    "variables",
    [{"GITHUB_API_URL": "https://example.org"}, {"GH_HOST": "github.example.org", "GITHUB_REPOSITORY": "a/b"}],
)
def test_the_token_of_the_command_line_goes_to_no_other_server(gh: Path, variables: dict[str, str]) -> None:
    found = github_repository(ORIGIN, {"PATH": f"{gh.parent}:/bin:/usr/bin"} | variables)
    assert found is not None
    assert found.token == ""


@pytest.mark.integration
@pytest.mark.parametrize("script", ["#!/bin/sh\necho no; exit 1\n", "#!/bin/sh\nprintf '\\377'\n", "#!/nonexistent\n"])
def test_a_command_line_without_a_token_is_no_error(gh: Path, script: str) -> None:
    gh.write_text(script)
    found = github_repository(ORIGIN, {"PATH": f"{gh.parent}:/bin:/usr/bin"})
    assert found is not None
    assert found.token == ""


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "tökén"])
def test_a_text_that_can_be_no_header_is_no_token(token: str) -> None:
    found = github_repository("https://github.com/lamps/lamp", {"GITHUB_TOKEN": token})
    assert found is not None
    assert found.token == ""


@pytest.mark.parametrize(
    ("origin", "variables", "hint"),
    [
        ("https://gitlab.com/lamps/lamp", {"GH_TOKEN": "planted-token"}, "GITHUB_REPOSITORY"),
        (ORIGIN, {}, "contents: write"),
    ],
)
def test_a_missing_repository_or_token_is_an_error(origin: str, variables: dict[str, str], hint: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        repository_with_token(origin, variables, permission="contents: write")
    assert caught.value.exit_code == Exit.USAGE
    assert hint in caught.value.hint


def test_a_repository_with_a_token_is_returned() -> None:
    found = repository_with_token(ORIGIN, {"GH_TOKEN": "planted-token"}, permission="contents: write")
    assert found == GitHubRepository(name="lamps/lamp", token="planted-token")
