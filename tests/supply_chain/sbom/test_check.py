from __future__ import annotations

from pathlib import Path

from evenfall.supply_chain.sbom.check import disagreements, not_covered
from evenfall.supply_chain.sbom.reading import Component, parse_document
from tests.supply_chain.sbom.made import LOCK
from tests.supply_chain.sbom.test_changes import read


def told(folder: Path, new: str) -> list[str]:
    found = disagreements("sbom.cdx.json", read(folder), read(folder, new), "evenfall sbom")
    return [f"{each.code} {each.location}: {each.reason}" for each in found]


def test_a_document_of_this_lock_agrees(tmp_path: Path) -> None:
    assert told(tmp_path, LOCK) == []


def test_another_version_in_the_lock_is_named(tmp_path: Path) -> None:
    assert told(tmp_path, LOCK.replace('name = "probe"\nversion = "0.1"', 'name = "probe"\nversion = "0.2"')) == [
        "sbom-stale sbom.cdx.json: probe: the lock says otherwise: changed probe: version 0.1 -> 0.2"
    ]


def test_other_edges_are_named(tmp_path: Path) -> None:
    extra = LOCK.replace('dependencies = [{ name = "oil" }]', 'dependencies = [{ name = "crypt" }]')
    assert [line.partition(": ")[2] for line in told(tmp_path, extra)] == [
        "pkg:pypi/probe@0.1?vcs_url=git%2Bhttps://example.org/probe%400123456789abcdef: the lock says otherwise: "
        "it needs pkg:pypi/crypt@3?repository_url=https://index.example.org/simple, does not need pkg:pypi/oil@2.0"
    ]


def test_another_lock_with_the_same_components_is_said_too(tmp_path: Path) -> None:
    assert told(tmp_path, LOCK + "# a comment\n") == [
        "sbom-stale sbom.cdx.json: metadata: it was made from another uv.lock, though no component and no edge differs"
    ]


def test_each_installed_distribution_must_be_there_with_its_version(tmp_path: Path) -> None:
    installed = [
        Component(name="Oil", version="2.0.0"),
        Component(name="lantern", version="1.0"),
        Component(name="probe", version="9"),
        Component(name="pip", version="not a version"),
    ]
    found = not_covered("sbom.cdx.json", read(tmp_path), installed, "uv lock")
    assert [f"{each.location}: {each.reason}" for each in found] == [
        "sbom.cdx.json: probe: probe 9 is installed, and the document holds 0.1 of that name",
        "sbom.cdx.json: pip: pip not a version is installed, and the document holds none of that name",
    ]


def test_components_inside_of_others_count() -> None:
    nested = b'{"bomFormat": "CycloneDX", "components": [{"name": "a", "components": [{"name": "b", "version": "1"}]}]}'
    assert not_covered("x", parse_document(nested, "x"), [Component(name="b", version="1")], "") == ()
