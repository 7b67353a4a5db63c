"""Publication: compare the built files with the index, then upload those that it does not have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, has_errors
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
    """The files that were uploaded, those that the index had already, and the problems. An error prevents the upload of every file."""

    manifest: Manifest
    urls: IndexUrls
    uploaded: tuple[ReleaseFile, ...] = ()
    present: tuple[ReleaseFile, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """Whether the index has all files."""
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
        findings += check_attestations(request.folder, manifest, comparison.absent)
    if has_errors(findings):
        return PublishReport(manifest=manifest, urls=urls, present=comparison.present, findings=findings)
    uploaded, refused = _upload_all(request, manifest, comparison.absent)
    return PublishReport(
        manifest=manifest, urls=urls, uploaded=uploaded, present=comparison.present, findings=findings + refused
    )


def _files(request: PublishRequest, manifest: Manifest) -> tuple[IndexFile, ...]:
    """Return the project's files on the index. Raises `EvenfallError` (unknown) if it can't be read after several attempts."""
    for pause in request.pauses:
        try:
            return request.index.files(manifest.project) or ()
        except EvenfallError as error:
            request.progress(f"{error.message}; next attempt in {pause:g} s")
            time.sleep(pause)
    return request.index.files(manifest.project) or ()


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
    attestation = f"{file.name}{SUFFIX}" if _takes_attestation(request, file) else ""
    reason = ""
    for pause in (*request.pauses, None):
        try:
            upload(
                request.folder,
                file.name,
                attestation=attestation,
                urls=request.index.urls,
                credentials=request.credentials,
            )
        except UploadRefusedError as error:
            return None if _has(request, manifest, file) else _refused(manifest, file, str(error))
        except UploadFailedError as error:
            # The index may have stored the file before the connection broke.
            if _has(request, manifest, file):
                return None
            reason = str(error)
        else:
            return None
        if pause is not None:
            request.progress(f"{file.name}: {reason}; next attempt in {pause:g} s")
            time.sleep(pause)
    raise EvenfallError(
        f"inconclusive: {file.name}: {plural(len(request.pauses) + 1, 'attempt')} to upload it failed: {reason}",
        hint=f"evenfall release publish --index={manifest.index}, which continues with this file",
        exit_code=Exit.UNKNOWN,
    )


def _takes_attestation(request: PublishRequest, file: ReleaseFile) -> bool:
    """Return whether to upload an attestation. PyPI takes it only with trusted publishing."""
    if not (request.folder / f"{file.name}{SUFFIX}").exists():
        return False
    if request.credentials.trusted_publishing or not is_public(request.index.urls):
        return True
    request.progress(f"{file.name}{SUFFIX} is not uploaded, because the index takes it only with trusted publishing")
    return False


def _has(request: PublishRequest, manifest: Manifest, file: ReleaseFile) -> bool:
    """Return whether the index has this very file now."""
    return file in compare(manifest, request.index.urls, _files(request, manifest)).present


def _refused(manifest: Manifest, file: ReleaseFile, reason: str) -> Finding:
    return Finding(
        code="release-file-refused",
        location=location(manifest, file),
        reason=f"the index does not take the file: {reason}",
        fix="correct what the index names; a file name that was used once, also by a deleted file, needs a new version",
    )
