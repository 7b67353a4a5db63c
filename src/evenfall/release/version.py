"""Check that the version of a project can be released, and say which tag it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenfall.errors import Exit
from evenfall.findings import Finding, has_errors
from evenfall.release.version_facts import FETCH_HISTORY, VersionFacts, VersionRequest, gather_facts
from evenfall.release.version_rules import (
    ANY_INDEX,
    INDEX,
    PYPI,
    UNTAGGED,
    files_on_index,
    is_complete,
    is_untagged,
    newest_earlier,
    tag_commands,
)
from evenfall.text import and_more

__all__ = ["VersionReport", "VersionRequest", "check_version"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReport:
    """The version in its normal form (PEP 440), its tag, and what prevents the release.

    `notes` are worth to know, `unknown` are checks that could not be made, each with its reason and the next command, and `next` are the
    next commands after a success.
    """

    version: str
    tag: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    next: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        if has_errors(self.findings):
            return Exit.FINDINGS
        return Exit.UNKNOWN if self.unknown else Exit.FINE


def check_version(request: VersionRequest) -> VersionReport:
    """Check the version of a project by the rules for an index. Raises `EvenfallError` as `gather_facts` does."""
    facts = gather_facts(request)
    rules = ANY_INDEX if facts.index.name == "testpypi" else UNTAGGED if is_untagged(facts) else PYPI
    findings = tuple(finding for rule in rules for finding in rule(facts))
    return VersionReport(
        version=str(facts.version),
        tag=facts.expected_tag,
        findings=findings,
        notes=tuple(_notes(facts)),
        unknown=tuple(_unknown(facts)),
        next=() if has_errors(findings) else _next(facts),
    )


def _unknown(facts: VersionFacts) -> Iterator[str]:
    if facts.index.unknown not in {"", "--offline"}:
        yield f"{facts.index.unknown}\n  next: try again later, or --offline to leave the index out"
    if facts.index.name == "pypi" and facts.git.is_shallow:
        yield f"this clone is shallow, so the tags of earlier commits are not known\n  next: {FETCH_HISTORY}"


def _notes(facts: VersionFacts) -> Iterator[str]:
    yield from _index_notes(facts)
    if facts.github.unknown:
        yield f"not checked whether the tag can be used on GitHub ({facts.github.unknown}); pushing the tag tells"
    log = facts.changelog
    if facts.index.name == "pypi" and log and not facts.changelog_setting and not log.has_versions:
        yield f"not checked: {log.path} has no section for any version; [tool.evenfall.release] changelog names another file"


def _index_notes(facts: VersionFacts) -> Iterator[str]:
    versions, name = facts.index.versions, INDEX[facts.index.name]
    if facts.index.unknown == "--offline":
        yield f"not checked whether {name} has the version (--offline)"
    elif versions is None:
        if facts.index.is_public and not facts.index.unknown:
            yield f"{name} does not have this project yet; for trusted publishing, add a pending publisher first"
        return
    files = files_on_index(facts)
    if facts.index.name == "testpypi" and files:
        yield f"{name} has {facts.version} already; a build with a development number has a version of its own"
    elif files and not is_complete(files):
        yield f"{name} has only {and_more(sorted(file.name for file in files))}; evenfall release publish uploads the rest"
    released = [version for version in versions or () if version != facts.version]
    if facts.index.name == "pypi" and released and newest_earlier(facts) is None and not facts.git.is_shallow:
        yield f"{name} has {max(released)}, but no earlier commit has a tag of a version; git fetch --tags"


def _next(facts: VersionFacts) -> tuple[str, ...]:
    is_tagged = facts.git.tags.get(facts.expected_tag) == facts.git.head
    return () if facts.index.name == "testpypi" or is_tagged else tag_commands(facts.expected_tag)
