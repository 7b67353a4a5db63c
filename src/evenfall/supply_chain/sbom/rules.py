"""The rules of `evenfall sbom --check`: a document agrees with the lock and contains every installed distribution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cyclonedx.model import ExternalReferenceType, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component
from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location
from evenfall.package_index.address import shown_addresses
from evenfall.supply_chain.sbom.document import LOCK_DIGEST
from evenfall.supply_chain.versions import canonical_version
from evenfall.text import one_line

STALE = "sbom-stale"
INCOMPLETE = "sbom-incomplete"

_METADATA_FACTS = {"license", "package URL", "version"}
"""Facts that a document may contain although they are not in the lock, because they are in the metadata of the package."""


def stale_findings(path: str, document: Bom, expected: Bom, fix: str) -> tuple[Finding, ...]:
    """Return a finding for each difference between the document at `path` and the one that the lock gives.

    The differences are packages, then facts about packages that both documents contain, then dependencies. If there are none, a
    different digest of the lock is a finding.
    """
    actual_by_ref, expected_by_ref = _by_ref(document), _by_ref(expected)
    shared = sorted(actual_by_ref.keys() & expected_by_ref.keys())
    differences = [*_package_differences(actual_by_ref, expected_by_ref)]
    for ref in shared:
        actual_facts, expected_facts = _facts(actual_by_ref[ref]), _facts(expected_by_ref[ref])
        differences += [(ref, reason) for reason in _fact_differences(actual_facts, expected_facts)]
    differences += _dependency_differences(shared, _dependencies(document), _dependencies(expected))
    if not differences and _lock_digest(document) != _lock_digest(expected):
        differences = [("metadata", "generated from a different lock, although no package or dependency differs")]
    return tuple(
        Finding(
            code=STALE,
            location=Location(path=path, key=one_line(key)),
            reason=one_line(shown_addresses(reason)),
            fix=fix,
        )
        for key, reason in differences
    )


def incomplete_findings(path: str, document: Bom, installed: Iterable[Component], fix: str) -> tuple[Finding, ...]:
    """Return a finding for each installed distribution whose version is not in the document."""
    documented: dict[str, list[str]] = {}
    for component in _by_ref(document).values():
        documented.setdefault(canonicalize_name(component.name), []).append(component.version or "")
    return tuple(
        Finding(code=INCOMPLETE, location=Location(path=path, key=one_line(component.name)), reason=reason, fix=fix)
        for component in installed
        if (reason := _incomplete(component, documented.get(canonicalize_name(component.name), [])))
    )


def _incomplete(installed: Component, versions: list[str]) -> str:
    """Return the reason if the version of an installed distribution is not one of `versions`, else an empty text."""
    version = installed.version or ""
    if canonical_version(version) in map(canonical_version, versions):
        return ""
    return one_line(f"{version} is installed, but the document contains {', '.join(sorted(versions)) or 'no version'}")


def _by_ref(bom: Bom) -> Mapping[str, Component]:
    project = [bom.metadata.component] if bom.metadata.component else []
    return {str(component.bom_ref): component for component in (*project, *bom.components)}


def _package_differences(
    actual: Mapping[str, Component], expected: Mapping[str, Component]
) -> Iterator[tuple[str, str]]:
    """Yield the name of each package whose references differ, and how; a reference contains the version and the source."""
    extra = _refs_by_name(actual, actual.keys() - expected.keys())
    missing = _refs_by_name(expected, expected.keys() - actual.keys())
    for name in sorted(extra.keys() | missing.keys()):
        missing_refs, extra_refs = ", ".join(missing.get(name, ())), ", ".join(extra.get(name, ()))
        yield name, f"expected {missing_refs or 'no component'}, found {extra_refs or 'no component'}"


def _refs_by_name(components: Mapping[str, Component], refs: Iterable[str]) -> Mapping[str, list[str]]:
    names: dict[str, list[str]] = {}
    for ref in sorted(refs):
        names.setdefault(canonicalize_name(components[ref].name), []).append(ref)
    return names


def _facts(component: Component) -> dict[str, str]:
    """Return the facts about a component that come from the lock, and those about the project that come from `pyproject.toml`.

    A fact that is not known has no entry.
    """
    facts = {
        "version": component.version or "",
        "package URL": str(component.purl) if component.version else "",
        "scope": component.scope.value if component.scope else "",
        "license": " AND ".join(sorted(map(str, component.licenses))),
        "hash": _hash_text(component.hashes),
    }
    for reference in component.external_references:
        if reference.type is ExternalReferenceType.DISTRIBUTION:
            facts[f"file {reference.url}"] = _hash_text(reference.hashes) or "without a hash"
    return {name: value for name, value in facts.items() if value}


def _hash_text(hashes: Iterable[HashType]) -> str:
    return ", ".join(f"{digest.alg.value} {digest.content}" for digest in hashes)


def _fact_differences(actual: Mapping[str, str], expected: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(expected.keys() | (actual.keys() - _METADATA_FACTS)):
        if actual.get(name) != expected.get(name):
            yield f"{name}: expected {expected.get(name, 'none')}, found {actual.get(name, 'none')}"


def _dependencies(bom: Bom) -> Mapping[str, set[str]]:
    return {str(source.ref): {str(target.ref) for target in source.dependencies} for source in bom.dependencies}


def _dependency_differences(
    shared: list[str], actual: Mapping[str, set[str]], expected: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    """Yield the components whose dependencies differ, among the components that both documents contain."""
    for ref in shared:
        actual_targets, expected_targets = actual.get(ref, set()) & {*shared}, expected.get(ref, set()) & {*shared}
        missing = [f"missing dependency {target}" for target in sorted(expected_targets - actual_targets)]
        unexpected = [f"unexpected dependency {target}" for target in sorted(actual_targets - expected_targets)]
        if missing or unexpected:
            yield ref, ", ".join((*missing, *unexpected))


def _lock_digest(bom: Bom) -> str:
    digests = (item.value or "" for item in bom.metadata.properties if item.name == LOCK_DIGEST)
    return next(digests, "")
