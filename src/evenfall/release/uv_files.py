"""The files that tell uv what to install in an environment: `uv.toml` with the project's indexes, and a `pyproject.toml`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from evenfall.project.project import Project
from evenfall.project.pyproject import UvIndex
from evenfall.release.index import IndexUrls

INDEX = "evenfall-release"
"""The name of the index that has the project. It must differ from those of the project's own indexes."""


def uv_configuration(project: Project) -> str:
    """Return the text of a `uv.toml` with the indexes of the project, because its dependencies may be private.

    Those with `explicit = true` are only for the packages that `requirement` assigns to them.
    """
    indexes = [index for index in _indexes(project) if not index.explicit]
    return tomlkit.dumps(msgspec.to_builtins({"index": indexes}))


def requirement(project: Project, version: str, origin: Path | IndexUrls, more: Iterable[str]) -> str:
    """Return the text of a `pyproject.toml` that requires a project from a file, or in a version from an index.

    Nothing else comes from that index, and the project comes from no other one. `more` are other requirements. A dependency comes from
    the index that the project's own `[tool.uv.sources]` names for it.

    https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index
    """
    pinned = [*_pinned(project)]
    sources: dict[str, Any] = {name: project.pyproject.uv_index_sources[name] for name, _ in pinned}
    indexes = [*_indexes(project)]
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
    prefix = f"UV_INDEX_{INDEX.upper().replace('-', '_')}"
    return dict(zip((f"{prefix}_USERNAME", f"{prefix}_PASSWORD"), credentials or (), strict=False))


def _indexes(project: Project) -> Iterator[UvIndex]:
    """Yield the project's indexes, with absolute paths instead of relative ones."""
    for index in project.pyproject.uv_indexes:
        url = index.url if "://" in index.url else os.fspath(project.root / index.url)
        yield msgspec.structs.replace(index, url=url)


def _pinned(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the dependencies for which the project names an index, each with its name."""
    for text in project.pyproject.dependencies:
        with suppress(InvalidRequirement):
            name = canonicalize_name(Requirement(text).name)
            if name in project.pyproject.uv_index_sources and name != project.name:
                yield name, text
