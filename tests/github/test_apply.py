"""`plan` and `apply` against a GitHub on loopback."""

from __future__ import annotations

import copy
import datetime
from dataclasses import fields
from typing import Any

import pytest

from evenfall.errors import Exit
from evenfall.github.apply import Application, apply_settings
from evenfall.github.job_names import JobNames, pipeline_jobs
from evenfall.github.live import Live
from evenfall.github.plan import Plan, make_plan
from evenfall.github.settings.catalog import SETTINGS
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from tests.github.test_wanted import PIPELINE, wanted
from tests.github_api.fake_github import FakeGitHub

pytestmark = pytest.mark.integration

SOLO = wanted('github = { profile = "solo", owners = ["@lamp-makers"], secrets = { PYPI = 90 } }\n')
JOBS = JobNames(frozenset(pipeline_jobs(PIPELINE)), ("docs",))
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def live(api: GitHubApi) -> Live:
    return Live(api, JOBS, NOW)


def plan(api: GitHubApi, settings: WantedSettings = SOLO) -> Plan:
    return make_plan(live(api), settings)


def apply(api: GitHubApi, settings: WantedSettings = SOLO) -> Application:
    return apply_settings(live(api), settings, progress=lambda line: None)


def keys(plan: Plan) -> list[str]:
    return [each.setting.key for each in plan.settings]


def prepare(fake: FakeGitHub) -> None:
    """Let the pipeline run once, and create the secrets, which only a person can."""
    for name in SOLO.branch.required_checks:
        fake.add_check_run(name)
    fake.secrets["PYPI"] = "2026-05-01T00:00:00Z"


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


def test_apply_makes_what_plan_lists(new: FakeGitHub, api: GitHubApi) -> None:
    before = plan(api)
    assert before.exit_code == Exit.FINDINGS
    assert not new.writes
    already = {"actions", "dependency-graph", "default-branch", "secrets", "other-rulesets", "classic-protection"}
    nothing_to_exclude = {"tag-bypass", "branch-bypass", "branch-updates", "rule-merge-methods"}
    assert {*keys(before)} == {setting.key for setting in SETTINGS} - already - nothing_to_exclude
    application = apply(api)
    assert application.exit_code == Exit.FINE
    assert {each.setting.key for each in application.results if each.changed} <= {*keys(before)}
    assert plan(api) == Plan(repository="lamp-makers/lamp", settings=())
    new.count_from_here()
    assert apply(api).exit_code == Exit.FINE
    assert not new.writes
