"""Choose the Python for sessions that run on one Python: where all code can be read, and all groups and tools can be installed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.tracked import matching_paths
from evenfall.project.dependency_groups import DependencyGroups
from evenfall.project.lock_graph import LockGraph
from evenfall.project.lockfile import Lockfile
from evenfall.project.marker_environment import marker_environment
from evenfall.project.python_cache import PythonCache
from evenfall.project.python_names import is_cpython, minor_number, minor_version
from evenfall.project.syntax import modules, oldest_reader
from evenfall.project.toml import PYPROJECT
from evenfall.text import and_more

TOOLS = frozenset({"coverage", "import-linter", "isort", "mypy", "pre-commit", "prek", "pytest", "ruff"})
"""The packages of the programs that sessions on one Python call, if the project has locked them."""

CHOSEN = "EVENFALL_SESSION_PYTHONS"
"""The variable with the Pythons that were chosen for the same files: `KEY=3.12`, separated by spaces. The mirror sets it for a job."""


@dataclass(frozen=True, kw_only=True)
class SessionPythons:
    """The choice of the Python for a session. `pythons` are those of the project in the folder `root`, the oldest first.

    `names` are the projects with the groups and `extras` that are installed. `read_lock` returns their lock, which is the file
    `lock`; None without a lock, and then nothing is known about the tools. `chosen` gets each chosen Python, by a key for what it
    depends on besides the files.
    """

    root: Path
    pythons: Sequence[str]
    names: Sequence[str]
    extras: Sequence[str]
    dependency_groups: DependencyGroups
    lock: Path
    read_lock: Callable[[], Lockfile | None]
    chosen: dict[str, str]

    def choose(self, groups: Sequence[str], tools: Collection[str]) -> str:
        """Return the oldest Python on which groups can be installed, their tools are locked, and all modules can be parsed.

        It is the default build of CPython. Raises `EvenfallError` (usage) if there is no such Python,
        as `read_lock` does, and as `oldest_reader` does.
        """
        candidates = [python for python in self.pythons if is_cpython(python)]
        inputs = json.dumps([self.pythons, self.names, self.extras, groups, sorted(tools)])
        key = hashlib.sha256(inputs.encode()).hexdigest()[:16]
        given = dict(text.partition("=")[::2] for text in os.environ.get(CHOSEN, "").split())
        found = given.get(key) or self._cache.get(key)
        if found not in candidates:
            found = self._choose(candidates, groups, tools)
            self._cache.put(key, found)
        self.chosen[key] = found
        return found

    def _choose(self, candidates: Sequence[str], groups: Sequence[str], tools: Collection[str]) -> str:
        obstacles = {python: [*self._installation_obstacles(python, groups)] for python in candidates}
        if len(candidates) > 1:
            locked = {python: self._locked_tools(python, groups) & {*tools} for python in candidates}
            every = frozenset().union(*locked.values())
            oldest, newer = self._oldest_reader
            for python in candidates:
                if missing := every - locked[python]:
                    obstacles[python].append(f"{', '.join(sorted(missing))} is not locked for it")
                if minor_number(python) < minor_number(oldest):
                    obstacles[python].append(f"it can't parse {and_more(newer, 3)}")
        for python, reasons in obstacles.items():
            if not reasons:
                return python
        texts = (f"{python} does not, because {' and '.join(reasons)}" for python, reasons in obstacles.items())
        raise EvenfallError(
            f"pyproject.toml: no Python fits a session with the groups {', '.join(groups) or '(none)'}: {'; '.join(texts)}",
            hint="change [tool.evenfall.groups], or omit the session: evenfall.standard_sessions(omit=[…])",
        )

    def _installation_obstacles(self, python: str, groups: Sequence[str]) -> Iterator[str]:
        for group in groups:
            if not self.dependency_groups.allows([group], minor_version(python)):
                yield f"group {group} requires Python {self.dependency_groups.requires_python[group]}"

    def _locked_tools(self, python: str, groups: Sequence[str]) -> frozenset[str]:
        """Return the packages that are locked for a Python in the groups and extras. A project that is not in the lock has none."""
        lock = self.read_lock() if groups or self.extras else None
        if lock is None:
            return frozenset()
        names = [name for name in self.names if lock.find(name)]
        return LockGraph(lock, environment=marker_environment(python)).installed_names(names, groups, self.extras)

    @cached_property
    def _files(self) -> tuple[str, ...]:
        try:
            return matching_paths(self.root, "*.py", "*.pyi", "*pyproject.toml")
        except EvenfallError:  # without git, as in an unpacked sdist, it is not known which files are the project's
            return ()

    @cached_property
    def _cache(self) -> PythonCache:
        of_root = (os.path.relpath(self.lock.with_name(name), self.root) for name in (self.lock.name, PYPROJECT))
        return PythonCache(
            self.root, (PYPROJECT, *of_root, *self._files), versions=[version(name) for name in ("evenfall", "ruff")]
        )

    @cached_property
    def _oldest_reader(self) -> tuple[str, tuple[str, ...]]:
        versions = sorted({minor_version(python) for python in self.pythons}, key=minor_number)
        return oldest_reader(self.root, modules(self._files), versions)
