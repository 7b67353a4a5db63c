from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.release.manifest import Manifest, describe_file, read_manifest, release_folder, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = release_folder(tmp_path, "pypi")
    folder.mkdir(parents=True)
    for name in ("lamp-1.0-py3-none-any.whl", "lamp-1.0.tar.gz", "lamp-1.0.cdx.json"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def manifest(folder: Path) -> Manifest:
    manifest = Manifest(
        project="lamp",
        version="1.0",
        index="pypi",
        commit="a" * 40,
        lock_sha256="b" * 64,
        files=(
            describe_file(folder / "lamp-1.0-py3-none-any.whl", "wheel"),
            describe_file(folder / "lamp-1.0.tar.gz", "sdist"),
            describe_file(folder / "lamp-1.0.cdx.json", "sbom"),
        ),
    )
    write_manifest(folder, manifest)
    return manifest


def test_a_manifest_is_read_as_it_was_written(folder: Path, manifest: Manifest) -> None:
    assert read_manifest(folder) == manifest
    assert [file.kind for file in manifest.distributions] == ["wheel", "sdist"]


def test_a_changed_file_is_an_error(folder: Path, manifest: Manifest) -> None:
    (folder / "lamp-1.0.tar.gz").write_text("other bytes")
    with pytest.raises(EvenfallError, match="SHA-256"):
        read_manifest(folder)


def test_a_missing_file_is_an_error(folder: Path, manifest: Manifest) -> None:
    (folder / "lamp-1.0.cdx.json").unlink()
    with pytest.raises(EvenfallError, match="not there"):
        read_manifest(folder)


def test_a_distribution_that_is_not_in_the_manifest_is_an_error(folder: Path, manifest: Manifest) -> None:
    (folder / "lamp-1.0-py2-none-any.whl").touch()
    with pytest.raises(EvenfallError, match="does not list"):
        read_manifest(folder)


def test_a_manifest_can_not_name_a_file_in_another_folder(folder: Path, manifest: Manifest) -> None:
    (folder.parent / "lamp-1.0.tar.gz").write_text("lamp-1.0.tar.gz")
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"lamp-1.0.tar.gz"', '"../lamp-1.0.tar.gz"'))
    with pytest.raises(EvenfallError, match="not there"):
        read_manifest(folder)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', "\xff"])
def test_an_invalid_manifest_is_an_error(folder: Path, manifest: Manifest, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(EvenfallError, match=r"manifest\.json"):
        read_manifest(folder)


def test_a_version_that_is_not_valid_is_an_error(folder: Path, manifest: Manifest) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"version": "1.0"', '"version": "1.0; rm"'))
    with pytest.raises(EvenfallError, match=r"1\.0; rm"):
        read_manifest(folder)


def test_a_missing_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="not found") as caught:
        read_manifest(release_folder(tmp_path, "testpypi"))
    assert caught.value.hint == "evenfall release build --index=testpypi"
