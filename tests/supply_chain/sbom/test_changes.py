from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.supply_chain.sbom.changes import changes
from evenfall.supply_chain.sbom.document import document
from evenfall.supply_chain.sbom.reading import Document, parse_document
from tests.supply_chain.sbom.made import LOCK, OIL, OTHER, SHA, request

OIL_BLOCK = LOCK[LOCK.index('[[package]]\nname = "oil"') : LOCK.index('[[package]]\nname = "probe"')]


def read(folder: Path, text: str = LOCK, **more: object) -> Document:
    return parse_document(document(request(folder, text, **more)).encode(), "it")


def told(folder: Path, old: str, new: str) -> list[str]:
    assert old in LOCK
    return [" ".join(str(each).split()) for each in changes(read(folder), read(folder, LOCK.replace(old, new)))]


def test_two_documents_of_one_lock_do_not_differ(tmp_path: Path) -> None:
    assert changes(read(tmp_path), read(tmp_path, time=1)) == ()


def test_another_version_is_one_change_and_not_its_files(tmp_path: Path) -> None:
    assert told(tmp_path, OIL_BLOCK, OIL_BLOCK.replace("2.0", "2.1")) == ["changed oil: version 2.0 -> 2.1"]


def test_what_comes_and_goes_is_named(tmp_path: Path) -> None:
    block = LOCK[LOCK.index('[[package]]\nname = "left-behind"') : LOCK.index('[[package]]\nname = "oil"')]
    assert told(tmp_path, block, block.replace("left-behind", "new")) == ["removed left-behind 1", "added new 1"]


def test_the_same_version_with_another_hash_is_a_change(tmp_path: Path) -> None:
    said = told(tmp_path, OIL_BLOCK, OIL_BLOCK.replace(OTHER, "sha256:" + "ef" * 32))
    assert said == [
        "changed oil: hash SHA-256 cdcdcdcdcdcd… -> SHA-256 efefefefefef…; file oil-2.0-py3-none-any.whl has another hash"
    ]
    said = told(tmp_path, OIL_BLOCK, OIL_BLOCK.replace(SHA, OTHER))
    assert said == ["changed oil: file oil-2.0.tar.gz has another hash"]


def test_the_same_version_from_elsewhere_is_a_change(tmp_path: Path) -> None:
    elsewhere = OIL_BLOCK.replace("pypi.org", "evil.example.org")
    assert told(tmp_path, OIL_BLOCK, elsewhere) == [
        "changed oil: source pkg:pypi/oil@2.0 -> pkg:pypi/oil@2.0?repository_url=https://evil.example.org/simple"
    ]


def test_a_file_that_is_gone_or_new_is_a_change(tmp_path: Path) -> None:
    assert told(tmp_path, "oil-2.0.tar.gz", "oil-2.0.zip") == [
        "changed oil: file oil-2.0.tar.gz gone; file oil-2.0.zip new"
    ]


def test_no_hash_any_more_is_a_change(tmp_path: Path) -> None:
    said = told(tmp_path, OIL_BLOCK, OIL_BLOCK.replace(OTHER, "").replace(SHA, ""))
    assert "hash SHA-256 cdcdcdcdcdcd… -> unknown" in said[0]


def test_another_use_is_a_change(tmp_path: Path) -> None:
    said = told(tmp_path, '    { name = "oil" },\n', "")
    assert said == ["changed oil: scope required -> excluded"]


def test_another_license_is_a_change_where_both_are_known(tmp_path: Path) -> None:
    import msgspec

    mit, none = read(tmp_path, metadata={3: OIL}), read(tmp_path)
    apache = read(tmp_path, metadata={3: msgspec.structs.replace(OIL, license="Apache-2.0")})
    assert [each.what for each in changes(mit, apache)] == [("license MIT -> Apache-2.0",)]
    assert changes(mit, none) == changes(none, mit) == ()


FORKS = OIL_BLOCK + OIL_BLOCK.replace("2.0", "3.0")


def test_several_versions_of_one_name_are_told_apart(tmp_path: Path) -> None:
    old = read(tmp_path, LOCK.replace(OIL_BLOCK, FORKS))
    new = read(tmp_path, LOCK.replace(OIL_BLOCK, FORKS.replace("3.0", "3.1")))
    assert [str(each) for each in changes(old, new)] == ["changed oil: version 3.0 -> 3.1"]


def test_a_document_of_another_tool_is_matched_by_name_and_version() -> None:
    bare = b'{"bomFormat": "CycloneDX", "components": [{"name": "Left_Behind", "version": "1"}, {"name": "x"}]}'
    full = (
        b'{"bomFormat": "CycloneDX", "components": [{"name": "left-behind", "version": "1", "purl": "pkg:pypi/l@1"}, '
    )
    full += b'{"name": "x", "version": "2"}]}'
    found = changes(parse_document(bare, "it"), parse_document(full, "it"))
    assert [str(each) for each in found] == [
        "changed left-behind: source unknown -> pkg:pypi/l@1",
        "changed x: version unknown -> 2",
    ]


@pytest.mark.parametrize("same", [b'{"bomFormat": "CycloneDX"}'])
def test_nothing_is_no_change(same: bytes) -> None:
    assert changes(parse_document(same, "it"), parse_document(same, "it")) == ()
