"""The rules of `evenfall sbom --check`: a document agrees with the lock and contains every installed distribution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cyclonedx.model import ExternalReferenceType, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component
from packaging.utils import canonicalize_name

from evenfall.findings import Finding, Location
from evenfall.project import lockfile
from evenfall.supply_chain.sbom.document import LOCK_DIGEST
from evenfall.supply_chain.versions import canonical_version
from evenfall.text import one_line

STALE = "sbom-stale"
INCOMPLETE = "sbom-incomplete"

_NOT_ONLY_LOCKED = {"license", "package URL", "version"}
"""Facts that a document may contain although the lock does not state them, because they are in the metadata of the package."""


def stale_findings(path: str, document: Bom, expected: Bom, fix: str) -> tuple[Finding, ...]:
    """Return a finding for each difference between the document at `path` and the one that the lock gives.

    These are packages, then facts about packages that both contain, then dependencies. If there are none, a different digest of the
    lock is a finding.
    """
    found, wanted = _by_ref(document), _by_ref(expected)
    shared = sorted(found.keys() & wanted.keys())
    differences = [*_package_differences(found, wanted)]
    differences += [
        (ref, reason) for ref in shared for reason in _fact_differences(_facts(found[ref]), _facts(wanted[ref]))
    ]
    differences += _dependency_differences(shared, _dependencies(document), _dependencies(expected))
    if not differences and _lock_digest(document) != _lock_digest(expected):
        differences = [
            ("metadata", f"generated from a different {lockfile.NAME}, although no package or dependency differs")
        ]
    return tuple(
        Finding(code=STALE, location=Location(path=path, key=one_line(key)), reason=one_line(reason), fix=fix)
        for key, reason in differences
    )


def incomplete_findings(path: str, document: Bom, installed: Iterable[Component], fix: str) -> tuple[Finding, ...]:
    """Return a finding for each installed distribution whose version is not in the document."""
    documented: dict[str, list[str]] = {}
    for component in _by_ref(document).values():
        documented.setdefault(canonicalize_name(component.name), []).append(component.version or "")
    return tuple(
        Finding(code=INCOMPLETE, location=Location(path=path, key=one_line(each.name)), reason=reason, fix=fix)
        for each in installed
        if (reason := _incomplete(each, documented.get(canonicalize_name(each.name), [])))
    )


def _incomplete(installed: Component, versions: list[str]) -> str:
    version = installed.version or ""
    if canonical_version(version) in map(canonical_version, versions):
        return ""
    return one_line(f"{version} is installed, but the document contains {', '.join(sorted(versions)) or 'no version'}")


def _by_ref(bom: Bom) -> Mapping[str, Component]:
    project = [bom.metadata.component] if bom.metadata.component else []
    return {str(component.bom_ref): component for component in (*project, *bom.components)}


def _package_differences(found: Mapping[str, Component], wanted: Mapping[str, Component]) -> Iterator[tuple[str, str]]:
    """Yield the name of each package whose references differ; a reference contains the version and the source."""
    extra = _refs_by_name(found, found.keys() - wanted.keys())
    missing = _refs_by_name(wanted, wanted.keys() - found.keys())
    for name in sorted(extra.keys() | missing.keys()):
        expected, actual = ", ".join(missing.get(name, ())), ", ".join(extra.get(name, ()))
        yield name, f"expected {expected or 'no component'}, found {actual or 'no component'}"


def _refs_by_name(components: Mapping[str, Component], refs: Iterable[str]) -> Mapping[str, list[str]]:
    names: dict[str, list[str]] = {}
    for ref in sorted(refs):
        names.setdefault(canonicalize_name(components[ref].name), []).append(ref)
    return names


def _facts(component: Component) -> dict[str, str]:
    """Return what the lock, and for the project `pyproject.toml`, state about a component. A missing fact has no entry."""
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
    return ", ".join(f"{each.alg.value} {each.content}" for each in hashes)


def _fact_differences(found: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(wanted.keys() | (found.keys() - _NOT_ONLY_LOCKED)):
        expected, actual = wanted.get(name, "none"), found.get(name, "none")
        if actual != expected:
            yield f"{name}: expected {expected}, found {actual}"


def _dependencies(bom: Bom) -> Mapping[str, set[str]]:
    return {str(each.ref): {str(target.ref) for target in each.dependencies} for each in bom.dependencies}


def _dependency_differences(
    shared: list[str], found: Mapping[str, set[str]], wanted: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    """Yield the components whose dependencies differ, among the components that both documents contain."""
    for ref in shared:
        actual, expected = found.get(ref, set()) & {*shared}, wanted.get(ref, set()) & {*shared}
        if actual != expected:
            missing = [f"missing dependency {target}" for target in sorted(expected - actual)]
            unexpected = [f"unexpected dependency {target}" for target in sorted(actual - expected)]
            yield ref, ", ".join((*missing, *unexpected))


def _lock_digest(bom: Bom) -> str:
    return next((each.value or "" for each in bom.metadata.properties if each.name == LOCK_DIGEST), "")
