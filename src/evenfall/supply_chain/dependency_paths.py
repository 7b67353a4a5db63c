"""Why a package is in the lock: by which way the project came to it, and whether it ships or only helps to develop."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import Dependency, LockedPackage, Lockfile
from evenfall.supply_chain.conflicts import Asked, anything, beside, may_hold, no_group

Scope = Literal["runtime", "dev"]


LONGEST = 50
"""Steps of a way that are told."""


MOST = 100
"""Packages that an edge means at most; uv says which one, where there are several of a name."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step on a way, and the one before it: ways that begin alike share their begin, however long they are."""

    name: str
    before: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A locked package, and the last step of the shortest way to it; `None` where nothing needs it."""

    package: LockedPackage
    scope: Scope
    step: Step | None

    @property
    def way(self) -> tuple[str, ...]:
        """From a package that is built here to this one: `("lantern", "requests", "urllib3")`.

        What came by an extra or a group of the first says so: `"lantern[web]"`, `"lantern (group test)"`. It is empty where
        nothing needs it, and of a way that no project has, of more than `LONGEST` steps, the last are there behind an ellipsis.
        """
        step, names = self.step, list[str]()
        while step and len(names) < LONGEST:
            names.append(step.name)
            step = step.before
        return tuple(reversed([*names, "…"] if step else names))

    @property
    def label(self) -> str:
        """The way as a line: `lantern (group test) > pytest > iniconfig`."""
        return " > ".join(self.way)


def third_party(lock: Lockfile) -> tuple[Reached, ...]:
    """Every package that is not built from a folder here, in the order of the lock.

    `runtime` is what the project, or the members of its workspace, need, with all of their extras; `dev` what only their groups
    bring, or nothing any more. Raises `EvenfallError` (usage) for an edge to a package that the lock does not hold.
    """
    return tuple(each for each in Graph(lock).reached() if not each.package.source.is_folder)


def not_its_own(lock: Lockfile) -> tuple[Reached, ...]:
    """Every package but the project and the members of its workspace. See `third_party`, which leaves out all folders."""
    graph = Graph(lock)
    own = {place for place, _ in graph.roots()}
    return tuple(each for place, each in enumerate(graph.reached()) if place not in own)


_Node = tuple[int, str | None]
"""A package by its place in the lock, and the extra of it that is meant."""


class Graph:
    """The packages of a lock by their place in it, and what each needs."""

    def __init__(self, lock: Lockfile) -> None:
        self.packages = lock.package
        self._manifest = lock.manifest
        self._named: dict[tuple[str, str | None], list[int]] = {}
        for place, package in enumerate(lock.package):
            name = canonicalize_name(package.name)
            for version in {None, package.version}:  # an edge may say which one, or not
                self._named.setdefault((name, version), []).append(place)

    def found(self, edge: Dependency, needing: LockedPackage) -> tuple[int, ...]:
        """The places of what an edge means: one, or several where the lock holds several and the edge does not choose.

        Raises `EvenfallError` (usage) where there is none, or more than `MOST`.
        """
        named = self._named.get((canonicalize_name(edge.name), edge.version), [])
        places = [place for place in named if edge.source is None or edge.source == self.packages[place].source]
        if not places or len(named) > MOST:
            version = f" {edge.version}" if edge.version else ""
            what = f"which the lock holds {len(named)} times" if places else "which the lock does not hold"
            raise EvenfallError(
                f"{lockfile.NAME}:{needing.line}: {needing.name} needs {edge.name}{version}, {what}", hint="uv lock"
            )
        return tuple(places)

    def needed(self, node: _Node, asked: Asked = anything) -> Iterator[_Node]:
        """What a package, or an extra of it, needs. See `targets`."""
        place, extra = node
        package = self.packages[place]
        edges = package.dependencies if extra is None else package.optional_dependencies.get(extra, ())
        yield from self.targets(edges, package, asked)

    def targets(self, edges: Iterable[Dependency], package: LockedPackage, asked: Asked = anything) -> Iterator[_Node]:
        """What edges of a package mean: places, each alone and once more for every extra that is asked of it.

        Those that can't hold while just that is `asked` for are left out (`evenfall.supply_chain.conflicts`).
        """
        for edge in edges:
            if asked is not anything and edge.marker and not may_hold(edge.marker, beside(edge, asked)):
                continue
            for target in self.found(edge, package):
                yield target, None
                yield from ((target, extra) for extra in edge.extra)

    def reached(self, root: int | None = None) -> tuple[Reached, ...]:
        """Every package, in the order of the lock; what ships is `runtime` even where it helps to develop too.

        By the ways that begin at the `roots`, or at one of them alone, given by its place.
        """
        roots = [(place, package) for place, package in self.roots() if root in {None, place}]
        found: dict[int, Reached] = {}
        shipped = self._walk(self._shipped(roots), no_group)
        # All edges once more: while a group is asked for, what it conflicts with needs other versions.
        of_none = self._of_no_package() if root is None else ()
        developed = self._walk(chain(self._developed(roots), of_none, self._shipped(roots)), anything)
        scopes: tuple[tuple[Scope, Iterator[tuple[int, Step]]], ...] = (("runtime", shipped), ("dev", developed))
        for scope, walk in scopes:
            for place, step in walk:
                found.setdefault(place, Reached(package=self.packages[place], scope=scope, step=step))
        return tuple(
            found.get(place) or Reached(package=package, scope="dev", step=None)
            for place, package in enumerate(self.packages)
        )

    def _shipped(self, roots: Iterable[tuple[int, LockedPackage]]) -> Iterator[tuple[_Node, Step]]:
        for place, root in roots:
            yield (place, None), Step(root.name)
            yield from (((place, extra), Step(f"{root.name}[{extra}]")) for extra in root.optional_dependencies)

    def _developed(self, roots: Iterable[tuple[int, LockedPackage]]) -> Iterator[tuple[_Node, Step]]:
        for _, root in roots:
            for group, edges in root.dev_dependencies.items():
                first = Step(f"{root.name} (group {group})")
                yield from (
                    (target, Step(self.packages[target[0]].name, first)) for target in self.targets(edges, root)
                )

    def _of_no_package(self) -> Iterator[tuple[_Node, Step]]:
        """The groups of a folder that is no project; of what they ask for under a marker that never holds the lock has no package."""
        for group, asked in self._manifest.dependency_groups.items():
            there = [each for each in asked if (canonicalize_name(each.name), None) in self._named]
            needed = [Dependency(name=each.name, extra=each.extras) for each in there]
            first, project = Step(f"(group {group})"), LockedPackage(name="the project")
            yield from (
                (target, Step(self.packages[target[0]].name, first)) for target in self.targets(needed, project)
            )

    def roots(self) -> Iterator[tuple[int, LockedPackage]]:
        """The project, or the members of its workspace, by their places; what else is built from a folder is needed by these."""
        members = {*map(canonicalize_name, self._manifest.members)}
        for place, package in enumerate(self.packages):
            source = package.source
            named = canonicalize_name(package.name) in members
            if source.is_folder and (named if members else source.folder == "."):
                yield place, package

    def _walk(self, starts: Iterable[tuple[_Node, Step]], asked: Asked) -> Iterator[tuple[int, Step]]:
        """Breadth first, so that the first way found is a shortest one."""
        waiting, seen = deque(starts), set[_Node]()
        while waiting:
            node, step = waiting.popleft()
            if node in seen:
                continue
            seen.add(node)
            yield node[0], step
            waiting += (
                (target, step if target[0] == node[0] else Step(self.packages[target[0]].name, step))
                for target in self.needed(node, asked)
            )
