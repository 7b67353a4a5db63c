"""The lock graph: the packages of `uv.lock`, the edges between them, and the dependency paths from the project to each package."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project import lockfile
from evenfall.project.conflicts import Requested, any_request, may_hold, no_groups, with_extras_of
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import Dependency, LockedPackage, LockedRequirement, Lockfile
from evenfall.project.marker_environment import MarkerEnvironment, may_hold_in
from evenfall.project.toml import lock_command

Scope = Literal["runtime", "dev", "tools"]
"""What needs a package: the project, only its dependency groups, or the noxfile, which has a lock of its own."""
DependencyPath = tuple[str, ...]

MAX_PATH_LENGTH = 50
"""The number of packages that a dependency path shows; the beginning of a longer one is replaced by an ellipsis."""
MAX_CANDIDATES = 100
"""The number of packages that share a name and that one edge may mean; uv writes the version if there are several."""


class Node(NamedTuple):
    """A package, by its position in the lock: without extras, or with one of its extras."""

    position: int
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredPackage:
    """A locked package, its scope, and the shortest dependency path from the project to it.

    The path starts at a root, with its extra or group if that requires the package: `("lantern[web]", "server")`,
    `("lantern (group test)", "pytest")`. It is empty for a package that is locked but no longer required.
    """

    package: LockedPackage
    scope: Scope
    path: DependencyPath = ()

    @property
    def required_by(self) -> str:
        """The path as one line, such as `lantern (group test) > pytest > iniconfig`."""
        return " > ".join(self.path)


class LockGraph:
    """The packages of a lock by position, and the edges between them."""

    def __init__(self, lock: Lockfile, *, environment: MarkerEnvironment | None = None) -> None:
        """With an `environment`, the edges are those whose markers can hold in it."""
        self._lock = lock
        self._environment = environment
        self._positions: dict[tuple[str, str | None], list[int]] = {}
        for position, package in enumerate(lock.package):
            name = canonicalize_name(package.name)
            for version in {None, package.version}:  # an edge names the version only if the lock has several
                self._positions.setdefault((name, version), []).append(position)
        self.packages = (*lock.package, self._unlocked_root())
        """The packages of the lock, and behind them its root if that is not locked: a script, or a folder without a project."""

    def _unlocked_root(self) -> LockedPackage:
        """Return the requirements of a script, or the groups of a folder without a project, as a package.

        uv locks no package for a requirement whose marker never holds.
        """
        manifest = self._lock.manifest

        def edges(requirements: Iterable[LockedRequirement]) -> tuple[Dependency, ...]:
            locked = (each for each in requirements if (canonicalize_name(each.name), None) in self._positions)
            return tuple(Dependency(name=each.name, extra=each.extras, marker=each.marker) for each in locked)

        return LockedPackage(
            name=posixpath.basename(self._lock.script),
            source=PackageSource(virtual="."),
            dependencies=edges(manifest.requirements),
            dev_dependencies={
                canonicalize_name(group): edges(requirements)
                for group, requirements in manifest.dependency_groups.items()
            },
        )

    @property
    def unlocked_root(self) -> int | None:
        """The position of the root if it is a script, or a folder without a project; None if the root is a locked project."""
        is_project = any(package.source.folder == "." for package in self._lock.package)
        return len(self._lock.package) if self._lock.script or not is_project else None

    def roots(self) -> Iterator[int]:
        """Yield the position of the project or script, or those of the members of the workspace, and of a root without a project.

        Other packages that uv builds from a folder are dependencies of these.
        """
        members = {*map(canonicalize_name, self._lock.manifest.members)}
        for position, package in enumerate(self._lock.package):
            is_member = canonicalize_name(package.name) in members
            is_root = is_member if members else package.source.folder == "."
            if package.source.is_folder and is_root and not self._lock.script:
                yield position
        if self.unlocked_root is not None:
            yield self.unlocked_root

    def find_project(self, name: str) -> int:
        """Return the position of the project or workspace member with this name. Raises `EvenfallError` (usage) if it is not locked."""
        for position in self._positions.get((canonicalize_name(name), None), ()):
            if self.packages[position].source.is_folder:
                return position
        raise EvenfallError(f"{lockfile.NAME}: the project {name!r} is not in it", hint="uv lock")

    def edges(self, node: Node, requested: Requested = any_request) -> Iterator[Dependency]:
        """Yield the edges of a package, or of one of its extras, that can hold with the requested extras and groups."""
        package = self.packages[node.position]
        edges = package.dependencies if node.extra is None else package.optional_dependencies.get(node.extra, ())
        yield from (
            edge for edge in self._in_environment(edges) if may_hold(edge.marker, with_extras_of(edge, requested))
        )

    def _in_environment(self, edges: Iterable[Dependency]) -> Iterator[Dependency]:
        environment = self._environment
        yield from (each for each in edges if environment is None or may_hold_in(each.marker, environment))

    def needs(self, node: Node, requested: Requested = any_request) -> Iterator[Node]:
        """Yield the nodes that a package, or one of its extras, needs directly."""
        yield from self._targets(self.edges(node, requested), self.packages[node.position])

    def group(self, position: int, name: str) -> Iterator[Node]:
        """Yield the nodes that a dependency group of a package needs directly."""
        package = self.packages[position]
        yield from self._targets(self._in_environment(package.dev_dependencies.get(name, ())), package)

    def candidates(self, edge: Dependency, package: LockedPackage) -> tuple[int, ...]:
        """Return the positions of the packages that an edge of `package` means: usually one, several if the edge does not choose.

        Raises `EvenfallError` (usage) if there are none, or more than `MAX_CANDIDATES`.
        """
        named = self._positions.get((canonicalize_name(edge.name), edge.version), [])
        positions = [each for each in named if edge.source is None or edge.source == self.packages[each].source]
        if not positions or len(named) > MAX_CANDIDATES:
            version = f" {edge.version}" if edge.version else ""
            problem = f"which is locked {len(named)} times" if positions else "which is not locked"
            raise EvenfallError(
                f"{self._lock.name}:{package.line}: {package.name} needs {edge.name}{version}, {problem}",
                hint=lock_command(Path(self._lock.name)),
            )
        return tuple(positions)

    def reach(self, starts: Iterable[Node], requested: Requested = any_request) -> set[Node]:
        """Return all nodes that can be reached from the given ones, including these."""
        return set(self._tree(starts, requested))

    def installed_names(
        self, projects: Iterable[str], groups: Collection[str], extras: Collection[str]
    ) -> frozenset[str]:
        """Return the normalized names of all packages that groups and extras of these projects require in the environment, directly or not.

        The groups of a folder without a project, such as the root of a workspace, count too. Raises `EvenfallError` (usage) if a
        project, or a package that it needs, is not locked.
        """
        roots = [*map(self.find_project, projects), len(self._lock.package)]
        groups = [*map(canonicalize_name, groups)]
        starts = [node for root in roots for group in groups for node in self.group(root, group)]
        starts += [
            node for root in roots for extra in extras for node in self.needs(Node(root, canonicalize_name(extra)))
        ]
        return frozenset(canonicalize_name(self.packages[node.position].name) for node in self.reach(starts))

    def third_party(self) -> tuple[RequiredPackage, ...]:
        """Return the packages that uv does not build from a local folder, in the order of the lock. See `required_packages`."""
        return tuple(each for each in self.required_packages() if not each.package.source.is_folder)

    def dependencies(self) -> tuple[RequiredPackage, ...]:
        """Return all packages except the project and the members of its workspace, in the order of the lock. See `required_packages`."""
        roots = {*self.roots()}
        return tuple(each for position, each in enumerate(self.required_packages()) if position not in roots)

    def required_packages(self, root: int | None = None) -> tuple[RequiredPackage, ...]:
        """Return every package, in the order of the lock, with its scope and the shortest path from a root, or from the given root only.

        A package is `runtime` if a root, or one of its extras, needs it, even if a group needs it as well. It is `dev` if only
        groups need it, or nothing. All packages of a script are `runtime`. Raises `EvenfallError` (usage) for an edge to a package
        that is not locked.
        """
        roots = [position for position in self.roots() if root in {None, position}]
        runtime = [*self._runtime_starts(roots)]
        # The edges of the runtime are followed once more without conditions: while a group is requested, the packages that
        # conflict with it need other versions.
        dev = [*self._group_starts(roots), *runtime]
        found: dict[int, RequiredPackage] = {}
        scopes: tuple[tuple[Scope, dict[Node, DependencyPath]], ...] = (
            ("runtime", self._paths(runtime, no_groups)),
            ("dev", self._paths(dev, any_request)),
        )
        for scope, paths in scopes:
            for node, path in paths.items():
                package = self.packages[node.position]
                found.setdefault(node.position, RequiredPackage(package=package, scope=scope, path=path))
        unneeded: Scope = "runtime" if self._lock.script else "dev"
        return tuple(
            found.get(position) or RequiredPackage(package=package, scope=unneeded)
            for position, package in enumerate(self._lock.package)
        )

    def _runtime_starts(self, roots: Iterable[int]) -> Iterator[tuple[Node, DependencyPath]]:
        for position in roots:
            root = self.packages[position]
            yield Node(position), (root.name,)
            yield from ((Node(position, extra), (f"{root.name}[{extra}]",)) for extra in root.optional_dependencies)

    def _group_starts(self, roots: Iterable[int]) -> Iterator[tuple[Node, DependencyPath]]:
        for position in roots:
            root = self.packages[position]
            for group in root.dev_dependencies:
                for node in self.group(position, group):
                    yield node, (f"{root.name} (group {group})".lstrip(), self.packages[node.position].name)

    def _targets(self, edges: Iterable[Dependency], package: LockedPackage) -> Iterator[Node]:
        """Yield the nodes that edges of a package point to: each package alone, and once more for every requested extra."""
        for edge in edges:
            for position in self.candidates(edge, package):
                yield Node(position)
                yield from (Node(position, extra) for extra in edge.extra)

    def _tree(self, starts: Iterable[Node], requested: Requested) -> dict[Node, Node | None]:
        """Return every node that can be reached and the node before it, breadth first, so that each path is a shortest one."""
        tree: dict[Node, Node | None] = dict.fromkeys(starts)
        waiting = deque(tree)
        while waiting:
            node = waiting.popleft()
            for target in self.needs(node, requested):
                if target not in tree:
                    tree[target] = node
                    waiting.append(target)
        return tree

    def _paths(self, starts: Iterable[tuple[Node, DependencyPath]], requested: Requested) -> dict[Node, DependencyPath]:
        """Return the path to every node that can be reached; an extra of a package is no step."""
        paths: dict[Node, DependencyPath] = {}
        for node, path in starts:
            paths.setdefault(node, path)
        for node, previous in self._tree(paths, requested).items():
            if previous is not None:
                is_extra = node.position == previous.position
                path = paths[previous]
                paths[node] = path if is_extra else _extended(path, self.packages[node.position].name)
        return paths


def _extended(path: DependencyPath, name: str) -> DependencyPath:
    names = (*path, name)
    return names if len(names) <= MAX_PATH_LENGTH else ("…", *names[-MAX_PATH_LENGTH:])
