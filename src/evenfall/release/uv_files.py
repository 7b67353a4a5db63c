"""The files that tell uv what to install in an environment: `uv.toml` with the project's indexes, and a `pyproject.toml`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from evenfall.package_index.credentials import index_prefix
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.project.pyproject_tables import UvIndex, UvSource
from evenfall.project.root import find_locked_root
from evenfall.project.uv_settings import uv_indexes
from evenfall.release.index import IndexUrls

INDEX = "evenfall-release"
"""The name of the index that has the project. It must differ from those of the project's own indexes."""


def uv_configuration(project: Project) -> str:
    """Return the text of a `uv.toml` with the indexes of the project, because its dependencies may be private.

    Those with `explicit = true` are only for the packages that `requirement` assigns to them.
    """
    indexes = [index for index in uv_indexes(project.root) if not index.explicit]
    return tomlkit.dumps(msgspec.to_builtins({"index": indexes}))


def requirement(project: Project, version: str, origin: Path | IndexUrls, more: Iterable[str]) -> str:
    """Return the text of a `pyproject.toml` that requires a project from a file, or in a version from an index.

    Nothing else comes from that index, and the project comes from no other one. `more` are other requirements. A dependency comes from
    the index that the project's own `[tool.uv.sources]` names for it.

    https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index
    """
    named = _index_sources(project)
    pinned = [*_pinned(project, named)]
    sources: dict[str, Any] = {name: named[name] for name, _ in pinned}
    indexes = [*uv_indexes(project.root)]
    if isinstance(origin, Path):
        own, sources[project.name] = project.name, {"path": os.fspath(origin)}
    else:
        own, sources[project.name] = f"{project.name}=={version}", {"index": INDEX}
        indexes.append(UvIndex(name=INDEX, url=origin.simple, explicit=True))
    dependencies = (own, *more, *(text for _, text in pinned))
    tables = {
        "project": {"name": "evenfall-installation-test", "version": "0", "dependencies": dependencies},
        "tool": {"uv": {"index": indexes, "sources": sources}},
    }
    return tomlkit.dumps(msgspec.to_builtins(tables))


def credential_variables(credentials: tuple[str, str] | None) -> dict[str, str]:
    """Return the variables with the user name and the password for the index that has the project."""
    prefix = index_prefix(INDEX)
    return dict(zip((f"{prefix}_USERNAME", f"{prefix}_PASSWORD"), credentials or (), strict=False))


def _index_sources(project: Project) -> Mapping[str, tuple[UvSource, ...]]:
    """Return the indexes that the project, or the root of its workspace, names for packages.

    https://docs.astral.sh/uv/concepts/projects/workspaces/#workspace-sources
    """
    workspace = read_pyproject(find_locked_root(project.root) / NAME)
    return {**workspace.uv_index_sources, **project.pyproject.uv_index_sources}


def _pinned(project: Project, named: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the dependencies for which an index is named, each with its name."""
    for text in project.pyproject.dependencies:
        with suppress(InvalidRequirement):
            name = canonicalize_name(Requirement(text).name)
            if name in named and name != project.name:
                yield name, text
