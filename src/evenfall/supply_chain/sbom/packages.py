"""The packages of an SBOM, and the extras, groups and workspace members that need each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evenfall.project.conflicts import Requested, any_request, marker_name, no_groups, only
from evenfall.project.lock_graph import LockGraph, Node
from evenfall.project.lockfile import Lockfile


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
        name: _installed(graph, (*installed, node))
        for each in installed
        for name, node in _extras(graph, each.position, root)
    }
    groups = {} if runtime else dict(_groups(graph, root, members))
    others = {
        lock.package[position].name: graph.reach(_with_extras(graph, position), no_groups) for position in members
    }

    requested = no_groups if runtime else any_request
    nodes = graph.reach(_with_extras(graph, root), requested).union(*groups.values(), *others.values())
    if whole:
        nodes |= {Node(position) for position in range(len(lock.package))}

    by_extra = _names_by_position({name: _positions(reach) - always for name, reach in extras.items()})
    by_group = _names_by_position({name: _positions(reach) for name, reach in groups.items()})
    by_member = _names_by_position({name: _positions(reach) for name, reach in others.items()})
    markers, requested_extras = _markers(graph, nodes, requested), _requested_extras(nodes)
    usages = {
        position: Usage(
            always=position in always,
            extras=by_extra.get(position, ()),
            groups=by_group.get(position, ()),
            members=by_member.get(position, ()),
            markers=markers.get(position, ()),
            requested_extras=requested_extras.get(position, ()),
        )
        for position in sorted(_positions(nodes) - {root})
    }
    return SbomPackages(root=root, whole=whole, usages=usages, edges=_connected(root, _edges(graph, nodes, requested)))


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


def _extras(graph: LockGraph, position: int, root: int) -> Iterator[tuple[str, Node]]:
    """Yield the extras of the project, or those of another member as `member:extra`."""
    package = graph.packages[position]
    for extra in package.optional_dependencies:
        yield extra if position == root else f"{package.name}:{extra}", Node(position, extra)


def _groups(graph: LockGraph, root: int, members: Iterable[int]) -> Iterator[tuple[str, set[Node]]]:
    """Yield the groups of the project, and those of the other members as `member:group`, with all nodes that they reach."""
    for position in (root, *members):
        package = graph.packages[position]
        for group in package.dev_dependencies:
            name = group if position == root else f"{package.name}:{group}"
            yield name, graph.reach(graph.group(position, group))


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


def _names_by_position(positions: Mapping[str, set[int]]) -> Mapping[int, tuple[str, ...]]:
    """Return the sorted names of each position, given the positions of each name."""
    names_by_position: dict[int, list[str]] = {}
    for name in sorted(positions):
        for position in positions[name]:
            names_by_position.setdefault(position, []).append(name)
    return {position: tuple(names) for position, names in names_by_position.items()}


def _requested_extras(nodes: Iterable[Node]) -> Mapping[int, tuple[str, ...]]:
    positions: dict[str, set[int]] = {}
    for position, extra in nodes:
        if extra is not None:
            positions.setdefault(extra, set()).add(position)
    return _names_by_position(positions)


def _edges(graph: LockGraph, nodes: Iterable[Node], requested: Requested) -> Mapping[int, tuple[int, ...]]:
    edges: dict[int, set[int]] = {}
    for node in nodes:
        targets = _positions(graph.needs(node, requested)) - {node.position}
        edges.setdefault(node.position, set()).update(targets)
    return {position: tuple(sorted(targets)) for position, targets in sorted(edges.items())}


def _markers(
    graph: LockGraph, nodes: Iterable[Node], requested: Requested
) -> Mapping[int, tuple[tuple[str, str], ...]]:
    """Return the packages that need each position under a marker, and that marker."""
    markers: dict[int, set[tuple[str, str]]] = {}
    for node in nodes:
        package = graph.packages[node.position]
        for edge in graph.edges(node, requested):
            if edge.marker:
                for position in graph.candidates(edge, package):
                    markers.setdefault(position, set()).add((package.name, edge.marker))
    return {position: tuple(sorted(pairs)) for position, pairs in markers.items()}
