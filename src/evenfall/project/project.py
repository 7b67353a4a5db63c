"""What the repository says of itself: `pyproject.toml`, `uv.lock` and the git tree, read once into a `Project`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.project import lockfile, pyproject
from evenfall.project.lock_graph import LockGraph
from evenfall.project.pythons import primary_python, supported_pythons

# The names under which projects keep their groups, used where `[tool.evenfall.groups]` says nothing.
USUAL_GROUPS = {
    "tests": ("test", "tests", "testing"),
    "lint": ("lint", "linting", "style", "typing", "types", "mypy", "pre-commit", "precommit"),
    "docs": ("docs", "doc", "documentation"),
}


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project at `root`; the lock is parsed when it is first asked for."""

    root: Path
    pyproject: pyproject.Pyproject

    @property
    def name(self) -> str:
        """The distribution's name, normalized (PEP 503)."""
        return self.pyproject.normalized_name

    @property
    def pythons(self) -> tuple[str, ...]:
        """The supported minor versions, oldest first. Raises `EvenfallError` where the metadata disagree."""
        return supported_pythons(self.pyproject)

    @property
    def primary_python(self) -> str:
        """The version for sessions that run on one Python."""
        return primary_python(self.pyproject)

    @cached_property
    def lock(self) -> lockfile.Lockfile:
        """`uv.lock`. Raises `EvenfallError` (usage) where it is missing or broken."""
        return lockfile.read_lockfile(self.root / lockfile.NAME)

    def locked_names(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the normalized names of the packages that these groups, and the extras of `[tool.evenfall]`, bring on any system.

        Raises `EvenfallError` (usage) as `lock` and `LockGraph.installed_names` do.
        """
        return LockGraph(self.lock).installed_names(self.name, groups, self.pyproject.settings.extras)

    def groups(self, purpose: str) -> tuple[str, ...]:
        """The project's own groups for `"tests"`, `"lint"` or `"docs"`.

        As `[tool.evenfall.groups]` says, else by their usual names, else `dev`. Raises `EvenfallError` (usage) for a group
        that is not there.
        """
        chosen: tuple[str, ...] | None = getattr(self.pyproject.settings.groups, purpose)
        if chosen is None:
            usual = tuple(group for group in self.pyproject.groups if group.lower() in USUAL_GROUPS[purpose])
            return usual or tuple(group for group in self.pyproject.groups if group == "dev")
        for group in chosen:
            if group not in self.pyproject.groups:
                known = ", ".join(self.pyproject.groups) or "no group"
                raise EvenfallError(
                    f"{pyproject.NAME}: tool.evenfall.groups.{purpose}: there is no dependency group {group!r} ({known} is there)",
                    hint=f"uv add --group {purpose} …, or correct the key",
                )
        return chosen

    @property
    def lint_and_test_groups(self) -> tuple[str, ...]:
        """The groups that linters need: their own, and those of the tests, because type checkers read what tests import."""
        return tuple(dict.fromkeys((*self.groups("lint"), *self.groups("tests"))))


def find_root(start: Path) -> Path:
    """The closest folder at or above `start` with a `pyproject.toml`. Raises `EvenfallError` (usage) where there is none."""
    for folder in (start, *start.parents):
        if (folder / pyproject.NAME).is_file():
            return folder
    raise EvenfallError(f"{start}: no {pyproject.NAME} here or above", hint="cd to the project, or evenfall init")


def find_locked_root(start: Path) -> Path:
    """As `find_root`; of a workspace's member, and of a folder whose `pyproject.toml` only has settings, the root whose lock it has.

    Raises `EvenfallError` (usage) as `find_root` and `read_lockfile` do.
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


def find_project(start: Path, root: Path) -> Path:
    """The closest folder at or above `start`, but not above `root`, whose `pyproject.toml` has a `[project]`; else `root`."""
    inside = [folder for folder in (start, *start.parents) if folder.is_relative_to(root)]
    return next((folder for folder in inside if _has_project(folder)), root)


def _has_project(folder: Path) -> bool:
    return (folder / pyproject.NAME).is_file() and pyproject.read_pyproject(folder / pyproject.NAME).has_project


def read_project(root: Path) -> Project:
    """The project whose `pyproject.toml` lies in `root`. Raises `EvenfallError` (usage) as `read_pyproject` does."""
    project = Project(root=root, pyproject=pyproject.read_pyproject(root / pyproject.NAME))
    project.pyproject.check_package()
    return project
