"""The rules that a version must follow before it is released. They decide by facts alone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from packaging.version import Version

from evenfall.findings import Finding, Severity
from evenfall.package_index.page import IndexFile
from evenfall.release.index import OPEN_DAYS, first_upload
from evenfall.release.tag_rules import (
    check_bumped,
    check_github,
    check_newer,
    check_tag_commit,
    check_tag_name,
    check_untagged,
    is_untagged,
)
from evenfall.release.version_facts import VersionFacts
from evenfall.release.version_fix import bump, set_version, version_finding
from evenfall.text import and_more

INDEX = {"pypi": "PyPI", "testpypi": "TestPyPI"}

Rule = Callable[[VersionFacts], Iterator[Finding]]


def check_private(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding for a classifier that an index rejects: https://pypi.org/classifiers/ says so of all that start with Private."""
    for classifier in facts.classifiers:
        if classifier.startswith("Private ::"):
            reason = f"{INDEX[facts.index.name]} rejects a project with the classifier {classifier!r}"
            fix = "remove the classifier if the project is to be public"
            yield version_finding(facts, "release-private", reason, fix, key="project.classifiers")


def check_local(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding for a local version. A version from a tag has another rule, and a build for TestPyPI sets it."""
    if facts.version.local is not None and facts.source != "tag":
        reason = f"{facts.version} is a local version, which {INDEX[facts.index.name]} rejects"
        fix = set_version(facts, facts.version.public)
        yield version_finding(facts, "release-local-version", reason, fix, key="project.version")


def check_development(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding for a development version."""
    if facts.version.is_devrelease:
        reason, fix = f"{facts.version} is a development version", set_version(facts, facts.version.base_version)
        yield version_finding(facts, "release-dev-version", reason, fix, key="project.version")


def check_index(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if the index has the version, or takes no more of its files."""
    files, index = files_on_index(facts), INDEX[facts.index.name]
    if is_complete(files):
        reason = f"{index} already has {facts.version}, and never replaces a file"
        yield version_finding(facts, "release-version-exists", reason, bump(facts), key="project.version")
    elif is_closed(facts):
        since = f"{index} has had {file_names(files)} since {first_upload(files):%Y-%m-%d}"
        reason = f"{since}; it takes more files of a version for {OPEN_DAYS} days only"
        yield version_finding(facts, "release-upload-closed", reason, bump(facts), key="project.version")


def check_changelog(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if the changelog has no section for the version.

    A pre-release may also use the section of its final version, or that of unreleased changes. A file with a usual name that has no section
    for any version does not count, because it may only say where the changes are.
    """
    log, version = facts.changelog, facts.version
    if log is None:
        if facts.changelog_setting:
            reason, fix = f"{facts.changelog_setting} does not exist", "correct the path, or write the file"
            key = "tool.evenfall.release.changelog"
            yield version_finding(facts, "release-changelog-missing", reason, fix, key=key)
        return
    section, pending, path = log.section(version), log.next_release, f"{facts.git.folder}{log.path}"
    if section is None:
        if version.is_prerelease and (pending or log.section(Version(version.base_version))):
            return
        if facts.changelog_setting or log.has_versions:
            rename = (
                f"rename {pending.heading!r} to {version} with the date" if pending else f"write a section {version}"
            )
            line, reason, fix = (
                pending.line if pending else None,
                f"no section for {version}",
                f"{rename}, and commit it",
            )
            yield version_finding(facts, "release-changelog-section", reason, fix, path=path, line=line)
    elif section.is_unreleased and not version.is_prerelease:
        reason = f"the section {section.heading!r} says that the version is not released yet"
        fix = "write the date of the release into the heading, and commit it"
        yield version_finding(facts, "release-changelog-unreleased", reason, fix, path=path, line=section.line)
    elif not section.body:
        reason, fix = f"the section {section.heading!r} is empty", "write what has changed, and commit it"
        yield version_finding(facts, "release-changelog-empty", reason, fix, path=path, line=section.line)


def check_tree(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding for uncommitted changes, and a warning for untracked files, which may be meant to stay that way."""
    if facts.git.uncommitted:
        reason = f"a tag has committed files only, and these differ from HEAD: {and_more(facts.git.uncommitted)}"
        path = facts.git.uncommitted[0]
        yield version_finding(facts, "release-uncommitted", reason, "git commit --all, or git stash", path=path)
    if facts.git.untracked:
        reason = f"a release has committed files only, and these are untracked: {and_more(facts.git.untracked)}"
        fix, path = "git add and commit them, or add them to .gitignore", facts.git.untracked[0]
        severity = Severity.WARNING
        yield version_finding(facts, "release-untracked", reason, fix, path=path, severity=severity)


def check_lock(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if the lock has another version of the project. It has none if the build computes the version."""
    if facts.source == "pyproject" and facts.locked != str(facts.version):
        reason = f"it has {facts.locked or 'no version'} of the project, but the version is {facts.version}"
        fix = f"uv lock, and commit {facts.lock}"
        yield version_finding(facts, "release-lock-version", reason, fix, path=facts.lock)


def rules(facts: VersionFacts) -> tuple[Rule, ...]:
    """Return the rules that apply to an index.

    A build for TestPyPI is not the release itself: it has a development number, and so no tag. As long as the tag from which a version
    comes does not exist, the version is not known either.
    """
    if facts.index.name == "testpypi":
        return (check_private, check_local, check_tree, check_lock)
    if is_untagged(facts):
        return (check_untagged, check_private, *((check_tag_commit,) if facts.tag else ()), check_tree)
    return (
        *(check_private, check_local, check_development),
        *(check_tag_name, check_tag_commit, check_bumped, check_newer),
        *(check_index, check_github, check_changelog, check_tree, check_lock),
    )


def files_on_index(facts: VersionFacts) -> tuple[IndexFile, ...]:
    """Return the files of the version that the index has."""
    return (facts.index.versions or {}).get(facts.version, ())


def is_closed(facts: VersionFacts) -> bool:
    """Return whether the index takes no more files of the version. A private index may take them at any time."""
    first = first_upload(files_on_index(facts)) or facts.now
    return facts.index.is_public and facts.now - first > datetime.timedelta(days=OPEN_DAYS)


def is_complete(files: tuple[IndexFile, ...]) -> bool:
    """Return whether the files of a version are those of a whole release: at least one wheel, and an sdist."""
    wheels = [file for file in files if file.name.endswith(".whl")]
    return 0 < len(wheels) < len(files)


def file_names(files: tuple[IndexFile, ...]) -> str:
    """Return the names of files."""
    return and_more(sorted(file.name for file in files))
