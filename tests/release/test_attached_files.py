from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.attached_files import AttachedFiles, AttachedRequest, download_attached_files
from evenfall.release.distributions import Distributions
from evenfall.release.github_release import DraftRequest, draft
from evenfall.release.github_releases import GitHub
from evenfall.release.manifest import NAME, Manifest, describe_file, read_manifest, write_manifest
from evenfall.release.release_assets import Asset
from tests.release.distributions import compress, write_release, write_sdist, write_wheel
from tests.release.github import REPOSITORY, TOKEN, FakeGitHub

SBOM = "lamp-1.0.cdx.json"
WHEEL = "lamp-1.0-py3-none-any.whl"
SDIST = "lamp-1.0.tar.gz"


@pytest.fixture
def built(tmp_path: Path) -> Distributions:
    """The files that the workflow run built."""
    folder = tmp_path / "built"
    folder.mkdir()
    return Distributions(source=folder, wheel=write_wheel(folder), sdist=write_sdist(folder))


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """The files that a person built: compressed otherwise, with the same contents."""
    folder = write_release(tmp_path / "local")
    compress(folder / WHEEL, folder / SDIST)
    write_sbom(folder, "lamp", "1.0")
    rewrite_manifest(folder)
    return folder


def write_sbom(folder: Path, name: str, version: str) -> None:
    component = {"type": "library", "name": name, "version": version}
    (folder / SBOM).write_text(json.dumps({"bomFormat": "CycloneDX", "metadata": {"component": component}}))


def rewrite_manifest(folder: Path, **values: Any) -> None:
    """Write a manifest with the hashes that the files have now."""
    manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    files = tuple(describe_file(folder / file.name, file.kind) for file in manifest.files)
    write_manifest(folder, msgspec.structs.replace(manifest, **{"files": files} | values))


Download = Callable[[], AttachedFiles]


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.fixture
def request_for(fake: FakeGitHub, built: Distributions, downloads: Path) -> Callable[[], AttachedRequest]:
    """Return a function that returns the request after the publication of the release."""

    def request_for() -> AttachedRequest:
        return AttachedRequest(
            assets=msgspec.convert(fake.release["assets"], tuple[Asset, ...]),
            folder=downloads,
            expected=Manifest(
                project="lamp", version="1.0", index="pypi", commit="0" * 40, lock_sha256="0" * 64, files=()
            ),
            built=built,
            sbom=SBOM,
            progress=str,
            environ={"GITHUB_API_URL": fake.api, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN},
        )

    return request_for


@pytest.fixture
def download(api: GitHub, local: Path, request_for: Callable[[], AttachedRequest]) -> Download:
    """Return a function that drafts a release with the local files, and downloads it."""

    def download() -> AttachedFiles:
        draft(DraftRequest(folder=local, github=api, progress=str))
        found = download_attached_files(request_for())
        assert found
        return found

    return download


def problems(found: AttachedFiles) -> list[tuple[str, str]]:
    return [(finding.code, str(finding.location)) for finding in found.findings]


def test_files_with_the_same_contents_are_taken_with_the_bytes_of_the_release(
    built: Distributions, local: Path, downloads: Path, download: Download
) -> None:
    found = download()
    assert found.findings == ()
    assert found.manifest == read_manifest(downloads) == read_manifest(local)
    for name in (WHEEL, SDIST, SBOM, NAME):
        assert (downloads / name).read_bytes() == (local / name).read_bytes()
    assert (downloads / WHEEL).read_bytes() != built.wheel.read_bytes()


def test_a_release_without_a_manifest_of_evenfall_is_left_to_the_comparison_of_hashes(
    fake: FakeGitHub, downloads: Path, request_for: Callable[[], AttachedRequest]
) -> None:
    release = fake.add_release("v1.0")
    fake.add_asset(release, WHEEL, b"")
    assert download_attached_files(request_for()) is None
    fake.add_asset(release, NAME, b'{"name": "a browser extension"}')
    assert download_attached_files(request_for()) is None
    assert list(downloads.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("project", "candle"),
        ("version", "1.1"),
        ("index", "testpypi"),
        ("commit", "1" * 40),
        ("lock_sha256", "1" * 64),
        ("files", ()),
    ],
)
def test_a_manifest_of_something_else_is_refused(
    fake: FakeGitHub, local: Path, downloads: Path, request_for: Callable[[], AttachedRequest], key: str, value: object
) -> None:
    rewrite_manifest(local, **{key: value})
    fake.add_asset(fake.add_release("v1.0"), NAME, (local / NAME).read_bytes())
    found = download_attached_files(request_for())
    assert found
    assert problems(found) == [("release-asset-differs", f"{NAME}: {key}")]
    assert [path.name for path in downloads.iterdir()] == [NAME]


@pytest.mark.parametrize("name", ["../lamp-1.0.tar.gz", "lamp-1.0.zip"])
def test_a_manifest_with_another_file_name_writes_no_file(
    fake: FakeGitHub, local: Path, downloads: Path, request_for: Callable[[], AttachedRequest], name: str
) -> None:
    wheel, sdist, sbom = read_manifest(local).files
    rewrite_manifest(local, files=(wheel, msgspec.structs.replace(sdist, name=name), sbom))
    release = fake.add_release("v1.0")
    fake.add_asset(release, NAME, (local / NAME).read_bytes())
    fake.add_asset(release, name, (local / SDIST).read_bytes())
    found = download_attached_files(request_for())
    assert found
    assert problems(found) == [("release-asset-differs", f"{NAME}: files")]
    assert [path.name for path in downloads.iterdir()] == [NAME]


def test_every_file_of_the_manifest_must_be_attached(
    fake: FakeGitHub, download: Download, request_for: Callable[[], AttachedRequest]
) -> None:
    download()
    fake.release["assets"] = [asset for asset in fake.release["assets"] if asset["name"] in {NAME, WHEEL}]
    found = download_attached_files(request_for())
    assert found
    assert problems(found) == [("release-asset-missing", SDIST), ("release-asset-missing", SBOM)]


def test_a_file_that_github_renamed_is_found_by_its_digest(
    fake: FakeGitHub, downloads: Path, download: Download, request_for: Callable[[], AttachedRequest]
) -> None:
    download()
    for asset in fake.release["assets"]:
        if asset["name"] == WHEEL:
            asset["name"] = "lamp-renamed.whl"
    found = download_attached_files(request_for())
    assert found
    assert found.findings == ()
    assert (downloads / WHEEL).is_file()


def test_an_asset_that_is_not_the_one_of_the_manifest_is_refused(
    fake: FakeGitHub, local: Path, request_for: Callable[[], AttachedRequest]
) -> None:
    release = fake.add_release("v1.0")
    for name in (WHEEL, SDIST, SBOM, NAME):
        fake.add_asset(release, name, (local / name).read_bytes() + (b"" if name == NAME else b"\n"))
    release["assets"][0]["digest"] = None
    found = download_attached_files(request_for())
    assert found
    assert problems(found) == [("release-asset-differs", name) for name in (WHEEL, SDIST, SBOM)]


@pytest.mark.parametrize("name", [WHEEL, NAME])
def test_an_asset_that_was_replaced_after_the_publication_is_refused(
    fake: FakeGitHub, download: Download, request_for: Callable[[], AttachedRequest], name: str
) -> None:
    download()
    (number,) = [asset["id"] for asset in fake.release["assets"] if asset["name"] == name]
    fake.contents[number] += b"\n"
    found = download_attached_files(request_for())
    assert found
    assert problems(found) == [("release-asset-differs", name)]


def test_assets_whose_digest_github_had_not_computed_are_downloaded_and_compared(
    fake: FakeGitHub, download: Download, request_for: Callable[[], AttachedRequest]
) -> None:
    download()
    for asset in fake.release["assets"]:
        asset["digest"] = None
    found = download_attached_files(request_for())
    assert found
    assert found.findings == ()


def test_contents_that_the_commit_does_not_give_are_refused_with_the_first_difference(
    local: Path, download: Download
) -> None:
    write_wheel(local, code="lit = True\n")
    rewrite_manifest(local)
    found = download()
    assert problems(found) == [("release-asset-differs", WHEEL)]
    assert "lamp.py has different contents" in found.findings[0].reason


@pytest.mark.parametrize("name", [WHEEL, SDIST])
def test_a_damaged_archive_is_refused(local: Path, download: Download, name: str) -> None:
    (local / name).write_bytes((local / name).read_bytes()[:40])
    rewrite_manifest(local)
    assert problems(download()) == [("release-asset-differs", name)]


@pytest.mark.parametrize("text", ['{"name": "candle", "version": "1.0"}', '{"name": "lamp"}', "1", "\udcff"])
def test_the_sbom_must_be_of_this_version(local: Path, download: Download, text: str) -> None:
    document = f'{{"metadata": {{"component": {text}}}}}'
    (local / SBOM).write_bytes(document.encode(errors="surrogateescape"))
    rewrite_manifest(local)
    assert problems(download()) == [("release-asset-differs", SBOM)]


def test_a_download_that_fails_is_inconclusive(
    fake: FakeGitHub, download: Download, request_for: Callable[[], AttachedRequest]
) -> None:
    download()
    fake.status = 503
    with pytest.raises(EvenfallError) as caught:
        download_attached_files(request_for())
    assert caught.value.exit_code == Exit.UNKNOWN
