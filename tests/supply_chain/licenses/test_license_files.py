from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.licenses.license_files import MAX_WHEEL_BYTES, add_license_files
from evenfall.supply_chain.metadata.find_metadata import MetadataSources
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from tests.supply_chain.index import Index, serving
from tests.supply_chain.metadata.test_local_metadata import make_environment

WHEEL = "lamp-1.0-py3-none-any.whl"
UNKNOWN = PackageMetadata(name="lamp", version="1.0")
TEXT = (("licenses/LICENSE", "Terms"),)


def wheel(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"lamp-1.0.dist-info/licenses/{name}", text)
    return content.getvalue()


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with serving() as started:
        yield started


def locked(*files: DistributionFile) -> LockedPackage:
    return LockedPackage(name="lamp", version="1.0", source=PackageSource(registry="https://x"), wheels=files)


def texts(
    package: LockedPackage, root: Path, *environments: Path, network: bool = True, known: PackageMetadata = UNKNOWN
) -> tuple[tuple[str, str], ...]:
    sources = MetadataSources(root=root, environments=environments, network=network, cache=root / "cache")
    (found,) = add_license_files([package], [known], sources)
    assert isinstance(found, PackageMetadata)
    return found.license_texts


def test_the_files_are_read_from_a_small_wheel_once(index: Index, tmp_path: Path) -> None:
    package = locked(index.add(WHEEL, wheel(LICENSE="Terms")))
    assert texts(package, tmp_path, network=False) == ()
    assert texts(package, tmp_path) == TEXT
    number = len(index.requests)
    assert texts(package, tmp_path) == texts(package, tmp_path, network=False) == TEXT
    assert len(index.requests) == number


def test_nothing_is_downloaded_for_a_known_license_or_from_a_large_wheel_or_an_sdist(
    index: Index, tmp_path: Path
) -> None:
    file, number = index.add(WHEEL, wheel(LICENSE="Terms")), len(index.requests)
    assert texts(locked(file), tmp_path, known=PackageMetadata(name="lamp", version="1.0", license="MIT")) == ()
    assert texts(locked(DistributionFile(url=file.url, hash=file.hash, size=MAX_WHEEL_BYTES + 1)), tmp_path) == ()
    sdist = DistributionFile(url=f"{index.url}/lamp-1.0.tar.gz", size=1)
    assert texts(LockedPackage(name="lamp", version="1.0", sdist=sdist), tmp_path) == ()
    assert texts(locked(), tmp_path) == ()
    assert len(index.requests) == number
    missing = MissingMetadata("offline")
    assert add_license_files([locked(file)], [missing], MetadataSources(root=tmp_path)) == (missing,)


@pytest.mark.parametrize("content", [b"not a zip", wheel(NOTICE="Thanks")])
def test_a_wheel_without_readable_license_files_adds_nothing(index: Index, tmp_path: Path, content: bytes) -> None:
    assert texts(locked(index.add(WHEEL, content)), tmp_path) == ()
    assert texts(locked(DistributionFile(url=f"{index.url}/other.whl", size=1)), tmp_path) == ()


def test_an_environment_is_read_first_if_it_has_the_locked_version(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "env", **{"Lamp-1.0.0": b"", "wick-1.0": b""})
    (folder,) = environment.rglob("Lamp-1.0.0.dist-info")
    (folder / "licenses").mkdir()
    for name, text in (("licenses/LICENSE", "Terms"), ("COPYING", "More"), ("RECORD", ""), ("licenses/AUTHORS", "Bo")):
        (folder / name).write_text(text, encoding="utf-8")
    assert texts(locked(), tmp_path, environment) == (("COPYING", "More"), *TEXT)
    assert texts(LockedPackage(name="lamp", version="2"), tmp_path, environment) == ()
    assert texts(LockedPackage(name="lamp"), tmp_path, environment) == (("COPYING", "More"), *TEXT)
