"""Publication: compare the built files with the index, then upload those that it does not have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, exit_code_for
from evenfall.package_index.page import IndexFile
from evenfall.release.attestations import SUFFIX, check_attestations, sign
from evenfall.release.comparison import compare, location
from evenfall.release.credentials import Credentials
from evenfall.release.index import Index, IndexUrls, is_temporary
from evenfall.release.manifest import Manifest, ReleaseFile, read_manifest
from evenfall.release.upload import UploadFailedError, UploadRefusedError, upload_file
from evenfall.text import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """The folder of the files with their manifest, and the index to upload them to.

    `credentials` is called only if there is something to upload. `progress` receives the lines of narration. `pauses` are the numbers of
    seconds before new attempts, after an error of the index.
    """

    folder: Path
    index: Index
    credentials: Callable[[], Credentials]
    progress: Callable[[str], object]
    pauses: tuple[float, ...] = (2, 10, 30)


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
        return exit_code_for(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    """The upload of some files of a release."""

    request: PublishRequest
    manifest: Manifest
    credentials: Credentials

    @property
    def takes_attestations(self) -> bool:
        """Whether the index takes attestations. PyPI takes them only with trusted publishing."""
        return self.credentials.trusted_publishing or not self.request.index.urls.is_public


def publish(request: PublishRequest) -> PublishReport:
    """Upload the files that the index does not have, after a check of all of them.

    Raises `EvenfallError`: the folder is not that of a release to this index, or the credentials are missing or wrong (usage); the index
    can't be read, or an upload failed (unknown). Publishing again continues where it stopped.
    """
    manifest, urls = read_manifest(request.folder), request.index.urls
    if manifest.index != urls.name:
        raise EvenfallError(
            f"{request.folder}: built for {manifest.index}, not for {urls.name}",
            hint=f"evenfall release build --index={urls.name}",
        )
    comparison = compare(manifest, urls, _files(request, manifest))
    report = PublishReport(manifest=manifest, urls=urls, present=comparison.present, findings=comparison.findings)
    if report.exit_code or not comparison.absent:
        return report
    upload = _Upload(request=request, manifest=manifest, credentials=request.credentials())
    request.progress(f"publishing to {urls.name} with {upload.credentials.source}")
    report = replace(report, findings=_attest(upload, comparison.absent))
    if report.exit_code:
        return report
    uploaded, refused = _upload_all(upload, comparison.absent)
    return replace(report, uploaded=uploaded, findings=(*report.findings, *refused))


def _files(request: PublishRequest, manifest: Manifest) -> tuple[IndexFile, ...]:
    """Return the project's files on the index.

    Raises `EvenfallError` (unknown) if it can't be read after several attempts, or if it does not accept the credentials.
    """
    return _repeat(request, lambda: request.index.files(manifest.project), EvenfallError) or ()


_Result = TypeVar("_Result")


def _repeat(request: PublishRequest, action: Callable[[], _Result], kind: type[Exception]) -> _Result:
    """Return the result of an action, which is tried again after an error of that kind. Wrong credentials do not become right."""
    for pause in request.pauses:
        try:
            return action()
        except kind as error:
            if isinstance(error, EvenfallError) and not is_temporary(error):
                raise
            reason = error.message.removeprefix("inconclusive: ") if isinstance(error, EvenfallError) else error
            request.progress(f"{reason}; next attempt in {pause:g} s")
            time.sleep(pause)
    return action()


def _attest(upload: _Upload, files: tuple[ReleaseFile, ...]) -> tuple[Finding, ...]:
    """Sign the files if the index takes attestations of this run, and return the problems of all attestations."""
    request = upload.request
    if upload.credentials.trusted_publishing and request.index.urls.is_public:
        sign(request.folder, files, upload.credentials)
    return check_attestations(request.folder, upload.manifest, files, are_uploaded=upload.takes_attestations)


def _upload_all(upload: _Upload, files: Iterable[ReleaseFile]) -> tuple[tuple[ReleaseFile, ...], tuple[Finding, ...]]:
    """Upload the files up to the first that the index refuses. Return those that were uploaded, and why one was refused."""
    uploaded: list[ReleaseFile] = []
    for file in files:
        upload.request.progress(f"uploading {file.name} ({file.size:,} bytes)")
        try:
            if refused := _upload_file(upload, file):
                return tuple(uploaded), (refused,)
        except EvenfallError as error:
            done = f"{', '.join(each.name for each in uploaded)} uploaded before" if uploaded else "nothing uploaded"
            raise EvenfallError(f"{error.message} ({done})", hint=error.hint, exit_code=error.exit_code) from error
        uploaded.append(file)
    return tuple(uploaded), ()


def _upload_file(upload: _Upload, file: ReleaseFile) -> Finding | None:
    """Upload a file, with new attempts after an error of the index. Return why the index refuses it, or None.

    Raises `EvenfallError` as `upload_file` does, and (unknown) if no attempt succeeds.
    """
    request = upload.request
    try:
        return _repeat(request, lambda: _attempt(upload, file), UploadFailedError)
    except UploadFailedError as error:
        raise EvenfallError(
            f"inconclusive: {plural(len(request.pauses) + 1, 'attempt')} to upload a file failed: {error}",
            hint=f"evenfall release publish --index={upload.manifest.index}, which continues with this file",
            exit_code=Exit.UNKNOWN,
        ) from error


def _attempt(upload: _Upload, file: ReleaseFile) -> Finding | None:
    """Upload a file once. Return why the index refuses it, or None. An error is ignored if the index has the file all the same.

    Another run may have uploaded it, or the connection may have broken after the index had stored it. Raises as `upload_file` does.
    """
    request = upload.request
    name = f"{file.name}{SUFFIX}"
    attestation = name if upload.takes_attestations and (request.folder / name).exists() else ""
    urls = request.index.urls
    try:
        upload_file(request.folder, file.name, attestation=attestation, urls=urls, credentials=upload.credentials)
    except (UploadRefusedError, UploadFailedError) as error:
        if file in compare(upload.manifest, urls, _files(request, upload.manifest)).present:
            return None
        if isinstance(error, UploadFailedError):
            raise
        return _refused(upload.manifest, file, str(error))
    return None


def _refused(manifest: Manifest, file: ReleaseFile, reason: str) -> Finding:
    return Finding(
        code="release-file-refused",
        location=location(manifest, file.name),
        reason=f"the index does not take the file: {reason}",
        fix="correct what the index names; a file name that was used once, also by a deleted file, needs a new version",
    )
