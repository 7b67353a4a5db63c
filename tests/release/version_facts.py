"""Facts about a version that breaks no rule, and changes of them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from packaging.version import Version

from evenfall.package_index.page import IndexFile
from evenfall.release.changelog import Changelog
from evenfall.release.version_facts import GitFacts, IndexFacts, VersionFacts
from evenfall.release.version_rules import rules

NOW = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
HEAD, BEFORE, ELSEWHERE = "a" * 40, "b" * 40, "c" * 40


def facts(version: str = "1.2", *, git: dict[str, Any] | None = None, **changes: Any) -> VersionFacts:
    """Return facts about a version after 1.1, in which the lock has the same version and PyPI has 1.1."""
    earlier = {"tags": {"v1.1": BEFORE}, "earlier": {"v1.1": BEFORE}}
    return replace(
        VersionFacts(
            version=Version(version),
            source="pyproject",
            tag="",
            locked=version,
            git=GitFacts(head=HEAD, **earlier | (git or {})),
            index=on_pypi({"1.1": 1}),
            now=NOW,
        ),
        **changes,
    )


def tagged(at_head: str = "", before: str = "", elsewhere: str = "") -> dict[str, Any]:
    """Return tags, named in texts with spaces, on HEAD, on a commit before it, and on a commit of another branch."""
    earlier = dict.fromkeys(before.split(), BEFORE) | dict.fromkeys(at_head.split(), HEAD)
    return {"earlier": earlier, "tags": earlier | dict.fromkeys(elsewhere.split(), ELSEWHERE)}


def on_pypi(days: dict[str, int | None], *suffixes: str) -> IndexFacts:
    """Return an index with versions that were uploaded some days ago, or at an unknown time, as a wheel and an sdist by default."""
    return IndexFacts(
        name="pypi",
        versions={
            Version(version): tuple(
                _file(version, suffix, ago) for suffix in suffixes or (".tar.gz", "-py3-none-any.whl")
            )
            for version, ago in days.items()
        },
    )


def _file(version: str, suffix: str, ago: int | None) -> IndexFile:
    time = "" if ago is None else (NOW - datetime.timedelta(days=ago)).isoformat()
    return IndexFile(name=f"lamp-{version}{suffix}", hashes={}, upload_time=time)


def log(text: str) -> Changelog:
    """Return a changelog in Markdown."""
    return Changelog(path="CHANGES.md", text=text, project="lamp")


def codes(facts: VersionFacts) -> list[str]:
    """Return the codes of the findings, without the part that all have."""
    return [finding.code.removeprefix("release-") for rule in rules(facts) for finding in rule(facts)]


def fixes(facts: VersionFacts) -> list[str]:
    """Return what corrects the findings."""
    return [finding.fix for rule in rules(facts) for finding in rule(facts)]
