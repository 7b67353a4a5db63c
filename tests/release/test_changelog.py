from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from evenfall.release.changelog import Changelog, read_changelog


def changelog(text: str, path: str = "CHANGELOG.md") -> Changelog:
    return Changelog(path=path, text=text, project="Lamp-Oil")


@pytest.mark.parametrize(
    "heading",
    [
        "## 1.2.0",
        "# v1.2.0 - 2026-11-01",
        "## [1.2.0] - 2026-11-01",
        "## [1.2.0](https://example.org/compare/v1.1.0...v1.2.0) (2026-11-01)",
        "## [`1.2.0`][link] — today",
        "## :rocket: 1.2.0",
        '## <a name="1.2"></a> 1.2.0',
        "### **Version 1.2.0**",
        "## Release v1.2",
        "## lamp_oil 1.2.0: bright",
        "## What's new in lamp-oil 1.2.0",
        "## Release notes for 1.2.0",
        "## 1.2.0(2026-11-01)",
        "1.2.0 / 2026-11-01\n==================",
    ],
)
def test_a_heading_of_markdown_names_a_version(heading: str) -> None:
    log = changelog(f"# Changelog\n\n{heading}\n\n- brighter\n")
    section = log.section(Version("1.2.0"))
    assert section is not None
    assert (section.line, section.body, section.is_unreleased) == (3, "- brighter", False)
    assert log.section(Version("1.2.1")) is None


@pytest.mark.parametrize(
    "text",
    [
        "```\n## 1.2.0\n```\n",
        "    ## 1.2.0\n",
        "- ## 1.2.0\n",
        "## Upgrading from 1.1 to 1.2.0\n",
        "## 2026-11-01\n",
        "## 1.2.0.dev1\n",
        "## 11.2.0\n",
        "Version 1.2.0 is bright.\n",
        "",
    ],
)
def test_other_text_of_markdown_names_no_version(text: str) -> None:
    assert changelog(text).section(Version("1.2.0")) is None


RST = """\
=========
Changelog
=========

lamp-oil `1.2.0 <https://example.org>`_ (2026-11-01)
====================================================

Fixes
-----

- brighter

:version:`1.1`
==============

- dim
"""


@pytest.mark.parametrize(("version", "body"), [("1.2.0", "Fixes\n-----\n\n- brighter"), ("1.1", "- dim")])
def test_a_title_of_restructuredtext_names_a_version(version: str, body: str) -> None:
    section = changelog(RST, "CHANGES.rst").section(Version(version))
    assert section is not None
    assert section.body == body


@pytest.mark.parametrize("path", ["NEWS", "HISTORY.txt"])
def test_plain_text_names_versions_at_the_start_of_lines(path: str) -> None:
    log = changelog("Changes\n\n1.2 (2026-11-01)\n----------------\n* 1.1 was dim\n\nv1.1\n  dim\n", path)
    assert [log.section(Version(version)) is None for version in ("1.2", "1.1", "1.0")] == [False, False, True]
    section = log.section(Version("1.2"))
    assert section is not None
    assert section.body == "* 1.1 was dim"


@pytest.mark.parametrize(
    "heading",
    [
        "1.2.0 (unreleased)",
        "[1.2.0] - Unreleased",
        "1.2.0 (not yet released)",
        "1.2.0 - TBD",
        "1.2.0 (in development)",
        "1.2.0 - YYYY-MM-DD",
        "1.2.0 (2026-XX-XX)",
        "1.2.0 - ????-??-??",
        "1.2.0\n\n*Unreleased*",
    ],
)
def test_a_heading_can_say_that_a_version_is_not_released_yet(heading: str) -> None:
    section = changelog(f"## {heading}\n").section(Version("1.2"))
    assert section is not None
    assert section.is_unreleased


def test_changes_may_be_about_something_unreleased() -> None:
    section = changelog("## 1.2\n\nUnreleased tags are ignored.\n").section(Version("1.2"))
    assert section is not None
    assert not section.is_unreleased


@pytest.mark.parametrize("heading", ["Unreleased", "[Unreleased]", "Upcoming release", "Next version", "Development"])
def test_a_section_can_be_for_changes_without_a_version(heading: str) -> None:
    log = changelog(f"## {heading}\n\n- brighter\n")
    assert log.next_release is not None
    assert log.next_release.body == "- brighter"
    assert log.has_versions


def test_a_changelog_can_only_say_where_the_changes_are() -> None:
    assert not changelog("# Changes\n\nSee the releases on GitHub, such as 1.2.\n").has_versions


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["news.md", "Changes.rst", "HISTORY", "CHANGELOG.md"], "CHANGELOG.md"),
        (["news.md", "Changes.rst", "HISTORY"], "Changes.rst"),
        (["NEWS", "HISTORY"], "HISTORY"),
    ],
)
def test_a_changelog_is_found_by_its_usual_name(tmp_path: Path, names: list[str], found: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "changelog").mkdir()
    log = read_changelog(tmp_path, None, "lamp")
    assert log is not None
    assert log.path == found


def test_a_configured_changelog_is_used_instead(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/changes.md").write_bytes(b"\xef\xbb\xbf# 1.0 \xff\n")
    log = read_changelog(tmp_path, "docs/changes.md", "lamp")
    assert log is not None
    assert log.section(Version("1.0"))
    for path in ("", "docs", "missing.md"):
        assert read_changelog(tmp_path, path, "lamp") is None


def test_a_project_can_have_no_changelog(tmp_path: Path) -> None:
    assert read_changelog(tmp_path, None, "lamp") is None
