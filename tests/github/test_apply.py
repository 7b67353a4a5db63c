"""`plan` and `apply` against a GitHub on loopback."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evenfall.errors import Exit
from evenfall.github.plan import Plan
from evenfall.github.settings.catalog import SETTINGS
from evenfall.github_api.client import GitHubApi
from evenfall.github_api.repository import GitHubRepository
from evenfall.project.github_settings import FEATURES
from tests.github.lamp import SOLO, apply, keys, plan
from tests.github.test_wanted import wanted
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.github_state import ACTIONS, READER, REPOSITORY, WORKFLOW, WRITER

pytestmark = pytest.mark.integration


def test_apply_makes_what_plan_lists(new: FakeGitHub, api: GitHubApi) -> None:
    before = plan(api)
    assert before.exit_code == Exit.FINDINGS
    assert not new.writes
    already = {"actions", "dependency-graph", "default-branch", "other-rulesets", "classic-protection"}
    already |= {"secrets", "dependabot-secrets"}
    nothing_to_exclude = {"tag-bypass", "branch-bypass", "branch-updates", "rule-merge-methods"}
    assert {*keys(before)} == {setting.key for setting in SETTINGS} - already - nothing_to_exclude
    application = apply(api)
    assert application.exit_code == Exit.FINE
    assert {each.setting.key for each in application.results if each.changed} <= {*keys(before)}
    assert plan(api) == Plan(repository="lamp-makers/lamp", settings=())
    new.count_from_here()
    assert apply(api).exit_code == Exit.FINE
    assert not new.writes


def test_fields_that_evenfall_does_not_know_survive(done: FakeGitHub, api: GitHubApi) -> None:
    done.newer_fields = {"quorum", "require_signed_runs", "can_admins_bypass"}
    (branch,) = (each for each in done.rulesets if each["target"] == "branch")
    rules = {rule["type"]: rule for rule in branch["rules"]}
    rules["pull_request"]["parameters"] |= {"quorum": 2, "required_approving_review_count": 3}
    checks = rules["required_status_checks"]["parameters"]
    checks |= {"quorum": 3, "do_not_enforce_on_create": True, "strict_required_status_checks_policy": False}
    checks["required_status_checks"][0]["quorum"] = 4
    branch["rules"].append({"type": "required_signatures"})
    done.actions[""] |= {"require_signed_runs": True, "sha_pinning_required": False, "allowed_actions": "local_only"}
    done.environments["pypi"] |= {"wait_timer": 0, "custom_rules": [{"id": 9, "node_id": "", "type": "gate"}]}
    done.environments["pypi"]["can_admins_bypass"] = False
    assert apply(api).exit_code == Exit.FINE
    assert plan(api).settings == ()
    (branch,) = (each for each in done.rulesets if each["target"] == "branch")
    rules = {rule["type"]: rule.get("parameters", {}) for rule in branch["rules"]}
    assert (rules["pull_request"]["quorum"], rules["pull_request"]["required_approving_review_count"]) == (2, 0)
    assert (rules["required_status_checks"]["quorum"], rules["required_status_checks"]["do_not_enforce_on_create"]) == (
        3,
        True,
    )
    assert rules["required_status_checks"]["required_status_checks"][0]["quorum"] == 4
    assert "required_signatures" in rules
    assert (done.actions[""]["require_signed_runs"], done.actions[""]["allowed_actions"]) == (True, "local_only")
    assert done.environments["pypi"]["custom_rules"]
    assert done.environments["pypi"]["can_admins_bypass"] is False


def test_a_check_that_has_not_been_reported_is_not_required(done: FakeGitHub, api: GitHubApi) -> None:
    done.check_runs.clear()
    for each in done.rulesets:
        each["rules"] = [rule for rule in each["rules"] if rule["type"] != "required_status_checks"]
    done.add_check_run("All security checks pass", app=7)
    application = apply(api)
    assert application.exit_code == Exit.FINDINGS
    assert not done.writes
    (result,) = (each for each in application.results if each.by_hand)
    assert [part.what for part in result.by_hand] == [
        f"required check {name!r}" for name in SOLO.branch.required_checks
    ]
    done.add_check_run("All CI checks pass")
    assert apply(api).exit_code == Exit.FINDINGS
    assert [each["context"] for each in required_checks(done)] == ["All CI checks pass"]
    done.add_check_run("All security checks pass")
    assert apply(api).exit_code == Exit.FINE


def test_omitted_features_are_left_as_they_are(new: FakeGitHub, api: GitHubApi) -> None:
    features = ", ".join(f'"{feature}"' for feature in FEATURES)
    none = wanted(f'github = {{ profile = "solo", owners = ["@lamp-makers"], omit = [{features}] }}\n')
    assert apply(api, none).exit_code == Exit.FINE
    assert plan(api, none).settings == ()
    assert not any(new.switches.values())
    assert [each["target"] for each in new.rulesets] == ["branch"]
    assert new.environments["pypi"]["reviewers"] == []
    assert new.actions[""]["sha_pinning_required"] is False


def test_a_private_repository_has_no_features_of_public_ones(done: FakeGitHub, api: GitHubApi) -> None:
    done.repository["private"] = True
    done.refuse("GET", "fork-pr-contributor-approval|private-vulnerability-reporting", 422, "not public")
    done.switches["vulnerability-alerts"] = False
    assert {*keys(plan(api))} >= {"dependency-graph", "dependabot-alerts"}
    assert apply(api).exit_code == Exit.FINE


def test_a_secret_of_the_organization_is_found(done: FakeGitHub, api: GitHubApi) -> None:
    done.routes["GET", ""] = lambda call: done.repository | {"owner": {"login": "lamp-makers", "type": "Organization"}}
    done.organization_secrets["PYPI"] = done.secrets.pop("PYPI")
    assert plan(api).settings == ()
    done.organization_secrets.clear()
    assert keys(plan(api)) == ["secrets"]


def test_a_secret_of_jobs_that_check_pull_requests_must_be_one_of_dependabot_too(
    done: FakeGitHub, api: GitHubApi
) -> None:
    codecov = wanted('coverage.codecov = "token"\ngithub = { profile = "solo", owners = ["@lamp-makers"] }\n')
    done.secrets["CODECOV_TOKEN"] = done.secrets["PYPI"]
    (found,) = plan(api, codecov).settings
    assert [str(part) for part in found.differences] == ["secret of Dependabot CODECOV_TOKEN: missing, must be there"]
    done.dependabot_secrets["CODECOV_TOKEN"] = "2024-01-01T00:00:00Z"
    assert keys(plan(api, codecov)) == ["dependabot-secrets"]
    done.dependabot_secrets["CODECOV_TOKEN"] = done.secrets["PYPI"]
    assert plan(api, codecov).settings == ()


@pytest.mark.parametrize(
    ("visibility", "exit_code"),
    [("", Exit.UNKNOWN), ("selected", Exit.UNKNOWN), ("private", Exit.FINDINGS), ("all", Exit.FINE)],
)
def test_a_secret_of_dependabot_can_be_one_of_the_organization(
    done: FakeGitHub, api: GitHubApi, visibility: str, exit_code: Exit
) -> None:
    codecov = wanted('coverage.codecov = "token"\ngithub = { profile = "solo", owners = ["@lamp-makers"] }\n')
    done.secrets["CODECOV_TOKEN"] = done.secrets["PYPI"]
    done.routes["GET", ""] = lambda call: done.repository | {"owner": {"login": "lamp-makers", "type": "Organization"}}
    secret = {"name": "CODECOV_TOKEN", "updated_at": "2026-05-01T00:00:00Z", "visibility": visibility}
    if visibility:
        path = "/orgs/lamp-makers/dependabot/secrets"
        done.routes["GET", path] = lambda call: {"total_count": 1, "secrets": [secret]}
    assert plan(api, codecov).exit_code == exit_code


def test_teams_and_users_are_reviewers(new: FakeGitHub, api: GitHubApi) -> None:
    new.teams["lamp-makers/Crew"] = 7
    team = wanted(
        'github = { profile = "solo", owners = ["@lamp-makers"], reviewers = ["@lamp-makers/Crew", "@Ada"] }\n'
    )
    assert apply(api, team).exit_code == Exit.FINE
    assert {(each["type"], each["id"]) for each in new.environments["pypi"]["reviewers"]} == {
        ("Team", 7),
        ("User", 102),
    }
    assert plan(api, team).settings == ()
    new.users["crew"] = 104
    new.environments["pypi"]["reviewers"][0] = {"type": "User", "id": 104}
    (found,) = plan(api, team).settings
    assert str(found.differences[0]) == "reviewers of pypi: @Ada, @crew, must be @Ada, @lamp-makers/Crew"
    assert apply(api, team).exit_code == Exit.FINE
    new.environments["pypi"]["prevent_self_review"] = True
    new.environments["pypi"]["reviewers"].pop()
    (found,) = plan(api, team).settings
    assert str(found.differences[0]) == "reviewers of pypi: @lamp-makers/Crew, must be @Ada, @lamp-makers/Crew"
    assert apply(api, team).exit_code == Exit.FINE
    assert new.environments["pypi"]["prevent_self_review"]


def test_admins_can_bypass_the_rules_if_the_project_wants_it(new: FakeGitHub, api: GitHubApi) -> None:
    admins = wanted('github = { profile = "solo", owners = ["@lamp-makers"], admins-bypass = true }\n')
    assert apply(api, admins).exit_code == Exit.FINE
    (branch,) = (each for each in new.rulesets if each["target"] == "branch")
    assert branch["bypass_actors"] == [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
    branch["bypass_actors"].append({"actor_id": 4, "actor_type": "RepositoryRole", "bypass_mode": "always"})
    branch["bypass_actors"][0]["bypass_mode"] = "pull_request"
    (found,) = plan(api, admins).settings
    assert [part.what for part in found.differences] == ["bypass by role write"]
    assert apply(api, admins).exit_code == Exit.FINE
    assert [each["bypass_mode"] for each in branch["bypass_actors"]] == ["pull_request"]


def test_rules_that_the_project_does_not_want_are_removed(done: FakeGitHub, api: GitHubApi) -> None:
    loose = wanted(
        'github = { profile = "solo", owners = ["@lamp-makers"], linear-history = false, strict-checks = false }\n'
    )
    assert {*keys(plan(api, loose))} == {"linear-history", "required-checks"}
    assert apply(api, loose).exit_code == Exit.FINE
    assert plan(api, loose).settings == ()
    strict = [{"type": "required_linear_history"}, {"type": "required_status_checks", "parameters": dict(STRICT)}]
    done.add_ruleset(name="old", rules=strict)
    (found,) = plan(api, loose).settings
    assert [part.what.partition(" in the ")[0] for part in found.differences] == [
        "linear history",
        "branches must be up to date",
    ]


def test_a_check_that_no_job_reports_stays_until_the_missing_ones_can_replace_it(
    done: FakeGitHub, api: GitHubApi
) -> None:
    head = "1" * 40
    done.check_runs.clear()
    (branch,) = (each for each in done.rulesets if each["target"] == "branch")
    (rule,) = (each for each in branch["rules"] if each["type"] == "required_status_checks")
    rule["parameters"]["required_status_checks"] = [{"context": "gone", "integration_id": ACTIONS}]
    assert apply(api, commit=head).exit_code == Exit.FINDINGS
    assert not done.writes
    # the pull request that renames the checks reports them, and can't be merged before
    for name in SOLO.branch.required_checks:
        done.add_check_run(name, commit=head)
    assert apply(api).exit_code == Exit.FINDINGS
    assert apply(api, commit=head).exit_code == Exit.FINE
    assert [each["context"] for each in required_checks(done)] == [*SOLO.branch.required_checks]
    assert len(done.writes) == 1


def test_a_check_of_a_workflow_without_a_file_stays(done: FakeGitHub, api: GitHubApi) -> None:
    """The default setup of CodeQL has none."""
    head, analysis, gate = "1" * 40, "Analyze (python)", "All quality checks pass"
    for name in (analysis, gate):
        done.add_check_run(name, commit=head)
    (branch,) = (each for each in done.rulesets if each["target"] == "branch")
    (rule,) = (each for each in branch["rules"] if each["type"] == "required_status_checks")
    rule["parameters"]["required_status_checks"] += [
        {"context": name, "integration_id": ACTIONS} for name in (analysis, gate)
    ]
    assert apply(api, commit=head).exit_code == Exit.FINE
    assert [each["context"] for each in required_checks(done)] == [*SOLO.branch.required_checks, analysis]


def test_without_a_wanted_check_the_rule_for_checks_goes_with_the_last_that_no_job_reports(
    done: FakeGitHub, api: GitHubApi
) -> None:
    for each in required_checks(done):
        each["context"] = f"Old {each['context']}"
    nothing = replace(SOLO, branch=replace(SOLO.branch, required_checks=()))
    assert apply(api, nothing).exit_code == Exit.FINE
    assert required_checks(done) == []


def required_checks(fake: FakeGitHub) -> list[dict[str, Any]]:
    (branch,) = (each for each in fake.rulesets if each["target"] == "branch")
    rules = [each for each in branch["rules"] if each["type"] == "required_status_checks"]
    return [each for rule in rules for each in rule["parameters"]["required_status_checks"]]


STRICT = {"required_status_checks": [], "strict_required_status_checks_policy": True}


@pytest.mark.parametrize(
    ("token", "missing"),
    [
        (
            WRITER,
            {"secrets", "branch-bypass", "classic-protection", "actions", "secret-scanning", "immutable-releases"},
        ),
        (READER, {"secrets", "branch-bypass", "merge-methods"}),
        (WORKFLOW, {"secrets", "branch-bypass", "pinned-actions", "secret-scanning", "immutable-releases"}),
    ],
    ids=["writer", "reader", "workflow"],
)
def test_what_a_token_can_not_read_is_inconclusive(done: FakeGitHub, token: str, missing: set[str]) -> None:
    with GitHubApi(GitHubRepository(name=REPOSITORY, api=done.api, token=token)) as api:
        found = plan(api)
        assert found.exit_code == Exit.UNKNOWN
        unreadable = {each.setting.key: each.unreadable for each in found.settings}
        assert missing <= {*unreadable}
        assert all(each and each.permission for each in unreadable.values())
        assert apply(api).exit_code == Exit.UNKNOWN
        assert not done.writes


def test_what_the_plan_of_the_owner_lacks_needs_no_permission(done: FakeGitHub, api: GitHubApi) -> None:
    done.refuse("GET", "^rulesets$", 403, "Upgrade to GitHub Pro or make this repository public.")
    found = plan(api)
    assert found.exit_code == Exit.UNKNOWN
    assert {each.unreadable.permission for each in found.settings if each.unreadable} == {""}
