"""The project: its `pyproject.toml` and `uv.lock`, and the folders in which these are found."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile, pyproject
from evenfall.project.dependency_groups import DependencyGroups, merge_groups
from evenfall.project.lock_graph import LockGraph
from evenfall.project.python_names import allows_minor, minor_version, sort_pythons
from evenfall.project.pythons import RELEASED, supported_pythons
from evenfall.project.session_python import TOOLS, SessionPythons
from evenfall.project.uv_settings import uv_settings
from evenfall.project.workspace import read_members
from evenfall.text import and_more, did_you_mean

# The usual names of dependency groups by purpose, used unless `[tool.evenfall.groups]` names them.
USUAL_GROUPS = {
    "tests": ("test", "tests", "testing"),
    "lint": ("lint", "linting", "style", "typing", "types", "mypy", "pre-commit", "precommit"),
    "docs": ("docs", "doc", "documentation"),
}


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project in the folder `root`: a package or an application, a member of the workspace `workspace`, or a workspace itself.

    Its lock is parsed when it is first used.
    """

    root: Path
    pyproject: pyproject.Pyproject
    workspace: Project | None = None
    _chosen: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name, normalized (PEP 503); empty for a workspace whose root is not a project (a virtual root)."""
        return self.pyproject.normalized_name if self.pyproject.has_project else ""

    @property
    def title(self) -> str:
        """The name as people know it: the project's, as it is written, or those of the members of a workspace without a project."""
        if self.pyproject.has_project:
            return self.pyproject.name
        return f"the workspace of {and_more([member.name for member in self.members]) or 'no members'}"

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

    @property
    def packages(self) -> tuple[Project, ...]:
        """The members that uv builds. Raises `EvenfallError` as `members` does."""
        return tuple(member for member in self.members if member.pyproject.is_package)

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

    @cached_property
    def pythons(self) -> tuple[str, ...]:
        """The supported Pythons by Nox's names, such as `3.13`, `3.13t` and `pypy3.11`, the oldest first.

        In a workspace they are those of all members that uv's lock allows, because uv refuses others. Raises `EvenfallError` (usage)
        as `supported_pythons` does, and if none is left.
        """
        workspace = self.workspace or self
        if not workspace.is_workspace:
            is_locked = not self.pyproject.requires_python and (self.root / lockfile.NAME).is_file()
            return supported_pythons(self.pyproject, locked=self.lock.requires_python if is_locked else "")
        named = {
            python for member in self.members for python in supported_pythons(member.pyproject, is_member=True)
        } or {*RELEASED}
        allowed = self.allowed_pythons
        pythons = sort_pythons(python for python in named if allows_minor(allowed, minor_version(python)))
        if not pythons:
            raise EvenfallError(
                f"{lockfile.NAME}: the members of the workspace together require Python {allowed}, "
                f"and {self.folder}/{pyproject.NAME} names no such version",
                hint="let the classifiers and requires-python of all members have a version in common",
            )
        return pythons

    @cached_property
    def allowed_pythons(self) -> SpecifierSet:
        """The releases that `requires-python` allows, in a workspace that of all members. Raises `EvenfallError` as `lock` does."""
        workspace = self.workspace or self
        return SpecifierSet(
            workspace.lock.requires_python if workspace.is_workspace else self.pyproject.requires_python
        )

    def python_for(self, groups: Iterable[str], tools: Collection[str] = TOOLS) -> str:
        """Return the Python for a session that runs on one Python, installs these groups and calls these tools.

        Raises `EvenfallError` as `SessionPythons.choose` does.
        """
        return self._session_pythons.choose(tuple(map(canonicalize_name, groups)), tools)

    @property
    def chosen_pythons(self) -> str:
        """The Pythons that `python_for` has returned, as the value of the variable `CHOSEN`."""
        return " ".join(f"{key}={python}" for key, python in self._chosen.items())

    @cached_property
    def _session_pythons(self) -> SessionPythons:
        lock = (self.workspace or self).root / lockfile.NAME
        return SessionPythons(
            root=self.root,
            pythons=self.pythons,
            names=[project.name for project in self.group_owners if project.name],
            extras=self.pyproject.settings.extras,
            dependency_groups=self.dependency_groups,
            lock=lock,
            read_lock=lambda: self.lock if lock.is_file() else None,
            chosen=self._chosen,
        )

    @cached_property
    def lock(self) -> lockfile.Lockfile:
        """The parsed `uv.lock`, of the workspace for a member. Raises `EvenfallError` (usage) as `read_lockfile` does."""
        return self.workspace.lock if self.workspace else lockfile.read_lockfile(self.root / lockfile.NAME)

    @property
    def group_owners(self) -> tuple[Project, ...]:
        """The projects whose groups can be installed here: all of a workspace; or a member and its root, if it is installed alone."""
        if self.workspace and self.is_installed_alone:
            return (self, self.workspace)
        workspace = self.workspace or self
        return (workspace, *workspace.members) if workspace.is_workspace else (self,)

    @cached_property
    def dependency_groups(self) -> DependencyGroups:
        """The dependency groups of all `group_owners`; groups with the same name are one."""
        if self.workspace and not self.is_installed_alone:
            return self.workspace.dependency_groups
        names = [project.name for project in self.group_owners]
        return merge_groups([project.pyproject.read_groups(names) for project in self.group_owners])

    @property
    def sync_scope(self) -> tuple[str, ...]:
        """The option of `uv sync` for the packages of this project.

        In a workspace these are all members, because they are tested together where uv installs them by default (at a root that is no
        project) or where projects install them (`uv sync --all-packages`). Members that are declared to conflict are installed alone.
        """
        workspace = self.workspace or self
        if self.is_installed_alone:
            return (f"--package={self.name}",) if self.workspace else ()
        return ("--all-packages",) if workspace.is_workspace else ()

    @property
    def is_installed_alone(self) -> bool:
        """Whether uv can't install it together with the other members of its workspace, because some are declared to conflict."""
        return (self.workspace or self).pyproject.has_package_conflicts

    def locked_requirements(self, kind: Literal["groups", "extras"]) -> dict[str, frozenset[str]]:
        """Return the names of the packages that each dependency group or each extra requires directly, of all `group_owners`.

        Raises `EvenfallError` (usage) if a project is not in the lock.
        """
        graph = LockGraph(self.lock)
        found: dict[str, set[str]] = {}
        for owner in filter(None, (project.name for project in self.group_owners)):
            package = graph.packages[graph.find_project(owner)]
            edges = package.dev_dependencies if kind == "groups" else package.optional_dependencies
            for name, required in edges.items():
                found.setdefault(canonicalize_name(name), set()).update(
                    canonicalize_name(edge.name) for edge in required
                )
        unowned = self.lock.manifest.dependency_groups if kind == "groups" else {}
        for name, requirements in unowned.items():
            found.setdefault(canonicalize_name(name), set()).update(
                canonicalize_name(each.name) for each in requirements
            )
        return {name: frozenset(required) for name, required in found.items()}

    @property
    def group_names(self) -> tuple[str, ...]:
        """The normalized names of the dependency groups."""
        return self.dependency_groups.names

    def locked_names(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the normalized names of the packages that these groups, and the extras of `[tool.evenfall]`, require on any system.

        Raises `EvenfallError` (usage) as `lock` and `LockGraph.installed_names` do.
        """
        names = [project.name for project in self.group_owners if project.name]
        return LockGraph(self.lock).installed_names(names, tuple(groups), self.pyproject.settings.extras)

    def groups(self, purpose: str) -> tuple[str, ...]:
        """Return the dependency groups for `"tests"`, `"lint"` or `"docs"`.

        These are the groups that `[tool.evenfall.groups]` names; else those with a usual name, and the groups that uv installs by
        default, except those that can't be installed with them. Raises `EvenfallError` (usage) if a named group does not exist, or
        if two groups conflict.
        """
        configured: tuple[str, ...] | None = getattr(self.pyproject.settings.groups, purpose)
        groups = self.dependency_groups
        for group in configured or ():
            if canonicalize_name(group) not in groups.names:
                raise EvenfallError(
                    f"{pyproject.NAME}: tool.evenfall.groups.{purpose}: no dependency group {group!r}"
                    f" (existing groups: {', '.join(groups.names) or 'none'})",
                    hint=f"uv add --group {purpose} …, or correct the key",
                )
        own = (group for group in groups.names if group in USUAL_GROUPS[purpose]) if configured is None else configured
        default = groups.default if configured is None else ()
        return self.combine_groups(map(canonicalize_name, own), default, every_python=purpose == "tests")

    def combine_groups(self, own: Iterable[str], more: Iterable[str], *, every_python: bool = False) -> tuple[str, ...]:
        """Return the groups `own`, and those of `more` that can be installed with them: on every Python of `own`, or on one.

        Raises `EvenfallError` (usage) if `own` can't be installed.
        """
        groups, extras = self.dependency_groups, self.pyproject.settings.extras
        combined = tuple(dict.fromkeys(own))
        if conflict := groups.conflict(combined, extras):
            raise EvenfallError(
                f"{pyproject.NAME}: tool.uv.conflicts: a session can't install {' and '.join(conflict)} together",
                hint="name the groups of the session in [tool.evenfall.groups]",
            )
        pythons = self.pythons_for(combined)
        if not pythons:
            raise EvenfallError(
                f"{pyproject.NAME}: tool.uv.dependency-groups: no supported Python allows the groups {', '.join(combined)} together",
                hint="name the groups of the session in [tool.evenfall.groups]",
            )
        for group in more:
            joined = tuple(dict.fromkeys((*combined, group)))
            allowed = self.pythons_for(joined)
            if (allowed == pythons or (allowed and not every_python)) and not groups.conflict(joined, extras):
                combined = joined
        return combined

    def pythons_for(self, groups: Iterable[str]) -> tuple[str, ...]:
        """Return the Pythons on which these groups can be installed, by their `requires-python` in `[tool.uv.dependency-groups]`."""
        groups = tuple(groups)
        return tuple(each for each in self.pythons if self.dependency_groups.allows(groups, minor_version(each)))

    @cached_property
    def lint_and_test_groups(self) -> tuple[str, ...]:
        """The groups that linters need: their own, and those of the tests, because type checkers read what tests import."""
        return self.combine_groups(self.groups("lint"), self.groups("tests"))

    @cached_property
    def compatible_groups(self) -> tuple[str, ...]:
        """As many groups as can be installed together, those of linters and tests first."""
        return self.combine_groups(self.lint_and_test_groups, self.group_names)


def has_build_isolation(project: Project) -> bool:
    """Return whether uv builds the project in an environment of its own, and not in the one in which it installs the project.

    Raises `EvenfallError` (usage) as `find_locked_root` does.
    """
    return not uv_settings(project.root).builds_without_isolation(project.name)


def build_groups(project: Project) -> tuple[str, ...]:
    """Return the groups that a build needs: as many as possible if a package is built without isolation, else none."""
    return () if all(map(has_build_isolation, project.packages)) else project.compatible_groups


def read_project(root: Path) -> Project:
    """Return the project in the folder `root`. Raises `EvenfallError` (usage) as `read_pyproject` and `Pyproject.check` do."""
    project = Project(root=root, pyproject=pyproject.read_pyproject(root / pyproject.NAME))
    project.pyproject.check()
    return project
