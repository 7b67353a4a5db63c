"""What an index says of a project (PEP 792) and of its releases (PEP 592): quarantined, archived, deprecated, yanked."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.atomic_write import write_atomically
from evenfall.errors import EvenfallError
from evenfall.findings import Severity
from evenfall.package_index.address import is_remote
from evenfall.project.lockfile import LockedPackage
from evenfall.project.user_cache import user_cache
from evenfall.report.output import print_progress
from evenfall.text import and_more, one_line, plural

MAX_AGE = datetime.timedelta(days=1)
"""How long a status is remembered."""


class ReleaseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a project, and whether the index has yanked one of the locked files.

    `project` is `active`, `archived`, `deprecated`, `quarantined`, or another word of the index. A reason may be empty. `is_listed` is
    whether the index still lists every locked file with the hash of the lock.
    """

    project: str = "active"
    project_reason: str = ""
    is_yanked: bool = False
    yank_reason: str = ""
    is_listed: bool = True

    @property
    def is_incomplete(self) -> bool:
        """Whether the index does not list every locked file, although it does not block the project."""
        return not self.is_listed and self.project != "quarantined"


class UnknownStatus(msgspec.Struct, frozen=True):
    """The reason why the index could not be asked."""

    reason: str


_Cached = tuple[datetime.datetime, ReleaseStatus]
OFFLINE = UnknownStatus("the index is not used offline")


def status_severity(status: str) -> Severity:
    """Return the severity of a status: a warning for a package that can still be installed, an error for an unknown status."""
    return Severity.WARNING if status in {"archived", "deprecated", "incomplete", "yanked"} else Severity.ERROR


def find_statuses(
    packages: Sequence[LockedPackage], root: Path, *, network: bool, cache: Path | None = None
) -> tuple[ReleaseStatus | UnknownStatus, ...]:
    """Return what the index says of each package, in the same order. Print a line before the index is used.

    A package from another source than an index is active. `root` is the lock's folder. Without `network` only remembered answers are
    used. The default of `cache`, a file, is in the user's cache folder.
    """
    file = cache or user_cache() / "release-status.json"
    now = datetime.datetime.now(datetime.UTC)
    remembered = {key: entry for key, entry in _read(file).items() if datetime.timedelta() <= now - entry[0] < MAX_AGE}
    keys = [_key(package) if is_remote(package.source.registry) else "" for package in packages]
    missing = {key: package for key, package in zip(keys, packages, strict=True) if key and key not in remembered}
    asked: dict[str, ReleaseStatus | UnknownStatus] = dict.fromkeys(missing, OFFLINE)
    if network and missing:
        print_progress(f"status: asking the index about {plural(len(missing), 'package')}")
        asked = _ask(missing, root)
    # A new release is incomplete until its last file is uploaded, so that answer is not remembered.
    known = {
        key: (now, status)
        for key, status in asked.items()
        if isinstance(status, ReleaseStatus) and not status.is_incomplete
    }
    if known:
        with suppress(OSError):
            write_atomically(file, msgspec.json.encode(remembered | known))
    found = {"": ReleaseStatus(), **{key: entry[1] for key, entry in remembered.items()}, **asked}
    return tuple(found[key] for key in keys)


def unknown_statuses(packages: Sequence[LockedPackage], statuses: Sequence[ReleaseStatus | UnknownStatus]) -> str:
    """Return one line about the packages whose status is unknown, with the first reason; empty if there are none."""
    pairs = zip(packages, statuses, strict=True)
    unknown = [(package.name, status.reason) for package, status in pairs if isinstance(status, UnknownStatus)]
    if not unknown:
        return ""
    return f"the status on the index of {and_more([name for name, _ in unknown])} is unknown: {unknown[0][1]}"


def _read(file: Path) -> Mapping[str, _Cached]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, _Cached])
    except (OSError, msgspec.DecodeError):  # missing, or written by another version of Evenfall
        return {}


def _key(package: LockedPackage) -> str:
    """Return what identifies a release on its index. It is hashed, because the address of the index may contain a token."""
    key = msgspec.json.encode(
        (package.source.registry, canonicalize_name(package.name), package.version, package.files)
    )
    return hashlib.sha256(key).hexdigest()


def _ask(packages: Mapping[str, LockedPackage], root: Path) -> dict[str, ReleaseStatus | UnknownStatus]:
    from evenfall.supply_chain.metadata.index_client import IndexClient, ask_all  # httpx is slow to import
    from evenfall.supply_chain.metadata.package_metadata import MetadataError

    def ask(package: LockedPackage, client: IndexClient) -> ReleaseStatus | UnknownStatus:
        try:
            return client.status(package)
        except MetadataError as error:
            return UnknownStatus(str(error))

    try:
        return dict(zip(packages, ask_all([*packages.values()], root, ask), strict=True))
    except EvenfallError as error:  # an unusable proxy, certificate or netrc file
        return dict.fromkeys(packages, UnknownStatus(one_line(error.message)))
