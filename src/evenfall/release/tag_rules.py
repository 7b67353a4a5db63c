"""The rules about the tag of a version, and about the versions of earlier tags."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from evenfall.findings import Finding
from evenfall.release.version_facts import VersionFacts
from evenfall.release.version_fix import (
    bump,
    newest_earlier,
    set_version,
    tag_commands,
    version_finding,
    version_of_tag,
)


def is_untagged(facts: VersionFacts) -> bool:
    """Return whether the version comes from a tag that HEAD does not have, so that the build computes a development version."""
    return facts.source == "tag" and (facts.version.is_devrelease or facts.version.local is not None)


def check_untagged(facts: VersionFacts) -> Iterator[Finding]:
    """Yield the finding that HEAD does not have the tag that the version comes from."""
    tag = f"v{facts.version.base_version}"
    if facts.git.uncommitted:
        why, fix = "files differ from HEAD", "commit or stash the changes first"
    else:
        why = f"HEAD has no tag such as {tag}"
        fix = f"evenfall release version --tag {tag}, which checks the version before the tag exists"
    reason = f"the version comes from the tag, and the build computes {facts.version}: {why}"
    yield version_finding(facts, "release-untagged", reason, fix)


def check_tag_name(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding for the tag to release; if none is named, for a tag of HEAD that spells the version in another way."""
    expected = facts.expected_tag
    at_head = [tag for tag, commit in facts.git.tags.items() if commit == facts.git.head]
    similar = [tag for tag in at_head if version_of_tag(tag) == facts.version] if expected not in at_head else []
    for tag in [facts.tag] if facts.tag else similar:
        version = version_of_tag(tag)
        if tag == expected:
            continue
        fix = " && ".join(tag_commands(expected))
        if version in {None, facts.version}:
            reason = (
                f"the tag is spelled {tag!r}, but must be {expected!r}: v and the version in its normal form (PEP 440)"
            )
            yield version_finding(facts, "release-tag-spelling", reason, fix)
        else:
            reason = f"the tag {tag!r} is for {version}, but the version of the project is {facts.version}"
            other = f"{set_version(facts, str(version))}, and tag that commit"
            yield version_finding(
                facts, "release-tag-version", reason, f"{other}; or, to release {facts.version}: {fix}"
            )


def check_tag_commit(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if the tag is on another commit. If no tag is named, a tag before HEAD means that the version is not bumped."""
    tag = facts.tag or facts.expected_tag
    commit = facts.git.tags.get(tag, facts.git.head)
    if commit != facts.git.head and (facts.tag or tag not in facts.git.earlier):
        reason = f"the tag {tag!r} is on commit {commit[:12]}, but HEAD is {facts.git.head[:12]}"
        fix = f"git checkout {shlex.quote(tag)}; or, to release HEAD: {bump(facts)}"
        yield version_finding(facts, "release-tag-not-at-head", reason, fix)


def check_bumped(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if a commit before HEAD has a tag of the same version."""
    same = (
        tag
        for tag, commit in facts.git.earlier.items()
        if commit != facts.git.head and tag != facts.tag and version_of_tag(tag) == facts.version
    )
    if tag := next(same, None):
        reason = f"the version is still {facts.version}, of which an earlier commit has the tag {tag!r}"
        yield version_finding(facts, "release-not-bumped", reason, bump(facts), key="project.version")


def check_newer(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if an earlier tag has a newer version. A maintenance branch does not have the tags of newer lines before it."""
    newest = newest_earlier(facts)
    if newest is not None and newest > facts.version:
        reason = f"{facts.version} is older than {newest}, of which HEAD or an earlier commit has a tag"
        yield version_finding(facts, "release-version-older", reason, bump(facts), key="project.version")


def check_github(facts: VersionFacts) -> Iterator[Finding]:
    """Yield a finding if the tag is on another commit on GitHub, or if GitHub never accepts it again."""
    tag, github = facts.expected_tag, facts.github
    if github.commit not in {"", facts.git.head, facts.git.tags.get(tag)}:
        immutable = ", and its release is immutable" if github.is_immutable else ""
        reason = f"on GitHub {tag} is commit {github.commit[:12]}{immutable}, but HEAD is {facts.git.head[:12]}"
        quoted = shlex.quote(tag)
        fix = f"git fetch origin tag {quoted} && git checkout {quoted}; or, to release HEAD: {bump(facts)}"
        yield version_finding(facts, "release-tag-differs", reason, fix)
    if github.is_used_up:
        reason = f"an immutable release had the tag {tag}, and GitHub never accepts it again"
        yield version_finding(facts, "release-tag-used-up", reason, bump(facts))
