"""What a check of a version reports besides its findings: notes, what is unknown, and the next commands."""

from __future__ import annotations

from collections.abc import Iterator

from evenfall.release.version_facts import FETCH_HISTORY, VersionFacts
from evenfall.release.version_fix import newest_earlier, tag_commands
from evenfall.release.version_rules import INDEX, file_names, files_on_index, is_closed, is_complete


def unknown(facts: VersionFacts) -> Iterator[str]:
    """Yield the checks that could not be made, each with its reason and the next command."""
    if facts.index.unknown not in {"", "--offline"}:
        yield f"{facts.index.unknown}\n  next: {facts.index.hint}, or --offline to leave the index out"
    if facts.index.name == "pypi" and facts.git.is_shallow:
        yield f"this clone is shallow, so the tags of earlier commits are unknown\n  next: {FETCH_HISTORY}"


def notes(facts: VersionFacts) -> Iterator[str]:
    """Yield what is worth knowing and does not prevent the release."""
    yield from _index_notes(facts)
    if facts.github.unknown:
        yield f"not checked whether the tag can be used on GitHub: {facts.github.unknown}"
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
    elif files and not is_complete(files) and not is_closed(facts):
        yield f"{name} has only {file_names(files)}; evenfall release publish uploads the rest"
    released = [version for version in versions or () if version != facts.version]
    if facts.index.name == "pypi" and released and newest_earlier(facts) is None and not facts.git.is_shallow:
        yield f"{name} has {max(released)}, but no earlier commit has a tag of a version; git fetch --tags"


def next_commands(facts: VersionFacts) -> tuple[str, ...]:
    """Return the commands that make and push the tag, or none if HEAD has it."""
    is_tagged = facts.git.tags.get(facts.expected_tag) == facts.git.head
    return () if facts.index.name == "testpypi" or is_tagged else tag_commands(facts.expected_tag)
