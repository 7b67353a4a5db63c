"""The list of all settings, in the order in which `evenfall github apply` writes them."""

from __future__ import annotations

from typing import Any

from evenfall.github.setting import Setting
from evenfall.github.settings import branch, merge

SETTINGS: tuple[Setting[Any], ...] = (
    merge.MERGE_METHODS,
    merge.AUTO_MERGE,
    merge.DELETE_HEAD_BRANCHES,
    # Each request adds one rule, so the branch is never less protected than before. Those who can bypass the rules come last.
    branch.BRANCH_RULESET,
    branch.BRANCH_DELETION,
    branch.BRANCH_FORCE_PUSH,
    branch.PULL_REQUESTS,
    branch.LINEAR_HISTORY,
    branch.BRANCH_UPDATES,
    branch.BRANCH_BYPASS,
)
