"""Choose the Python for sessions that run on one Python: where all code can be read, and all groups and tools can be installed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files
from evenfall.project.dependency_groups import DependencyGroups
from evenfall.project.lock_graph import LockGraph
from evenfall.project.lockfile import Lockfile
from evenfall.project.marker_environment import marker_environment
from evenfall.project.python_names import is_cpython, minor_number, minor_version
from evenfall.project.syntax import modules, oldest_reader
from evenfall.text import and_more

TOOLS = frozenset({"coverage", "import-linter", "isort", "mypy", "pre-commit", "pytest", "ruff"})
"""The packages of the programs that sessions on one Python call, if the project has locked them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRequest:
    """The Pythons of a project, oldest first, and what a session installs: groups and extras of the projects with these names.

    Without a lock, nothing is known about the tools.
    """

    root: Path
    names: Sequence[str]
    pythons: Sequence[str]
    groups: Sequence[str]
    tools: Collection[str]
    extras: Sequence[str]
    dependency_groups: DependencyGroups
    lock: Lockfile | None


def choose_python(request: PythonRequest) -> str:
    """Return the oldest Python on which the groups can be installed, their tools are locked, and all modules can be parsed.

    It is the default build of CPython if the project supports that. Raises `EvenfallError` (usage) if there is no such Python, and
    as `oldest_reader` does.
    """
    candidates = [python for python in request.pythons if is_cpython(python)] or [*request.pythons]
    tools = {python: _locked_tools(python, request) for python in candidates}
    locked = frozenset().union(*tools.values())
    obstacles = {python: " and ".join(_obstacles(python, locked - tools[python], request)) for python in candidates}
    if not all(obstacles.values()) and len(candidates) > 1:
        obstacles |= _reading_obstacles([python for python in candidates if not obstacles[python]], request)
    for python, reason in obstacles.items():
        if not reason:
            return python
    reasons = "; ".join(f"{python} does not, because {reason}" for python, reason in obstacles.items())
    raise EvenfallError(
        f"pyproject.toml: no Python fits a session with the groups {', '.join(request.groups) or '(none)'}: {reasons}",
        hint="change [tool.evenfall.groups], or omit the session: evenfall.standard_sessions(omit=[…])",
    )


def _obstacles(python: str, missing: Collection[str], request: PythonRequest) -> Iterator[str]:
    for group in request.groups:
        if not request.dependency_groups.allows([group], minor_version(python)):
            yield f"group {group} requires Python {request.dependency_groups.requires_python[group]}"
    if missing:
        yield f"{', '.join(sorted(missing))} is not locked for it"


def _locked_tools(python: str, request: PythonRequest) -> frozenset[str]:
    """Return the tools that are locked for a Python in the groups and extras. A project that is not in the lock has none."""
    if request.lock is None:
        return frozenset()
    names = [name for name in request.names if request.lock.find(name)]
    graph = LockGraph(request.lock, environment=marker_environment(python))
    return graph.installed_names(names, request.groups, request.extras) & {*request.tools}


def _reading_obstacles(candidates: Sequence[str], request: PythonRequest) -> dict[str, str]:
    """Return the reason for each candidate that can't parse all modules that a supported Python can parse."""
    versions = sorted({minor_version(python) for python in request.pythons}, key=minor_number)
    try:
        files = tracked_files(request.root)
    except EvenfallError:  # without git, as in an unpacked sdist, it is not known which files are the project's
        return {}
    oldest, newer = oldest_reader(request.root, modules(files), versions)
    unable = versions[: versions.index(oldest)]
    return {python: f"it can't parse {and_more(newer, 3)}" for python in candidates if minor_version(python) in unable}
