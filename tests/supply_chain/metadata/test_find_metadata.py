from __future__ import annotations

import os
import venv
from _thread import interrupt_main
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.find_metadata import (
    MetadataSources,
    MissingMetadata,
    PackageMetadata,
    find_metadata,
)
from tests.supply_chain.index import Index, metadata, sdist, serving, wheel


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as server:
        yield server


def locked(name: str, *wheels: DistributionFile, sdist: DistributionFile | None = None) -> LockedPackage:
    return LockedPackage(
        name=name,
        version="1.0",
        source=PackageSource(registry="https://example.org/simple"),
        wheels=wheels,
        sdist=sdist,
    )


def reading(packages: list[LockedPackage], **sources: Any) -> tuple[PackageMetadata | MissingMetadata, ...]:
    return find_metadata(packages, MetadataSources(**sources))


def licenses(found: tuple[PackageMetadata | MissingMetadata, ...]) -> list[str]:
    return [each.license_expression if isinstance(each, PackageMetadata) else each.reason for each in found]


def test_what_is_installed_is_not_asked_of_the_index(index: Index, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    (site,) = [*environment.glob("lib/python3*/site-packages"), *environment.glob("Lib/site-packages")]
    (site / "lamp-1.0.dist-info").mkdir()
    (site / "lamp-1.0.dist-info" / "METADATA").write_text(metadata("lamp", license="Zlib"), encoding="utf-8")
    packages = [
        locked("lamp", index.add("lamp-1.0-py3-none-any.whl", wheel("lamp"))),
        locked("wick", index.add("wick-1.0-py3-none-any.whl", wheel("wick"))),
    ]
    found = reading(packages, root=tmp_path, environments=[environment], cache=tmp_path / "cache")
    assert licenses(found) == ["Zlib", "MIT"]
    assert [each.evidence for each in found if isinstance(each, PackageMetadata)] == ["environment", "index"]
    assert [name for name, _ in index.asked] == ["wick-1.0-py3-none-any.whl"]


def test_what_was_fetched_once_is_remembered(index: Index, tmp_path: Path) -> None:
    name = "lamp-1.0-py3-none-any.whl"
    package = locked("lamp", index.add(name, wheel("lamp")))
    told: list[str] = []
    first = reading([package], root=tmp_path, cache=tmp_path / "cache", tell=told.append)
    index.status = 500
    assert reading([package], root=tmp_path, cache=tmp_path / "cache", tell=told.append) == first
    assert told == ["metadata: asking the index for 1 package"]
    other = locked("lamp", index.add(name, wheel("lamp", metadata("lamp", license="Zlib"))))
    index.status = None
    assert licenses(reading([other], root=tmp_path, cache=tmp_path / "cache")) == ["Zlib"]


def test_the_users_own_cache_is_where_it_is_remembered(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    reading([locked("lamp", index.add("lamp-1.0-py3-none-any.whl", wheel("lamp")))], root=tmp_path)
    assert [file.suffix for file in (tmp_path / "home").rglob("metadata/*")] == [".json"]


def test_a_memory_that_is_broken_or_can_not_be_written_is_done_without(index: Index, tmp_path: Path) -> None:
    package = locked("lamp", index.add("lamp-1.0-py3-none-any.whl", wheel("lamp")))
    reading([package], root=tmp_path, cache=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text("{", encoding="utf-8")
    assert licenses(reading([package], root=tmp_path, cache=tmp_path / "cache")) == ["MIT"]
    (tmp_path / "file").touch()
    assert licenses(reading([package], root=tmp_path, cache=tmp_path / "file")) == ["MIT"]


def test_a_lock_that_claims_anothers_hash_does_not_speak_for_it(index: Index, tmp_path: Path) -> None:
    proper = index.add("lamp-1.0-py3-none-any.whl", wheel("lamp", metadata("lamp", license="GPL-3.0-only")))
    forged = index.add("forged-1.0-py3-none-any.whl", wheel("lamp"))
    claimed = DistributionFile(url=forged.url, hash=proper.hash)
    assert licenses(reading([locked("lamp", claimed)], root=tmp_path, cache=tmp_path / "cache")) == ["MIT"]
    found = reading([locked("lamp", proper)], root=tmp_path, cache=tmp_path / "cache")
    assert licenses(found) == ["GPL-3.0-only"]


def test_a_lock_that_offers_its_own_file_beside_anothers_does_not_speak_for_that(index: Index, tmp_path: Path) -> None:
    name = "lamp-1.0-py3-none-any.whl"
    proper = index.add(name, wheel("lamp", metadata("lamp", license="GPL-3.0-only")))
    packages = [locked("lamp", proper, index.add("own-1.0-py3-none-any.whl", wheel("lamp", padding=1000)))]
    away = index.files.pop(name)
    assert licenses(reading(packages, root=tmp_path, cache=tmp_path / "cache")) == ["MIT"]
    index.files[name] = away
    found = reading([locked("lamp", proper)], root=tmp_path, cache=tmp_path / "cache")
    assert licenses(found) == ["GPL-3.0-only"]


def test_what_is_remembered_of_a_package_is_not_anothers(index: Index, tmp_path: Path) -> None:
    file = index.add("lamp-1.0-py3-none-any.whl", wheel("lamp"))
    reading([locked("lamp", file)], root=tmp_path, cache=tmp_path / "cache")
    found = reading([locked("wick", file)], root=tmp_path, cache=tmp_path / "cache")
    assert licenses(found) == ["lamp-1.0-py3-none-any.whl says that it is lamp 1.0"]


def test_what_has_no_hash_is_not_remembered(index: Index, tmp_path: Path) -> None:
    file = DistributionFile(url=index.add("lamp-1.0-py3-none-any.whl", wheel("lamp")).url)
    assert licenses(reading([locked("lamp", file)], root=tmp_path, cache=tmp_path / "a" / "cache")) == ["MIT"]
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (metadata("wick"), "lamp-1.0-py3-none-any.whl says that it is wick 1.0"),
        (metadata("lamp", "2.0"), "lamp-1.0-py3-none-any.whl says that it is lamp 2.0"),
        ("Metadata-Version: 2.1\n\n", "lamp-1.0-py3-none-any.whl says that it is nothing"),
        (
            "Name: wick\n \n 1 license: allowed\nVersion: 1\n\n",
            "lamp-1.0-py3-none-any.whl says that it is wick 1 license: allowed 1",
        ),
        (f"Name: {'ssh://' + 'a' * 500_000}\n\n", f"lamp-1.0-py3-none-any.whl says that it is ssh://{'a' * 94}"),
        (metadata("Lamp", "1.0.0"), "MIT"),
    ],
)
def test_a_file_of_another_package_does_not_speak_for_this_one(
    index: Index, tmp_path: Path, text: str, reason: str
) -> None:
    package = locked("lamp", index.add("lamp-1.0-py3-none-any.whl", wheel("lamp", text)))
    assert licenses(reading([package], root=tmp_path, cache=tmp_path / "cache")) == [reason]


def test_where_a_wheel_is_gone_the_next_file_says_it(index: Index, tmp_path: Path) -> None:
    small = index.add("lamp-1.0-cp311-cp311-linux.whl", wheel("lamp"))
    source = index.add("lamp-1.0.tar.gz", sdist("lamp", metadata("lamp", license="Zlib")))
    del index.files["lamp-1.0-cp311-cp311-linux.whl"]
    found = reading([locked("lamp", small, sdist=source)], root=tmp_path, cache=tmp_path / "cache")
    assert licenses(found) == ["Zlib"]


def test_the_smallest_wheel_is_asked(index: Index, tmp_path: Path) -> None:
    large = index.add("lamp-1.0-cp311-cp311-linux.whl", wheel("lamp", metadata("lamp"), padding=9000))
    small = index.add("lamp-1.0-py3-none-any.whl", wheel("lamp"))
    reading([locked("lamp", large, small)], root=tmp_path, cache=tmp_path / "cache")
    assert [name for name, _ in index.asked] == ["lamp-1.0-py3-none-any.whl"]


def test_what_could_not_be_found_out_says_why_and_the_rest_is_there(index: Index, tmp_path: Path) -> None:
    broken = index.add("wick-1.0-py3-none-any.whl", b"no archive")
    git = LockedPackage(name="glass", version="1.0", source=PackageSource(git="https://example.org/glass?rev=main#abc"))
    packages = [locked("wick", broken), locked("lamp", index.add("lamp-1.0-py3-none-any.whl", wheel("lamp"))), git]
    assert licenses(reading(packages, root=tmp_path, cache=tmp_path / "cache")) == [
        "wick-1.0-py3-none-any.whl is broken: File is not a zip file",
        "MIT",
        "the lock has no file of it (git https://example.org/glass?rev=main#abc), and it is not installed here",
    ]


def test_a_password_in_an_address_is_not_told(tmp_path: Path) -> None:
    git = LockedPackage(name="glass", source=PackageSource(git="https://me:" + "sesame@example.org/glass"))
    (reason,) = licenses(reading([git], root=tmp_path, cache=tmp_path / "cache"))
    assert "git https://example.org/glass" in reason


def test_the_index_can_be_left_in_peace(index: Index, tmp_path: Path) -> None:
    package = locked("lamp", index.add("lamp-1.0-py3-none-any.whl", wheel("lamp")))
    found = reading([package], root=tmp_path, cache=tmp_path / "cache", network=False)
    assert licenses(found) == ["it is not installed here, and the index was not to be asked"]
    assert index.asked == []


def test_who_interrupts_does_not_wait_for_all_the_others(index: Index, tmp_path: Path) -> None:
    packages = [locked(f"lamp{n}", index.add(f"lamp{n}-1.0-py3-none-any.whl", wheel(f"lamp{n}"))) for n in range(200)]
    fuse = iter([interrupt_main])
    index.on_asked = lambda: next(fuse, int)()
    with pytest.raises(KeyboardInterrupt):
        reading(packages, root=tmp_path, cache=tmp_path / "cache")
    assert len(index.asked) < len(packages)


def test_nothing_locked_is_nothing_to_read(tmp_path: Path) -> None:
    assert reading([], root=tmp_path) == ()
