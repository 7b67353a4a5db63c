"""`evenfall github plan` and `evenfall github apply` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenfall.errors import Exit
from tests.github_api.conftest import fake, settings_server
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.github_state import ADMIN, READER, REPOSITORY
from tests.sample_project import SampleProject

__all__ = ["fake", "settings_server"]

pytestmark = pytest.mark.integration

PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.9,<1"]
build-backend = "uv_build"

[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
"""
SETTINGS = """
[tool.evenfall.github]
owners = ["@lamp-makers"]
profile = "solo"
secrets = { DOCS_TOKEN = 90 }
"""
NOXFILE = """\
import evenfall


@evenfall.session(python=False)
def lint(session):
    pass


@evenfall.session(python=False, workflow="cd", environment="pypi")
def publish(session):
    pass
"""


@pytest.fixture
def lantern(tmp_path: Path) -> SampleProject:
    project = SampleProject(tmp_path)
    project.write("pyproject.toml", PYPROJECT + SETTINGS)
    project.write("noxfile.py", NOXFILE)
    project.git("init", "--quiet", "--initial-branch=main")
    return project


def environ(fake: FakeGitHub, token: str = ADMIN) -> dict[str, str]:
    return {"GITHUB_API_URL": fake.api, "GITHUB_REPOSITORY": REPOSITORY, "GH_TOKEN": token}


def test_code_owners_written_by_hand_are_an_assumption_of_the_plan(lantern: SampleProject, fake: FakeGitHub) -> None:
    lantern.write("CODEOWNERS", "* @lamp-makers @ada\n")
    assert "CODEOWNERS is written by hand" not in lantern.command("github", "plan", env=environ(fake)).stdout
    lantern.replace(
        "pyproject.toml", '["@lamp-makers"]\nprofile = "solo"', '["@lamp-makers", "@ada"]\nprofile = "team"'
    )
    assert "note: CODEOWNERS is written by hand" in lantern.command("github", "plan", env=environ(fake)).stdout


def test_the_token_of_the_settings_comes_first_on_an_enterprise_server_too(
    lantern: SampleProject, fake: FakeGitHub
) -> None:
    lantern.replace("pyproject.toml", 'profile = "solo"', 'profile = "solo"\ntoken-secret = "SETTINGS_TOKEN"')
    variables = environ(fake, token="unknown") | {"GITHUB_SERVER_URL": "https://github.example.org"}
    variables |= {"GH_ENTERPRISE_TOKEN": "unknown", "SETTINGS_TOKEN": ADMIN}
    planned = lantern.command("github", "plan", env=variables)
    assert planned.returncode == Exit.FINDINGS, planned.stderr


def test_plan_and_apply(lantern: SampleProject, fake: FakeGitHub) -> None:
    planned = lantern.command("github", "plan", env=environ(fake))
    assert planned.returncode == Exit.FINDINGS, planned.stderr
    assert "required approvals" not in planned.stdout  # a sole maintainer can't approve
    assert "required check 'All CI checks pass'" in planned.stdout
    assert planned.stdout.endswith("next: evenfall github apply\n")
    assert not fake.writes

    applied = lantern.command("github", "apply", env=environ(fake))
    assert applied.returncode == Exit.FINDINGS
    assert "secret DOCS_TOKEN: missing" in applied.stdout
    assert "Push a commit, wait for its checks" in applied.stdout
    assert ADMIN not in applied.stdout + applied.stderr

    fake.add_check_run("All CI checks pass")
    fake.secrets["DOCS_TOKEN"] = "2999-01-01T00:00:00Z"
    applied = lantern.command("github", "apply", "--json", env=environ(fake))
    assert applied.returncode == Exit.FINE, applied.stdout
    report = json.loads(applied.stdout)
    assert (report["version"], report["findings"]) == (1, [])
    assert [each["key"] for each in report["changed"]] == ["required-checks"]

    checked = lantern.command("github", "plan", "--check", env=environ(fake))
    assert checked.returncode == Exit.FINE
    assert checked.stdout.startswith("note: GitHub's API does not have grouped security updates")
    assert checked.stdout.endswith(f"settings of {REPOSITORY}: passed\n")

    lantern.replace(
        "noxfile.py", "@evenfall.session(python=False)", '@evenfall.session(python=False, workflow="security")'
    )
    checked = lantern.command("github", "plan", "--check", env=environ(fake))
    assert checked.returncode == Exit.FINDINGS
    assert "required check 'All CI checks pass': required, but no job reports it" in checked.stdout
    assert "required check 'All security checks pass': not required" in checked.stdout


def test_a_token_that_can_not_read_all_settings_is_inconclusive(lantern: SampleProject, fake: FakeGitHub) -> None:
    planned = lantern.command("github", "plan", "--check", "--json", env=environ(fake, READER))
    report = json.loads(planned.stdout)
    # what it can read differs, which outweighs
    assert planned.returncode == report["exit_code"] == Exit.FINDINGS
    unreadable = {each["key"]: each["unreadable"] for each in report["settings"] if each["unreadable"]}
    assert unreadable["secrets"]["permission"] == "secrets: read"
    assert unreadable["merge-methods"]["permission"] == "contents: write"
    assert len(report["inconclusive"]) == len(unreadable)


def test_without_a_token_nothing_can_be_found_out(lantern: SampleProject, fake: FakeGitHub) -> None:
    planned = lantern.command("github", "plan", env=environ(fake, ""))
    assert planned.returncode == Exit.UNKNOWN
    assert "no token" in planned.stderr


def test_settings_that_no_pull_request_can_fulfill_are_refused(lantern: SampleProject, fake: FakeGitHub) -> None:
    lantern.replace("pyproject.toml", 'profile = "solo"', 'profile = "team"')
    for command in ("plan", "apply"):
        done = lantern.command("github", command, env=environ(fake))
        assert done.returncode == Exit.USAGE
        assert "can never be merged" in done.stderr
    assert not fake.calls
    accepted = 'profile = "team"\nallow-unmergeable = ["owner"]'
    lantern.replace("pyproject.toml", 'profile = "team"', accepted)
    planned = lantern.command("github", "plan", "--json", env=environ(fake))
    assert planned.returncode == Exit.FINDINGS
    assert "can never be merged" in json.loads(planned.stdout)["notes"][0]


def test_a_project_without_the_table_is_not_managed(lantern: SampleProject, fake: FakeGitHub) -> None:
    lantern.write("pyproject.toml", PYPROJECT)
    assert lantern.command("github", "plan", env=environ(fake)).returncode == Exit.USAGE
