"""The options of `uv sync` for the environment of a session."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.utils import canonicalize_name

from evenfall.project.project import Project


def install_options(project: Project, groups: Sequence[str]) -> list[str]:
    """Return the options of `uv sync` that name packages, groups and extras.

    For a member that is installed alone, these are its own ones, and the groups of the root, which uv takes if the member has none of that
    name.
    """
    extras: Sequence[str] = project.pyproject.settings.extras
    if project.workspace and project.is_installed_alone:
        groups = [group for group in groups if canonicalize_name(group) in project.group_names]
        own = project.locked_requirements("extras")
        extras = [extra for extra in extras if canonicalize_name(extra) in own]
    named = (*(f"--group={group}" for group in groups), *(f"--extra={extra}" for extra in extras))
    return [*project.sync_scope, *named]
