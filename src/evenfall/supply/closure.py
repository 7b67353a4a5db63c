"""Why a package is in the lock: by which way the project came to it, and whether it ships or only helps to develop."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import Dependency, Lockfile, Package

Scope = Literal["runtime", "dev"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A locked package, and the shortest way to it.

    `way` begins with a package that is built here and ends with this one: `("lantern", "requests", "urllib3")`; what came by
    an extra or a group of the first says so: `"lantern[web]"`, `"lantern (group test)"`. It is empty where nothing needs it.
    """

    package: Package
    scope: Scope
    way: tuple[str, ...]

    @property
    def label(self) -> str:
        """The way as a line: `lantern (group test) > pytest > iniconfig`."""
        return " > ".join(self.way)


def third_party(lock: Lockfile) -> tuple[Reached, ...]:
    """Every locked package that is not built from a folder here, in the order of the lock.

    `runtime` is what the packages that are built here need, with all of their extras; `dev` what only their groups bring, or
    nothing any more. Raises `EvenfallError` (usage) for an edge to a package that the lock does not hold.
    """
    graph = Graph(lock)
    ways = graph.ways()
    return tuple(
        Reached(package=package, scope=scope, way=way)
        for place, package in enumerate(lock.package)
        if not package.source.is_folder
        for scope, way in [ways.get(place, ("dev", ()))]
    )


class Graph:
    """The packages of a lock by their place in it, and what each needs."""

    def __init__(self, lock: Lockfile) -> None:
        self.packages = lock.package
        self._named: dict[str, list[int]] = {}
        for place, package in enumerate(lock.package):
            self._named.setdefault(canonicalize_name(package.name), []).append(place)

    def found(self, edge: Dependency, needing: Package) -> tuple[int, ...]:
        """The places of what an edge means: one, or several where the lock holds several and the edge does not choose.

        Raises `EvenfallError` (usage) where there is none.
        """
        places = tuple(
            place
            for place in self._named.get(canonicalize_name(edge.name), ())
            if edge.version in {None, self.packages[place].version}
            and (edge.source is None or edge.source == self.packages[place].source)
        )
        if not places:
            version = f" {edge.version}" if edge.version else ""
            raise EvenfallError(
                f"{lockfile.NAME}:{needing.line}: {needing.name} needs {edge.name}{version}, which the lock does not hold",
                hint="uv lock",
            )
        return places

    def needed(self, place: int, extra: str | None) -> Iterator[tuple[int, str | None]]:
        """What a package, or an extra of it, needs: places, each alone and once more for every extra that is asked of it."""
        package = self.packages[place]
        edges = package.dependencies if extra is None else package.optional_dependencies.get(extra, ())
        yield from self._targets(edges, package)

    def _targets(self, edges: Iterable[Dependency], package: Package) -> Iterator[tuple[int, str | None]]:
        for edge in edges:
            for target in self.found(edge, package):
                yield target, None
                yield from ((target, extra) for extra in edge.extra)

    def ways(self) -> Mapping[int, tuple[Scope, tuple[str, ...]]]:
        """The shortest way to each package that is reached; what ships comes first."""
        roots = [(place, package) for place, package in enumerate(self.packages) if package.source.is_folder]
        ways: dict[int, tuple[Scope, tuple[str, ...]]] = {}
        seen: set[tuple[int, str | None]] = set()
        waiting: deque[tuple[int, str | None, tuple[str, ...]]] = deque()
        for place, root in roots:
            waiting.append((place, None, (root.name,)))
            waiting += ((place, extra, (f"{root.name}[{extra}]",)) for extra in root.optional_dependencies)
        self._walk(waiting, "runtime", ways, seen)
        for _, root in roots:
            for group, edges in root.dev_dependencies.items():
                way = (f"{root.name} (group {group})",)
                waiting += ((*target, (*way, self.packages[target[0]].name)) for target in self._targets(edges, root))
        self._walk(waiting, "dev", ways, seen)
        return ways

    def _walk(
        self,
        waiting: deque[tuple[int, str | None, tuple[str, ...]]],
        scope: Scope,
        ways: dict[int, tuple[Scope, tuple[str, ...]]],
        seen: set[tuple[int, str | None]],
    ) -> None:
        """Breadth first, so that the first way found is a shortest one."""
        while waiting:
            place, extra, way = waiting.popleft()
            if (place, extra) in seen:
                continue
            seen.add((place, extra))
            ways.setdefault(place, (scope, way))
            waiting += (
                (target, more, way if target == place else (*way, self.packages[target].name))
                for target, more in self.needed(place, extra)
            )
