"""Whether a document on disk says what the lock says, and holds what is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location
from evenfall.project import lockfile
from evenfall.supply_chain.sbom.changes import changes
from evenfall.supply_chain.sbom.document import LOCK_DIGEST
from evenfall.supply_chain.sbom.reading import Component, Document
from evenfall.supply_chain.versions import canonical
from evenfall.text import one_line

STALE = "sbom-stale"
LACKS = "sbom-lacks-installed"


def disagreements(path: str, found: Document, wanted: Document, fix: str) -> tuple[Finding, ...]:
    """What the document `found` at `path` and the one that the lock gives differ in: components, then edges, then the lock itself."""
    findings = [
        Finding(
            code=STALE,
            location=Location(path=path, key=one_line(change.name)),
            reason=f"the lock says otherwise: {one_line(str(change))}",
            fix=fix,
        )
        for change in changes(found, wanted)
    ]
    findings += [
        Finding(code=STALE, location=Location(path=path, key=one_line(ref)), reason=reason, fix=fix)
        for ref, reason in _edges(found, wanted)
    ]
    if not findings and found.fact(LOCK_DIGEST) != wanted.fact(LOCK_DIGEST):
        reason = f"it was made from another {lockfile.NAME}, though no component and no edge differs"
        findings = [Finding(code=STALE, location=Location(path=path, key="metadata"), reason=reason, fix=fix)]
    return tuple(findings)


def _edges(found: Document, wanted: Document) -> Iterator[tuple[str, str]]:
    """Of components that are in both."""
    before = {edges.ref: set(edges.needs) for edges in found.dependencies}
    both = {each.ref for each in found.every} & {each.ref for each in wanted.every}
    for edges in wanted.dependencies:
        new, old = set(edges.needs) & both, before.get(edges.ref, set()) & both
        if edges.ref in both and new != old:
            said = [
                *(f"needs {ref}" for ref in sorted(new - old)),
                *(f"does not need {ref}" for ref in sorted(old - new)),
            ]
            yield edges.ref, f"the lock says otherwise: it {', '.join(said)}"


def not_covered(path: str, document: Document, installed: Iterable[Component], fix: str) -> tuple[Finding, ...]:
    """Each installed distribution that the document does not hold with that version."""
    held: dict[str, set[str]] = {}
    for component in document.every:
        held.setdefault(canonicalize_name(component.name), set()).add(component.version)
    return tuple(
        Finding(
            code=LACKS,
            location=Location(path=path, key=one_line(each.name)),
            reason=one_line(_why(each, held)),
            fix=fix,
        )
        for each in installed
        if canonical(each.version) not in map(canonical, held.get(canonicalize_name(each.name), ()))
    )


def _why(installed: Component, held: dict[str, set[str]]) -> str:
    versions = ", ".join(sorted(held.get(canonicalize_name(installed.name), ()))) or "none"
    return f"{installed.label} is installed, and the document holds {versions} of that name"
