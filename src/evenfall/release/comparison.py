"""The comparison of a release with its index, before anything is uploaded."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from packaging.version import Version

from evenfall.findings import Finding, Location
from evenfall.package_index.page import IndexFile, version_of_file
from evenfall.release.index import OPEN_DAYS, IndexUrls, first_upload, sha256_on_index
from evenfall.release.manifest import FOLDER, Manifest, ReleaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The files that are not on the index, those that are with the same content, and what prevents the upload."""

    absent: tuple[ReleaseFile, ...]
    present: tuple[ReleaseFile, ...]
    findings: tuple[Finding, ...]


def compare(manifest: Manifest, urls: IndexUrls, on_index: Collection[IndexFile]) -> Comparison:
    """Compare the wheel and the sdist with the files on the index.

    Raises `EvenfallError` (unknown) if the index states no hash of a file and the file can't be downloaded.
    """
    by_name = {file.name: file for file in on_index}
    digests = {
        file: sha256_on_index(by_name[file.name], urls) for file in manifest.distributions if file.name in by_name
    }
    absent = tuple(file for file in manifest.distributions if file not in digests)
    findings = [_differs(manifest, file, digest) for file, digest in digests.items() if digest != file.sha256]
    first = first_upload(file for file in on_index if version_of_file(file.name) == Version(manifest.version))
    closes = datetime.timedelta(days=OPEN_DAYS)
    if urls.is_public and absent and first and datetime.datetime.now(datetime.UTC) - first > closes:
        findings.append(_closed(manifest, absent, first))
    present = tuple(file for file, digest in digests.items() if digest == file.sha256)
    return Comparison(absent=absent, present=present, findings=tuple(findings))


def location(manifest: Manifest, name: str = "") -> Location:
    """Return where a file of the release is, or the folder of all files without a name."""
    return Location(path=f"{FOLDER}/{manifest.index}/{name}".rstrip("/"))


def _differs(manifest: Manifest, file: ReleaseFile, digest: str) -> Finding:
    return Finding(
        code="release-file-exists",
        location=location(manifest, file.name),
        reason=f"the index has another file with this name: SHA-256 {digest}, here {file.sha256}",
        fix="publish the files of the build that was uploaded, or increase the version; the index does not replace a file",
    )


def _closed(manifest: Manifest, absent: Iterable[ReleaseFile], first: datetime.datetime) -> Finding:
    names = ", ".join(file.name for file in absent)
    return Finding(
        code="release-upload-closed",
        location=location(manifest),
        reason=f"the index has had {manifest.version} since {first:%Y-%m-%d}, without {names}; "
        f"it takes more files of a version for {OPEN_DAYS} days only",
        fix="increase the version",
    )
