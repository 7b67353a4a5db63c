"""A project's wanted settings, and its plan and their application on a GitHub on loopback."""

from __future__ import annotations

import datetime

from evenfall.github.apply import Application, apply_settings
from evenfall.github.job_names import JobNames, pipeline_jobs
from evenfall.github.live import Live
from evenfall.github.plan import Plan, make_plan
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from tests.github.test_wanted import PIPELINE, wanted
from tests.github_api.fake_github import FakeGitHub

SOLO = wanted('github = { profile = "solo", owners = ["@lamp-makers"], secrets = { PYPI = 90 } }\n')
JOBS = JobNames(frozenset(pipeline_jobs(PIPELINE)), ("docs",))
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def live(api: GitHubApi, commit: str = "") -> Live:
    return Live(api, JOBS, NOW, commit)


def plan(api: GitHubApi, settings: WantedSettings = SOLO) -> Plan:
    return make_plan(live(api), settings)


def apply(api: GitHubApi, settings: WantedSettings = SOLO, commit: str = "") -> Application:
    return apply_settings(live(api, commit), settings, progress=lambda line: None)


def keys(plan: Plan) -> list[str]:
    return [each.setting.key for each in plan.settings]


def prepare(fake: FakeGitHub) -> None:
    """Let the pipeline run once, and create the secrets, which only a person can."""
    for name in SOLO.branch.required_checks:
        fake.add_check_run(name)
    fake.secrets["PYPI"] = "2026-05-01T00:00:00Z"
