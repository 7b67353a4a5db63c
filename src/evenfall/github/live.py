"""The edge to GitHub: what is set on the repository, as typed values, each of which is read once.

https://docs.github.com/en/rest
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from evenfall.github.rulesets import Ruleset, RulesetSpec
from evenfall.github.wanted import ACTIONS_APP
from evenfall.github_api.client import GitHubApi, quoted

ADMIN_READ = "administration: read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A value that could not be read, with the reason. `permission` is what the token needs, or empty if that is not the reason."""

    reason: str
    permission: str = ""


class Account(msgspec.Struct, frozen=True):
    """The owner of a repository."""

    login: str
    type: Literal["User", "Organization"] | str = "User"


class Status(msgspec.Struct, frozen=True):
    """A security feature: `enabled` or `disabled`."""

    status: str = "disabled"


class Permissions(msgspec.Struct, frozen=True):
    """What the token's user may do. The token itself can have fewer permissions."""

    admin: bool = False


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in GitHub's answer about the repository itself. It leaves out those that the token may not see."""

    default_branch: str
    owner: Account
    private: bool = False
    permissions: Permissions = Permissions()
    allow_squash_merge: bool | UnsetType = UNSET
    allow_merge_commit: bool | UnsetType = UNSET
    allow_rebase_merge: bool | UnsetType = UNSET
    allow_auto_merge: bool | UnsetType = UNSET
    delete_branch_on_merge: bool | UnsetType = UNSET
    security_and_analysis: dict[str, Status] | None = None


class _App(msgspec.Struct, frozen=True):
    id: int


class CheckRun(msgspec.Struct, frozen=True):
    """A check that an app has reported for a commit."""

    name: str
    app: _App | None = None


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    target: str = "branch"
    source_type: str = "Repository"


class Live:
    """What is set on the repository. Each value is read at its first use.

    Reading raises `EvenfallError`: the token lacks a permission (`DeniedError`), or GitHub does not answer.
    """

    def __init__(self, api: GitHubApi) -> None:
        self.api = api
        self._rulesets: dict[str, Ruleset | None] = {}

    def again(self) -> Live:
        """Return the same with all values to be read again."""
        return Live(self.api)

    def check_repository(self) -> None:
        """Read the repository itself, so that a wrong name or token is one error and not one for each setting."""
        _ = self.repository

    @cached_property
    def repository(self) -> Repository:
        """The repository itself."""
        return self.api.get("", Repository, permission="metadata: read")

    def ruleset(self, spec: RulesetSpec) -> Ruleset | None:
        """Return the ruleset that Evenfall manages, or None if there is none of that name."""
        if spec.name not in self._rulesets:
            ids = [each.id for each in self._listed if (each.name, each.target) == (spec.name, spec.target)]
            self._rulesets[spec.name] = self.api.get(f"rulesets/{ids[0]}", Ruleset) if ids else None
        return self._rulesets[spec.name]

    @cached_property
    def _listed(self) -> tuple[_Listed, ...]:
        """The rulesets of the repository itself."""
        listed = self.api.get_all("rulesets?includes_parents=false", _Listed, permission="metadata: read")
        return tuple(each for each in listed if each.source_type == "Repository")

    @cached_property
    def reported_checks(self) -> frozenset[str]:
        """The checks that GitHub Actions has reported for the head of the default branch."""
        path = f"commits/{quoted(self.repository.default_branch)}/check-runs"
        runs = self.api.get_all(path, CheckRun, key="check_runs", permission="checks: read")
        return frozenset(run.name for run in runs if run.app and run.app.id == ACTIONS_APP)
