"""What all rulesets and the classic protection of a branch on the fake GitHub ask of a merge together.

The strictest wins. https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.github_api.github_state import State
from tests.github_api.rulesets import applies_to

ADMIN_ROLE = {"actor_type": "RepositoryRole", "actor_id": 5}
"""The admins of a repository, as an actor that bypasses a ruleset."""
METHODS = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}


@dataclass(frozen=True, kw_only=True)
class EffectiveRules:
    """The rules of a branch. The names of the fields are those of `tests.github.merge_events.Repository`.

    `admins_bypass` is whether admins bypass all of them. `apps` are the numbers of the apps that must report a required check, 0 for any.
    """

    approvals: int
    code_owner_review: bool
    last_push_approval: bool
    dismiss_stale_approvals: bool
    conversation_resolution: bool
    strict_checks: bool
    linear_history: bool
    admins_bypass: bool
    methods: frozenset[str]
    auto_merge: bool
    actions_can_approve: bool
    required: frozenset[str]
    apps: frozenset[int]
    fork_approval: bool


def effective_rules(state: State, branch: str = "main") -> EffectiveRules:
    """Return the rules of a branch."""
    sources = [each for each in state.rulesets if each["enforcement"] == "active" and applies_to(state, each, branch)]
    rules = [rule for source in sources for rule in source["rules"]]
    classic = state.protections.get(branch)
    rules += _classic_rules(classic) if classic else ()
    reviews, checks = _parameters(rules, "pull_request"), _parameters(rules, "required_status_checks")
    required = [check for each in checks for check in each["required_status_checks"]]
    methods = {name for name, setting in METHODS.items() if state.repository[setting]}
    for each in reviews:
        methods &= set(each.get("allowed_merge_methods", METHODS))
    return EffectiveRules(
        approvals=max((each["required_approving_review_count"] for each in reviews), default=0),
        code_owner_review=any(each["require_code_owner_review"] for each in reviews),
        last_push_approval=any(each["require_last_push_approval"] for each in reviews),
        dismiss_stale_approvals=any(each["dismiss_stale_reviews_on_push"] for each in reviews),
        conversation_resolution=any(each["required_review_thread_resolution"] for each in reviews),
        strict_checks=any(each["strict_required_status_checks_policy"] for each in checks),
        linear_history=any(rule["type"] == "required_linear_history" for rule in rules),
        admins_bypass=all(_is_bypassed(source) for source in sources)
        and not (classic and (classic["enforce_admins"] or classic["restrictions"])),
        methods=frozenset(methods),
        auto_merge=state.repository["allow_auto_merge"],
        actions_can_approve=state.actions["workflow"]["can_approve_pull_request_reviews"],
        required=frozenset(check["context"] for check in required),
        apps=frozenset(check.get("integration_id") or 0 for check in required),
        fork_approval=state.actions["fork-pr-contributor-approval"]["approval_policy"] == "all_external_contributors",
    )


def _parameters(rules: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [rule["parameters"] for rule in rules if rule["type"] == kind]


def _is_bypassed(ruleset: dict[str, Any]) -> bool:
    return any(ADMIN_ROLE.items() <= actor.items() for actor in ruleset["bypass_actors"])


def _classic_rules(classic: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a classic protection as rules of a ruleset."""
    if reviews := classic["required_pull_request_reviews"]:
        parameters = {
            "required_approving_review_count": reviews.get("required_approving_review_count", 1),
            "require_code_owner_review": reviews.get("require_code_owner_reviews", False),
            "require_last_push_approval": reviews.get("require_last_push_approval", False),
            "dismiss_stale_reviews_on_push": reviews.get("dismiss_stale_reviews", False),
            "required_review_thread_resolution": classic.get("required_conversation_resolution", False),
        }
        yield {"type": "pull_request", "parameters": parameters}
    if checks := classic["required_status_checks"]:
        named = checks.get("checks") or [{"context": name} for name in checks["contexts"]]
        required = [{"context": each["context"], "integration_id": max(each.get("app_id") or 0, 0)} for each in named]
        parameters = {"required_status_checks": required, "strict_required_status_checks_policy": checks["strict"]}
        yield {"type": "required_status_checks", "parameters": parameters}
    if classic.get("required_linear_history"):
        yield {"type": "required_linear_history"}
