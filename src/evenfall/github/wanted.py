"""The settings that the repository on GitHub must have: those of `[tool.evenfall.github]`, and what follows from the pipeline."""

from __future__ import annotations

from dataclasses import dataclass

from evenfall.github.profiles import PROFILES
from evenfall.pipeline.gates import AUTO_MERGE, CHECK_WORKFLOWS, required_checks
from evenfall.pipeline.model import Pipeline
from evenfall.project.github_settings import FEATURES, Feature, GitHub, MergeMethod, Profile
from evenfall.project.settings import Settings

ACTIONS_APP = 15368
"""The id of the app GitHub Actions. A required check with it as `integration_id` can't be reported by anyone else."""
PROTECTED_ENVIRONMENT = "pypi"
VERSION_TAGS = "v*"
SECRET_MAX_AGE_DAYS = 365
"""The age of a secret without a `max-age-days` of its own; the deployment guide rotates secrets every 6 to 12 months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRules:
    """The rules of the default branch. It can't be deleted or force-pushed to, and every change needs a pull request."""

    branch: str
    approvals: int
    code_owner_review: bool
    dismiss_stale_approvals: bool
    last_push_approval: bool
    required_checks: tuple[str, ...]
    strict_checks: bool
    conversation_resolution: bool
    linear_history: bool
    admins_bypass: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions:
    """How a pull request can be merged, and what happens to its branch."""

    methods: tuple[MergeMethod, ...]
    auto_merge: bool
    delete_head_branches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment that jobs deploy to. `reviewers` are users and teams (`@octo-org/maintainers`), and one of them must approve.

    `tags` is the pattern of the tags that may deploy, and None means that every branch and tag may.
    """

    name: str
    reviewers: tuple[str, ...] = ()
    wait_minutes: int = 0
    tags: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that must exist, and the number of days after which it must be replaced.

    If `is_for_dependabot`, it must exist as a secret of Dependabot too, because jobs of its pull requests get no others:
    https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
    """

    name: str
    max_age_days: int
    is_for_dependabot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSettings:
    """All settings that the repository must have. Features that are not in `features` are left as they are.

    `actions_can_approve` is "Allow GitHub Actions to create and approve pull requests". `version_tags` is the pattern of the tags that
    can't be moved or deleted, and None means that tag rules are left as they are.
    """

    owners: tuple[str, ...]
    profile: Profile
    branch: BranchRules
    merge: MergeOptions
    environments: tuple[Environment, ...]
    features: frozenset[Feature]
    actions_can_approve: bool
    version_tags: str | None
    secrets: tuple[Secret, ...]


def wanted_settings(settings: Settings, github: GitHub, pipeline: Pipeline) -> WantedSettings:
    """Return the settings that the repository must have. `github` is the table `github` of `settings`."""
    features = frozenset(FEATURES) - frozenset(github.omit)
    return WantedSettings(
        owners=github.owners,
        profile=github.profile,
        branch=_branch_rules(settings.default_branch, github, pipeline),
        merge=MergeOptions(
            methods=github.merge_methods,
            auto_merge=github.auto_merge,
            delete_head_branches=github.delete_head_branches,
        ),
        environments=_environments(github, pipeline, is_protected="environment-protection" in features),
        features=features,
        actions_can_approve=github.actions_can_approve,
        version_tags=VERSION_TAGS if "tag-rules" in features else None,
        secrets=_secrets(settings, github, pipeline),
    )


def _branch_rules(branch: str, github: GitHub, pipeline: Pipeline) -> BranchRules:
    reviews = PROFILES[github.profile]
    return BranchRules(
        branch=branch,
        approvals=reviews.approvals if github.approvals is None else github.approvals,
        code_owner_review=reviews.code_owner_review if github.code_owner_review is None else github.code_owner_review,
        dismiss_stale_approvals=github.dismiss_stale_approvals,
        last_push_approval=github.last_push_approval,
        required_checks=required_checks(pipeline),
        strict_checks=github.strict_checks,
        conversation_resolution=github.conversation_resolution,
        linear_history=github.linear_history,
        admins_bypass=github.admins_bypass,
    )


def _environments(github: GitHub, pipeline: Pipeline, *, is_protected: bool) -> tuple[Environment, ...]:
    """Return the environments that sessions of the pipeline use, of which only `pypi` has rules."""
    names = dict.fromkeys(session.facts.environment for session in pipeline.sessions if session.facts.environment)
    protected = Environment(
        name=PROTECTED_ENVIRONMENT,
        reviewers=github.reviewers or github.owners[:6],
        wait_minutes=github.wait_minutes,
        tags=VERSION_TAGS,
    )
    return tuple(
        protected if is_protected and name == PROTECTED_ENVIRONMENT else Environment(name=name) for name in names
    )


def _secrets(settings: Settings, github: GitHub, pipeline: Pipeline) -> tuple[Secret, ...]:
    """Return the secrets of the settings, and those that the generated workflows use because of other settings."""
    codecov = ("CODECOV_TOKEN",) if settings.coverage.codecov == "token" else ()
    token = (github.token_secret,) if github.token_secret else ()
    checks = [session for workflow in (*CHECK_WORKFLOWS, AUTO_MERGE) for session in pipeline.in_workflow(workflow)]
    of_checks = {*codecov, *(secret for session in checks for secret in session.facts.secrets)}
    ages = dict.fromkeys((*codecov, *token), SECRET_MAX_AGE_DAYS) | github.secrets
    return tuple(
        Secret(name=name, max_age_days=days, is_for_dependabot=name in of_checks) for name, days in ages.items()
    )
