"""How a pull request can be merged: the merge methods, auto-merge, and what happens to its branch.

https://docs.github.com/en/rest/repos/repos#update-a-repository
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from evenfall.github.live import ADMIN_WRITE, Live, Unreadable
from evenfall.github.setting import Difference, Setting, difference
from evenfall.github.wanted import WantedSettings
from evenfall.github_api.client import GitHubApi
from evenfall.project.github_settings import MergeMethod

_WHERE = "Settings → General → Pull Requests"
_PERMISSION = "contents: write"
_FIELDS: Mapping[MergeMethod, str] = {
    "squash": "allow_squash_merge",
    "merge": "allow_merge_commit",
    "rebase": "allow_rebase_merge",
}
_NAMES: Mapping[MergeMethod, str] = {"squash": "squash merging", "merge": "merge commits", "rebase": "rebase merging"}
_Fields = Mapping[str, bool]


def _read(live: Live, *names: str) -> _Fields | Unreadable:
    """Return fields of the repository, which GitHub leaves out for a token that can't write."""
    found = {name: getattr(live.repository, name) for name in names}
    if UNSET in found.values():
        return Unreadable(reason="GitHub's answer does not include it", permission=_PERMISSION)
    return found


def _methods(wanted: WantedSettings) -> _Fields:
    return {field: method in wanted.merge.methods for method, field in _FIELDS.items()}


def _compare_methods(fields: _Fields, wanted: WantedSettings) -> tuple[Difference, ...]:
    should = _methods(wanted)
    return tuple(
        each for method, field in _FIELDS.items() for each in difference(_NAMES[method], fields[field], should[field])
    )


def _write_methods(api: GitHubApi, fields: _Fields, wanted: WantedSettings) -> None:
    api.patch("", _methods(wanted), permission=ADMIN_WRITE)


MERGE_METHODS = Setting(
    key="merge-methods",
    title="Merge methods",
    why="each method makes another history, and linear history forbids merge commits",
    where=_WHERE,
    read=lambda live, wanted: _read(live, *_FIELDS.values()),
    compare=_compare_methods,
    write=_write_methods,
)


def _switch(key: str, *, title: str, why: str, field: str, option: str) -> Setting[_Fields]:
    """Return the setting of one field of the repository, which is the field `option` of the wanted merge options."""

    def read(live: Live, wanted: WantedSettings) -> _Fields | Unreadable:
        return _read(live, field)

    def compare(fields: _Fields, wanted: WantedSettings) -> tuple[Difference, ...]:
        return difference("", fields[field], getattr(wanted.merge, option))

    def write(api: GitHubApi, fields: _Fields, wanted: WantedSettings) -> None:
        api.patch("", {field: getattr(wanted.merge, option)}, permission=ADMIN_WRITE)

    return Setting(key=key, title=title, why=why, where=_WHERE, read=read, compare=compare, write=write)


AUTO_MERGE = _switch(
    "auto-merge",
    title="Auto-merge",
    why="auto-merge.yml merges updates by Dependabot as soon as all required checks pass",
    field="allow_auto_merge",
    option="auto_merge",
)
DELETE_HEAD_BRANCHES = _switch(
    "delete-head-branches",
    title="Deletion of head branches",
    why="merged branches pile up",
    field="delete_branch_on_merge",
    option="delete_head_branches",
)
