"""The state of a repository on the fake GitHub, and how a test prepares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REPOSITORY = "lamp-makers/lamp"
OWNER, NAME = REPOSITORY.split("/")
ADMIN, WRITER, READER = (f"gho_{letter * 36}" for letter in "awr")
WORKFLOW, WORKFLOW_READER = (f"ghs_{letter * 36}" for letter in "wr")
"""Tokens of an admin, of users with and without write access, and of workflows with and without it. A workflow is no user."""
ACTIONS = 15368
"""The number of the app GitHub Actions, which reports the checks of workflows."""
TIME = "2026-01-02T03:04:05Z"


def _repository() -> dict[str, Any]:
    """Return the settings of a repository that is new."""
    return {
        "id": 1,
        "name": NAME,
        "full_name": REPOSITORY,
        "private": False,
        "visibility": "public",
        "archived": False,
        "default_branch": "main",
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "allow_update_branch": False,
        "security_and_analysis": {
            "secret_scanning": {"status": "disabled"},
            "secret_scanning_push_protection": {"status": "disabled"},
            "dependabot_security_updates": {"status": "disabled"},
        },
    }


def _actions() -> dict[str, Any]:
    """Return the settings of GitHub Actions in a repository that is new, by the end of their path."""
    return {
        "": {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False},
        "workflow": {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": False},
        "selected-actions": {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": []},
        "fork-pr-contributor-approval": {"approval_policy": "first_time_contributors"},
    }


@dataclass
class State:
    """A repository of the user `lamp-makers`, with one branch and one commit.

    `protections` are the bodies of the last PUT by branch. `branches` are commits by name. `check_runs` and the contexts of `statuses` are
    by commit. `collaborators` are roles by login; `users` and `teams` are numbers by login and by `org/slug`. `environments` are by name;
    all `secrets` are dates by name. `switches` are the settings that are only on or off, by the end of their path.
    """

    repository: dict[str, Any] = field(default_factory=_repository)
    actions: dict[str, Any] = field(default_factory=_actions)
    branches: dict[str, str] = field(default_factory=lambda: {"main": "0" * 40})
    protections: dict[str, dict[str, Any]] = field(default_factory=dict)
    rulesets: list[dict[str, Any]] = field(default_factory=list)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    check_runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    collaborators: dict[str, str] = field(default_factory=lambda: {OWNER: "admin"})
    users: dict[str, int] = field(default_factory=lambda: {OWNER: 101, "ada": 102, "bob": 103})
    teams: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    dependabot_secrets: dict[str, str] = field(default_factory=dict)
    organization_secrets: dict[str, str] = field(default_factory=dict)
    switches: dict[str, bool] = field(
        default_factory=lambda: {
            "vulnerability-alerts": False,
            "automated-security-fixes": False,
            "private-vulnerability-reporting": False,
            "immutable-releases": False,
        }
    )
    immutable_releases_enforced: bool = False
    default_setup: dict[str, Any] = field(default_factory=lambda: {"state": "not-configured", "languages": []})
    newer_fields: set[str] = field(default_factory=set)
    """Fields of requests and answers that GitHub has, but its description does not."""
    last_id: int = 1000

    def new_id(self) -> int:
        """Return a number that nothing else has."""
        self.last_id += 1
        return self.last_id

    def add_ruleset(self, **values: Any) -> dict[str, Any]:
        """Add a ruleset as another program would have made it."""
        ruleset = {
            "id": self.new_id(),
            "name": "main",
            "target": "branch",
            "source_type": "Repository",
            "source": REPOSITORY,
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
            "rules": [],
            **values,
        }
        self.rulesets.append(ruleset)
        return ruleset

    def add_environment(self, name: str, **values: Any) -> dict[str, Any]:
        """Add an environment. The values are those of a PUT request; `policies` and `secrets` are its tags, branches and secrets."""
        environment = {
            "id": self.new_id(),
            "wait_timer": 0,
            "prevent_self_review": False,
            "reviewers": [],
            "deployment_branch_policy": None,
            "policies": [],
            "secrets": {},
            "custom_rules": [],
            **values,
        }
        self.environments[name] = environment
        return environment

    def add_check_run(self, name: str, *, app: int = ACTIONS, conclusion: str = "success", commit: str = "") -> None:
        """Add a check that an app has reported for a commit, by default the last one of the default branch."""
        commit = commit or self.branches[self.repository["default_branch"]]
        run = {
            "id": self.new_id(),
            "name": name,
            "head_sha": commit,
            "status": "completed",
            "conclusion": conclusion,
            "app": {"id": app, "slug": "github-actions" if app == ACTIONS else f"app-{app}"},
        }
        self.check_runs.setdefault(commit, []).append(run)
