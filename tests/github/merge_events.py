"""A simulator of a pull request: who may do what, and which sequences of events end in a merge.

It knows nothing of `evenfall.github.mergeability`: it applies GitHub's rules to single events and tries every sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

DEPENDABOT = "dependabot[bot]"
WORKFLOW = "github-actions[bot]"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The rules of a repository and its people. `owners` have write access and own `owned` files."""

    owners: tuple[str, ...]
    writers: tuple[str, ...] = ()
    owned: frozenset[str]
    approvals: int
    code_owner_review: bool
    last_push_approval: bool
    dismiss_stale_approvals: bool
    strict_checks: bool
    linear_history: bool
    admins_bypass: bool
    methods: frozenset[str]
    auto_merge: bool
    actions_can_approve: bool
    required: frozenset[str]
    reported: frozenset[str]
    fork_approval: bool

    def can_write(self, actor: str) -> bool:
        return actor in self.owners or actor in self.writers


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """The state of a pull request. `actors` are those who take part."""

    author: str
    actors: tuple[str, ...]
    files: frozenset[str]
    is_fork: bool = False
    pusher: str
    is_behind: bool
    runs_start: bool
    checks: frozenset[str] = frozenset()
    approved_by: frozenset[str] = frozenset()
    merge_is_armed: bool = False
    is_merged: bool = False


def can_ever_be_merged(repository: Repository, start: PullRequest) -> bool:
    """Return whether some sequence of events ends in a merge."""
    seen, todo = {start}, [start]
    while todo:
        for state in events(repository, todo.pop()):
            if state.is_merged:
                return True
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return False


def events(repository: Repository, state: PullRequest) -> Iterator[PullRequest]:
    """Every state that one event leads to."""
    if state.runs_start:
        yield replace(state, checks=repository.reported)
    for actor in state.actors:
        yield from pushes(repository, state, actor)
        if may_approve(repository, state, actor):
            yield replace(state, approved_by=state.approved_by | {actor})
        if state.is_fork and actor in repository.owners:
            yield replace(state, runs_start=True)
        if actor == WORKFLOW:
            yield replace(state, merge_is_armed=repository.auto_merge)
        elif repository.can_write(actor) and (
            (repository.admins_bypass and actor in repository.owners) or is_allowed(repository, state)
        ):
            yield replace(state, is_merged=True)
    if state.merge_is_armed and is_allowed(repository, state):
        yield replace(state, is_merged=True)


def pushes(repository: Repository, state: PullRequest, actor: str) -> Iterator[PullRequest]:
    """The update of the branch. No workflow starts on a push with a workflow's token."""
    if actor == state.author or (not state.is_fork and (repository.can_write(actor) or actor == WORKFLOW)):
        yield replace(
            state,
            pusher=actor,
            is_behind=False,
            checks=frozenset(),
            approved_by=frozenset() if repository.dismiss_stale_approvals else state.approved_by,
            runs_start=actor != WORKFLOW and not (state.is_fork and repository.fork_approval),
        )


def may_approve(repository: Repository, state: PullRequest, actor: str) -> bool:
    if actor == state.author:
        return False
    return repository.actions_can_approve if actor == WORKFLOW else repository.can_write(actor)


def is_allowed(repository: Repository, state: PullRequest) -> bool:
    """Whether the rules of the branch allow a merge now."""
    if len(state.approved_by) < repository.approvals:
        return False
    if repository.code_owner_review and state.files & repository.owned and not state.approved_by & {*repository.owners}:
        return False
    if repository.last_push_approval and not state.approved_by - {state.pusher}:
        return False
    if not repository.required <= state.checks:
        return False
    if repository.strict_checks and state.is_behind:
        return False
    return bool(repository.methods - ({"merge"} if repository.linear_history else set()))
