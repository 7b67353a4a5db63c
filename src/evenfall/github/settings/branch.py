"""The rules of the default branch, in a ruleset that Evenfall manages.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
"""

from __future__ import annotations

from evenfall.github.rulesets import Parameters, Ruleset, RulesetSpec, branch_ruleset
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.settings.rules import WHERE, bypass_setting, rule_setting, ruleset_setting, update_ruleset
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi

PULL_REQUEST_NAMES = {
    "required_approving_review_count": "required approvals",
    "require_code_owner_review": "review by a code owner",
    "dismiss_stale_reviews_on_push": "dismissal of stale approvals",
    "require_last_push_approval": "approval of the last push by someone else",
    "required_review_thread_resolution": "resolution of all conversations",
}
"""The words for the parameters of the rule for pull requests."""


def branch_spec(wanted: WantedSettings) -> RulesetSpec:
    """Return the ruleset for the default branch."""
    return branch_ruleset(wanted.branch.branch)


def pull_request(wanted: WantedSettings) -> Parameters:
    """Return the parameters of the rule for pull requests."""
    rules = wanted.branch
    return {
        "required_approving_review_count": rules.approvals,
        "require_code_owner_review": rules.code_owner_review,
        "dismiss_stale_reviews_on_push": rules.dismiss_stale_approvals,
        "require_last_push_approval": rules.last_push_approval,
        "required_review_thread_resolution": rules.conversation_resolution,
    }


BRANCH_RULESET = ruleset_setting(
    "branch-ruleset",
    title="Ruleset of the default branch",
    why="without it anyone with write access can push to the default branch",
    spec=branch_spec,
)
BRANCH_DELETION = rule_setting(
    "branch-deletion",
    title="The default branch can't be deleted",
    why="a deleted branch takes its history with it",
    spec=branch_spec,
    rule="deletion",
)
BRANCH_FORCE_PUSH = rule_setting(
    "branch-force-push",
    title="The default branch can't be force-pushed",
    why="a force push replaces commits that others have reviewed",
    spec=branch_spec,
    rule="non_fast_forward",
)
PULL_REQUESTS = rule_setting(
    "pull-requests",
    title="Pull requests",
    why="a change without a pull request has no review and no checks",
    spec=branch_spec,
    rule="pull_request",
    parameters=pull_request,
    names=PULL_REQUEST_NAMES,
)
LINEAR_HISTORY = rule_setting(
    "linear-history",
    title="Linear history",
    why="each commit of the default branch is one reviewed change",
    spec=branch_spec,
    rule="required_linear_history",
    parameters=lambda wanted: {} if wanted.branch.linear_history else None,
)
BRANCH_UPDATES = rule_setting(
    "branch-updates",
    title="Pull requests can change the default branch",
    why="the rule 'Restrict updates' blocks every merge",
    spec=branch_spec,
    rule="update",
    parameters=lambda wanted: None,
)
BRANCH_BYPASS = bypass_setting(
    "branch-bypass",
    title="Bypass of the rules of the default branch",
    why="an account that can bypass the rules merges without review and checks",
    spec=branch_spec,
    admins=lambda wanted: wanted.branch.admins_bypass,
)


def _compare_methods(ruleset: Ruleset | None, wanted: WantedSettings) -> tuple[Difference, ...]:
    live = _live_methods(ruleset)
    if live is None or {*wanted.merge.methods} <= {*live}:
        return ()
    return difference("merge methods of the rule for pull requests", ", ".join(live), ", ".join(wanted.merge.methods))


def _write_methods(api: GitHubApi, ruleset: Ruleset | None, wanted: WantedSettings) -> None:
    methods = {"allowed_merge_methods": wanted.merge.methods}
    update_ruleset(api, ruleset, rules=ruleset and ruleset.rules_with("pull_request", methods))


def _live_methods(ruleset: Ruleset | None) -> tuple[str, ...] | None:
    """Return the merge methods that the rule for pull requests allows, or None if it allows all."""
    return ((ruleset and ruleset.parameters("pull_request")) or {}).get("allowed_merge_methods")


RULE_MERGE_METHODS = Setting(
    key="rule-merge-methods",
    title="Merge methods of the ruleset",
    why="a method that the ruleset excludes can't merge, even if the repository allows it",
    where=WHERE,
    read=lambda live, wanted: live.ruleset(branch_spec(wanted)),
    compare=_compare_methods,
    write=_write_methods,
)
