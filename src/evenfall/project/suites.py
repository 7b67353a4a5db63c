"""The test suites of a workspace: one for each member with tests, and one for the tests at a root that is no project.

A suite gives the results that the project's own command gives: `pytest` in the member's folder if pytest is configured there, else
`pytest MEMBER` at the root, where the common configuration is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.tracked import submodules, tracked_files
from evenfall.project.project import Project
from evenfall.project.pytest_config import TAKES_VALUE, PytestConfig, expand_testpaths, pytest_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The tests of a project: `name` is its name, or `.` for a root that is no project and for a project without a workspace.

    pytest starts in `folder`, which is the project's or the workspace's, with `arguments`.
    """

    name: str
    project: Project
    folder: Path
    arguments: tuple[str, ...] = ()

    def with_options(self, options: Sequence[str]) -> tuple[str, ...]:
        """Return the arguments with a user's options for pytest. If these name a file or a folder, only that is tested."""
        words = [
            word for before, word in zip(("", *options), options, strict=False) if not TAKES_VALUE.fullmatch(before)
        ]
        names_path = any(os.path.exists(self.folder / word.partition("::")[0]) for word in words)  # noqa: PTH110 - no OSError
        return tuple(options) if names_path else (*self.arguments, *options)


def find_suites(project: Project) -> tuple[Suite, ...]:
    """Return the suites of a workspace: one for each member that has tests, and one for the root. Another project has one suite.

    Raises `EvenfallError` (usage) as `Project.members` and `pytest_config` do.
    """
    members = project.members if project.is_workspace else ()
    candidates = members if project.name else (*members, project)
    tracked = _Tracked(project.root) if members else None
    common = pytest_config(project.root) if members else None
    suites = tuple(suite for each in candidates if tracked and (suite := _suite(each, project, common, tracked)))
    return suites or (Suite(name=".", project=project, folder=project.root),)


def find_suite(project: Project, name: str) -> Suite:
    """Return the suite with this name. Raises `EvenfallError` (usage) if it has no tests any more."""
    for suite in find_suites(project):
        if suite.name == name:
            return suite
    raise EvenfallError(f"{name}: no tests in its folder", hint="nox -l lists the jobs")


def untested_members(project: Project) -> tuple[Project, ...]:
    """Return the members of a workspace without tests in their folder."""
    tested = {suite.project.root for suite in find_suites(project)}
    return tuple(member for member in project.members if member.root not in tested) if project.is_workspace else ()


class _Tracked:
    """The files that git tracks in a folder, and those in submodules; all files if the folder is not in a repository."""

    def __init__(self, root: Path) -> None:
        try:
            self._paths: set[Path] | None = {root / name for name in (*tracked_files(root), *submodules(root))}
        except EvenfallError:
            self._paths = None

    @cached_property
    def _folders(self) -> set[Path]:
        return {folder for path in self._paths or () for folder in path.parents}

    def has(self, path: Path) -> bool:
        """Return whether a path is a file of git, is in a submodule, or is a folder that contains such a file."""
        paths = self._paths
        return paths is None or path in self._folders or any(each in paths for each in (path, *path.parents))


def _suite(project: Project, workspace: Project, common: PytestConfig | None, tracked: _Tracked) -> Suite | None:
    """Return the suite of a member, or of the workspace's root, or None if its folder has no tests.

    `common` is the configuration at the workspace's root.
    """
    others = tuple(member.root for member in workspace.members if _is_below(member.root, project.root))
    own = pytest_config(project.root) if project.root != workspace.root else common
    config = own or common or PytestConfig()
    folder = project.root if own else workspace.root
    named = tuple(path for path in expand_testpaths(folder, config.testpaths) if tracked.has(path))
    paths = tuple(path for path in named if _belongs(path, project.root, others))
    if project.root == workspace.root and named and not paths:
        return None  # the root's testpaths are all in members
    searched = paths or (project.root,)
    if not any(path.is_file() or any(map(tracked.has, config.test_files(path, others))) for path in searched):
        return None
    # Without a path, pytest itself follows `testpaths` in the folder of its configuration.
    is_default = folder == project.root and paths == named
    arguments = [] if is_default else [path.relative_to(folder).as_posix() for path in searched]
    inside = (other for other in others if any(other.is_relative_to(path) for path in searched))
    arguments += [f"--ignore={other.relative_to(folder).as_posix()}" for other in inside]
    return Suite(name=project.name or ".", project=project, folder=folder, arguments=tuple(arguments))


def _belongs(path: Path, root: Path, others: tuple[Path, ...]) -> bool:
    return path.is_relative_to(root) and not any(path.is_relative_to(other) for other in others)


def _is_below(path: Path, root: Path) -> bool:
    return path != root and path.is_relative_to(root)
