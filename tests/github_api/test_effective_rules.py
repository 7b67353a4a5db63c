from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.github_api.effective_rules import ADMIN_ROLE, effective_rules
from tests.github_api.github_state import ACTIONS, State

REVIEWS = {
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
    "required_review_thread_resolution": True,
    "allowed_merge_methods": ["squash", "rebase"],
}
CHECKS = {
    "strict_required_status_checks_policy": False,
    "required_status_checks": [{"context": "ci", "integration_id": ACTIONS}],
}
PROTECTION: dict[str, Any] = {
    "required_status_checks": {"strict": True, "contexts": ["lint"]},
    "enforce_admins": False,
    "required_pull_request_reviews": {"require_code_owner_reviews": True, "required_approving_review_count": 2},
    "restrictions": None,
    "required_linear_history": True,
}


def rule(kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "parameters": parameters}


def test_a_repository_without_rules_asks_for_nothing() -> None:
    rules = effective_rules(State())
    assert (rules.approvals, rules.required, rules.admins_bypass) == (0, frozenset(), True)
    assert rules.methods == {"merge", "squash", "rebase"}


def test_the_strictest_of_all_rulesets_and_of_the_classic_protection_wins() -> None:
    state = State()
    state.add_ruleset(rules=[rule("pull_request", REVIEWS)])
    state.add_ruleset(name="checks", rules=[rule("required_status_checks", CHECKS)], bypass_actors=[ADMIN_ROLE])
    alone = effective_rules(state)
    assert (alone.approvals, alone.code_owner_review, alone.dismiss_stale_approvals) == (1, False, True)
    assert alone.methods == {"squash", "rebase"}
    assert (list(alone.required), list(alone.apps)) == (["ci"], [ACTIONS])
    assert not alone.admins_bypass
    state.protections["main"] = PROTECTION
    assert effective_rules(state) == replace(
        alone,
        approvals=2,
        code_owner_review=True,
        strict_checks=True,
        linear_history=True,
        required=frozenset(("ci", "lint")),
        apps=frozenset((0, ACTIONS)),
    )


def test_rules_that_do_not_apply_to_the_branch_ask_for_nothing() -> None:
    state = State()
    nothing = effective_rules(state)
    reviews = [rule("pull_request", REVIEWS)]
    state.add_ruleset(rules=reviews, enforcement="disabled")
    state.add_ruleset(rules=reviews, target="tag")
    state.add_ruleset(rules=reviews, conditions={"ref_name": {"include": ["refs/heads/next"], "exclude": []}})
    state.protections["next"] = PROTECTION
    assert effective_rules(state) == nothing


def test_admins_bypass_only_what_all_rules_let_them_bypass() -> None:
    state = State()
    state.add_ruleset(rules=[rule("pull_request", REVIEWS)], bypass_actors=[ADMIN_ROLE])
    state.protections["main"] = PROTECTION
    assert effective_rules(state).admins_bypass
    state.protections["main"] = PROTECTION | {"enforce_admins": True}
    assert not effective_rules(state).admins_bypass


def test_a_classic_protection_can_ask_for_one_thing_only() -> None:
    state = State()
    nothing = {"required_status_checks": None, "required_pull_request_reviews": None, "required_linear_history": False}
    state.protections["main"] = PROTECTION | nothing
    assert effective_rules(state) == effective_rules(State())
