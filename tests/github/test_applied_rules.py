"""What `apply` makes of the settings, as the rules that GitHub then applies to a merge, against what the proof of mergeability assumes."""

from __future__ import annotations

import datetime
from dataclasses import asdict

import pytest

from evenfall.github.apply import apply_settings
from evenfall.github.job_names import JobNames, pipeline_jobs
from evenfall.github.live import Live
from evenfall.github.mergeability import can_be_merged, merge_rules
from evenfall.github_api.client import GitHubApi
from evenfall.project.github_settings import PULL_REQUEST_KINDS
from tests.github.merge_events import DEPENDABOT, WORKFLOW, PullRequest, Repository, can_ever_be_merged
from tests.github.test_wanted import PIPELINE, wanted
from tests.github_api.effective_rules import effective_rules
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.github_state import ACTIONS

pytestmark = pytest.mark.integration

SETTINGS = (
    '{ profile = "solo", owners = ["@lamp-makers"] }',
    '{ profile = "team", owners = ["@lamp-makers", "@ada"] }',
    '{ profile = "solo", owners = ["@lamp-makers"], approvals = 1, code-owner-review = true }',
    '{ profile = "solo", owners = ["@lamp-makers"], approvals = 1, admins-bypass = true, actions-can-approve = false }',
    '{ profile = "team", owners = ["@lamp-makers", "@ada"], merge-methods = ["merge"], auto-merge = false }',
    '{ profile = "team", owners = ["@lamp-makers", "@ada"], last-push-approval = true, linear-history = false }',
)


@pytest.mark.parametrize("text", SETTINGS)
def test_the_applied_rules_are_those_of_the_proof(fake: FakeGitHub, api: GitHubApi, text: str) -> None:
    settings = wanted(f"github = {text}\n")
    rules = merge_rules(settings)
    for name in settings.branch.required_checks:
        fake.add_check_run(name)
    jobs = JobNames(frozenset(pipeline_jobs(PIPELINE)), ())
    live = Live(api, jobs, datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC))
    apply_settings(live, settings, progress=lambda line: None)
    applied = effective_rules(fake)
    assert applied.apps == {ACTIONS}
    repository = Repository(
        owners=settings.owners,
        writers=("colleague",),
        owned=frozenset((*rules.owned_files, "code.py")),
        reported=frozenset(settings.branch.required_checks),
        **{name: value for name, value in asdict(applied).items() if name not in {"apps", "conversation_resolution"}},
    )
    for kind in PULL_REQUEST_KINDS:
        author = {"owner": settings.owners[0], "contributor": "colleague", "fork": "stranger"}.get(kind, DEPENDABOT)
        people = tuple({author: None} | dict.fromkeys(settings.owners))
        start = PullRequest(
            author=author,
            actors=(DEPENDABOT, WORKFLOW) if kind == "dependabot" else people,
            files=frozenset(("uv.lock",) if kind == "dependabot" else ("code.py",)),
            is_fork=kind == "fork",
            pusher=author,
            is_behind=True,
            runs_start=kind != "fork",
        )
        assert can_ever_be_merged(repository, start) is can_be_merged(rules, kind), kind
