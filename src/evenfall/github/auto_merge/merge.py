"""Approve a pull request, and ask GitHub to merge it when the rules of its branch allow that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from evenfall.errors import EvenfallError
from evenfall.github.answers import EffectiveRule
from evenfall.github.auto_merge.pull_request import PullRequest
from evenfall.github.settings.checks import RULE, required_in
from evenfall.github_api.client import GitHubApi, quoted
from evenfall.github_api.errors import RejectedError
from evenfall.project.github_settings import GitHub, MergeMethod

MARKER = "<!-- evenfall github auto-merge -->"
"""The first line of every comment and review that the command writes."""
MERGED = "merged with the default token"
WRITE = "pull-requests: write"
MERGE = "contents: write and pull-requests: write"

_ENABLE = """
mutation($request: ID!, $head: GitObjectID!, $method: PullRequestMergeMethod!) {
  enablePullRequestAutoMerge(input: {pullRequestId: $request, expectedHeadOid: $head, mergeMethod: $method}) { clientMutationId }
}
"""
_DISABLE = """
mutation($request: ID!) {
  disablePullRequestAutoMerge(input: {pullRequestId: $request}) { clientMutationId }
}
"""


def check_required(api: GitHubApi, branch: str, checks: Sequence[str]) -> None:
    """Raise `EvenfallError` (usage) unless the rules of a branch require all `checks`, because GitHub waits only for required ones."""
    rules = api.get_all(f"rules/branches/{quoted(branch)}", EffectiveRule, permission="metadata: read")
    required = {name for rule in rules if rule.type == RULE for name in required_in(rule.parameters or {})}
    missing = [check for check in checks if check not in required]
    if missing or not checks:
        names = ", ".join(map(repr, missing)) or "any check"
        raise EvenfallError(
            f"the rules of branch {branch!r} do not require {names}, so GitHub would merge without waiting for it",
            hint="evenfall github apply",
        )


class _Review(msgspec.Struct, frozen=True):
    state: str
    body: str | None = None
    commit_id: str | None = None


def approve(api: GitHubApi, request: PullRequest) -> None:
    """Approve the head of a pull request, unless the command has already approved it."""
    for review in api.get_all(f"pulls/{request.number}/reviews", _Review, permission=WRITE):
        is_own = (review.body or "").startswith(MARKER)
        if is_own and (review.state, review.commit_id) == ("APPROVED", request.head.sha):
            return
    body = f"{MARKER}\nA patch or minor update whose review reports nothing."
    values = {"commit_id": request.head.sha, "event": "APPROVE", "body": body}
    api.post(f"pulls/{request.number}/reviews", values, permission=WRITE)


def merge_method(github: GitHub) -> MergeMethod:
    """Return the method of the merge: `squash` if the settings allow it, else the first that they allow."""
    return "squash" if "squash" in github.merge_methods else github.merge_methods[0]


def merge_when_allowed(api: GitHubApi, request: PullRequest, method: MergeMethod, merger: GitHubApi) -> str:
    """Let GitHub merge a pull request when the rules of its branch allow it, and return what was done.

    `merger` has the token of the account that merges later, `api` that of the workflow. Raises `EvenfallError`: the head has
    changed, or auto-merge is not allowed.
    """
    variables = {"request": request.node_id, "head": request.head.sha, "method": method.upper()}
    try:
        merger.graphql(_ENABLE, variables, dict[str, Any], permission=MERGE)
    except RejectedError as error:
        # "Pull request is in clean status": nothing is left to wait for. In "unstable status" a check failed that is not required.
        if not any(f"{status} status" in error.message for status in ("clean", "unstable")):
            raise
        # With the token of the workflow, because another account may be allowed to bypass the rules.
        api.put(f"pulls/{request.number}/merge", {"sha": request.head.sha, "merge_method": method}, permission=MERGE)
        return MERGED
    return "auto-merge is enabled: GitHub merges when all required checks have passed"


def disable_auto_merge(api: GitHubApi, request: PullRequest) -> None:
    """Disable auto-merge, if it is enabled."""
    if request.auto_merge:
        api.graphql(_DISABLE, {"request": request.node_id}, dict[str, Any], permission=MERGE)
