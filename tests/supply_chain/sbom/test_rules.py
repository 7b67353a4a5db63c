from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component

from evenfall.supply_chain.sbom.document import build_bom, parse_bom, sbom_document
from evenfall.supply_chain.sbom.rules import incomplete_findings, stale_findings
from tests.supply_chain.sbom.sample import ABOUT, LOCK, OIL, OTHER, SHA, inputs

OIL_BLOCK = LOCK[LOCK.index('[[package]]\nname = "oil"') : LOCK.index('[[package]]\nname = "probe"')]
REF = "pkg:pypi/oil@2.0"


def written(folder: Path, text: str = LOCK, **changes: object) -> Bom:
    """Return a document as it is read from disk."""
    return parse_bom(sbom_document(inputs(folder, text, **changes)))


def stale(folder: Path, lock: str, document: Bom | None = None) -> list[tuple[str, str]]:
    """Return the key and the reason of each finding about a document of `LOCK` after the lock changed."""
    found = stale_findings(
        "sbom.cdx.json", document or written(folder), build_bom(inputs(folder, lock)), "evenfall sbom"
    )
    assert {(each.code, each.location.path) for each in found} <= {("sbom-stale", "sbom.cdx.json")}
    return [(each.location.key, each.reason) for each in found]


def changed(old: str, new: str) -> str:
    assert old in LOCK
    return LOCK.replace(old, new)


def test_a_document_of_the_same_lock_agrees(tmp_path: Path) -> None:
    assert stale(tmp_path, LOCK) == []


def test_metadata_and_the_time_of_a_document_do_not_matter(tmp_path: Path) -> None:
    assert stale(tmp_path, LOCK, written(tmp_path, metadata={3: OIL}, time=1)) == []


def test_another_version_is_one_finding_without_its_files(tmp_path: Path) -> None:
    assert stale(tmp_path, changed(OIL_BLOCK, OIL_BLOCK.replace("2.0", "2.1"))) == [
        ("oil", "expected pkg:pypi/oil@2.1, found pkg:pypi/oil@2.0")
    ]


def test_an_added_and_a_removed_package_are_found(tmp_path: Path) -> None:
    block = LOCK[LOCK.index('[[package]]\nname = "left-behind"') : LOCK.index('[[package]]\nname = "oil"')]
    (removed, lacks), (added, has) = stale(tmp_path, changed(block, block.replace("left-behind", "new")))
    assert (removed, added) == ("left-behind", "new")
    assert (lacks.startswith("expected no component, found"), has.endswith("found no component")) == (True, True)


def test_only_the_differing_one_of_several_versions_is_found(tmp_path: Path) -> None:
    fork = OIL_BLOCK + OIL_BLOCK.replace("2.0", "3.0")
    document = written(tmp_path, LOCK.replace(OIL_BLOCK, fork))
    assert stale(tmp_path, LOCK.replace(OIL_BLOCK, fork.replace("3.0", "3.1")), document)[0] == (
        "oil",
        "expected pkg:pypi/oil@3.1, found pkg:pypi/oil@3.0",
    )


def test_another_source_of_the_same_version_is_found(tmp_path: Path) -> None:
    ((key, reason),) = stale(tmp_path, changed(OIL_BLOCK, OIL_BLOCK.replace("pypi.org", "evil.example.org")))
    assert key == "oil"
    assert reason == f"expected {REF}?repository_url=https://evil.example.org/simple, found {REF}"


@pytest.mark.parametrize(
    ("old", "new", "facts"),
    [
        (OTHER, "sha256:" + "ef" * 32, ["file https://files.example.org/oil-2.0-py3-none-any.whl", "hash"]),
        (SHA, OTHER, ["file https://files.example.org/oil-2.0.tar.gz"]),
        (OTHER, "", ["file https://files.example.org/oil-2.0-py3-none-any.whl", "hash"]),
        (
            "oil-2.0.tar.gz",
            "oil-2.0.zip",
            ["file https://files.example.org/oil-2.0.tar.gz", "file https://files.example.org/oil-2.0.zip"],
        ),
    ],
)
def test_another_hash_or_file_of_the_same_release_is_found(
    tmp_path: Path, old: str, new: str, facts: list[str]
) -> None:
    found = stale(tmp_path, changed(OIL_BLOCK, OIL_BLOCK.replace(old, new)))
    assert [(key, reason.partition(": ")[0]) for key, reason in found] == [(REF, fact) for fact in facts]


def test_another_scope_is_found(tmp_path: Path) -> None:
    found = stale(tmp_path, changed('    { name = "oil" },\n', ""))
    assert found == [
        (REF, "scope: expected excluded, found required"),
        ("pkg:pypi/lantern@1.0", f"unexpected dependency {REF}"),
    ]


def test_another_license_of_the_project_is_found(tmp_path: Path) -> None:
    expected = build_bom(inputs(tmp_path, about=msgspec.structs.replace(ABOUT, license="Apache-2.0")))
    (found,) = stale_findings("sbom.cdx.json", written(tmp_path), expected, "")
    assert (found.location.key, found.reason.partition(":")[0]) == ("pkg:pypi/lantern@1.0", "license")


def test_a_version_that_only_the_installed_package_states_is_not_compared(tmp_path: Path) -> None:
    metadata = {6: msgspec.structs.replace(OIL, name="wick", version="8")}
    assert stale(tmp_path, LOCK, written(tmp_path, metadata=metadata)) == []


def test_an_edited_version_is_found(tmp_path: Path) -> None:
    text = sbom_document(inputs(tmp_path)).replace('"version": "2.0"', '"version": "9"')
    assert stale(tmp_path, LOCK, parse_bom(text)) == [(REF, "version: expected 2.0, found 9")]


def test_other_dependencies_are_found(tmp_path: Path) -> None:
    ((key, reason),) = stale(
        tmp_path, changed('dependencies = [{ name = "oil" }]', 'dependencies = [{ name = "crypt" }]')
    )
    assert key.startswith("pkg:pypi/probe@0.1")
    assert reason == (
        f"missing dependency pkg:pypi/crypt@3?repository_url=https://index.example.org/simple, unexpected dependency {REF}"
    )


def test_a_different_lock_with_the_same_packages_is_found(tmp_path: Path) -> None:
    ((key, _),) = stale(tmp_path, LOCK + "# a comment\n")
    assert key == "metadata"


def test_a_document_without_any_content_is_stale(tmp_path: Path) -> None:
    assert {key for key, _ in stale(tmp_path, LOCK, Bom())} == {
        "lantern", "crypt", "left-behind", "oil", "probe", "server", "wick"
    }  # fmt: skip


def test_an_installed_distribution_is_missing_unless_the_document_contains_its_version(tmp_path: Path) -> None:
    installed = [
        Component(name="Oil", version="2.0.0"),
        Component(name="lantern", version="1.0"),
        Component(name="probe", version="9"),
        Component(name="pip", version="not a version"),
    ]
    found = incomplete_findings("sbom.cdx.json", written(tmp_path), installed, "uv lock")
    assert [(each.code, each.location.key, each.reason) for each in found] == [
        ("sbom-incomplete", "probe", "9 is installed, but the document contains 0.1"),
        ("sbom-incomplete", "pip", "not a version is installed, but the document contains no version"),
    ]
