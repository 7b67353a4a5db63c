from __future__ import annotations

from dataclasses import replace

import pytest

from evenfall.findings import Severity
from evenfall.release.version_facts import VersionFacts
from evenfall.release.version_rules import check_tree
from tests.release.version_facts import codes, facts, log, on_pypi, tagged

SDIST, WHEEL = ".tar.gz", "-py3-none-any.whl"


def for_testpypi(found: VersionFacts) -> VersionFacts:
    return replace(found, index=replace(found.index, name="testpypi"))


@pytest.mark.parametrize("classifier", ["Private :: Do Not Upload", "Private :: Anything"])
def test_a_private_project_is_refused(classifier: str) -> None:
    found = facts(classifiers=("Typing :: Typed", classifier))
    assert codes(found) == codes(for_testpypi(found)) == ["private"]


def test_a_local_version_is_refused() -> None:
    found = facts("1.2+cpu")
    assert codes(found) == codes(for_testpypi(found)) == ["local-version"]


def test_a_development_version_is_for_testpypi_only() -> None:
    assert codes(facts("1.2.dev3")) == ["dev-version"]
    assert codes(for_testpypi(facts("1.2.dev3"))) == []


def test_a_version_on_the_index_is_not_released_again() -> None:
    assert codes(facts(index=on_pypi({"1.1": 9, "1.2": 1}))) == ["version-exists"]
    assert codes(facts(index=on_pypi({"1.1": 9, "1.2.0": 1}))) == ["version-exists"]
    assert codes(facts(index=on_pypi({"1.2.1": 1}))) == []


@pytest.mark.parametrize("suffix", [SDIST, WHEEL])
@pytest.mark.parametrize(("days", "expected"), [(13, []), (15, ["upload-closed"]), (None, [])])
def test_an_index_takes_more_files_for_two_weeks(suffix: str, days: int | None, expected: list[str]) -> None:
    index = on_pypi({"1.2": days}, suffix)
    assert codes(facts(index=index)) == expected
    assert codes(facts(index=replace(index, is_public=False))) == []


@pytest.mark.parametrize(
    ("version", "text", "expected"),
    [
        ("1.2", "## 1.2\n- bright\n", []),
        ("1.2", "## 1.2\n\n## 1.1\n- dim\n", ["changelog-empty"]),
        ("1.2", "## 1.2 (unreleased)\n- bright\n", ["changelog-unreleased"]),
        ("1.2", "## Unreleased\n- bright\n", ["changelog-section"]),
        ("1.2", "## 1.1\n- dim\n", ["changelog-section"]),
        ("1.2", "See the releases.\n", []),
        ("1.2rc1", "## 1.2rc1\n- bright\n", []),
        ("1.2rc1", "## 1.2 (unreleased)\n- bright\n", []),
        ("1.2rc1", "## Unreleased\n- bright\n", []),
        ("1.2rc1", "## 1.1\n- dim\n", ["changelog-section"]),
    ],
)
def test_the_changelog_has_a_section(version: str, text: str, expected: list[str]) -> None:
    found = facts(version, changelog=log(text))
    assert codes(found) == expected
    assert codes(for_testpypi(found)) == []


def test_a_configured_changelog_must_exist_and_have_the_section() -> None:
    assert codes(facts(changelog_setting="CHANGES.md")) == ["changelog-missing"]
    assert codes(facts(changelog_setting="CHANGES.md", changelog=log("See the releases.\n"))) == ["changelog-section"]
    assert codes(facts(changelog_setting="")) == []


def test_changes_must_be_committed() -> None:
    found = facts(git={"uncommitted": ("src/a.py",)})
    assert codes(found) == codes(for_testpypi(found)) == ["uncommitted"]


def test_untracked_files_are_a_warning() -> None:
    (finding,) = check_tree(facts(git={"untracked": ("src/a.py",)}))
    assert (finding.code, finding.severity) == ("release-untracked", Severity.WARNING)


@pytest.mark.parametrize("locked", ["1.1", None, "not a version"])
def test_the_lock_has_the_same_version(locked: str | None) -> None:
    found = facts(locked=locked)
    assert codes(found) == codes(for_testpypi(found)) == ["lock-version"]
    assert codes(replace(found, source="build")) == []


def test_all_findings_are_reported() -> None:
    found = facts("1.1", git=tagged("", "v1.1") | {"uncommitted": ("a.py",)}, index=on_pypi({"1.1": 9}), locked="1.0")
    assert codes(found) == ["not-bumped", "version-exists", "uncommitted", "lock-version"]
