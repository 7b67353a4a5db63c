"""Where a locked package comes from."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """A git repository at a commit; of `part`, a folder inside it, where that is not all of it.

    uv writes it as one address, `https://example.org/lamp?subdirectory=oil&rev=main#1234`.
    """

    address: str
    commit: str
    part: str


class PackageSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a package comes from; one of these is there. A `registry` is the address or the folder of an index."""

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
        """The folder that uv builds it from, the project, a workspace's member or a dependency by path; `.` is the lock's own.

        In the one way to write it, with forward slashes: to uv, `./` and the empty text are `.` too.
        """
        places = (self.directory, self.editable, self.virtual)
        written = next((place for place in places if place is not None), None)
        return None if written is None else posixpath.normpath(written.replace("\\", "/"))

    @property
    def is_folder(self) -> bool:
        """Whether uv builds it from a folder."""
        return self.folder is not None

    @property
    def repository(self) -> GitSource | None:
        """The repository, where it comes from one."""
        if self.git is None:
            return None
        address, _, commit = self.git.partition("#")
        address, _, asked = address.partition("?")
        return GitSource(address=address, commit=commit, part=dict(parse_qsl(asked)).get("subdirectory", ""))

    @property
    def part(self) -> str:
        """The folder inside a repository or an archive that it is built from; empty where that is all of it."""
        return (self.repository.part if self.repository else "") or self.subdirectory or ""

    def __str__(self) -> str:
        return ", ".join(f"{field} {value}" for field in self.__struct_fields__ if (value := getattr(self, field)))
