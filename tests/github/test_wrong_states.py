"""Each setting, changed by somebody else: `plan` finds it, and `apply` mends it or says what a person must do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evenfall.errors import Exit
from evenfall.github_api.client import GitHubApi
from tests.github.lamp import apply, keys, plan
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.github_state import ACTIONS

pytestmark = pytest.mark.integration

Change = Callable[[FakeGitHub], object]


def all_of(*changes: Change) -> Change:
    return lambda it: [change(it) for change in changes]


def ruleset(fake: FakeGitHub, target: str = "branch") -> dict[str, Any]:
    return next(each for each in fake.rulesets if each["target"] == target)


def rule(fake: FakeGitHub, kind: str) -> dict[str, Any]:
    parameters: dict[str, Any] = next(each for each in ruleset(fake)["rules"] if each["type"] == kind)["parameters"]
    return parameters


def remove_rule(fake: FakeGitHub, kind: str, target: str = "branch") -> None:
    rules = ruleset(fake, target)["rules"]
    rules[:] = [each for each in rules if each["type"] != kind]


def ref_names(fake: FakeGitHub, target: str = "branch") -> dict[str, Any]:
    names: dict[str, Any] = ruleset(fake, target)["conditions"]["ref_name"]
    return names


def checks(fake: FakeGitHub) -> list[dict[str, Any]]:
    required: list[dict[str, Any]] = rule(fake, "required_status_checks")["required_status_checks"]
    return required


def policy(name: str, kind: str) -> dict[str, Any]:
    return {"id": 77, "node_id": "", "name": name, "type": kind}


ADMIN = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}
APP = {"actor_id": 99, "actor_type": "Integration", "bypass_mode": "pull_request"}
EVERYONE = {"protected_branches": True, "custom_branch_policies": False}

MENDED: dict[str, tuple[str, Change]] = {
    "a merge method is allowed": ("merge-methods", lambda it: it.repository.update(allow_merge_commit=True)),
    "auto-merge is off": ("auto-merge", lambda it: it.repository.update(allow_auto_merge=False)),
    "head branches stay": ("delete-head-branches", lambda it: it.repository.update(delete_branch_on_merge=False)),
    "actions are off": ("actions", lambda it: it.actions[""].update(enabled=False)),
    "actions need no pin": ("pinned-actions", lambda it: it.actions[""].update(sha_pinning_required=False)),
    "tokens can write": (
        "token-permissions",
        lambda it: it.actions["workflow"].update(default_workflow_permissions="write"),
    ),
    "workflows can't approve": (
        "actions-approve",
        lambda it: it.actions["workflow"].update(can_approve_pull_request_reviews=False),
    ),
    "forks run at once": (
        "fork-approval",
        lambda it: it.actions["fork-pr-contributor-approval"].update(approval_policy="first_time_contributors"),
    ),
    "alerts are off": ("dependabot-alerts", lambda it: it.switches.update({"vulnerability-alerts": False})),
    "security updates are off": (
        "security-updates",
        lambda it: it.repository["security_and_analysis"].update(dependabot_security_updates={"status": "disabled"}),
    ),
    "secrets are pushed": (
        "push-protection",
        lambda it: it.repository["security_and_analysis"].update(
            secret_scanning_push_protection={"status": "disabled"}
        ),
    ),
    "reports are public": (
        "private-vulnerability-reporting",
        lambda it: it.switches.update({"private-vulnerability-reporting": False}),
    ),
    "releases can change": ("immutable-releases", lambda it: it.switches.update({"immutable-releases": False})),
    "an environment is gone": ("environments", lambda it: it.environments.pop("testpypi")),
    "nobody reviews": ("environments", lambda it: it.environments["pypi"].update(reviewers=[])),
    "one more person reviews": (
        "environments",
        lambda it: it.environments["pypi"]["reviewers"].append({"type": "User", "id": 102}),
    ),
    "nobody waits": ("environments", lambda it: it.environments["pypi"].update(wait_timer=0)),
    "the only reviewer can't approve": (
        "environments",
        lambda it: it.environments["pypi"].update(prevent_self_review=True),
    ),
    "protected branches publish": (
        "environments",
        lambda it: it.environments["pypi"].update(deployment_branch_policy=EVERYONE, policies=[]),
    ),
    "a branch publishes": (
        "deployment-tags",
        lambda it: it.environments["pypi"]["policies"].append(policy("main", "branch")),
    ),
    "no tag publishes": ("deployment-tags", lambda it: it.environments["pypi"]["policies"].clear()),
    "tags have no rules": ("tag-ruleset", lambda it: it.rulesets.remove(ruleset(it, "tag"))),
    "some version tags have no rules": (
        "tag-ruleset",
        lambda it: ref_names(it, "tag").update(exclude=["refs/tags/v0*"]),
    ),
    "tags can be moved": ("tag-updates", lambda it: remove_rule(it, "update", "tag")),
    "tags can be deleted": ("tag-deletion", lambda it: remove_rule(it, "deletion", "tag")),
    "an app moves tags": ("tag-bypass", lambda it: ruleset(it, "tag").update(bypass_actors=[APP])),
    "the branch has no rules": ("branch-ruleset", lambda it: it.rulesets.remove(ruleset(it))),
    "the rules are off": ("branch-ruleset", lambda it: ruleset(it).update(enforcement="disabled")),
    "the rules are for another branch": (
        "branch-ruleset",
        lambda it: ref_names(it).update(include=["refs/heads/next"]),
    ),
    "the branch is excluded": ("branch-ruleset", lambda it: ref_names(it).update(exclude=["refs/heads/ma*"])),
    "the branch can be deleted": ("branch-deletion", lambda it: remove_rule(it, "deletion")),
    "the branch can be force-pushed": ("branch-force-push", lambda it: remove_rule(it, "non_fast_forward")),
    "pull requests are optional": ("pull-requests", lambda it: remove_rule(it, "pull_request")),
    "conversations stay open": (
        "pull-requests",
        lambda it: rule(it, "pull_request").update(required_review_thread_resolution=False),
    ),
    "more approvals than people": (
        "pull-requests",
        lambda it: rule(it, "pull_request").update(required_approving_review_count=2),
    ),
    "the rule excludes squash": (
        "rule-merge-methods",
        lambda it: rule(it, "pull_request").update(allowed_merge_methods=["rebase"]),
    ),
    "history is not linear": ("linear-history", lambda it: remove_rule(it, "required_linear_history")),
    "nobody can merge": ("branch-updates", lambda it: ruleset(it)["rules"].append({"type": "update"})),
    "a check is optional": ("required-checks", lambda it: checks(it).pop()),
    "no check is required": ("required-checks", lambda it: remove_rule(it, "required_status_checks")),
    "anyone reports a check": ("required-checks", lambda it: checks(it)[0].pop("integration_id")),
    "no job reports a check": (
        "required-checks",
        lambda it: checks(it).append({"context": "lint", "integration_id": ACTIONS}),
    ),
    "old branches are merged": (
        "required-checks",
        lambda it: rule(it, "required_status_checks").update(strict_required_status_checks_policy=False),
    ),
    "an unknown app bypasses": ("branch-bypass", lambda it: ruleset(it).update(bypass_actors=[APP])),
    "admins bypass": ("branch-bypass", lambda it: ruleset(it).update(bypass_actors=[ADMIN])),
}


@pytest.mark.parametrize(("key", "change"), MENDED.values(), ids=MENDED)
def test_a_wrong_state_is_found_and_mended(done: FakeGitHub, api: GitHubApi, key: str, change: Change) -> None:
    change(done)
    found = plan(api)
    assert key in keys(found)
    assert found.exit_code == Exit.FINDINGS
    assert apply(api).exit_code == Exit.FINE
    assert plan(api).settings == ()


PULL_REQUEST = {
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": True,
    "require_last_push_approval": False,
    "required_approving_review_count": 2,
    "required_review_thread_resolution": True,
    "allowed_merge_methods": ["rebase"],
}


def second_ruleset(kind: str, **parameters: Any) -> Change:
    rules = [{"type": kind, **({"parameters": parameters} if parameters else {})}, {"type": "required_signatures"}]
    return lambda it: it.add_ruleset(name="old", rules=rules)


def required(*names: str) -> dict[str, Any]:
    contexts = [{"context": name, "integration_id": ACTIONS} for name in names]
    return {"required_status_checks": contexts, "strict_required_status_checks_policy": True}


def protect(**values: Any) -> Change:
    empty = dict.fromkeys(("required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"))
    return lambda it: it.protections.update(main=empty | values)


BY_HAND: dict[str, tuple[str, Change, list[str]]] = {
    "nothing reports a check on the default branch": (
        "required-checks",
        lambda it: checks(it).append({"context": "docs/preview"}),
        ["required check 'docs/preview'"],
    ),
    "a second ruleset is stricter": (
        "other-rulesets",
        second_ruleset("pull_request", **PULL_REQUEST),
        ["required approvals", "review by a code owner", "allowed merge methods"],
    ),
    "a second ruleset requires a check that no job reports": (
        "other-rulesets",
        second_ruleset("required_status_checks", **required("All CI checks pass", "lint")),
        ["required check 'lint'"],
    ),
    "a second ruleset lets nobody merge": ("other-rulesets", second_ruleset("update"), ["restriction of updates"]),
    "classic protection requires a check that no job reports": (
        "classic-protection",
        protect(required_status_checks={"strict": True, "contexts": ["tests", "lint"]}),
        ["required check 'lint'"],
    ),
    "classic protection needs approvals": (
        "classic-protection",
        protect(required_pull_request_reviews={"require_code_owner_reviews": True}),
        ["required approvals", "review by a code owner"],
    ),
    "classic protection locks the branch": (
        "classic-protection",
        protect(lock_branch=True, required_linear_history=True),
        ["restriction of updates"],
    ),
    "only some may push": (
        "classic-protection",
        protect(restrictions={"users": ["ada"], "teams": []}),
        ["restriction of updates"],
    ),
    "the default branch has another name": (
        "default-branch",
        all_of(
            lambda it: it.branches.update(master="0" * 40), lambda it: it.repository.update(default_branch="master")
        ),
        [""],
    ),
    "a secret is missing": ("secrets", lambda it: it.secrets.clear(), ["secret PYPI"]),
    "a secret is old": ("secrets", lambda it: it.secrets.update(PYPI="2025-12-31T00:00:00Z"), ["secret PYPI"]),
    "one copy of a secret is old": (
        "secrets",
        lambda it: it.environments["pypi"]["secrets"].update(PYPI="2025-12-31T00:00:00Z"),
        ["secret PYPI"],
    ),
}


@pytest.mark.parametrize(("key", "change", "whats"), BY_HAND.values(), ids=BY_HAND)
def test_a_wrong_state_is_found_and_left_to_a_person(
    done: FakeGitHub, api: GitHubApi, key: str, change: Change, whats: list[str]
) -> None:
    change(done)
    (found,) = plan(api).settings
    assert found.setting.key == key
    assert [part.what.partition(" in the ")[0] for part in found.differences] == whats
    assert all(part.by_hand for part in found.differences)
    application = apply(api)
    assert application.exit_code == Exit.FINDINGS
    assert [each.by_hand for each in application.results if each.by_hand] == [found.differences]
    assert not done.writes


RIGHT: dict[str, Change] = {
    "a second ruleset agrees": second_ruleset("required_status_checks", **required("tests", "docs")),
    "a second ruleset is off": lambda it: it.add_ruleset(
        name="old", enforcement="disabled", rules=[{"type": "update"}]
    ),
    "a second ruleset is for other branches": lambda it: it.add_ruleset(
        name="old", rules=[{"type": "update"}], conditions={"ref_name": {"include": ["refs/heads/x"], "exclude": []}}
    ),
    "an app of its own reports a required check": lambda it: checks(it).append({"context": "x", "integration_id": 7}),
    "another app reports a required check": all_of(
        lambda it: checks(it).append({"context": "x"}), lambda it: it.add_check_run("x", app=7)
    ),
    "a status is a required check": all_of(
        lambda it: checks(it).append({"context": "x"}), lambda it: it.statuses.update({it.branches["main"]: ["x"]})
    ),
    "a workflow by hand reports a required check": lambda it: checks(it).append({"context": "docs"}),
    "the rules are for more branches": lambda it: ref_names(it)["include"].append("refs/heads/next"),
    "the rules are for all branches": lambda it: ref_names(it).update(include=["~ALL"], exclude=["refs/heads/x"]),
    "a rule that Evenfall does not know": lambda it: ruleset(it)["rules"].append({"type": "required_signatures"}),
    "an environment that nobody wants": lambda it: it.add_environment("docs", wait_timer=9),
    "an environment without wanted rules has rules": lambda it: it.environments["testpypi"].update(wait_timer=9),
    "classic protection agrees": protect(
        required_pull_request_reviews={"required_approving_review_count": 0}, required_linear_history=True
    ),
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=RIGHT)
def test_a_state_that_contradicts_nothing_is_left_alone(done: FakeGitHub, api: GitHubApi, change: Change) -> None:
    change(done)
    assert plan(api).settings == ()


def test_the_gate_of_a_renamed_workflow_is_named_with_the_one_that_is_missing(done: FakeGitHub, api: GitHubApi) -> None:
    checks(done)[0]["context"] = "All quality checks pass"
    (found,) = plan(api).settings
    assert [part.what for part in found.differences] == [
        "required check 'All CI checks pass'",
        "required check 'All quality checks pass'",
    ]
    assert apply(api).exit_code == Exit.FINE
    assert [each["context"] for each in checks(done)] == ["All security checks pass", "All CI checks pass"]


def test_rules_that_are_not_compared_are_named(done: FakeGitHub, api: GitHubApi) -> None:
    ruleset(done)["rules"].append({"type": "required_signatures"})
    assert plan(api).notes == ("these rules of the default branch are not compared: required_signatures",)
