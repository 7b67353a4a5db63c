from __future__ import annotations

import tomllib

from evenfall.github.wanted import (
    BranchRules,
    Environment,
    MergeOptions,
    Secret,
    WantedSettings,
    wanted_settings,
)
from evenfall.pipeline.model import Pipeline
from evenfall.project.github_settings import FEATURES
from evenfall.project.settings import read_settings
from tests.generate.pipelines import session

PIPELINE = Pipeline(
    sessions=(
        session("tests"),
        session("audit", workflows=("security",)),
        session("publish-pypi", workflows=("cd",), environment="pypi"),
        session("publish-testpypi", workflows=("cd",), environment="testpypi"),
    )
)


def wanted(text: str, pipeline: Pipeline = PIPELINE) -> WantedSettings:
    settings = read_settings(tomllib.loads(text), path="pyproject.toml")
    assert settings.github is not None
    return wanted_settings(settings, settings.github, pipeline)


TEAM = 'github = { profile = "team", owners = ["@ann", "@bob"] }\n'


def test_the_defaults_of_a_team_are_the_values_of_the_deployment_guide() -> None:
    assert wanted(TEAM) == WantedSettings(
        owners=("@ann", "@bob"),
        profile="team",
        branch=BranchRules(
            branch="main",
            approvals=1,
            code_owner_review=True,
            dismiss_stale_approvals=True,
            last_push_approval=False,
            required_checks=("All CI checks pass", "All security checks pass"),
            strict_checks=True,
            conversation_resolution=True,
            linear_history=True,
            admins_bypass=False,
        ),
        merge=MergeOptions(methods=("squash",), auto_merge=True, delete_head_branches=True),
        environments=(
            Environment(name="pypi", reviewers=("@ann", "@bob"), wait_minutes=5, tags="v*"),
            Environment(name="testpypi"),
        ),
        features=frozenset(FEATURES),
        actions_can_approve=True,
        version_tags="v*",
        secrets=(),
    )


def test_a_sole_maintainer_needs_no_approval() -> None:
    rules = wanted('github = { profile = "solo", owners = ["@ann"] }').branch
    assert (rules.approvals, rules.code_owner_review) == (0, False)


def test_settings_replace_the_values_of_the_profile() -> None:
    text = """
        default-branch = "trunk"
        [github]
        owners = ["@ann"]
        profile = "solo"
        approvals = 2
        code-owner-review = true
        reviewers = ["@octo-org/releases"]
        wait-minutes = 0
        merge-methods = ["rebase"]
    """
    settings = wanted(text)
    rules = settings.branch
    assert (rules.branch, rules.approvals, rules.code_owner_review) == ("trunk", 2, True)
    assert settings.environments[0] == Environment(name="pypi", reviewers=("@octo-org/releases",), tags="v*")
    assert settings.merge.methods == ("rebase",)


def test_omitted_features_are_left_as_they_are() -> None:
    text = 'github = { profile = "solo", owners = ["@a"], omit = ["tag-rules", "environment-protection", "secret-scanning"] }'
    settings = wanted(text)
    assert settings.version_tags is None
    assert settings.environments == (Environment(name="pypi"), Environment(name="testpypi"))
    assert set(FEATURES) - settings.features == {"tag-rules", "environment-protection", "secret-scanning"}


def test_only_environments_that_sessions_use_are_wanted() -> None:
    assert wanted(TEAM, Pipeline(sessions=(session("tests"),))).environments == ()


def test_secrets_that_generated_workflows_use_must_exist_too() -> None:
    text = """
        coverage.codecov = "token"
        [github]
        profile = "team"
        owners = ["@ann", "@bob"]
        token-secret = "SETTINGS_TOKEN"
        secrets = { CODECOV_TOKEN = 90, PYPI_API_TOKEN = 180 }
    """
    assert wanted(text).secrets == (
        Secret(name="CODECOV_TOKEN", max_age_days=90, is_for_dependabot=True),
        Secret(name="SETTINGS_TOKEN", max_age_days=365),
        Secret(name="PYPI_API_TOKEN", max_age_days=180),
    )


def test_a_secret_of_a_job_that_checks_pull_requests_must_exist_for_dependabot_too() -> None:
    text = 'github = { profile = "solo", owners = ["@ann"], secrets = { A = 1, B = 2, D = 4 } }'
    pipeline = Pipeline(
        sessions=(
            session("tests", secrets=("A", "C")),
            session("publish", workflows=("cd",), secrets=("B",)),
            session("auto-merge", workflows=("auto-merge",), secrets=("D",)),
        )
    )
    assert [(secret.name, secret.is_for_dependabot) for secret in wanted(text, pipeline).secrets] == [
        ("A", True),
        ("B", False),
        ("D", True),
    ]
