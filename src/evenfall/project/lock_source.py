"""The source of a locked package: an index, a repository, an archive, or a folder. https://docs.astral.sh/uv/concepts/projects/dependencies/"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from evenfall.package_index.address import shown_address


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """A commit of a git repository. `part` is the folder inside it that is built, empty for the whole repository.

    uv writes a git source as one URL, such as `https://example.org/lamp?subdirectory=oil&rev=main#1234`.
    """

    address: str
    commit: str
    part: str


class PackageSource(msgspec.Struct, frozen=True, kw_only=True):
    """The source of a package, of which one kind is given. A `registry` is the URL or the folder of an index."""

    registry: str | None = None
    git: str | None = None
    url: str | None = None
    path: str | None = None
    directory: str | None = None
    editable: str | None = None
    virtual: str | None = None
    subdirectory: str | None = None

    @property
    def folder(self) -> str | None:
        """The folder that uv builds the package from, relative to the lock and normalized: the lock's own folder is `.`.

        A package from another kind of source has no folder.
        """
        folders = (self.directory, self.editable, self.virtual)
        folder = next((each for each in folders if each is not None), None)
        return None if folder is None else posixpath.normpath(folder.replace("\\", "/"))

    @property
    def is_folder(self) -> bool:
        """Whether uv builds the package from a folder: the project, a member of the workspace, or a path dependency."""
        return self.folder is not None

    @property
    def repository(self) -> GitSource | None:
        """The commit of a git repository, or None for another kind of source."""
        if self.git is None:
            return None
        address, _, commit = self.git.partition("#")
        address, _, query = address.partition("?")
        return GitSource(address=address, commit=commit, part=dict(parse_qsl(query)).get("subdirectory", ""))

    @property
    def part(self) -> str:
        """The folder inside a repository or an archive that is built; empty for all of it."""
        return (self.repository.part if self.repository else "") or self.subdirectory or ""

    def __str__(self) -> str:
        """Return the source as it may be shown, without a password or a token in its address."""
        if self.repository:
            commit = f"#{self.repository.commit}" if self.repository.commit else ""
            part = f", subdirectory {self.part}" if self.part else ""
            return f"git {shown_address(self.repository.address)}{commit}{part}"
        return ", ".join(
            f"{field} {shown_address(value)}" for field in self.__struct_fields__ if (value := getattr(self, field))
        )
