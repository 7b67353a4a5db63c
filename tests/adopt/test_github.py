from __future__ import annotations

import tomllib
from typing import Any

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.github import write_github_settings
from evenfall.pipeline.marker import MARKER
from tests.sample_project import SampleProject

SOLO = {"owners": ["@octocat"], "profile": "solo"}


@pytest.fixture(autouse=True)
def on_github(bare: SampleProject, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_SERVER_URL", "GH_HOST", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    bare.git("remote", "add", "origin", "git@github.com:octocat/lantern.git")


def written(bare: SampleProject, adoption: Adoption) -> dict[str, Any] | None:
    """Return the table that adoption writes, or None if it writes none."""
    before = bare.read("pyproject.toml")
    write_github_settings(adoption)
    after = bare.read("pyproject.toml")
    assert after.startswith(before)
    table: dict[str, Any] | None = tomllib.loads(after)["tool"].get("evenfall", {}).get("github")
    return table


def test_the_owner_is_the_account_of_the_repository(bare: SampleProject, adoption: Adoption) -> None:
    assert written(bare, adoption) == SOLO
    (note,) = adoption.notes
    assert "@octocat" in note
    assert written(bare, adoption) == SOLO, "a second adoption keeps the table"
    assert len(adoption.notes) == 1


@pytest.mark.parametrize(
    ("path", "text", "owners", "profile"),
    [
        (".github/CODEOWNERS", "* @ada # the author\n/docs/ @grace\n", ["@ada"], "solo"),
        ("CODEOWNERS", "# Owners\n\n* @ada\n* @ada @grace ada@example.org @grace\n", ["@ada", "@grace"], "team"),
        ("docs/CODEOWNERS", "/** @octo-org/maintainers\n", ["@octo-org/maintainers"], "team"),
        ("CODEOWNERS", "*.py @ada\n", ["@octocat"], "solo"),
        ("CODEOWNERS", "* @ada\n*\n", ["@octocat"], "solo"),
        ("CODEOWNERS", "* ada@example.org\n", ["@octocat"], "solo"),
        (".github/CODEOWNERS", f"{MARKER}* @ada\n", ["@octocat"], "solo"),
    ],
)
def test_the_owners_are_those_of_the_last_rule_for_every_file(
    bare: SampleProject, adoption: Adoption, path: str, text: str, owners: list[str], profile: str
) -> None:
    bare.write(path, text)
    assert written(bare, adoption) == {"owners": owners, "profile": profile}


def test_existing_settings_are_completed(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("pyproject.toml", bare.read("pyproject.toml") + '\n[tool.evenfall]\npythons = ["3.13"]\n')
    assert written(bare, adoption) == SOLO


@pytest.mark.parametrize("origin", ["https://gitlab.com/octocat/lantern.git", "https://github.com/-/lantern", ""])
def test_a_project_that_is_not_on_github_gets_no_table(bare: SampleProject, adoption: Adoption, origin: str) -> None:
    bare.git("remote", "remove", "origin")
    if origin:
        bare.git("remote", "add", "origin", origin)
    assert written(bare, adoption) is None
    (note,) = adoption.notes
    assert "not a repository on GitHub" in note


def test_a_server_of_github_enterprise_is_github(
    bare: SampleProject, adoption: Adoption, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.git("remote", "set-url", "origin", "https://git.example.com/octocat/lantern")
    monkeypatch.setenv("GH_HOST", "git.example.com")
    assert written(bare, adoption) == SOLO


def test_a_folder_that_is_no_repository_gets_no_table(bare: SampleProject, adoption: Adoption) -> None:
    (bare.root / ".git").rename(bare.root / "elsewhere")
    assert written(bare, adoption) is None
