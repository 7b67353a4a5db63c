"""What brings a locked package: the project itself, its extras, its groups; and what it brings in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.supply_chain.conflicts import Asked, anything, beside, just, may_hold, name_of, no_group
from evenfall.supply_chain.dependency_paths import Graph

Start = tuple[int, str | None]
"""A package by its place in the lock, alone or an extra of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Whether the project needs a package without being asked for more, and which of its extras and groups bring it."""

    always: bool
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """The other members of the workspace that need it, with all of their extras."""
    markers: tuple[tuple[str, str], ...] = ()
    """Pairs of who needs it, and under which condition."""
    asked: tuple[str, ...] = ()
    """The extras of it that something asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The packages of a document by their place in the lock, and the edges between them.

    `root` is the project's place; `whole`: they are all that the lock holds.
    """

    root: int
    whole: bool
    usages: Mapping[int, Usage]
    edges: Mapping[int, tuple[int, ...]]


def use(lock: Lockfile, project: str, *, runtime: bool) -> Use:
    """How the packages of the lock are used; with `runtime` only those that the project itself needs, extras included.

    Else those that its groups bring too; and all others of the lock, where the lock lies in the project's own folder. Raises
    `EvenfallError` (usage) where the lock does not hold the project or what one of its packages needs.
    """
    graph = Graph(lock)
    root = _root(lock, project)
    package = lock.package[root]
    whole = not runtime and package.source.folder == "."
    extras = [(root, extra) for extra in package.optional_dependencies]
    members = [(place, member) for place, member in graph.roots() if place != root] if whole else []
    brought = _Brought(
        always=_places(_installed(graph, [(root, None)])),
        extras={extra: _installed(graph, [(root, None), (root, extra)]) for _, extra in extras},
        groups={} if runtime else dict(_groups(graph, root, members)),
        members={member.name: _with_extras(graph, place) for place, member in members},
    )
    asked = no_group if runtime else anything
    everything = _reach(graph, [(root, None), *extras], asked).union(
        *brought.groups.values(), *brought.members.values()
    )
    if whole:
        everything |= {(place, None) for place in range(len(lock.package))}
    usages = _usages(graph, everything, asked, brought)
    return Use(
        root=root,
        whole=whole,
        usages={place: usages[place] for place in sorted(usages) if place != root},
        edges=_edges(graph, everything, asked),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """The places that are always there, and what each extra and each group, and each other member of the workspace, reaches."""

    always: set[int]
    extras: Mapping[str, set[Start]]
    groups: Mapping[str, set[Start]]
    members: Mapping[str, set[Start]]


def _groups(graph: Graph, root: int, members: Iterable[tuple[int, LockedPackage]]) -> Iterator[tuple[str, set[Start]]]:
    """What each group of the project reaches, and those of other members of the workspace, with whose they are."""
    for place, package in [(root, graph.packages[root]), *members]:
        for group, edges in package.dev_dependencies.items():
            name = group if place == root else f"{package.name}:{group}"
            yield name, _reach(graph, graph.targets(edges, package), anything)


def _with_extras(graph: Graph, place: int) -> set[Start]:
    """What a package needs with any of its extras."""
    extras = graph.packages[place].optional_dependencies
    return _reach(graph, [(place, None), *((place, extra) for extra in extras)], no_group)


def _installed(graph: Graph, starts: Sequence[Start]) -> set[Start]:
    """What an installation of just these brings: the extras that they and what they need ask for are asked for, and no group is."""
    known = frozenset(name_of(extra, graph.packages[place].name) for place, extra in starts if extra is not None)
    while True:
        reach = _reach(graph, starts, just(known))
        names = frozenset(name_of(extra, graph.packages[place].name) for place, extra in reach if extra is not None)
        if names <= known:
            return reach
        known |= names


def _usages(graph: Graph, everything: Iterable[Start], asked: Asked, brought: _Brought) -> Mapping[int, Usage]:
    """Of every package that is reached; an extra that adds nothing to what is always there brings nothing."""
    by_extra = _bringing({name: _places(reach) - brought.always for name, reach in brought.extras.items()})
    by_group = _bringing({name: _places(reach) for name, reach in brought.groups.items()})
    by_member = _bringing({name: _places(reach) for name, reach in brought.members.items()})
    markers, extras = _markers(graph, everything, asked), _extras_asked(everything)
    return {
        place: Usage(
            always=place in brought.always,
            extras=by_extra.get(place, ()),
            groups=by_group.get(place, ()),
            members=by_member.get(place, ()),
            markers=markers.get(place, ()),
            asked=extras.get(place, ()),
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


def _reach(graph: Graph, starts: Iterable[Start], asked: Asked) -> set[Start]:
    """What can be reached: each package alone, and once more for every extra that is asked of it."""
    seen: set[Start] = set()
    waiting = list(starts)
    while waiting:
        start = waiting.pop()
        if start not in seen:
            seen.add(start)
            waiting += graph.needed(start, asked)
    return seen


def _places(reach: Iterable[Start]) -> set[int]:
    return {place for place, _ in reach}


def _edges(graph: Graph, everything: Iterable[Start], asked: Asked) -> Mapping[int, tuple[int, ...]]:
    found: dict[int, set[int]] = {}
    for start in everything:
        place = start[0]
        found.setdefault(place, set()).update(target for target, _ in graph.needed(start, asked) if target != place)
    return {place: tuple(sorted(targets)) for place, targets in sorted(found.items())}


def _markers(graph: Graph, everything: Iterable[Start], asked: Asked) -> Mapping[int, tuple[tuple[str, str], ...]]:
    found: dict[int, set[tuple[str, str]]] = {}
    for place, extra in everything:
        package = graph.packages[place]
        edges = package.dependencies if extra is None else package.optional_dependencies.get(extra, ())
        for edge in edges:
            if edge.marker and may_hold(edge.marker, beside(edge, asked)):
                for target in graph.found(edge, package):
                    found.setdefault(target, set()).add((package.name, edge.marker))
    return {place: tuple(sorted(pairs)) for place, pairs in found.items()}
