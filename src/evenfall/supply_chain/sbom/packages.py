"""The packages of an SBOM, and the extras, groups and workspace members that need each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from evenfall.project.conflicts import Requested, any_request, marker_name, no_groups, only
from evenfall.project.lock_graph import LockGraph, Node
from evenfall.project.lockfile import Lockfile

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Who needs a package.

    `always`: the project needs it without any extra or group. `extras` and `groups` of the project need it; those of another member
    are written `member:group`. `members` are the other members of the workspace that need it, with all of their extras. `markers` are
    pairs of a package that needs it and the marker under which it does. `requested_extras` are the extras of the package itself that
    other packages request.
    """

    always: bool
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    markers: tuple[tuple[str, str], ...] = ()
    requested_extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomPackages:
    """The packages of an SBOM and the edges between them, by position in the lock.

    `root` is the position of the project in `LockGraph.packages`; `whole` means that the SBOM has all packages of the lock. Every package
    can be reached from the root.
    """

    root: int
    whole: bool
    usages: Mapping[int, Usage]
    edges: Mapping[int, tuple[int, ...]]


def sbom_packages(lock: Lockfile, project: str, *, runtime: bool) -> SbomPackages:
    """Return the packages of an SBOM of the project. Without a name it is that of a script, or of a workspace with all members.

    With `runtime`, they are the packages that the project and its extras need. Otherwise the packages of its groups are added and, if
    the lock is in the project's own folder, all other locked packages. Raises `EvenfallError` (usage) if the project, or a
    package that one of its packages needs, is not locked.
    """
    graph = LockGraph(lock)
    root = graph.find_project(project) if project else len(lock.package)
    whole = not runtime and graph.packages[root].source.folder == "."
    members = [position for position in graph.roots() if position != root] if whole or not project else []
    installed = (Node(root), *(Node(position) for position in members if not project))
    always = _positions(_installed(graph, installed))
    extras = {
        _name(graph, position, extra, root): _installed(graph, (*installed, Node(position, extra)))
        for position, _ in installed
        for extra in graph.packages[position].optional_dependencies
    }
    groups = {
        _name(graph, position, group, root): graph.reach(graph.group(position, group))
        for position in (() if runtime else (root, *members))
        for group in graph.packages[position].dev_dependencies
    }
    others = {
        graph.packages[position].name: graph.reach(_with_extras(graph, position), no_groups) for position in members
    }

    requested = no_groups if runtime else any_request
    nodes = graph.reach(_with_extras(graph, root), requested).union(*groups.values(), *others.values())
    if whole:
        nodes |= {Node(position) for position in range(len(lock.package))}

    by_extra, by_group, by_member = map(_names_by_position, (extras, groups, others))
    markers, requested_extras = _by_position(_markers(graph, nodes, requested)), _by_position(nodes)
    usages = {
        position: Usage(
            always=position in always,
            extras=() if position in always else by_extra[position],
            groups=by_group[position],
            members=by_member[position],
            markers=markers[position],
            requested_extras=requested_extras[position],
        )
        for position in sorted(_positions(nodes) - {root})
    }
    edges = _by_position(
        (node.position, target.position if target.position != node.position else None)
        for node in nodes
        for target in (node, *graph.needs(node, requested))
    )
    return SbomPackages(root=root, whole=whole, usages=usages, edges=_connected(root, edges))


def _connected(root: int, edges: Mapping[int, tuple[int, ...]]) -> Mapping[int, tuple[int, ...]]:
    """Return the edges, and as few more from the root as needed so that all packages can be reached from it.

    These lead to packages that nothing needs, such as the other members of a workspace and most requirements of groups.
    """
    # Of two starts, only the later one may reach the other, so that the second search leaves out every start that is not needed.
    starts = _starts((root, *edges), edges)
    added = _starts((root, *reversed(starts)), edges)
    return {**edges, root: tuple(sorted({*edges[root], *added} - {root}))}


def _starts(positions: Iterable[int], edges: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Return the positions that can't be reached from earlier ones."""
    starts: list[int] = []
    reached: set[int] = set()
    for start in positions:
        if start not in reached:
            starts.append(start)
        waiting = [start]
        while waiting:
            position = waiting.pop()
            if position not in reached:
                reached.add(position)
                waiting += edges[position]
    return starts


def _name(graph: LockGraph, position: int, name: str, root: int) -> str:
    """Return the name of an extra or a group of the project, or `member:name` for one of another member."""
    return name if position == root else f"{graph.packages[position].name}:{name}"


def _with_extras(graph: LockGraph, position: int) -> tuple[Node, ...]:
    extras = graph.packages[position].optional_dependencies
    return (Node(position), *(Node(position, extra) for extra in extras))


def _installed(graph: LockGraph, starts: Sequence[Node]) -> set[Node]:
    """Return the nodes that are installed together with `starts`.

    No group is requested, and no extra except those that `starts` and its dependencies request. The packages of an extra may request
    further extras, so the search is repeated until it finds no new one.
    """
    extras = _marker_names(graph, starts)
    while True:
        nodes = graph.reach(starts, only(extras))
        requested = _marker_names(graph, nodes)
        if requested <= extras:
            return nodes
        extras |= requested


def _marker_names(graph: LockGraph, nodes: Iterable[Node]) -> frozenset[str]:
    return frozenset(
        marker_name(extra, graph.packages[position].name) for position, extra in nodes if extra is not None
    )


def _positions(nodes: Iterable[Node]) -> set[int]:
    return {node.position for node in nodes}


def _names_by_position(nodes_by_name: Mapping[str, set[Node]]) -> Mapping[int, tuple[str, ...]]:
    return _by_position((position, name) for name, nodes in nodes_by_name.items() for position in _positions(nodes))


def _by_position(pairs: Iterable[tuple[int, _Value | None]]) -> Mapping[int, tuple[_Value, ...]]:
    """Return the sorted values of each position, given pairs of both; None is no value. A position without a value has none."""
    values: dict[int, set[Any]] = {}
    for position, value in pairs:
        values.setdefault(position, set()).update(() if value is None else (value,))
    return defaultdict(tuple, {position: tuple(sorted(values[position])) for position in sorted(values)})


def _markers(graph: LockGraph, nodes: Iterable[Node], requested: Requested) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield each position that a package needs under a marker, with the name of the package and the marker."""
    for node in nodes:
        package = graph.packages[node.position]
        for edge in graph.edges(node, requested):
            if edge.marker:
                yield from ((position, (package.name, edge.marker)) for position in graph.candidates(edge, package))
