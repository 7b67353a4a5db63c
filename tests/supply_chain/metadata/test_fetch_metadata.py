from __future__ import annotations

from _thread import interrupt_main
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.fetch_metadata import fetch_all
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from tests.supply_chain.index import Index, metadata, sdist, serving, sha256, wheel

pytestmark = pytest.mark.integration

WHEEL = "lamp-1.0-py3-none-any.whl"
SDIST = "lamp-1.0.tar.gz"
ZLIB = metadata("lamp", license="Zlib")


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as server:
        yield server


def from_index(index: Index, *wheels: DistributionFile, sdist: DistributionFile | None = None) -> LockedPackage:
    source = PackageSource(registry=index.registry)
    return LockedPackage(name="lamp", version="1.0", source=source, wheels=wheels, sdist=sdist)


def license_of(package: LockedPackage, root: Path = Path()) -> str:
    """Return the license, or the reason why the metadata is missing."""
    (found,) = fetch_all([package], root)
    return found.license_expression if isinstance(found, PackageMetadata) else found.reason


def test_a_distribution_is_not_downloaded_if_the_index_has_its_metadata_file(index: Index) -> None:
    assert license_of(from_index(index, index.add(WHEEL, wheel("lamp", padding=1 << 20), metadata=ZLIB))) == "Zlib"
    assert index.requests == ["simple/lamp/", f"{WHEEL}.metadata"]
    assert index.sent < 1 << 10


@pytest.mark.parametrize("pages", ["json", "html", "none"])
def test_without_a_metadata_file_the_wheel_is_downloaded(index: Index, pages: str) -> None:
    index.pages = "json" if pages == "json" else "html" if pages == "html" else "none"
    assert license_of(from_index(index, index.add(WHEEL, wheel("lamp", ZLIB)))) == "Zlib"
    assert index.requests == ["simple/lamp/", WHEEL]


def test_a_changed_metadata_file_is_replaced_by_that_of_the_verified_wheel(index: Index) -> None:
    file = index.add(WHEEL, wheel("lamp", ZLIB), metadata=ZLIB)
    index.metadata_files[WHEEL] = metadata("lamp", license="0BSD").encode()
    assert license_of(from_index(index, file)) == "Zlib"


@pytest.mark.parametrize("name", [WHEEL, SDIST])
def test_a_download_must_have_the_hash_of_the_lock(index: Index, name: str) -> None:
    content = wheel("lamp") if name == WHEEL else sdist("lamp", metadata("lamp"))
    file = index.add(name, content)
    assert license_of(from_index(index, file)) == "MIT"
    index.files[name] = content + b"\0"
    assert license_of(from_index(index, file)) == f"{name}: the sha256 hash is not the expected one"


@pytest.mark.parametrize("stated", ["adler32:1", "sha256", "shake_128:00"])
def test_a_hash_that_cannot_be_checked_is_an_error(index: Index, stated: str) -> None:
    url = index.add(SDIST, sdist("lamp", metadata("lamp"))).url
    assert license_of(from_index(index, DistributionFile(url=url, hash=stated))).startswith(f"{SDIST}: ")


def test_a_download_without_a_hash_in_the_lock_is_read(index: Index) -> None:
    url = index.add(WHEEL, wheel("lamp")).url
    assert license_of(from_index(index, DistributionFile(url=url))) == "MIT"


def test_a_direct_url_is_downloaded(index: Index) -> None:
    file = index.add(WHEEL, wheel("lamp"), metadata=ZLIB)
    package = LockedPackage(name="lamp", version="1.0", source=PackageSource(url=file.url), wheels=(file,))
    assert license_of(package) == "MIT"
    assert index.requests == [WHEEL]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (metadata("wick"), f"{WHEEL} describes wick 1.0"),
        (metadata("lamp", "2.0"), f"{WHEEL} describes lamp 2.0"),
        ("Metadata-Version: 2.1\n\n", f"{WHEEL} describes no package"),
        ("Name: wick\n \n 1 license: allowed\nVersion: 1\n\n", f"{WHEEL} describes wick 1 license: allowed 1"),
        (f"Name: {'ssh://' + 'a' * 500_000}\n\n", f"{WHEEL} describes ssh://{'a' * 94}"),
        (metadata("Lamp", "1.0.0"), "MIT"),
    ],
)
def test_metadata_of_another_package_is_rejected(index: Index, text: str, reason: str) -> None:
    assert license_of(from_index(index, index.add(WHEEL, wheel("lamp", text)))) == reason


def test_the_sdist_is_read_if_the_wheel_was_removed_from_the_index(index: Index) -> None:
    removed = index.add(WHEEL, wheel("lamp"))
    package = from_index(index, removed, sdist=index.add(SDIST, sdist("lamp", ZLIB)))
    del index.files[WHEEL]
    assert license_of(package) == "Zlib"


def test_the_smallest_wheel_is_read(index: Index) -> None:
    large = index.add("lamp-1.0-cp311-cp311-linux.whl", wheel("lamp", padding=9000))
    assert license_of(from_index(index, large, index.add(WHEEL, wheel("lamp")))) == "MIT"
    assert index.requests == ["simple/lamp/", WHEEL]


def test_each_reason_belongs_to_its_package_and_the_others_are_read(index: Index, tmp_path: Path) -> None:
    broken = LockedPackage(name="wick", wheels=(index.add("wick-1.0-py3-none-any.whl", b"not an archive"),))
    git = LockedPackage(
        name="glass", version="1.0", source=PackageSource(git="https://me:" + "sesame@example.org/glass#abc")
    )
    found = fetch_all([broken, from_index(index, index.add(WHEEL, wheel("lamp"))), git], tmp_path)
    assert [each.license_expression if isinstance(each, PackageMetadata) else each.reason for each in found] == [
        "wick-1.0-py3-none-any.whl: not a valid archive: File is not a zip file",
        "MIT",
        "not installed here, and the lock has no file of it (git https://example.org/glass#abc)",
    ]


@pytest.mark.parametrize(
    ("source", "file"),
    [
        (PackageSource(registry="wheels dir"), DistributionFile(path=WHEEL)),
        (PackageSource(registry="https://example.org/simple"), DistributionFile(url="ROOT/wheels%20dir/" + WHEEL)),
        (PackageSource(registry="ROOT/wheels%20dir"), DistributionFile(path=WHEEL)),
        (PackageSource(path="wheels dir/" + WHEEL), DistributionFile(filename=WHEEL)),
    ],
)
def test_a_file_of_a_folder_is_read(tmp_path: Path, source: PackageSource, file: DistributionFile) -> None:
    folder = tmp_path / "wheels dir"
    folder.mkdir()
    (folder / WHEEL).write_bytes(wheel("lamp"))
    root = tmp_path.as_uri()
    file = DistributionFile(url=file.url and file.url.replace("ROOT", root), path=file.path, filename=file.filename)
    source = PackageSource(registry=source.registry and source.registry.replace("ROOT", root), path=source.path)
    package = LockedPackage(name="lamp", version="1.0", source=source, wheels=(file,))
    assert license_of(package, tmp_path) == "MIT"


def test_a_file_of_a_folder_must_have_the_hash_of_the_lock(tmp_path: Path) -> None:
    content = wheel("lamp")
    (tmp_path / WHEEL).write_bytes(content)
    file = DistributionFile(path=WHEEL, hash=f"sha256:{sha256(content)}")
    package = LockedPackage(name="lamp", source=PackageSource(registry="."), wheels=(file,))
    assert license_of(package, tmp_path) == "MIT"
    (tmp_path / WHEEL).write_bytes(content + b"\0")
    assert license_of(package, tmp_path) == f"{WHEEL}: the sha256 hash is not the expected one"
    (tmp_path / WHEEL).unlink()
    assert license_of(package, tmp_path) == f"{tmp_path / WHEEL}: not found"


def test_an_interrupt_does_not_wait_for_the_other_downloads(index: Index, tmp_path: Path) -> None:
    names = [f"lamp{number}" for number in range(200)]
    files = [index.add(f"{name}-1.0-py3-none-any.whl", wheel(name)) for name in names]
    packages = [LockedPackage(name=name, wheels=(file,)) for name, file in zip(names, files, strict=True)]
    fuse = iter([interrupt_main])
    index.on_request = lambda: next(fuse, int)()
    with pytest.raises(KeyboardInterrupt):
        fetch_all(packages, tmp_path)
    assert len(index.requests) < len(packages)
