"""The parts of GitHub's answers that Evenfall reads, as typed values.

https://docs.github.com/en/rest
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType


class Account(msgspec.Struct, frozen=True):
    """A user, an organization or a team. `type` is `User` or `Organization`."""

    id: int = 0
    type: str = "User"


class Status(msgspec.Struct, frozen=True):
    """A security feature. `status` is `enabled` or `disabled`."""

    status: str = "disabled"


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in the answer about the repository itself. It leaves out those that the token may not see."""

    default_branch: str
    owner: Account
    private: bool = False
    allow_squash_merge: bool | UnsetType = UNSET
    allow_merge_commit: bool | UnsetType = UNSET
    allow_rebase_merge: bool | UnsetType = UNSET
    allow_auto_merge: bool | UnsetType = UNSET
    delete_branch_on_merge: bool | UnsetType = UNSET
    security_and_analysis: dict[str, Status] | None = None


class Switch(msgspec.Struct, frozen=True):
    """A setting that is only on or off."""

    enabled: bool


class App(msgspec.Struct, frozen=True):
    """An app that reports checks."""

    id: int


class CheckRun(msgspec.Struct, frozen=True):
    """A check that an app has reported for a commit."""

    name: str
    app: App | None = None


class CommitStatus(msgspec.Struct, frozen=True):
    """A status, the older form of a check, which has no app."""

    context: str


class ListedRuleset(msgspec.Struct, frozen=True, kw_only=True):
    """A ruleset in a list. `source_type` is `Repository` or `Organization`."""

    id: int
    name: str
    target: str = "branch"
    source_type: str = "Repository"


class EffectiveRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that applies to a branch, and the ruleset that it comes from."""

    type: str
    ruleset_id: int
    ruleset_source: str = ""
    parameters: dict[str, Any] | None = None


class Reviewer(msgspec.Struct, frozen=True):
    """A user with a `login` or a team with a `slug`."""

    login: str = ""
    slug: str = ""


class RequiredReviewer(msgspec.Struct, frozen=True):
    """A user or a team that can approve a deployment."""

    reviewer: Reviewer


class ProtectionRule(msgspec.Struct, frozen=True):
    """A rule of an environment. `type` is `wait_timer`, `required_reviewers`, `branch_policy` or another."""

    type: str
    wait_timer: int = 0
    reviewers: tuple[RequiredReviewer, ...] = ()
    prevent_self_review: bool = False


class BranchPolicy(msgspec.Struct, frozen=True):
    """Which branches and tags may deploy to an environment: the protected branches, or those of its deployment policies."""

    protected_branches: bool
    custom_branch_policies: bool


class LiveEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment that jobs deploy to. The published description of GitHub's API lacks `can_admins_bypass`."""

    name: str
    can_admins_bypass: bool = True
    protection_rules: tuple[ProtectionRule, ...] = ()
    deployment_branch_policy: BranchPolicy | None = None

    @property
    def wait_minutes(self) -> int:
        """The number of minutes that a deployment waits."""
        return max((rule.wait_timer for rule in self.protection_rules), default=0)

    @property
    def reviewers(self) -> frozenset[str]:
        """The users (`@octocat`) and teams (`team maintainers`) that can approve a deployment, in lower case."""
        found = (each.reviewer for rule in self.protection_rules for each in rule.reviewers)
        return frozenset((f"@{each.login}" if each.login else f"team {each.slug}").lower() for each in found)

    @property
    def prevents_self_review(self) -> bool:
        """Whether a person can't approve a deployment that they started."""
        return any(rule.prevent_self_review for rule in self.protection_rules)

    @property
    def has_policies(self) -> bool:
        """Whether only the branches and tags of its deployment policies may deploy."""
        return self.deployment_branch_policy is not None and self.deployment_branch_policy.custom_branch_policies


class DeploymentPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern of branches or tags that may deploy to an environment."""

    id: int
    name: str
    type: str = "branch"

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


class LiveSecret(msgspec.Struct, frozen=True):
    """The name of a secret, and when its value was last changed.

    `visibility` says which repositories get a secret of an organization: `all`, `private` or `selected`.
    """

    name: str
    updated_at: Annotated[datetime.datetime, msgspec.Meta(tz=True)]
    visibility: str = ""


class PullRequestReviews(msgspec.Struct, frozen=True):
    """The rules for reviews of the classic protection of a branch."""

    dismiss_stale_reviews: bool = False
    require_code_owner_reviews: bool = False
    required_approving_review_count: int = 0
    require_last_push_approval: bool = False


class ClassicCheck(msgspec.Struct, frozen=True):
    """A check that the classic protection of a branch requires."""

    context: str
    app_id: int | None = None


class ClassicChecks(msgspec.Struct, frozen=True):
    """The checks that the classic protection of a branch requires."""

    strict: bool = False
    checks: tuple[ClassicCheck, ...] = ()


class ClassicProtection(msgspec.Struct, frozen=True, kw_only=True):
    """The classic protection of a branch."""

    required_status_checks: ClassicChecks | None = None
    required_pull_request_reviews: PullRequestReviews | None = None
    required_linear_history: Switch = Switch(enabled=False)
    required_conversation_resolution: Switch = Switch(enabled=False)
    lock_branch: Switch = Switch(enabled=False)
    restrictions: Mapping[str, Any] | None = None
