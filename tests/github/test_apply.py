"""`plan` and `apply` against a GitHub on loopback."""

from __future__ import annotations

import pytest

from evenfall.errors import Exit
from evenfall.github.apply import Application, apply_settings
from evenfall.github.live import Live
from evenfall.github.plan import Plan, make_plan
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from tests.github.test_wanted import wanted
from tests.github_api.fake_github import FakeGitHub

pytestmark = pytest.mark.integration

SOLO = wanted('github = { profile = "solo", owners = ["@lamp-makers"] }\n')


def plan(api: GitHubApi, settings: WantedSettings = SOLO) -> Plan:
    return make_plan(Live(api), settings)


def apply(api: GitHubApi, settings: WantedSettings = SOLO) -> Application:
    return apply_settings(Live(api), settings, progress=lambda line: None)


def test_apply_makes_what_plan_lists(fake: FakeGitHub, api: GitHubApi) -> None:
    before = plan(api)
    assert before.exit_code == Exit.FINDINGS
    assert not fake.writes
    done = apply(api)
    assert [each.setting.key for each in done.results if each.changed or each.by_hand]
    assert done.exit_code == Exit.FINE, done
    assert plan(api) == Plan(repository="lamp-makers/lamp", settings=())
    fake.count_from_here()
    assert apply(api).exit_code == Exit.FINE
    assert not fake.writes
