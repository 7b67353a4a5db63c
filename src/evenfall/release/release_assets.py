"""Compare the built files with the assets of the GitHub release whose publication started the workflow run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity
from evenfall.release.manifest import ReleaseFile

_FIX = (
    "make the release anew: without assets, or with those of `evenfall release draft` on the system and the Python of this job,"
    " because another one may compress files differently"
)
_FIX_CONTENTS = (
    'make the release anew without assets, because with [tool.evenfall.build] reproducible = "contents" no two builds have the same hashes;'
    ' or set [tool.evenfall.release] trigger = "tag", which attaches the files that were published'
)


class Asset(msgspec.Struct, frozen=True):
    """A file of a GitHub release; `digest` is like `sha256:…`, or None if GitHub did not compute it."""

    name: str
    digest: str | None = None


class _Release(msgspec.Struct, frozen=True):
    assets: tuple[Asset, ...]


class _Event(msgspec.Struct, frozen=True):
    release: _Release


def published_assets(environ: Mapping[str, str] = os.environ) -> tuple[Asset, ...] | None:
    """Return the assets in the payload of the event `release`, or None if another event, or nothing, started this process.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#release

    Raises `EvenfallError` (unknown) if the payload can't be read.
    """
    if environ.get("GITHUB_EVENT_NAME") != "release":
        return None
    path = environ.get("GITHUB_EVENT_PATH", "")
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=_Event).release.assets
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvenfallError(
            f"inconclusive: GITHUB_EVENT_PATH: the release in {path!r} can't be read: {error}",
            hint="run the job again",
            exit_code=Exit.UNKNOWN,
        ) from error


def asset_findings(
    files: Collection[ReleaseFile], assets: Collection[Asset] | None, *, only_contents: bool = False
) -> tuple[Finding, ...]:
    """Return the files that differ from the asset of the same name, and those that are no asset.

    The payload has hashes alone. With `only_contents`, two builds of a file may differ, and the fix says so.

    Raises `EvenfallError` (unknown) if no file differs, and one can't be compared.
    """
    if assets is None:
        return ()
    if not assets:
        return (
            Finding(
                code="release-no-assets",
                severity=Severity.NOTE,
                location=Location(path="release"),
                reason="the GitHub release has no assets to compare with, and none are attached afterwards",
            ),
        )
    digests = {asset.name: asset.digest for asset in assets}
    findings = tuple(_findings(files, digests, _FIX_CONTENTS if only_contents else _FIX))
    unknown = [file.name for file in files if file.name in digests and digests[file.name] is None]
    if unknown and not any(finding.severity is Severity.ERROR for finding in findings):
        raise EvenfallError(
            f"inconclusive: {unknown[0]}: GitHub has not computed the digest of this asset",
            hint="make the release anew from a draft, and publish it when `gh release view --json assets` shows every digest",
            exit_code=Exit.UNKNOWN,
        )
    return findings


def _findings(files: Collection[ReleaseFile], digests: Mapping[str, str | None], fix: str) -> Iterator[Finding]:
    for file in files:
        if file.name not in digests:
            yield Finding(
                code="release-asset-missing",
                severity=Severity.WARNING,
                location=Location(path=file.name),
                reason="the GitHub release has assets, but not this file",
                fix="evenfall release draft, which attaches every file, for the next release",
            )
        elif digests[file.name] not in {None, f"sha256:{file.sha256}"}:
            yield Finding(
                code="release-asset-differs",
                location=Location(path=file.name),
                reason=f"this build has sha256:{file.sha256}, but the asset of the GitHub release has {digests[file.name]}",
                fix=fix,
            )
