"""What `[project]` says for people: https://packaging.python.org/en/latest/specifications/pyproject-toml/

Apart from `pyproject`, so that a wrong type here stops only the verbs that tell of it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError
from evenfall.project.pyproject import NAME, read_toml


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An author or a maintainer; one of the two is there."""

    name: str = ""
    email: str = ""


class LicenseTable(msgspec.Struct, frozen=True, kw_only=True):
    """The license as it was written before PEP 639."""

    text: str = ""
    file: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The project's name, version and description; who made it; its license, an SPDX expression unless it is a table; its addresses."""

    name: str
    version: str | None = None
    description: str = ""
    authors: tuple[Person, ...] = ()
    maintainers: tuple[Person, ...] = ()
    license: str | LicenseTable = ""
    classifiers: tuple[str, ...] = ()
    urls: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True):
    project: About


def read_about(root: Path) -> About:
    """What the `pyproject.toml` in `root` says. Raises `EvenfallError` (usage) that names the key of a wrong type."""
    try:
        return msgspec.convert(read_toml(root / NAME), _File).project
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$.")
        raise EvenfallError(f"{NAME}: {at.rstrip('`') or 'project'}: {text}", hint=f"correct {NAME}") from error
