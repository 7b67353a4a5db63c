"""Whether a pull request can ever be merged under a set of settings, and if not, which settings exclude each other.

A person's pull request can be merged if the people who own the code can do what the rules ask for. For Dependabot's pull request the
question is whether `auto-merge.yml` can merge its update of packages without a person. The rules, and where GitHub documents them:

- The author of a pull request can't approve it. That an owner's own pull request has its code owner's approval without a review was
  once documented and is not any more, so it is not assumed:
  https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/about-pull-request-reviews
- A code owner is a user or a team with write access, so an app is not one:
  https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
- An approval of the last push must come from someone else than its pusher, even if no other approval is required; a merge needs a
  method that linear history permits; a required check that does not report blocks; the rules apply to everyone without a bypass:
  https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
- A workflow can approve, as `github-actions[bot]`, only if the repository allows it:
  https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository
- A workflow merges by auto-merge, which the repository must allow:
  https://docs.github.com/en/code-security/dependabot/working-with-dependabot/automating-dependabot-with-github-actions

Other settings exclude no merge. Under strict checks the author updates the branch, and Dependabot rebases its own:
https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference#rebase-strategy--
After a push, a dismissed approval can be given again. An owner can start the workflows of a fork's pull request:
https://docs.github.com/en/actions/how-tos/manage-workflow-runs/approve-runs-from-forks
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from evenfall.github.wanted import WantedSettings
from evenfall.project.code_owners import DEPENDABOT_FILES, owned_files, owned_paths
from evenfall.project.github_settings import PULL_REQUEST_KINDS, MergeMethod, PullRequestKind

MAX_APPROVALS = 6
"""https://docs.github.com/en/rest/branches/branch-protection#update-branch-protection"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRules:
    """What decides whether a pull request can be merged.

    `people` is the number of people who own the code; all of them have write access, and one of them is an admin. `owned_files` are
    the files with owners of those that Dependabot edits; it is assumed that a person's pull request changes an owned file.
    """

    approvals: int
    code_owner_review: bool
    last_push_approval: bool
    required_checks: frozenset[str]
    reported_checks: frozenset[str]
    linear_history: bool
    merge_methods: frozenset[MergeMethod]
    auto_merge: bool
    actions_can_approve: bool
    admins_bypass: bool
    people: int
    owned_files: tuple[str, ...]


Setting = str
"""A setting, as the name of the field of `MergeRules` that has its value."""
Conflict = tuple[Setting, ...]
"""Settings under which no merge is possible with any value of the others. Weakening any one of them ends the conflict."""

_WEAKEST: Mapping[Setting, Any] = {
    "approvals": 0,
    "code_owner_review": False,
    "last_push_approval": False,
    "people": MAX_APPROVALS + 1,
    "owned_files": (),
    "actions_can_approve": True,
    "required_checks": frozenset(),
    "linear_history": False,
    "merge_methods": frozenset(("squash", "merge", "rebase")),
    "auto_merge": True,
    "admins_bypass": True,
}
"""The value of each setting that excludes the fewest merges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mergeability:
    """Whether a kind of pull request can be merged: it can if there are no conflicts."""

    kind: PullRequestKind
    conflicts: tuple[Conflict, ...]


def merge_rules(
    wanted: WantedSettings, *, owned: tuple[str, ...] | None = None, people: int | None = None
) -> MergeRules:
    """Return the rules that follow from the wanted settings.

    `owned` are the files with owners of those that Dependabot edits, by default those of the generated CODEOWNERS. `people` is the
    number of people who own the code, by default that of the owners. A team then is assumed to have enough members.
    """
    branch = wanted.branch
    if people is None:
        people = MAX_APPROVALS + 1 if teams(wanted) else len({owner.lower() for owner in wanted.owners})
    return MergeRules(
        approvals=branch.approvals,
        code_owner_review=branch.code_owner_review,
        last_push_approval=branch.last_push_approval,
        required_checks=frozenset(branch.required_checks),
        reported_checks=frozenset(branch.required_checks),
        linear_history=branch.linear_history,
        merge_methods=frozenset(wanted.merge.methods),
        auto_merge=wanted.merge.auto_merge,
        actions_can_approve=wanted.actions_can_approve,
        admins_bypass=branch.admins_bypass,
        people=people,
        owned_files=owned_files(owned_paths(wanted.profile), DEPENDABOT_FILES) if owned is None else owned,
    )


def teams(wanted: WantedSettings) -> tuple[str, ...]:
    """Return the owners that are teams, whose numbers of members the settings do not say."""
    return tuple(owner for owner in wanted.owners if "/" in owner)


def mergeability(rules: MergeRules) -> tuple[Mergeability, ...]:
    """Return for every kind of pull request whether it can ever be merged."""
    return tuple(Mergeability(kind=kind, conflicts=_conflicts(rules, kind)) for kind in PULL_REQUEST_KINDS)


def can_be_merged(rules: MergeRules, kind: PullRequestKind) -> bool:
    """Return whether a pull request can ever be merged."""
    if kind != "dependabot" and rules.admins_bypass:
        return True
    return (
        _can_be_approved(rules, kind)
        and rules.required_checks <= rules.reported_checks
        and (not rules.linear_history or rules.merge_methods != {"merge"})
        and (kind != "dependabot" or rules.auto_merge)
    )


def approver_count(rules: MergeRules, kind: PullRequestKind) -> int:
    """Return the number of people, or apps for Dependabot's pull request, that can approve a pull request."""
    match kind:
        case "owner":
            return rules.people - 1
        case "dependabot":
            return int(rules.actions_can_approve)
        case _:
            return rules.people


def _can_be_approved(rules: MergeRules, kind: PullRequestKind) -> bool:
    available = approver_count(rules, kind)
    # For a person's pull request every approver is an owner, for Dependabot's none is.
    is_reviewed = not rules.owned_files if kind == "dependabot" else available > 0
    return available >= max(rules.approvals, int(rules.last_push_approval)) and (
        is_reviewed or not rules.code_owner_review
    )


def _conflicts(rules: MergeRules, kind: PullRequestKind) -> tuple[Conflict, ...]:
    """Return all conflicts, the smallest first."""
    if can_be_merged(rules, kind):
        return ()
    found: list[Conflict] = []
    settings = tuple(setting for setting, weakest in _WEAKEST.items() if getattr(rules, setting) != weakest)
    for size in range(1, len(settings) + 1):
        for chosen in combinations(settings, size):
            if not any(set(smaller) <= set(chosen) for smaller in found) and not can_be_merged(
                weaken_others(rules, chosen), kind
            ):
                found.append(chosen)
    return tuple(found)


def weaken_others(rules: MergeRules, settings: Conflict) -> MergeRules:
    """Return the rules with every setting but these at its weakest value."""
    return replace(rules, **{setting: value for setting, value in _WEAKEST.items() if setting not in settings})
