"""The files that `evenfall release draft` attached to the GitHub release: download them, and compare them with a build.

They are published as they are. Another build can have the same contents and still other bytes, such as with another zlib.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location
from evenfall.release.archives import UNREADABLE, differences
from evenfall.release.distributions import Distributions
from evenfall.release.manifest import NAME, Kind, Manifest, ReleaseFile
from evenfall.release.release_assets import NEW_RELEASE, Asset, asset_differs, download_asset
from evenfall.text import and_more

_MUST_EQUAL = ("project", "version", "index", "commit", "lock_sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedRequest:
    """The assets of a release, an empty folder for the downloads, and what the commit gives to compare with.

    `expected` is the manifest of the build without its files, `built` are the wheel and the sdist, and `sbom` is the name of the SBOM.
    """

    assets: tuple[Asset, ...]
    folder: Path
    expected: Manifest
    built: Distributions
    sbom: str
    progress: Callable[[str], object]
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFiles:
    """The manifest of the downloaded files, and what differs. If there are findings, not all files are in the folder."""

    manifest: Manifest
    findings: tuple[Finding, ...]


class _Component(msgspec.Struct, frozen=True):
    name: str
    version: str = ""


class _Metadata(msgspec.Struct, frozen=True):
    component: _Component


class _Sbom(msgspec.Struct, frozen=True):
    metadata: _Metadata


def download_attached_files(request: AttachedRequest) -> AttachedFiles | None:
    """Download the files of the attached manifest. Return None if the release has no manifest of `evenfall release build`.

    Raises `EvenfallError` (unknown) as `download_asset` does.
    """
    asset = next((asset for asset in request.assets if asset.name == NAME), None)
    if asset is None:
        return None
    digest = _download(asset, NAME, request)
    try:
        manifest = msgspec.json.decode((request.folder / NAME).read_bytes(), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # it is another program's
        (request.folder / NAME).unlink()
        return None
    findings = [*_manifest_findings(manifest, request)]
    if asset.digest not in {None, digest}:
        findings.append(asset_differs(NAME, f"it was published with {asset.digest}, but the download has {digest}"))
    if not findings:  # so the names in the manifest are those of the build, and no path to another folder
        findings = [finding for file in manifest.files for finding in _file_findings(file, request)]
    return AttachedFiles(manifest=manifest, findings=tuple(findings))


def _download(asset: Asset, name: str, request: AttachedRequest) -> str:
    request.progress(f"downloading {name} from the GitHub release")
    return download_asset(asset, request.folder / name, request.environ)


def _manifest_findings(manifest: Manifest, request: AttachedRequest) -> Iterator[Finding]:
    """Yield what the manifest states otherwise than this checkout and this build."""
    for key in _MUST_EQUAL:
        attached, expected = getattr(manifest, key), getattr(request.expected, key)
        if attached != expected:
            yield asset_differs(
                NAME, f"the attached files have {attached!r}, but this checkout has {expected!r}", key=key
            )
    names: dict[str, Kind] = {
        request.built.wheel.name: "wheel",
        request.built.sdist.name: "sdist",
        request.sbom: "sbom",
    }
    if len(manifest.files) != len(names) or {file.name: file.kind for file in manifest.files} != names:
        listed = ", ".join(file.name for file in manifest.files) or "no files"
        yield asset_differs(NAME, f"it lists {listed}, but this build gives {', '.join(names)}", key="files")


def _file_findings(file: ReleaseFile, request: AttachedRequest) -> Iterator[Finding]:
    """Download a file of the manifest, and yield how it differs from the manifest and from this commit."""
    digest = f"sha256:{file.sha256}"
    asset = _find(file.name, digest, request.assets)
    if asset is None:
        yield Finding(
            code="release-asset-missing",
            location=Location(path=file.name),
            reason=f"{NAME} of the GitHub release lists this file, but the release does not have it",
            fix=NEW_RELEASE,
        )
    elif asset.digest not in {None, digest}:
        yield asset_differs(file.name, f"{NAME} of the GitHub release lists {digest}, but the asset has {asset.digest}")
    elif (actual := _download(asset, file.name, request)) != digest:
        yield asset_differs(file.name, f"{NAME} of the GitHub release lists {digest}, but the download has {actual}")
    elif problem := _content_problem(file, request):
        yield asset_differs(file.name, problem)


def _find(name: str, digest: str, assets: Collection[Asset]) -> Asset | None:
    """Return an asset by its name, or else by its digest, because GitHub replaces characters such as the `!` of an epoch in names."""
    by_name = (asset for asset in assets if asset.name == name)
    by_digest = (asset for asset in assets if asset.digest == digest)
    return next(itertools.chain(by_name, by_digest), None)


def _content_problem(file: ReleaseFile, request: AttachedRequest) -> str:
    """Return the first differences between the contents of a downloaded file and those of this build; empty if they are the same."""
    path = request.folder / file.name
    if file.kind == "sbom":
        return _sbom_problem(path, request.expected)
    built = request.built.wheel if file.kind == "wheel" else request.built.sdist
    try:
        found = differences(built, path, only_contents=True)
    except UNREADABLE as error:
        return f"it can't be read: {error}"
    return f"this commit does not give its contents: {and_more(found, 3)}" if found else ""


def _sbom_problem(path: Path, expected: Manifest) -> str:
    """Return why an SBOM is not one of this release: its root component must be the project with the version."""
    try:
        component = msgspec.json.decode(path.read_bytes(), type=_Sbom).metadata.component
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"it can't be read as an SBOM: {error}"
    if (canonicalize_name(component.name), component.version) == (
        canonicalize_name(expected.project),
        expected.version,
    ):
        return ""
    return f"it is the SBOM of {component.name} {component.version}, not of {expected.project} {expected.version}"
