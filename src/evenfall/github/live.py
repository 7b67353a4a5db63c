"""The edge to GitHub: what is set on the repository, as typed values, each of which is read once.

https://docs.github.com/en/rest
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property

from evenfall.github.answers import (
    CheckRun,
    ClassicProtection,
    CommitStatus,
    DeploymentPolicy,
    EffectiveRule,
    ListedRuleset,
    LiveEnvironment,
    LiveSecret,
    Repository,
    Switch,
)
from evenfall.github.job_names import JobNames
from evenfall.github.rulesets import Ruleset, RulesetSpec
from evenfall.github.wanted import ACTIONS_APP
from evenfall.github_api.client import GitHubApi, decode, quoted
from evenfall.github_api.errors import DeniedError, RejectedError

ADMIN_READ = "administration: read"
ADMIN_WRITE = "administration: write"
METADATA = "metadata: read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A value that could not be read, with the reason. `permission` is what the token needs, or empty if that is not the reason."""

    reason: str
    permission: str = ""


class Live:
    """What is set on the repository. `jobs` are the jobs that its workflows have, and `now` is the time.

    `commit` is the one of the work tree, of which GitHub may have checks if it is the head of a pull request; empty if there is none.

    Each value is read at its first use. Reading raises `EvenfallError`: the token lacks a permission (`DeniedError`), or GitHub does not
    answer.
    """

    def __init__(self, api: GitHubApi, jobs: JobNames, now: datetime.datetime, commit: str = "") -> None:
        self.api = api
        self.jobs = jobs
        self.now = now
        self.commit = commit
        self.ruleset = cache(self._ruleset)
        self.fields = cache(self._fields)

    def again(self) -> Live:
        """Return the same, with all values to be read again."""
        return Live(self.api, self.jobs, self.now, self.commit)

    def check_repository(self) -> None:
        """Read the repository itself, so that a wrong name or token is one error and not one for each setting."""
        _ = self.repository

    @cached_property
    def repository(self) -> Repository:
        """The repository itself."""
        return self.api.get("", Repository, permission=METADATA)

    def security_feature(self, name: str) -> bool | Unreadable:
        """Return whether a security feature is on, such as `secret_scanning`."""
        features = self.repository.security_and_analysis
        if features is None or name not in features:
            return Unreadable(reason="GitHub's answer does not include it", permission=ADMIN_READ)
        return features[name].status == "enabled"

    def is_on(self, path: str) -> bool:
        """Return whether a feature with an endpoint of its own is on.

        GitHub answers 404 if it is off, and also if the token may not see it. Only some messages tell which it is.
        """
        try:
            response = self.api.request("GET", path, permission=ADMIN_READ)
        except DeniedError as error:
            if error.status == 404 and ("disabled" in error.reason or self._sees_settings):
                return False
            raise
        return not response.content or decode(response, Switch).enabled

    @cached_property
    def _sees_settings(self) -> bool:
        """Whether the token can read the settings that only an admin sees."""
        try:
            return bool(self.fields("actions/permissions"))
        except DeniedError:
            return False

    def _fields(self, path: str) -> Mapping[str, object]:
        """Return all fields of an answer, so that a later request can keep those that Evenfall does not know."""
        return self.api.get(path, dict[str, object], permission=ADMIN_READ)

    def _ruleset(self, spec: RulesetSpec) -> Ruleset | None:
        """Return the ruleset that Evenfall manages, or None if there is none of that name."""
        for each in self.rulesets:
            if (each.name, each.target, each.source_type) == (spec.name, spec.target, "Repository"):
                return self.api.get(f"rulesets/{each.id}", Ruleset, permission=METADATA)
        return None

    @cached_property
    def rulesets(self) -> tuple[ListedRuleset, ...]:
        """All rulesets of the repository and of its organization."""
        return self.api.get_all("rulesets", ListedRuleset, permission=METADATA)

    @cached_property
    def branch_rules(self) -> tuple[EffectiveRule, ...]:
        """The rules of all active rulesets that apply to the default branch."""
        path = f"rules/branches/{quoted(self.repository.default_branch)}"
        return self.api.get_all(path, EffectiveRule, permission=METADATA)

    @cached_property
    def classic_protection(self) -> ClassicProtection | None:
        """The classic protection of the default branch, or None if it has none."""
        path = f"branches/{quoted(self.repository.default_branch)}/protection"
        return self.api.find(path, ClassicProtection, absent="Branch not protected", permission=ADMIN_READ)

    @cached_property
    def _check_runs(self) -> tuple[CheckRun, ...]:
        return self._runs_of(self.repository.default_branch) + self._commit_runs

    @cached_property
    def _commit_runs(self) -> tuple[CheckRun, ...]:
        if self.commit:
            with suppress(RejectedError):  # the commit has not been pushed
                return self._runs_of(self.commit)
        return ()

    def _runs_of(self, commit: str) -> tuple[CheckRun, ...]:
        path = f"commits/{quoted(commit)}/check-runs"
        return self.api.get_all(path, CheckRun, key="check_runs", permission="checks: read")

    @cached_property
    def workflow_checks(self) -> frozenset[str]:
        """The checks that GitHub Actions has reported for the head of the default branch, or for the commit of the work tree."""
        return _of_actions(self._check_runs)

    @cached_property
    def commit_checks(self) -> frozenset[str]:
        """The checks that GitHub Actions has reported for the commit of the work tree.

        Some come from workflows without a file in the repository, such as the default setup of CodeQL.
        """
        return _of_actions(self._commit_runs)

    @cached_property
    def other_checks(self) -> frozenset[str]:
        """The checks and statuses that others than GitHub Actions have reported for the head of the default branch."""
        path = f"commits/{quoted(self.repository.default_branch)}/statuses"
        statuses = self.api.get_all(path, CommitStatus, permission="statuses: read")
        runs = (run.name for run in self._check_runs if not run.app or run.app.id != ACTIONS_APP)
        return frozenset((*runs, *(status.context for status in statuses)))

    @cached_property
    def environments(self) -> Mapping[str, LiveEnvironment]:
        """The environments by name."""
        found = self.api.get_all("environments", LiveEnvironment, key="environments", permission="actions: read")
        return {each.name: each for each in found}

    def deployment_policies(self, environment: str) -> tuple[DeploymentPolicy, ...]:
        """Return the branches and tags that may deploy to an environment that limits them."""
        path = f"environments/{quoted(environment)}/deployment-branch-policies"
        return self.api.get_all(path, DeploymentPolicy, key="branch_policies", permission="actions: read")

    def secrets(self, path: str, permission: str) -> tuple[LiveSecret, ...]:
        """Return the names and dates of the secrets of the repository, an environment or the organization."""
        return self.api.get_all(path, LiveSecret, key="secrets", permission=permission)


def _of_actions(runs: tuple[CheckRun, ...]) -> frozenset[str]:
    return frozenset(run.name for run in runs if run.app and run.app.id == ACTIONS_APP)
