"""A finding about a version, and the commands that correct it."""

from __future__ import annotations

import shlex
from typing import assert_never

from packaging.version import InvalidVersion, Version

from evenfall.findings import Finding, Location, Severity
from evenfall.release.version_facts import VersionFacts


def version_finding(
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
    """Return a finding whose location is by default the `pyproject.toml` of the project."""
    location = Location(path=path or f"{facts.git.folder}pyproject.toml", line=line, key=key)
    return Finding(code=code, severity=severity, location=location, reason=reason, fix=fix)


def bump(facts: VersionFacts) -> str:
    """Return how to set a version that is newer than this one and than all earlier ones."""
    newest = max(facts.version, newest_earlier(facts) or facts.version)
    if newest.is_devrelease:
        return set_version(facts, newest.base_version)
    if newest.pre:
        return set_version(facts, f"{newest.base_version}{newest.pre[0]}{newest.pre[1] + 1}")
    epoch = f"{newest.epoch}!" if newest.epoch else ""
    return set_version(facts, f"{epoch}{newest.major}.{newest.minor}.{newest.micro + 1}")


def set_version(facts: VersionFacts, version: str) -> str:
    """Return how to set a version, which depends on where the version is."""
    match facts.source:
        case "pyproject":
            return f"uv version {version}, and commit pyproject.toml and {facts.lock}"
        case "build":
            return f"write {version} to the file that the build reads the version from, and commit it"
        case "tag":
            return " && ".join(tag_commands(f"v{version}"))
        case _:
            assert_never(facts.source)


def tag_commands(tag: str, commit: str = "") -> tuple[str, ...]:
    """Return the commands that make a tag of HEAD, or of another commit, and push it."""
    quote = "'" if "!" in tag else '"'  # Bash would interpret the ! of an epoch in double quotes
    tag_command = f"git tag -a {quote}{tag}{quote} -m {quote}Release {tag}{quote} {commit}"
    return tag_command.rstrip(), f"git push origin {shlex.quote(tag)}"


def newest_earlier(facts: VersionFacts) -> Version | None:
    """Return the newest version, other than this one, that HEAD or an earlier commit has a tag of; None if there is no such tag.

    A tag of a development version does not count, because some projects have one where the development of a version starts.
    """
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
