"""Publication: compare the built files with the index, then upload those that it does not have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, has_errors
from evenfall.package_index.http import HttpError
from evenfall.package_index.page import IndexFile
from evenfall.release.attestations import SUFFIX, check_attestations, sign
from evenfall.release.comparison import compare, is_public, location
from evenfall.release.credentials import Credentials
from evenfall.release.index import Index, IndexUrls
from evenfall.release.manifest import Manifest, ReleaseFile, read_manifest
from evenfall.release.upload import UploadFailedError, UploadRefusedError, upload
from evenfall.text import plural

PAUSES = (2.0, 10.0, 30.0)
"""The number of seconds before each new attempt, after an error of the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """The folder of the files with their manifest, and the index to upload them to. `progress` receives the lines of narration."""

    folder: Path
    index: Index
    credentials: Credentials
    progress: Callable[[str], object]
    pauses: tuple[float, ...] = PAUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """The files that were uploaded, those that the index had already, and the problems.

    An error is found before the first upload and prevents it, except that the index refuses a file (`release-file-refused`).
    """

    manifest: Manifest
    urls: IndexUrls
    uploaded: tuple[ReleaseFile, ...] = ()
    present: tuple[ReleaseFile, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command: `Exit.FINE` if the index has all files."""
        return Exit.FINDINGS if has_errors(self.findings) else Exit.FINE


def publish(request: PublishRequest) -> PublishReport:
    """Upload the files that the index does not have, after a check of all of them.

    Raises `EvenfallError`: the folder is not that of a release to this index, or the credentials are wrong (usage); the index can't
    be read, or an upload failed (unknown). Publishing again continues where it stopped.
    """
    manifest, urls = read_manifest(request.folder), request.index.urls
    if manifest.index != urls.name:
        raise EvenfallError(
            f"{request.folder}: built for {manifest.index}, not for {urls.name}",
            hint=f"evenfall release build --index={urls.name}",
        )
    comparison = compare(manifest, urls, _files(request, manifest))
    findings = comparison.findings
    if not has_errors(findings):
        if request.credentials.trusted_publishing and is_public(urls):
            sign(request.folder, comparison.absent, request.credentials)
        findings += check_attestations(
            request.folder, manifest, comparison.absent, are_uploaded=_takes_attestations(request)
        )
    if has_errors(findings):
        return PublishReport(manifest=manifest, urls=urls, present=comparison.present, findings=findings)
    uploaded, refused = _upload_all(request, manifest, comparison.absent)
    return PublishReport(
        manifest=manifest, urls=urls, uploaded=uploaded, present=comparison.present, findings=findings + refused
    )


def _files(request: PublishRequest, manifest: Manifest) -> tuple[IndexFile, ...]:
    """Return the project's files on the index.

    Raises `EvenfallError` (unknown) if it can't be read after several attempts, or if it does not accept the credentials.
    """
    for pause in request.pauses:
        try:
            return request.index.files(manifest.project) or ()
        except EvenfallError as error:
            if isinstance(error.__cause__, HttpError) and error.__cause__.status in {401, 403}:
                raise
            _wait(request, error.message.removeprefix("inconclusive: "), pause)
    return request.index.files(manifest.project) or ()


def _wait(request: PublishRequest, reason: str, pause: float) -> None:
    request.progress(f"{reason}; next attempt in {pause:g} s")
    time.sleep(pause)


def _upload_all(
    request: PublishRequest, manifest: Manifest, files: Iterable[ReleaseFile]
) -> tuple[tuple[ReleaseFile, ...], tuple[Finding, ...]]:
    """Upload the files up to the first that the index refuses. Return those that were uploaded, and why one was refused."""
    uploaded: list[ReleaseFile] = []
    for file in files:
        request.progress(f"uploading {file.name} ({file.size:,} bytes)")
        try:
            if refused := _upload(request, manifest, file):
                return tuple(uploaded), (refused,)
        except EvenfallError as error:
            done = f"{', '.join(each.name for each in uploaded)} uploaded before" if uploaded else "nothing uploaded"
            raise EvenfallError(f"{error.message} ({done})", hint=error.hint, exit_code=error.exit_code) from error
        uploaded.append(file)
    return tuple(uploaded), ()


def _upload(request: PublishRequest, manifest: Manifest, file: ReleaseFile) -> Finding | None:
    """Upload a file, with new attempts after an error of the index. Return why the index refuses it, or None.

    Raises `EvenfallError` as `upload` does, and (unknown) if no attempt succeeds.
    """
    name = f"{file.name}{SUFFIX}"
    attestation = name if _takes_attestations(request) and (request.folder / name).exists() else ""
    for pause in request.pauses:
        try:
            return _attempt(request, manifest, file, attestation)
        except UploadFailedError as error:
            _wait(request, f"{file.name}: {error}", pause)
    try:
        return _attempt(request, manifest, file, attestation)
    except UploadFailedError as error:
        raise EvenfallError(
            f"inconclusive: {file.name}: {plural(len(request.pauses) + 1, 'attempt')} to upload it failed: {error}",
            hint=f"evenfall release publish --index={manifest.index}, which continues with this file",
            exit_code=Exit.UNKNOWN,
        ) from error


def _attempt(request: PublishRequest, manifest: Manifest, file: ReleaseFile, attestation: str) -> Finding | None:
    """Upload a file once. Return why the index refuses it, or None. An error is none if the index has the file all the same.

    Another run may have uploaded it, or the connection may have broken after the index had stored it. Raises as `upload` does.
    """
    urls = request.index.urls
    try:
        upload(request.folder, file.name, attestation=attestation, urls=urls, credentials=request.credentials)
    except (UploadRefusedError, UploadFailedError) as error:
        if file in compare(manifest, urls, _files(request, manifest)).present:
            return None
        if isinstance(error, UploadFailedError):
            raise
        return _refused(manifest, file, str(error))
    return None


def _takes_attestations(request: PublishRequest) -> bool:
    """Return whether the index takes attestations. PyPI takes them only with trusted publishing."""
    return request.credentials.trusted_publishing or not is_public(request.index.urls)


def _refused(manifest: Manifest, file: ReleaseFile, reason: str) -> Finding:
    return Finding(
        code="release-file-refused",
        location=location(manifest, file.name),
        reason=f"the index does not take the file: {reason}",
        fix="correct what the index names; a file name that was used once, also by a deleted file, needs a new version",
    )
