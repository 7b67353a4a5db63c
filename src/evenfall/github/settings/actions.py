"""What workflows may run and do.

https://docs.github.com/en/rest/actions/permissions
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evenfall.github.live import ADMIN_WRITE, Live
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from evenfall.project.github_settings import Feature

_WHERE = "Settings → Actions → General"
_PERMISSIONS = "actions/permissions"
_WORKFLOW = f"{_PERMISSIONS}/workflow"
_FORKS = f"{_PERMISSIONS}/fork-pr-contributor-approval"
_Fields = Mapping[str, object]


def _field(
    key: str,
    *,
    title: str,
    why: str,
    path: str,
    field: str,
    value: Callable[[WantedSettings], object],
    feature: Feature | None = None,
    public_only: bool = False,
) -> Setting[_Fields]:
    """Return the setting of one field at a path. The other fields keep their values."""

    def read(live: Live, wanted: WantedSettings) -> _Fields:
        return {} if public_only and live.repository.private else live.fields(path)

    def compare(fields: _Fields, wanted: WantedSettings) -> tuple[Difference, ...]:
        return difference("", fields.get(field, False), value(wanted)) if fields else ()

    def write(api: GitHubApi, fields: _Fields, wanted: WantedSettings) -> None:
        kept = {name: each for name, each in fields.items() if not name.endswith("_url")}
        api.put(path, {**kept, field: value(wanted)}, permission=ADMIN_WRITE)

    return Setting(
        key=key, title=title, why=why, where=_WHERE, read=read, compare=compare, write=write, feature=feature
    )


ACTIONS = _field(
    "actions",
    title="GitHub Actions",
    why="without workflows no required check ever reports",
    path=_PERMISSIONS,
    field="enabled",
    value=lambda wanted: True,
)
PINNED_ACTIONS = _field(
    "pinned-actions",
    title="Required pinning of actions to a commit",
    why="a tag of an action can be moved to other code",
    path=_PERMISSIONS,
    field="sha_pinning_required",
    value=lambda wanted: True,
    feature="sha-pinned-actions",
)
TOKEN_PERMISSIONS = _field(
    "token-permissions",
    title="Default permissions of a workflow's token",
    why="a workflow that names no permissions could change the repository",
    path=_WORKFLOW,
    field="default_workflow_permissions",
    value=lambda wanted: "read",
    feature="read-only-workflow-permissions",
)
ACTIONS_APPROVE = _field(
    "actions-approve",
    title="Creation and approval of pull requests by workflows",
    why="only auto-merge.yml needs it",
    path=_WORKFLOW,
    field="can_approve_pull_request_reviews",
    value=lambda wanted: wanted.actions_can_approve,
)
FORK_APPROVAL = _field(
    "fork-approval",
    title="Approval of workflow runs from forks",
    why="otherwise anyone with one merged pull request can run code in the workflows",
    path=_FORKS,
    field="approval_policy",
    value=lambda wanted: "all_external_contributors",
    feature="fork-approval",
    public_only=True,
)
