"""The rules that a version must follow before it is released. They decide by facts alone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from packaging.version import InvalidVersion, Version

from evenfall.findings import Finding, Location, Severity
from evenfall.package_index.page import IndexFile
from evenfall.release.index import upload_time
from evenfall.release.version_facts import VersionFacts
from evenfall.text import and_more

UPLOAD_PERIOD = datetime.timedelta(days=14)
"""How long PyPI takes more files of a version after the first one."""
INDEX = {"pypi": "PyPI", "testpypi": "TestPyPI"}

Rule = Callable[[VersionFacts], Iterator[Finding]]


def is_untagged(facts: VersionFacts) -> bool:
    """Return whether the version comes from tags and HEAD is no release, so that the build computes a version of development."""
    return facts.source == "tag" and (facts.version.is_devrelease or facts.version.local is not None)


def _untagged(facts: VersionFacts) -> Iterator[Finding]:
    if is_untagged(facts):
        tag = f"v{_final(facts.version)}"
        why = "files differ from HEAD" if facts.git.uncommitted else f"HEAD has no tag such as {tag}"
        yield _finding(
            facts,
            "release-untagged",
            f"the version comes from the tag, and the build computes {facts.version}: {why}",
            f"evenfall release version --tag {tag}, which checks the version before the tag is made",
        )


def _private(facts: VersionFacts) -> Iterator[Finding]:
    for classifier in facts.classifiers:
        if classifier.startswith("Private ::"):
            yield _finding(
                facts,
                "release-private",
                f"the classifier {classifier!r} forbids the upload, and {INDEX[facts.index.name]} rejects it",
                "remove the classifier if the project is to be public",
                key="project.classifiers",
            )


def _local(facts: VersionFacts) -> Iterator[Finding]:
    if facts.version.local is not None and facts.source != "tag":
        yield _finding(
            facts,
            "release-local-version",
            f"{facts.version} is a local version, which {INDEX[facts.index.name]} rejects",
            _set_version(facts, facts.version.public),
            key="project.version",
        )


def _development(facts: VersionFacts) -> Iterator[Finding]:
    if facts.version.is_devrelease:
        yield _finding(
            facts,
            "release-dev-version",
            f"{facts.version} is a version of development",
            _set_version(facts, _final(facts.version)),
            key="project.version",
        )


def _tag_name(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding for the tag to release; if none is named, for a tag of HEAD that spells the version in another way."""
    expected, at_head = facts.expected_tag, [tag for tag, commit in facts.git.tags.items() if commit == facts.git.head]
    similar = [tag for tag in at_head if expected not in at_head and version_of_tag(tag) == facts.version]
    for tag in [facts.tag] if facts.tag else similar:
        version = version_of_tag(tag)
        if tag == expected:
            continue
        if version is None or version == facts.version:
            reason = f"the tag {tag!r} is not the version in its normal form after a v: {expected}"
            yield _finding(facts, "release-tag-spelling", reason, _tag_commands(expected))
        else:
            yield _finding(
                facts,
                "release-tag-version",
                f"the tag {tag!r} is for version {version}, but the version of the project is {facts.version}",
                f"{_set_version(facts, str(version))}, and tag that commit; or, if {facts.version} is right:"
                f" {_tag_commands(expected)}",
            )


def _tag_commit(facts: VersionFacts) -> Iterator[Finding]:
    tag = facts.tag or facts.expected_tag
    commit = facts.git.tags.get(tag, facts.git.head)
    if commit != facts.git.head and (facts.tag or tag not in facts.git.earlier):
        yield _finding(
            facts,
            "release-tag-not-at-head",
            f"the tag {tag!r} is commit {commit[:12]}, but HEAD is {facts.git.head[:12]}",
            f"git checkout {tag}; or, to release HEAD: {_bump(facts)}",
        )


def _bumped(facts: VersionFacts) -> Iterator[Finding]:
    for tag, commit in facts.git.earlier.items():
        if commit != facts.git.head and version_of_tag(tag) == facts.version and tag != facts.tag:
            yield _finding(
                facts,
                "release-not-bumped",
                f"the version is still {facts.version}, which has the tag {tag!r} on an earlier commit",
                _bump(facts),
                key="project.version",
            )
            return


def _newer(facts: VersionFacts) -> Iterator[Finding]:
    """Compare with the tags before HEAD only, so that a maintenance branch can release an older line."""
    newest = newest_earlier(facts)
    if newest is not None and newest > facts.version:
        yield _finding(
            facts,
            "release-version-older",
            f"{facts.version} is older than {newest}, which has a tag on HEAD or on an earlier commit",
            _bump(facts),
            key="project.version",
        )


def _on_index(facts: VersionFacts) -> Iterator[Finding]:
    files = files_on_index(facts)
    index = INDEX[facts.index.name]
    if is_complete(files):
        yield _finding(
            facts,
            "release-version-exists",
            f"{index} has {facts.version} already, and never replaces a file",
            _bump(facts),
            key="project.version",
        )
    elif files and (first := _first_upload(files)) and facts.now - first > UPLOAD_PERIOD:
        yield _finding(
            facts,
            "release-upload-closed",
            f"{index} has {_names(files)} since {first:%Y-%m-%d}, and takes more files of a version for"
            f" {UPLOAD_PERIOD.days} days only",
            _bump(facts),
            key="project.version",
        )


def _on_github(facts: VersionFacts) -> Iterator[Finding]:
    github = facts.github
    if github.commit and github.commit != facts.git.head:
        release = "; its release is immutable, so the tag can't be moved" if github.is_immutable else ""
        yield _finding(
            facts,
            "release-tag-taken",
            f"on GitHub, {facts.expected_tag} is commit {github.commit[:12]}, but HEAD is {facts.git.head[:12]}{release}",
            f"git fetch origin tag {facts.expected_tag} && git checkout {facts.expected_tag}; or, to release HEAD: {_bump(facts)}",
        )
    if github.is_used_up:
        yield _finding(
            facts,
            "release-tag-used-up",
            f"GitHub rejects {facts.expected_tag}, because a deleted immutable release had this tag",
            _bump(facts),
        )


def _changelog(facts: VersionFacts) -> Iterator[Finding]:
    """A pre-release may also use the section of its final version, and that of unreleased changes."""
    log, version = facts.changelog, facts.version
    if log is None:
        if facts.changelog_setting:
            yield _finding(
                facts,
                "release-changelog-missing",
                f"{facts.changelog_setting} does not exist",
                "correct the path, or write the file",
                key="tool.evenfall.release.changelog",
            )
        return
    section = log.section(version)
    if section is None and version.is_prerelease and (log.section(Version(version.base_version)) or log.next_release):
        return
    path = f"{facts.git.folder}{log.path}"
    if section is None and (facts.changelog_setting or log.has_versions):
        pending = log.next_release
        yield _finding(
            facts,
            "release-changelog-section",
            f"no section for {version}",
            f"rename {pending.heading!r} to {version} with the date, and commit it"
            if pending
            else f"write a section {version}",
            path=path,
            line=pending.line if pending else None,
        )
    elif section is not None and section.is_unreleased and not version.is_prerelease:
        reason = f"the section {section.heading!r} says that the version is not released yet"
        fix = f"write the date of the release into the heading of {version}, and commit it"
        yield _finding(facts, "release-changelog-unreleased", reason, fix, path=path, line=section.line)
    elif section is not None and not section.body:
        reason, fix = f"the section {section.heading!r} is empty", "write what has changed, and commit it"
        yield _finding(facts, "release-changelog-empty", reason, fix, path=path, line=section.line)


def _clean(facts: VersionFacts) -> Iterator[Finding]:
    if facts.git.uncommitted:
        yield _finding(
            facts,
            "release-uncommitted",
            f"differs from HEAD: {and_more(facts.git.uncommitted)}; a tag has only what is committed",
            "git commit --all, or git stash",
            path=facts.git.uncommitted[0],
        )
    if facts.git.untracked:
        yield _finding(
            facts,
            "release-untracked",
            f"untracked: {and_more(facts.git.untracked)}; the release does not have it",
            "git add, and commit; or add it to .gitignore",
            path=facts.git.untracked[0],
            severity=Severity.WARNING,
        )


def _lock(facts: VersionFacts) -> Iterator[Finding]:
    if facts.source == "pyproject" and (facts.locked is None or Version(facts.locked) != facts.version):
        yield _finding(
            facts,
            "release-lock-version",
            f"it has {facts.locked or 'no version'} of the project, but the version is {facts.version}",
            f"uv lock, and commit {facts.lock}",
            path=facts.lock,
        )


ANY_INDEX: tuple[Rule, ...] = (_private, _local, _clean, _lock)
PYPI: tuple[Rule, ...] = (
    _untagged,
    _private,
    _local,
    _development,
    _tag_name,
    _tag_commit,
    _bumped,
    _newer,
    _on_index,
    _on_github,
    _changelog,
    _clean,
    _lock,
)
UNTAGGED: tuple[Rule, ...] = (_untagged, _private, _clean)
"""The rules for a version that only has a tag later."""


def files_on_index(facts: VersionFacts) -> tuple[IndexFile, ...]:
    """Return the files of the version that the index has."""
    return (facts.index.versions or {}).get(facts.version, ())


def is_complete(files: tuple[IndexFile, ...]) -> bool:
    """Return whether the files of a version are those of a whole release: at least one wheel, and an sdist."""
    wheels = [file for file in files if file.name.endswith(".whl")]
    return 0 < len(wheels) < len(files)


def newest_earlier(facts: VersionFacts) -> Version | None:
    """Return the newest version of a release that has a tag before HEAD, or None."""
    versions = (version_of_tag(tag) for tag in facts.git.earlier)
    released = (each for each in versions if each and not each.is_devrelease and each != facts.version)
    return max(released, default=None)


def version_of_tag(tag: str) -> Version | None:
    """Return the version that a tag names, or None. A number alone, such as `20261101`, is no version."""
    try:
        version = Version(tag)
    except InvalidVersion:
        return None
    return version if tag[0] in "vV" or "." in tag else None


def _first_upload(files: tuple[IndexFile, ...]) -> datetime.datetime | None:
    return min((time for file in files if (time := upload_time(file))), default=None)


def _names(files: tuple[IndexFile, ...]) -> str:
    return and_more(sorted(file.name for file in files))


def _final(version: Version) -> str:
    return version.base_version


def _bump(facts: VersionFacts) -> str:
    """Return how to set a version that is newer than this one and all earlier ones."""
    newest = max(facts.version, newest_earlier(facts) or facts.version)
    epoch = f"{newest.epoch}!" if newest.epoch else ""
    if newest.pre:
        return _set_version(facts, f"{newest.base_version}{newest.pre[0]}{newest.pre[1] + 1}")
    return _set_version(facts, f"{epoch}{newest.major}.{newest.minor}.{newest.micro + 1}")


def _set_version(facts: VersionFacts, version: str) -> str:
    match facts.source:
        case "pyproject":
            return f"uv version {version}, and commit pyproject.toml and {facts.lock}"
        case "build":
            return f"write {version} to the file that the build reads the version from, and commit it"
        case "tag":
            return _tag_commands(f"v{version}")


def _tag_commands(tag: str) -> str:
    return " && ".join(tag_commands(tag))


def tag_commands(tag: str) -> tuple[str, ...]:
    """Return the commands that make a tag of HEAD and push it."""
    return f'git tag -a "{tag}" -m "Release {tag}"', f"git push origin {tag}"


def _finding(
    facts: VersionFacts,
    code: str,
    reason: str,
    fix: str,
    *,
    path: str = "",
    line: int | None = None,
    key: str = "",
    severity: Severity = Severity.ERROR,
) -> Finding:
    location = Location(path=path or f"{facts.git.folder}pyproject.toml", line=line, key=key)
    return Finding(code=code, severity=severity, location=location, reason=reason, fix=fix)
