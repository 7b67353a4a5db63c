"""The comparison of a release with its index, before anything is uploaded."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename, parse_wheel_filename

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity
from evenfall.package_index.credentials import netrc_auth
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.package_index.page import IndexFile
from evenfall.release.index import PYPI, TESTPYPI, TIMEOUT, IndexUrls, upload_time
from evenfall.release.manifest import FOLDER, Manifest, ReleaseFile
from evenfall.text import without_password

OPEN_DAYS = 14
"""The days after the first upload of a version during which PyPI takes more files of it."""

USUAL_LIMIT = 100 * 1024**2
"""The size in bytes that PyPI allows for a file unless it has allowed more: https://docs.pypi.org/project-management/storage-limits/"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The files that are not on the index, those that are with the same content, and what prevents the upload."""

    absent: tuple[ReleaseFile, ...]
    present: tuple[ReleaseFile, ...]
    findings: tuple[Finding, ...]


def compare(manifest: Manifest, urls: IndexUrls, on_index: Iterable[IndexFile]) -> Comparison:
    """Compare the wheel and the sdist with the files on the index.

    Raises `EvenfallError` (unknown) if the index states no hash of a file and the file can't be downloaded.
    """
    by_name = {file.name: file for file in on_index}
    shared = {file: sha256_on_index(by_name[file.name]) for file in manifest.distributions if file.name in by_name}
    absent = tuple(file for file in manifest.distributions if file not in shared)
    findings = [
        *(_differs(manifest, file, digest) for file, digest in shared.items() if digest != file.sha256),
        *(_misnamed(manifest, file) for file in absent if not is_normalized(manifest, file)),
        *(_large(manifest, file) for file in absent if file.size > USUAL_LIMIT),
    ]
    first = _first_upload(manifest, by_name) if is_public(urls) and absent else None
    if first and datetime.datetime.now(datetime.UTC) - first > datetime.timedelta(days=OPEN_DAYS):
        findings.append(_too_old(manifest, absent, first))
    present = tuple(file for file, digest in shared.items() if digest == file.sha256)
    return Comparison(absent=absent, present=present, findings=tuple(findings))


def is_public(urls: IndexUrls) -> bool:
    """Return whether an index is PyPI or TestPyPI itself, not a private index with that name."""
    return urls in {PYPI, TESTPYPI}


def sha256_on_index(file: IndexFile) -> str:
    """Return the SHA-256 of a file on the index, which is downloaded if the index does not state it.

    Raises `EvenfallError` (unknown) if it can't be downloaded.
    """
    if stated := file.hashes.get("sha256"):
        return stated.lower()
    digest = hashlib.sha256()
    try:
        with new_client(seconds=TIMEOUT, auth=netrc_auth()) as client, open_url(client, file.url) as response:
            for piece in response.iter_raw():
                digest.update(piece)
    except HttpError as error:
        url = without_password(file.url)
        raise EvenfallError(f"inconclusive: {url}: {error}", hint="try again later", exit_code=Exit.UNKNOWN) from error
    return digest.hexdigest()


def is_normalized(manifest: Manifest, file: ReleaseFile) -> bool:
    """Return whether a file's name starts with the normalized name and version of the project; uv skips every other file.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#escaping-and-unicode
    """
    name = canonicalize_name(manifest.project).replace("-", "_")
    start = f"{name}-{manifest.version}"
    if file.kind == "sdist":
        return file.name in {f"{start}.tar.gz", f"{start}.zip"}
    return file.name.startswith(f"{start}-")


def _first_upload(manifest: Manifest, on_index: Mapping[str, IndexFile]) -> datetime.datetime | None:
    """Return when the index got the first file of the version, or None if it has no file of it or does not state the times."""
    version = canonicalize_version(manifest.version)
    times = (upload_time(file) for name, file in on_index.items() if _version_of(name) == version)
    return min((time for time in times if time), default=None)


def _version_of(name: str) -> str | None:
    """Return the canonical version in the name of a wheel or an sdist, in which 1.0.0 is 1, or None if it is another file."""
    try:
        version = parse_wheel_filename(name)[1] if name.endswith(".whl") else parse_sdist_filename(name)[1]
    except ValueError:
        return None
    return canonicalize_version(version)


def _differs(manifest: Manifest, file: ReleaseFile, digest: str) -> Finding:
    return Finding(
        code="release-file-exists",
        location=location(manifest, file.name),
        reason=f"the index has another file with this name: SHA-256 {digest}, here {file.sha256}",
        fix="publish the files of the build that was uploaded, or increase the version; the index does not replace a file",
    )


def _misnamed(manifest: Manifest, file: ReleaseFile) -> Finding:
    return Finding(
        code="release-file-name",
        location=location(manifest, file.name),
        reason=f"the name is not that of {manifest.project} {manifest.version} in normalized form, so uv would skip the file",
        fix="use a newer version of the build backend",
    )


def _large(manifest: Manifest, file: ReleaseFile) -> Finding:
    return Finding(
        code="release-file-size",
        severity=Severity.WARNING,
        location=location(manifest, file.name),
        reason=f"{file.size / 1024**2:.0f} MB; PyPI takes at most 100 MB unless the project has a higher limit",
        fix="ask for a higher limit in the settings of the project on PyPI",
    )


def _too_old(manifest: Manifest, absent: Iterable[ReleaseFile], first: datetime.datetime) -> Finding:
    names = ", ".join(file.name for file in absent)
    return Finding(
        code="release-upload-closed",
        location=Location(path=f"{FOLDER}/{manifest.index}"),
        reason=f"{manifest.version} is on the index since {first:%Y-%m-%d} without {names}, and after {OPEN_DAYS} days "
        "the index takes no more files of a version",
        fix="increase the version",
    )


def location(manifest: Manifest, name: str) -> Location:
    """Return where a file of the release is."""
    return Location(path=f"{FOLDER}/{manifest.index}/{name}")
