"""The assets of the GitHub release whose publication started the workflow run, and their comparison with the built files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, Severity
from evenfall.github_api.repository import github_repository
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.release.manifest import ReleaseFile, sha256_of
from evenfall.text import one_line

TIMEOUT = 60
"""The number of seconds after which a silent server is given up."""
NEW_RELEASE = (
    "check out the tag, and delete the GitHub release, but not its tag; then evenfall release build, and evenfall release draft;"
    " if the release is immutable, release the next version"
)


class Asset(msgspec.Struct, frozen=True):
    """A file of a GitHub release; `digest` is like `sha256:…`, or None if GitHub had not computed it when it sent the event."""

    name: str
    digest: str | None = None
    url: str = ""
    browser_download_url: str = ""


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


def download_asset(asset: Asset, path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Download an asset to a file, and return its digest in GitHub's form.

    With a token, the file comes from the API, because a private repository has no public files. The client sends the token to the API
    only, and not to the server to which the API redirects.
    https://docs.github.com/en/rest/releases/assets#get-a-release-asset

    Raises `EvenfallError` (unknown) if the asset can't be downloaded.
    """
    url, headers = asset.browser_download_url, {}
    repository = github_repository("", environ)
    if repository and repository.token and asset.url.startswith(f"{repository.api}/"):
        url = asset.url
        headers = {"Accept": "application/octet-stream", "Authorization": f"Bearer {repository.token}"}
    try:
        with (
            new_client(seconds=TIMEOUT) as client,
            open_url(client, url, headers) as response,
            path.open("wb") as file,
        ):
            for part in response.iter_bytes():
                file.write(part)
    except HttpError as error:
        raise EvenfallError(
            f"inconclusive: {asset.name}: this asset of the GitHub release can't be downloaded: {error}",
            hint="run the job again; a private repository needs GITHUB_TOKEN with the permission contents: read",
            exit_code=Exit.UNKNOWN,
        ) from error
    return f"sha256:{sha256_of(path)}"


def asset_findings(
    files: Collection[ReleaseFile], assets: Collection[Asset] | None, environ: Mapping[str, str] = os.environ
) -> Iterator[Finding]:
    """Yield the built files that differ from the asset of the same name, and those that are no asset.

    Raises `EvenfallError` (unknown) as `download_asset` does, if the digest of an asset is not known.
    """
    if assets is None:
        return
    if not assets:
        yield Finding(
            code="release-no-assets",
            severity=Severity.NOTE,
            location=Location(path="release"),
            reason="the GitHub release has no assets to compare with, and none are attached afterwards",
        )
        return
    named = {asset.name: asset for asset in assets}
    for file in files:
        if file.name not in named:
            yield Finding(
                code="release-asset-missing",
                severity=Severity.WARNING,
                location=Location(path=file.name),
                reason="the GitHub release has assets, but not this file",
                fix="evenfall release draft, which attaches every file, for the next release",
            )
        elif (digest := _digest(named[file.name], environ)) != f"sha256:{file.sha256}":
            reason = f"this build has sha256:{file.sha256}, but the asset of the GitHub release has {digest}"
            yield asset_differs(file.name, reason)


def _digest(asset: Asset, environ: Mapping[str, str]) -> str:
    if asset.digest is not None:
        return asset.digest
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        return download_asset(asset, Path(folder, "asset"), environ)


def asset_differs(name: str, reason: str, *, key: str = "") -> Finding:
    """Return an asset that differs from what this commit gives."""
    return Finding(
        code="release-asset-differs", location=Location(path=name, key=key), reason=one_line(reason), fix=NEW_RELEASE
    )
