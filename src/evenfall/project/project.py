"""The project: its `pyproject.toml` and `uv.lock`, and the folders in which these are found."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile, pyproject
from evenfall.project.lock_graph import LockGraph
from evenfall.project.pythons import RELEASED, allows_minor, supported_pythons
from evenfall.project.toml import read_toml
from evenfall.project.workspace import read_members
from evenfall.text import did_you_mean

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
    """A project in the folder `root`: a package or an application, a member of the workspace `workspace`, or a workspace itself.

    Its lock is parsed when it is first used.
    """

    root: Path
    pyproject: pyproject.Pyproject
    workspace: Project | None = None

    @property
    def name(self) -> str:
        """The name, normalized (PEP 503); empty for a workspace whose root is not a project (a virtual root)."""
        return self.pyproject.normalized_name if self.pyproject.has_project else ""

    @property
    def is_workspace(self) -> bool:
        """Whether this is the root of a workspace that has other members than the root, or whose root is no project."""
        return not self.name or any(member.root != self.root for member in self.members)

    @cached_property
    def members(self) -> tuple[Project, ...]:
        """The members of the workspace as uv has locked them, the root's own project first.

        A project that is no workspace is its own member. Raises `EvenfallError` (usage) as `lock` and `read_members` do.
        """
        if self.workspace or not self.pyproject.is_workspace:
            return (self,)
        found = read_members(self.root, self.lock, self.pyproject)
        return tuple(Project(root=folder, pyproject=each, workspace=self) for folder, each in found)

    def member(self, name: str) -> Project:
        """Return the member of the workspace with this name; the project itself for `.`.

        Raises `EvenfallError` (usage) if there is no such member.
        """
        if name == ".":
            return self
        for member in self.members:
            if member.name == canonicalize_name(name):
                return member
        names = [member.name for member in self.members]
        raise EvenfallError(
            f"{name!r} is not a member of the workspace{did_you_mean(name, names)}",
            hint=f"uv lock, if it is new; the members are {', '.join(names)}",
        )

    @property
    def folder(self) -> str:
        """The folder relative to the workspace's root, with forward slashes; `.` for the root."""
        return self.root.relative_to((self.workspace or self).root).as_posix()

    @property
    def pythons(self) -> tuple[str, ...]:
        """The supported minor versions, oldest first; in a workspace only those that all members allow, because uv refuses others.

        A workspace has those of all its members. Raises `EvenfallError` (usage) as `supported_pythons` does, and if none is left.
        """
        workspace = self.workspace or self
        if not workspace.is_workspace:
            return supported_pythons(self.pyproject)
        named = {python for member in self.members for python in supported_pythons(member.pyproject)} or {*RELEASED}
        allowed = SpecifierSet(workspace.lock.requires_python)
        pythons = tuple(python for python in RELEASED if python in named and allows_minor(allowed, python))
        if not pythons:
            raise EvenfallError(
                f"{lockfile.NAME}: the members of the workspace together require Python {allowed}, "
                f"and {self.folder}/{pyproject.NAME} names no such version",
                hint="let the classifiers and requires-python of all members have a version in common",
            )
        return pythons

    @property
    def primary_python(self) -> str:
        """The version for sessions that run on one Python only: the oldest, because too new syntax fails there first."""
        return self.pythons[0]

    @cached_property
    def lock(self) -> lockfile.Lockfile:
        """The parsed `uv.lock`, of the workspace for a member. Raises `EvenfallError` (usage) as `read_lockfile` does."""
        return self.workspace.lock if self.workspace else lockfile.read_lockfile(self.root / lockfile.NAME)

    @property
    def group_owners(self) -> tuple[Project, ...]:
        """The projects whose groups can be installed here: a member's own and its root's, and all of a workspace."""
        if self.workspace:
            return (self, self.workspace)
        return (self, *self.members) if self.is_workspace else (self,)

    @property
    def sync_scope(self) -> tuple[str, ...]:
        """The option of `uv sync` for the packages of this project: for those of a workspace, or for one member, as `uv run` installs it.

        By default uv installs all members at a root that is no project, and elsewhere only the root's own project.
        """
        if self.is_workspace or (self.workspace and not self.workspace.name):
            return ("--all-packages",)
        return (f"--package={self.name}",) if self.workspace else ()

    @property
    def group_names(self) -> tuple[str, ...]:
        """The names of the dependency groups of all `group_owners`."""
        return tuple(dict.fromkeys(name for project in self.group_owners for name in project.pyproject.groups))

    def locked_names(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the normalized names of the packages that these groups, and the extras of `[tool.evenfall]`, require on any system.

        Raises `EvenfallError` (usage) as `lock` and `LockGraph.installed_names` do.
        """
        names = [project.name for project in self.group_owners if project.name]
        return LockGraph(self.lock).installed_names(names, tuple(groups), self.pyproject.settings.extras)

    def groups(self, purpose: str) -> tuple[str, ...]:
        """Return the dependency groups for `"tests"`, `"lint"` or `"docs"`.

        These are the groups that `[tool.evenfall.groups]` names, else those with a usual name, else `dev`. Raises `EvenfallError`
        (usage) if a named group does not exist.
        """
        configured: tuple[str, ...] | None = getattr(self.pyproject.settings.groups, purpose)
        if configured is None:
            usual = tuple(group for group in self.group_names if group.lower() in USUAL_GROUPS[purpose])
            return usual or tuple(group for group in self.group_names if group == "dev")
        for group in configured:
            if group not in self.group_names:
                raise EvenfallError(
                    f"{pyproject.NAME}: tool.evenfall.groups.{purpose}: no dependency group {group!r}"
                    f" (existing groups: {', '.join(self.group_names) or 'none'})",
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
        return self.group_names if self.pyproject.groups_can_be_combined else self.lint_and_test_groups


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
