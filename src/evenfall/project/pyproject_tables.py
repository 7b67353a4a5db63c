"""The tables of `pyproject.toml` that describe a project and its build, and the sources and indexes of uv."""

from __future__ import annotations

from typing import Literal

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An author or a maintainer, who has a name, an e-mail address, or both."""

    name: str = ""
    email: str = ""


class LicenseTable(msgspec.Struct, frozen=True, kw_only=True):
    """The license in the form from before PEP 639."""

    text: str = ""
    file: str = ""


class ProjectMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `[project]` that describes the project to people. A `license` that is a string is an SPDX expression."""

    name: str
    version: str | None = None
    description: str = ""
    authors: tuple[Person, ...] = ()
    maintainers: tuple[Person, ...] = ()
    license: str | LicenseTable = ""
    classifiers: tuple[str, ...] = ()
    urls: dict[str, str] = {}


class ProjectTable(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """The part of `[project]` that decides what is built and installed."""

    name: str
    version: str | None = None
    dynamic: tuple[str, ...] = ()
    requires_python: str = ""
    classifiers: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()


class UvIndex(msgspec.Struct, frozen=True, rename="kebab", kw_only=True, omit_defaults=True):
    """An index of `[[tool.uv.index]]`: https://docs.astral.sh/uv/reference/settings/#index"""

    name: str = ""
    url: str = ""
    publish_url: str = ""
    default: bool = False
    explicit: bool = False
    format: str = "simple"
    authenticate: Literal["auto", "always", "never"] = "auto"


class UvSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A source of `[tool.uv.sources]` that is an index or a path: https://docs.astral.sh/uv/concepts/projects/dependencies/"""

    index: str = ""
    path: str = ""
    marker: str = ""
    extra: str = ""
    group: str = ""


class BuildSystem(msgspec.Struct, frozen=True, rename="kebab"):
    """The table `[build-system]`, with the defaults of PEP 517."""

    requires: tuple[str, ...] = ()
    build_backend: str = "setuptools.build_meta:__legacy__"
