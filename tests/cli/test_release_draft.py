from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.errors import Exit
from tests.release.distributions import write_release
from tests.release.github import REPOSITORY, TOKEN, FakeGitHub, github
from tests.release.planted import run_with_secrets
from tests.sample_project import SampleProject

PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.9,<1"]
build-backend = "uv_build"

[project]
name = "lamp"
version = "1.0"
requires-python = ">=3.11"
"""


@pytest.fixture
def project(tmp_path: Path) -> SampleProject:
    """A project with the files of a release for PyPI."""
    project = SampleProject(tmp_path)
    write_release(tmp_path)
    project.write("pyproject.toml", PYPROJECT)
    project.git("init", "--quiet")
    project.git("remote", "add", "origin", f"git@github.com:{REPOSITORY}.git")
    return project


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with github() as fake:
        yield fake


def environ(fake: FakeGitHub, **more: str) -> dict[str, str]:
    return {"GITHUB_API_URL": fake.api, "GH_TOKEN": TOKEN, "GITHUB_TOKEN": ""} | more


def test_the_draft_has_the_section_of_the_changelog_as_notes_and_no_secret_is_shown(
    project: SampleProject, fake: FakeGitHub
) -> None:
    project.write("CHANGELOG.md", "# Changelog\n\n## 1.0\n\n- A lamp.\n\n## 0.9\n\n- A wick.\n")
    done = run_with_secrets(project, project.root, "release", "draft", "--json", env=environ(fake), more=(TOKEN,))
    assert done.returncode == Exit.FINE, done.stderr
    assert fake.release["body"] == "- A lamp."
    assert len(json.loads(done.stdout)["uploaded"]) == 4


def test_a_draft_without_a_section_of_the_changelog_has_no_notes(project: SampleProject, fake: FakeGitHub) -> None:
    project.write("CHANGELOG.md", "# Changelog\n")
    done = project.command("release", "draft", env=environ(fake))
    assert (done.returncode, fake.release["body"]) == (Exit.FINE, "")
    assert "changelog" in done.stderr


def test_publish_publishes_it(project: SampleProject, fake: FakeGitHub) -> None:
    fake.tags["v1.0"] = "0" * 40
    done = project.command("release", "draft", "--publish", env=environ(fake))
    assert done.returncode == Exit.FINE, done.stderr
    assert not fake.release["draft"]


def test_a_finding_is_exit_code_1(project: SampleProject, fake: FakeGitHub) -> None:
    fake.tags["v1.0"] = "b" * 40
    done = project.command("release", "draft", env=environ(fake))
    assert done.returncode == Exit.FINDINGS
    assert "[release-tag-differs]" in done.stdout


@pytest.mark.parametrize("token", ["", "a\r\nb"])
def test_without_a_token_nothing_is_asked(project: SampleProject, fake: FakeGitHub, token: str) -> None:
    done = project.command("release", "draft", env=environ(fake, GH_TOKEN=token))
    assert (done.returncode, fake.requests) == (Exit.USAGE, [])
    assert "GH_TOKEN" in done.stderr


def test_a_project_that_is_not_on_github_is_an_error(project: SampleProject, fake: FakeGitHub) -> None:
    project.git("remote", "set-url", "origin", "https://gitlab.com/lamp-makers/lamp.git")
    done = project.command("release", "draft", env=environ(fake))
    assert (done.returncode, fake.requests) == (Exit.USAGE, [])


def test_without_the_files_of_a_release_the_error_says_how_to_build_them(tmp_path: Path, fake: FakeGitHub) -> None:
    project = SampleProject(tmp_path)
    project.write("pyproject.toml", PYPROJECT)
    project.git("init", "--quiet")
    done = project.command("release", "draft", env=environ(fake, GITHUB_REPOSITORY=REPOSITORY))
    assert done.returncode == Exit.USAGE
    assert "evenfall release build" in done.stderr
