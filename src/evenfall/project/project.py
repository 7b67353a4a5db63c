"""The project: its `pyproject.toml` and `uv.lock`, and the folders in which these are found."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError
from evenfall.project import lockfile, pyproject
from evenfall.project.lock_graph import LockGraph
from evenfall.project.pythons import supported_pythons
from evenfall.project.toml import read_toml

# The usual names of dependency groups by purpose, used unless `[tool.evenfall.groups]` names them.
USUAL_GROUPS = {
    "tests": ("test", "tests", "testing"),
    "lint": ("lint", "linting", "style", "typing", "types", "mypy", "pre-commit", "precommit"),
    "docs": ("docs", "doc", "documentation"),
}

PUBLIC_UPLOADS = {"https://upload.pypi.org/legacy", "https://test.pypi.org/legacy"}
"""The addresses to which uv uploads files for PyPI and TestPyPI, without a slash at the end."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project in the folder `root`. Its lock is parsed when it is first used."""

    root: Path
    pyproject: pyproject.Pyproject

    @property
    def name(self) -> str:
        """The name, normalized (PEP 503)."""
        return self.pyproject.normalized_name

    @property
    def pythons(self) -> tuple[str, ...]:
        """The supported minor versions, oldest first. Raises `EvenfallError` as `supported_pythons` does."""
        return supported_pythons(self.pyproject)

    @property
    def primary_python(self) -> str:
        """The version for sessions that run on one Python only: the oldest, because too new syntax fails there first."""
        return self.pythons[0]

    @cached_property
    def lock(self) -> lockfile.Lockfile:
        """The parsed `uv.lock`. Raises `EvenfallError` (usage) as `read_lockfile` does."""
        return lockfile.read_lockfile(self.root / lockfile.NAME)

    def locked_names(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the normalized names of the packages that these groups, and the extras of `[tool.evenfall]`, require on any system.

        Raises `EvenfallError` (usage) as `lock` and `LockGraph.installed_names` do.
        """
        return LockGraph(self.lock).installed_names(self.name, groups, self.pyproject.settings.extras)

    def groups(self, purpose: str) -> tuple[str, ...]:
        """Return the dependency groups for `"tests"`, `"lint"` or `"docs"`.

        These are the groups that `[tool.evenfall.groups]` names, else those with a usual name, else `dev`. Raises `EvenfallError`
        (usage) if a named group does not exist.
        """
        configured: tuple[str, ...] | None = getattr(self.pyproject.settings.groups, purpose)
        if configured is None:
            usual = tuple(group for group in self.pyproject.groups if group.lower() in USUAL_GROUPS[purpose])
            return usual or tuple(group for group in self.pyproject.groups if group == "dev")
        for group in configured:
            if group not in self.pyproject.groups:
                raise EvenfallError(
                    f"{pyproject.NAME}: tool.evenfall.groups.{purpose}: no dependency group {group!r}"
                    f" (existing groups: {', '.join(self.pyproject.groups) or 'none'})",
                    hint=f"uv add --group {purpose} …, or correct the key",
                )
        return configured

    @property
    def lint_and_test_groups(self) -> tuple[str, ...]:
        """The groups that linters need: their own, and those of the tests, because type checkers read what tests import."""
        return tuple(dict.fromkeys((*self.groups("lint"), *self.groups("tests"))))

    @property
    def compatible_groups(self) -> tuple[str, ...]:
        """All groups if they can be installed together, else those of linters and tests."""
        return self.pyproject.groups if self.pyproject.groups_can_be_combined else self.lint_and_test_groups


def find_root(start: Path) -> Path:
    """Return the closest folder at or above `start` with a `pyproject.toml`. Raises `EvenfallError` (usage) if no folder has one."""
    for folder in (start, *start.parents):
        if (folder / pyproject.NAME).is_file():
            return folder
    raise EvenfallError(
        f"{start}: no {pyproject.NAME} in this folder or above", hint="cd to the project, or evenfall init"
    )


def find_locked_root(start: Path) -> Path:
    """Return the folder whose `uv.lock` applies to `start`.

    For a member of a workspace, and for a folder whose `pyproject.toml` contains only settings, that is the closest folder above
    with a lock; else it is the closest folder with a `pyproject.toml`. Raises `EvenfallError` (usage) as `find_root` and
    `read_lockfile` do.
    """
    closest = find_root(start)
    if (closest / lockfile.NAME).is_file():
        return closest
    own = pyproject.read_pyproject(closest / pyproject.NAME)
    for folder in closest.parents:
        if (folder / pyproject.NAME).is_file() and (folder / lockfile.NAME).is_file():
            members = lockfile.read_lockfile(folder / lockfile.NAME).manifest.members
            return folder if not own.has_project or own.unchecked_name in members else closest
    return closest


def uv_indexes(root: Path) -> tuple[pyproject.UvIndex, ...]:
    """Return the indexes of the project in `root`, with absolute paths instead of relative ones.

    uv reads them from `uv.toml`, or else from `pyproject.toml`, both of the workspace's root:
    https://docs.astral.sh/uv/concepts/configuration-files/

    Raises `EvenfallError` (usage) as `find_locked_root` does, and if an index is not valid.
    """
    folder = find_locked_root(root)
    if (folder / "uv.toml").is_file():
        settings = pyproject.Pyproject({"tool": {"uv": read_toml(folder / "uv.toml")}})
    else:
        settings = pyproject.read_pyproject(folder / pyproject.NAME)
    return tuple(
        index if "://" in index.url else msgspec.structs.replace(index, url=os.fspath(folder / index.url))
        for index in settings.uv_indexes
    )


def private_index(root: Path, name: str) -> pyproject.UvIndex | None:
    """Return the index of that name to which uv publishes the project in `root`, or None if it is PyPI or TestPyPI, or if there is none.

    Raises `EvenfallError` (usage) as `uv_indexes` does.
    """
    found = next((index for index in uv_indexes(root) if index.name == name and index.publish_url), None)
    return None if found is None or found.publish_url.rstrip("/") in PUBLIC_UPLOADS else found


def find_project(start: Path, root: Path) -> Path:
    """Return the closest folder at or above `start`, but not above `root`, whose `pyproject.toml` has a `[project]`; else `root`."""
    inside = [folder for folder in (start, *start.parents) if folder.is_relative_to(root)]
    return next((folder for folder in inside if _has_project(folder)), root)


def _has_project(folder: Path) -> bool:
    return (folder / pyproject.NAME).is_file() and pyproject.read_pyproject(folder / pyproject.NAME).has_project


def read_project(root: Path) -> Project:
    """Return the project in the folder `root`. Raises `EvenfallError` (usage) as `read_pyproject` and `Pyproject.check` do."""
    project = Project(root=root, pyproject=pyproject.read_pyproject(root / pyproject.NAME))
    project.pyproject.check()
    return project
