"""The settings in `[tool.evenfall.github]`: what the repository on GitHub must be set to.

The defaults are those of the deployment guide.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

OWNER = r"\A@[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?\Z"
Owner = Annotated[str, msgspec.Meta(pattern=OWNER)]
"""A user or a team, as in CODEOWNERS: `@octocat`, `@octo-org/maintainers`."""
SecretName = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]*\Z")]
"""https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets"""
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]

Profile = Literal["solo", "team"]
MergeMethod = Literal["squash", "merge", "rebase"]
PullRequestKind = Literal["owner", "contributor", "dependabot", "fork"]
"""Whose pull request it is: an owner's, that of another person with write access, Dependabot's, or one from a fork."""
PULL_REQUEST_KINDS: tuple[PullRequestKind, ...] = get_args(PullRequestKind)

Feature = Literal[
    "dependency-graph",
    "dependabot-alerts",
    "security-updates",
    "grouped-security-updates",
    "secret-scanning",
    "push-protection",
    "private-vulnerability-reporting",
    "immutable-releases",
    "sha-pinned-actions",
    "read-only-workflow-permissions",
    "fork-approval",
    "environment-protection",
    "tag-rules",
]
"""A setting of a repository that is on or off; the deployment guide wants all of them on.

`fork-approval` means that workflows of all pull requests from outside wait for a person's approval. `environment-protection` are the
rules of the environment `pypi`, and `tag-rules` those for the tags of versions.
"""
FEATURES: tuple[Feature, ...] = get_args(Feature)


class GitHub(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", kw_only=True):
    """The settings of the repository on GitHub.

    - `owners` own the code (CODEOWNERS) and have write access, and one of them is an admin.
    - `approvals` and `code_owner_review` are by default those of the `profile`.
    - `strict_checks`: a branch must be up to date with the default branch before it is merged.
    - `admins_bypass`: the rules of the default branch do not apply to admins.
    - `actions_can_approve`: workflows can open pull requests and approve them, as `auto-merge.yml` does.
    - `omit` are features that Evenfall leaves as they are, because the plan of the repository does not have them.
    - `reviewers` approve a release to PyPI, by default the owners (the first six, GitHub's limit). It is published `wait_minutes` later.
    - `secrets` are the names of secrets that must exist, with the number of days after which each must be replaced.
    - `token_secret` is the secret with a token that can read these settings; with it, the workflow `security` checks them weekly.
    - `allow_unmergeable` are the kinds of pull requests that the settings may make impossible to merge.
    """

    owners: Annotated[tuple[Owner, ...], msgspec.Meta(min_length=1)]
    profile: Profile
    approvals: Annotated[int, msgspec.Meta(ge=0, le=6)] | None = None
    code_owner_review: bool | None = None
    dismiss_stale_approvals: bool = True
    last_push_approval: bool = False
    strict_checks: bool = True
    conversation_resolution: bool = True
    linear_history: bool = True
    admins_bypass: bool = False
    merge_methods: Annotated[tuple[MergeMethod, ...], msgspec.Meta(min_length=1)] = ("squash",)
    auto_merge: bool = True
    delete_head_branches: bool = True
    actions_can_approve: bool = True
    omit: tuple[Feature, ...] = ()
    reviewers: Annotated[tuple[Owner, ...], msgspec.Meta(max_length=6)] = ()
    wait_minutes: Annotated[int, msgspec.Meta(ge=0, le=43200)] = 5
    secrets: dict[SecretName, Days] = {}
    token_secret: SecretName | None = None
    allow_unmergeable: tuple[PullRequestKind, ...] = ()
