"""The list of all settings, in the order in which `evenfall github apply` writes them."""

from __future__ import annotations

from typing import Any

from evenfall.github.setting import Setting
from evenfall.github.settings import (
    actions,
    branch,
    checks,
    default_branch,
    environments,
    merge,
    other_rules,
    secrets,
    security,
    tags,
)

SETTINGS: tuple[Setting[Any], ...] = (
    merge.MERGE_METHODS,
    merge.AUTO_MERGE,
    merge.DELETE_HEAD_BRANCHES,
    actions.ACTIONS,
    actions.PINNED_ACTIONS,
    actions.TOKEN_PERMISSIONS,
    actions.ACTIONS_APPROVE,
    actions.FORK_APPROVAL,
    # Each of the first two is needed by the next.
    security.DEPENDENCY_GRAPH,
    security.DEPENDABOT_ALERTS,
    security.SECURITY_UPDATES,
    security.SECRET_SCANNING,
    security.PUSH_PROTECTION,
    security.VULNERABILITY_REPORTING,
    security.IMMUTABLE_RELEASES,
    environments.ENVIRONMENTS,
    environments.DEPLOYMENT_TAGS,
    tags.TAG_RULESET,
    tags.TAG_DELETION,
    tags.TAG_UPDATES,
    tags.TAG_BYPASS,
    # Each request changes one rule, so the branch is never less protected than before.
    default_branch.DEFAULT_BRANCH,
    branch.BRANCH_RULESET,
    branch.BRANCH_DELETION,
    branch.BRANCH_FORCE_PUSH,
    branch.PULL_REQUESTS,
    branch.RULE_MERGE_METHODS,
    branch.LINEAR_HISTORY,
    branch.BRANCH_UPDATES,
    checks.REQUIRED_CHECKS,
    branch.BRANCH_BYPASS,
    other_rules.OTHER_RULESETS,
    other_rules.CLASSIC_PROTECTION,
    secrets.SECRETS,
    secrets.DEPENDABOT_SECRETS,
)
