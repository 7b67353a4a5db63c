"""The model of `pyproject.toml` (PEP 518, 621, 735), parsed once, with errors that name the key.

https://packaging.python.org/en/latest/specifications/pyproject-toml/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.input_file import mapping_at
from evenfall.project.dependency_groups import DependencyGroups, GroupSettings, GroupTable, read_groups
from evenfall.project.pyproject_tables import BuildSystem, ProjectMetadata, ProjectTable, UvIndex, UvSource
from evenfall.project.settings import Settings, read_settings
from evenfall.project.toml import PYPROJECT, read_toml

NAME = PYPROJECT
NO_PACKAGE = "the project is not a package, because [tool.uv] package is false, or because there is no [build-system]"


@dataclass(frozen=True, eq=False, repr=False)
class Pyproject:
    """A parsed `pyproject.toml`.

    Each table is checked when it is first used, so that a wrong type stops only the commands that need it. All properties raise
    `EvenfallError` (usage) if their table is missing or a value in it is wrong, unless they say otherwise.
    """

    _tables: Mapping[str, Any]

    @property
    def has_project(self) -> bool:
        """Whether there is a `[project]` table. It is not checked."""
        return "project" in self._tables

    @property
    def is_workspace(self) -> bool:
        """Whether uv has a workspace in this folder: it names members, or it has groups without a project."""
        return "workspace" in self.tool_keys("uv") or ("dependency-groups" in self._tables and not self.has_project)

    @property
    def unchecked_name(self) -> str:
        """The name of the project, normalized (PEP 503); empty without a `[project]` or a name."""
        return canonicalize_name(str(mapping_at(self._tables, "project").get("name", "")))

    @property
    def name(self) -> str:
        """The name of the project, as it is written."""
        return self._project.name

    @property
    def normalized_name(self) -> str:
        """The name of the project, normalized (PEP 503)."""
        return canonicalize_name(self.name)

    @property
    def version(self) -> str | None:
        """The version of the project, or None if the build backend computes it."""
        return self._project.version

    @property
    def requires_python(self) -> str:
        """The version specifier of `requires-python`, which is empty by default."""
        return self._project.requires_python

    @property
    def classifiers(self) -> tuple[str, ...]:
        """The trove classifiers."""
        return self._project.classifiers

    @cached_property
    def metadata(self) -> ProjectMetadata:
        """The description of the project for people."""
        return _convert(self._project_mapping(), ProjectMetadata, "project")

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The requirements of the project, which are not checked. There are none if the build backend computes them."""
        return self._project.dependencies

    @property
    def is_package(self) -> bool:
        """Whether uv builds and installs the project: as `tool.uv.package` says, by default if there is a `[build-system]`.

        https://docs.astral.sh/uv/concepts/projects/config/#project-packaging
        """
        return bool(self._uv.get("package", "build-system" in self._tables))

    @property
    def build_backend(self) -> str:
        """The build backend, such as `hatchling.build`; setuptools' legacy backend without a `[build-system]` (PEP 517)."""
        return self._build_system.build_backend

    @property
    def build_requirements(self) -> frozenset[str]:
        """The normalized names of the packages that the build needs."""
        requirements = (re.match(r"[A-Za-z0-9._-]+", text.strip()) for text in self._build_system.requires)
        return frozenset(canonicalize_name(match[0]) for match in requirements if match)

    @property
    def version_from_tag(self) -> bool:
        """Whether the build computes the version, and may need tags for it: not if `[tool.evenfall.build] history` is false."""
        return "version" in self._project.dynamic and self.settings.build.history

    @cached_property
    def dependency_groups(self) -> DependencyGroups:
        """The dependency groups (PEP 735), with `dev` for uv's older `dev-dependencies`. Raises `EvenfallError` as `read_groups` does."""
        return self.read_groups(())

    def read_groups(self, projects: Iterable[str]) -> DependencyGroups:
        """Return the dependency groups with their conflicts in a workspace, in which `projects` are installed together."""
        table = _convert(self._tables.get("dependency-groups", {}), GroupTable, "dependency-groups")
        settings = _convert(self._uv, GroupSettings, "tool.uv")
        return read_groups(table, settings, {self.unchecked_name, *projects})

    @property
    def has_package_conflicts(self) -> bool:
        """Whether `conflicts` of `[tool.uv]` names whole packages, which are members of the workspace."""
        settings = _convert(self._uv, GroupSettings, "tool.uv")
        items = (item for conflict in settings.conflicts for item in conflict)
        return any(item.package and not (item.group or item.extra) for item in items)

    @property
    def groups(self) -> tuple[str, ...]:
        """The normalized names of the dependency groups."""
        return self.dependency_groups.names

    @cached_property
    def uv_indexes(self) -> tuple[UvIndex, ...]:
        """The indexes of `[[tool.uv.index]]`."""
        return _convert(self._uv.get("index", []), tuple[UvIndex, ...], "tool.uv.index")

    def builds_without_isolation(self, package: str) -> bool:
        """Return whether uv builds a package in the environment that it installs it in.

        https://docs.astral.sh/uv/concepts/projects/config/#build-isolation
        """
        settings = self._uv
        names = settings.get("no-build-isolation-package")
        listed = {canonicalize_name(str(name)) for name in names} if isinstance(names, list) else set()
        return settings.get("no-build-isolation") is True or package in listed

    def uv_environments(self, key: Literal["environments", "required-environments"]) -> tuple[str, ...]:
        """Return the markers of a key of `[tool.uv]`, which name the systems that uv locks for, or that must have wheels."""
        value = self._uv.get(key, [])
        return _convert([value] if isinstance(value, str) else value, tuple[str, ...], f"tool.uv.{key}")

    @property
    def uv_exclude_newer(self) -> str:
        """The value of `exclude-newer` in `[tool.uv]`; empty without the key. uv checks it."""
        return str(self._uv.get("exclude-newer", ""))

    @property
    def uv_required_version(self) -> str:
        """The value of `required-version` in `[tool.uv]`; empty without the key. uv checks it."""
        return str(self._uv.get("required-version", ""))

    @cached_property
    def uv_index_sources(self) -> Mapping[str, tuple[UvSource, ...]]:
        """The indexes that `[tool.uv.sources]` names, by package (normalized); not those for an extra or a group alone."""
        found = {
            canonicalize_name(name): tuple(each for each in sources if each.index and not (each.extra or each.group))
            for name, sources in self._uv_sources.items()
        }
        return {name: sources for name, sources in found.items() if sources}

    @property
    def uv_source_paths(self) -> Mapping[str, str]:
        """The folders and files that `[tool.uv.sources]` names, and the packages that uv takes from them."""
        return {source.path: name for name, each in self._uv_sources.items() for source in each if source.path}

    @cached_property
    def _uv_sources(self) -> dict[str, tuple[UvSource, ...]]:
        sources = mapping_at(self._uv, "sources")
        lists = {name: source if isinstance(source, list) else [source] for name, source in sources.items()}
        return _convert(lists, dict[str, tuple[UvSource, ...]], "tool.uv.sources")

    @cached_property
    def settings(self) -> Settings:
        """The settings in `[tool.evenfall]`."""
        return read_settings(self._tool.get("evenfall", {}), path=NAME)

    @cached_property
    def tools(self) -> frozenset[str]:
        """The names of the `[tool.*]` tables and of the tables in them, such as `ruff` and `ruff.lint`."""
        tables = {name: table for name, table in self._tool.items() if isinstance(table, dict)}
        inner = {
            f"{name}.{key}" for name, table in tables.items() for key, value in table.items() if isinstance(value, dict)
        }
        return frozenset(tables) | inner

    def tool_keys(self, tool: str) -> frozenset[str]:
        """Return the keys in `[tool.TOOL]`, which are none if it is not a table."""
        return frozenset(mapping_at(self._tables, "tool", tool))

    def check(self) -> None:
        """Check everything that a session needs: the project, the build system, the groups and the settings.

        The root of a workspace may have no project.
        """
        if self.has_project or not self.is_workspace:
            _ = self._project, self._build_system
        _ = self.groups, self.settings

    def with_settings_of(self, workspace: Pyproject) -> Pyproject:
        """Return this file with the `[tool.evenfall]` of another one."""
        settings = mapping_at(workspace._tables, "tool", "evenfall")
        return Pyproject({**self._tables, "tool": {**self._tool, "evenfall": settings}})

    @cached_property
    def _project(self) -> ProjectTable:
        project = _convert(self._project_mapping(), ProjectTable, "project")
        if not re.fullmatch(r"(?i)[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9]", project.name):
            raise EvenfallError(
                f"{NAME}: project.name: {project.name!r} is not a name (PEP 508)",
                hint="use letters, digits, '.', '_' and '-'",
            )
        try:
            SpecifierSet(project.requires_python)
        except InvalidSpecifier as error:
            raise EvenfallError(f"{NAME}: project.requires-python: {error}", hint='write it like ">=3.11"') from error
        return project

    @cached_property
    def _build_system(self) -> BuildSystem:
        return _convert(self._tables.get("build-system", {}), BuildSystem, "build-system")

    @property
    def _uv(self) -> Mapping[str, Any]:
        return mapping_at(self._tables, "tool", "uv")

    @property
    def _tool(self) -> dict[str, Any]:
        return _convert(self._tables.get("tool", {}), dict[str, Any], "tool")

    def _project_mapping(self) -> Any:
        if not self.has_project:
            is_workspace = bool(mapping_at(self._uv, "workspace"))
            raise EvenfallError(
                f"{NAME}: no [project] table", hint=_MISSING["workspace" if is_workspace else "project"]
            )
        return self._tables["project"]


_MISSING = {
    "project": "cd to the project, or add the table with its name and version",
    "workspace": "cd to a member of the workspace",
}


def read_pyproject(path: Path) -> Pyproject:
    """Parse a `pyproject.toml`.

    Raises `EvenfallError` (usage) as `read_toml` and `read_settings` do. The tables of others are checked when they are used.
    """
    pyproject = Pyproject(read_toml(path))
    _ = pyproject.settings  # a misspelled key must not change what any command does
    return pyproject


_Value = TypeVar("_Value")


def _convert(value: object, kind: type[_Value], table: str) -> _Value:
    """Return a table as a value of a type. Raises `EvenfallError` (usage) with the key if it does not have that type."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$")
        raise EvenfallError(f"{NAME}: {table}{at.rstrip('`')}: {text}", hint=f"correct {NAME}") from error
