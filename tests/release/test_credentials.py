from __future__ import annotations

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.credentials import Credentials, find_credentials
from evenfall.release.manifest import IndexName

OIDC = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://oidc.test", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t0ken"}
GITHUB = {"GITHUB_ACTIONS": "true", **OIDC}
PASSWORD = {"UV_PUBLISH_USERNAME": "ada", "UV_PUBLISH_PASSWORD": "pa55"}


@pytest.mark.parametrize(
    ("index", "environ", "expected"),
    [
        ("pypi", {"PYPI_API_TOKEN": "a", "TEST_PYPI_API_TOKEN": "b", **GITHUB}, {"UV_PUBLISH_TOKEN": "a"}),
        ("testpypi", {"PYPI_API_TOKEN": "a", "TEST_PYPI_API_TOKEN": " b\n"}, {"UV_PUBLISH_TOKEN": "b"}),
        ("pypi", {"PYPI_API_TOKEN": "", **GITHUB, "UV_PUBLISH_TOKEN": "c"}, {"UV_PUBLISH_TOKEN": "c"}),
        ("pypi", {**GITHUB, **PASSWORD}, PASSWORD),
        ("testpypi", {"PYPI_API_TOKEN": "a", **GITHUB}, OIDC),
        ("pypi", {"PYPI_API_TOKEN": "", **OIDC, "UV_PUBLISH_TOKEN": "c", **PASSWORD}, {"UV_PUBLISH_TOKEN": "c"}),
        ("pypi", {"GITHUB_ACTIONS": "true", "UV_PUBLISH_TOKEN": "", **PASSWORD}, PASSWORD),
    ],
)
def test_the_first_credentials_that_are_set_are_used(
    index: IndexName, environ: dict[str, str], expected: dict[str, str]
) -> None:
    credentials = find_credentials(index, environ)
    assert credentials.environ == expected
    assert credentials.trusted_publishing == (expected == OIDC)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"PYPI_API_TOKEN": ""},
        {"TEST_PYPI_API_TOKEN": "a"},
        {"UV_PUBLISH_USERNAME": "ada"},
        {"GITHUB_ACTIONS": "true"},
    ],
)
def test_without_credentials_nothing_is_published(environ: dict[str, str]) -> None:
    with pytest.raises(EvenfallError) as caught:
        find_credentials("pypi", environ)
    assert caught.value.exit_code == Exit.USAGE


def test_secrets_are_not_shown() -> None:
    credentials = Credentials(source="a password", environ=PASSWORD)
    assert "pa55" not in repr(credentials)
    assert credentials.redact("ada has pa55") == "ada has ***"


def test_uv_gets_no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PUBLISH_CHECK_URL", "https://index.test")
    assert Credentials(source="a token", environ={"UV_PUBLISH_TOKEN": "a"}).variables() == {
        "PYPI_API_TOKEN": None,
        "TEST_PYPI_API_TOKEN": None,
        "ACTIONS_ID_TOKEN_REQUEST_URL": None,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": None,
        "UV_PUBLISH_CHECK_URL": None,
        "UV_PUBLISH_TOKEN": "a",
    }
