"""Say which pull requests can never be merged, which settings exclude each other, and what ends each conflict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evenfall.errors import EvenfallError
from evenfall.github.mergeability import (
    Conflict,
    Mergeability,
    MergeRules,
    Setting,
    approver_count,
    can_be_merged,
    teams,
    weaken_others,
)
from evenfall.github.wanted import WantedSettings
from evenfall.project.github_settings import PullRequestKind
from evenfall.text import plural

_SUBJECTS: Mapping[PullRequestKind, str] = {
    "owner": "A pull request by an owner can{} be merged",
    "contributor": "A pull request by another contributor can{} be merged",
    "dependabot": "A pull request by Dependabot can{} be merged by auto-merge.yml",
    "fork": "A pull request from a fork can{} be merged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What a setting excludes, and the smallest change of it that ends a conflict; `_names` has the names in braces.

    `owner` and `dependabot` are what the setting means for their pull requests in addition.
    """

    reason: str
    change: str
    owner: str = ""
    dependabot: str = ""


_WORDS: Mapping[Setting, _Words] = {
    "approvals": _Words(
        reason="approvals = {approvals}",
        change="approvals = {approvers}",
        owner=", and the author can't approve it",
        dependabot=", and only github-actions[bot] approves it",
    ),
    "code_owner_review": _Words(
        reason="code-owner-review = true",
        change="code-owner-review = false",
        owner=", and the author can't be that owner",
        dependabot=", and github-actions[bot] is no code owner",
    ),
    "last_push_approval": _Words(
        reason="last-push-approval = true, so someone other than its pusher must approve the last push",
        change="last-push-approval = false",
    ),
    "people": _Words(reason="the code has {owners}", change="{needed_owners}"),
    "owned_files": _Words(reason="CODEOWNERS names an owner of {files}", change="no owner of {files} in CODEOWNERS"),
    "actions_can_approve": _Words(
        reason="actions-can-approve = false, so no workflow can approve it", change="actions-can-approve = true"
    ),
    "required_checks": _Words(
        reason="required checks that no workflow reports: {checks}", change="not requiring {checks}"
    ),
    "linear_history": _Words(
        reason="linear-history = true, so merge commits are forbidden", change="linear-history = false"
    ),
    "merge_methods": _Words(
        reason='merge-methods = ["merge"], so every merge makes a merge commit', change='merge-methods = ["squash"]'
    ),
    "auto_merge": _Words(reason="auto-merge = false, so no workflow can merge it", change="auto-merge = true"),
    "admins_bypass": _Words(
        reason="admins-bypass = false, so the rules apply to admins, too", change="admins-bypass = true"
    ),
}


def refuse_unmergeable(results: Sequence[Mergeability], rules: MergeRules, allowed: Iterable[PullRequestKind]) -> None:
    """Raise `EvenfallError` (usage) with the proof if a kind of pull request can't be merged and is not one of `allowed`."""
    refused = [result for result in results if result.conflicts and result.kind not in set(allowed)]
    if refused:
        kinds = json.dumps([result.kind for result in results if result.conflicts])
        raise EvenfallError(
            "\n\n".join(mergeability_text(result, rules) for result in refused),
            hint=f"change [tool.evenfall.github], or accept it with allow-unmergeable = {kinds}",
        )


def mergeability_text(result: Mergeability, rules: MergeRules) -> str:
    """Return whether a kind of pull request can be merged, and for each conflict its settings and the changes that end it."""
    if not result.conflicts:
        return f"{_SUBJECTS[result.kind].format('')}."
    conflicts = [_conflict_text(conflict, result.kind, rules) for conflict in result.conflicts]
    by_hand = result.kind == "dependabot" and can_be_merged(rules, "contributor")
    return "\n".join(
        [
            f"{_SUBJECTS[result.kind].format(' never')}.",
            *conflicts,
            *(["An owner can approve it and merge it by hand."] if by_hand else []),
        ]
    )


def assumption(wanted: WantedSettings) -> str:
    """Return what `merge_rules` assumes about the teams of the owners, or an empty text if no owner is a team."""
    if not teams(wanted):
        return ""
    needed = max(wanted.branch.approvals, 1) + 1
    return f"This assumes that {' and '.join(teams(wanted))} have at least {needed} members with write access."


def _conflict_text(conflict: Conflict, kind: PullRequestKind, rules: MergeRules) -> str:
    names = _names(conflict, kind, rules)
    words = [_WORDS[setting] for setting in conflict]
    additions = [{"owner": each.owner, "dependabot": each.dependabot}.get(kind, "") for each in words]
    reasons = [f"  {each.reason.format(**names)}{more}" for each, more in zip(words, additions, strict=True)]
    title = "These settings exclude each other:" if len(conflict) > 1 else "This setting excludes it:"
    changes = ", or ".join(each.change.format(**names) for each in words)
    return "\n".join([title, *reasons, f"  To end the conflict: {changes}."])


def _names(conflict: Conflict, kind: PullRequestKind, rules: MergeRules) -> Mapping[str, object]:
    """Return the values that the words about a conflict name."""
    others = tuple(setting for setting in conflict if setting != "approvals")
    needed = rules.approvals if "approvals" in conflict else 1
    return {
        "approvals": rules.approvals,
        "approvers": approver_count(weaken_others(rules, others), kind),
        "owners": plural(rules.people, "owner"),
        "needed_owners": plural(needed + (kind == "owner"), "owner"),
        "files": " and ".join(rules.owned_files),
        "checks": ", ".join(map(repr, sorted(rules.required_checks - rules.reported_checks))),
    }
