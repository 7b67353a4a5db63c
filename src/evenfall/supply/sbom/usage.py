"""What brings a locked package: the project itself, its extras, its groups; and what it brings in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import Lockfile
from evenfall.supply.closure import Graph

Start = tuple[int, str | None]
"""A package by its place in the lock, alone or an extra of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Whether the project needs a package without being asked for more, and which of its extras and groups bring it."""

    always: bool
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    markers: tuple[tuple[str, str], ...] = ()
    """Pairs of who needs it, and under which condition."""
    asked: tuple[str, ...] = ()
    """The extras of it that something asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The packages of a document by their place in the lock, and the edges between them; `root` is the project's place."""

    root: int
    usages: Mapping[int, Usage]
    edges: Mapping[int, tuple[int, ...]]


def use(lock: Lockfile, project: str, *, runtime: bool) -> Use:
    """How the packages of the lock are used; with `runtime` only those that the project itself needs, extras included.

    Else all of them, and the members of a workspace count as the project does. Raises `EvenfallError` (usage) where the lock
    does not hold the project or what one of its packages needs.
    """
    graph = Graph(lock)
    root = _root(lock, project)
    built = [root] if runtime else [place for place, _ in graph.roots()]
    base = _reach(graph, [(place, None) for place in built])
    extras = {
        _named(lock, root, place, extra): _reach(graph, [(place, None), (place, extra)])
        for place in built
        for extra in lock.package[place].optional_dependencies
    }
    groups = {
        _named(lock, root, place, group): _reach(graph, graph.targets(edges, lock.package[place]))
        for place in ([] if runtime else built)
        for group, edges in lock.package[place].dev_dependencies.items()
    }
    everything = set[Start]().union(base, *extras.values(), *groups.values())
    places = _places(everything) if runtime else set(range(len(lock.package)))
    everything |= {(place, None) for place in places}
    brought = _Brought(always=_places(base), extras=extras, groups=groups)
    usages = _usages(graph, everything, brought)
    return Use(
        root=root,
        usages={place: usages[place] for place in sorted(places - {root})},
        edges=_edges(graph, everything),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """The places that are always there, and what each extra and each group reaches."""

    always: set[int]
    extras: Mapping[str, set[Start]]
    groups: Mapping[str, set[Start]]


def _usages(graph: Graph, everything: Iterable[Start], brought: _Brought) -> Mapping[int, Usage]:
    """Of every package that is reached; an extra that adds nothing to what is always there brings nothing."""
    by_extra = _bringing({name: _places(reach) - brought.always for name, reach in brought.extras.items()})
    by_group = _bringing({name: _places(reach) for name, reach in brought.groups.items()})
    markers, asked = _markers(graph, everything), _extras_asked(everything)
    return {
        place: Usage(
            always=place in brought.always,
            extras=by_extra.get(place, ()),
            groups=by_group.get(place, ()),
            markers=markers.get(place, ()),
            asked=asked.get(place, ()),
        )
        for place in _places(everything)
    }


def _bringing(brought: Mapping[str, set[int]]) -> Mapping[int, tuple[str, ...]]:
    """The names that bring each place, in order."""
    found: dict[int, list[str]] = {}
    for name in sorted(brought):
        for place in brought[name]:
            found.setdefault(place, []).append(name)
    return {place: tuple(names) for place, names in found.items()}


def _extras_asked(everything: Iterable[Start]) -> Mapping[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for place, extra in everything:
        if extra is not None:
            found.setdefault(place, []).append(extra)
    return {place: tuple(sorted(extras)) for place, extras in found.items()}


def _root(lock: Lockfile, project: str) -> int:
    for place, package in enumerate(lock.package):
        if package.source.is_folder and canonicalize_name(package.name) == canonicalize_name(project):
            return place
    raise EvenfallError(f"{lockfile.NAME}: it does not hold the project {project!r}", hint="uv lock")


def _named(lock: Lockfile, root: int, place: int, name: str) -> str:
    """The project's own extras and groups by their name, those of other packages that are built here with whose they are."""
    return name if place == root else f"{lock.package[place].name}:{name}"


def _reach(graph: Graph, starts: Iterable[Start]) -> set[Start]:
    """What can be reached: each package alone, and once more for every extra that is asked of it."""
    seen: set[Start] = set()
    waiting = list(starts)
    while waiting:
        start = waiting.pop()
        if start not in seen:
            seen.add(start)
            waiting += graph.needed(*start)
    return seen


def _places(reach: Iterable[Start]) -> set[int]:
    return {place for place, _ in reach}


def _edges(graph: Graph, everything: Iterable[Start]) -> Mapping[int, tuple[int, ...]]:
    found: dict[int, set[int]] = {}
    for place, extra in everything:
        found.setdefault(place, set()).update(target for target, _ in graph.needed(place, extra) if target != place)
    return {place: tuple(sorted(targets)) for place, targets in sorted(found.items())}


def _markers(graph: Graph, everything: Iterable[Start]) -> Mapping[int, tuple[tuple[str, str], ...]]:
    found: dict[int, set[tuple[str, str]]] = {}
    for place, extra in everything:
        package = graph.packages[place]
        edges = package.dependencies if extra is None else package.optional_dependencies.get(extra, ())
        for edge in edges:
            for target in graph.found(edge, package) if edge.marker else ():
                found.setdefault(target, set()).add((package.name, edge.marker))
    return {place: tuple(sorted(pairs)) for place, pairs in found.items()}
