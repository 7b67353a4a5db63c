"""The components of an SBOM: the project and each locked package. https://cyclonedx.org/docs/1.6/json/#components"""

from __future__ import annotations

from collections.abc import Iterator

from cyclonedx.model import Property
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.component_evidence import ComponentEvidence
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseAcknowledgement, LicenseExpression
from cyclonedx.spdx import is_supported_id
from packageurl import PackageURL

from evenfall.package_index.address import shown_address
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import PYPI, LockedPackage
from evenfall.project.pyproject_tables import ProjectMetadata
from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.detect_license import CLASSIFIER, detect_license
from evenfall.supply_chain.licenses.license_names import FAMILIES
from evenfall.supply_chain.metadata.local_metadata import declared_metadata
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.contacts import contacts, package_people, project_people, supplier
from evenfall.supply_chain.sbom.package_url import package_url
from evenfall.supply_chain.sbom.packages import Usage
from evenfall.supply_chain.sbom.references import file_hashes, file_references, page_references, representative_file
from evenfall.supply_chain.sbom.sanitize import clean_line


def project_component(about: ProjectMetadata, package: LockedPackage, metadata: PackageMetadata | None) -> Component:
    """Return the component of the project from `[project]`.

    A dynamic version is that of the lock, or that of the installed project; otherwise the component has no version.
    """
    version = clean_line(about.version or package.version or (metadata.version if metadata else "")) or None
    people = project_people(about)
    return Component(
        type=ComponentType.LIBRARY,
        name=clean_line(about.name),
        version=version,
        bom_ref=PackageURL("pypi", None, package.name, about.version or package.version).to_string(),
        purl=PackageURL("pypi", None, package.name, version),
        description=clean_line(about.description) or None,
        licenses=_licenses(declared_metadata(about)),
        supplier=supplier(people, None),
        authors=contacts(people),
        external_references=page_references(about.urls.items()),
    )


def unlocked_component(script: str) -> Component:
    """Return the component of a script, or of a folder without a project. It has the name that `uv export` gives such a folder."""
    name = clean_line(script) or "uv-workspace"
    kind = ComponentType.APPLICATION if script else ComponentType.LIBRARY
    return Component(type=kind, name=name, bom_ref=name)


def package_component(required: RequiredPackage, usage: Usage, metadata: PackageMetadata | None) -> Component:
    """Return the component of a locked package, from the lock and, if it is known, the metadata of the package.

    Its `bom_ref` is the package URL by the lock alone, so that it is the same in every environment. Raises `EvenfallError` (usage)
    if the name of the package is invalid.
    """
    package = required.package
    version = clean_line(package.version or (metadata.version if metadata else "")) or None
    file = representative_file(package)
    people = package_people(metadata) if metadata else ()
    component = Component(
        type=ComponentType.LIBRARY,
        name=clean_line(package.name),
        version=version,
        bom_ref=package_url(package, package.version).to_string(),
        purl=package_url(package, version),
        scope=_scope(usage),
        hashes=file_hashes(file) if file else (),
        supplier=supplier(people, package.source.registry),
        authors=contacts(people),
        external_references=file_references(package),
        properties=(
            Property(name=clean_line(name), value=clean_line(value)) for name, value in _properties(required, usage)
        ),
    )
    if metadata:
        component.description = clean_line(metadata.summary) or None
        component.licenses = _licenses(metadata)
        component.evidence = _license_evidence(metadata)
        component.external_references.update(page_references(metadata.project_urls, metadata.home_page))
    return component


def _scope(usage: Usage) -> ComponentScope:
    """Return required if every installation of the project needs the package, optional if an extra does, else excluded."""
    if usage.always:
        return ComponentScope.REQUIRED
    return ComponentScope.OPTIONAL if usage.extras else ComponentScope.EXCLUDED


def _properties(required: RequiredPackage, usage: Usage) -> Iterator[tuple[str, str]]:
    package = required.package
    yield from (("cdx:python:package:required-extra", extra) for extra in usage.requested_extras)
    yield from (("evenfall:extra", extra) for extra in usage.extras)
    yield from (("evenfall:group", group) for group in usage.groups)
    yield from (("evenfall:member", member) for member in usage.members)
    yield from ((f"evenfall:marker:{name}", marker) for name, marker in usage.markers)
    yield from (("evenfall:resolution-marker", marker) for marker in package.resolution_markers)
    if required.required_by:
        yield "evenfall:required-by", required.required_by
    if file := representative_file(package):
        yield "evenfall:hash-of", file.name
    if package.source.registry is not None and package.source.registry.rstrip("/") != PYPI:
        yield "evenfall:index", shown_address(package.source.registry)
    elif package.source.is_folder or package.source.path is not None:
        yield "evenfall:source", str(package.source)


def _licenses(metadata: PackageMetadata) -> tuple[License, ...]:
    """Return the license of a package, or nothing if it names none.

    The license is an SPDX expression if the package declares one or if one can be concluded from older fields or license files; else it
    is the stated text, also for a family such as "BSD License", which does not say which of its licenses applies.
    """
    detected = detect_license(metadata)
    is_family = bool(detected.expression and spdx.identifiers(detected.expression) & FAMILIES.keys())
    if detected.expression is None or detected.field == "text" or is_family:
        names = ", ".join(text.rpartition(" :: ")[2] for text in _classifiers(metadata)) if is_family else ""
        text = clean_line(metadata.license_expression or names or metadata.license)
        return (DisjunctiveLicense(name=text, acknowledgement=LicenseAcknowledgement.DECLARED),) if text else ()
    is_declared = detected.field == "License-Expression"
    acknowledgement = LicenseAcknowledgement.DECLARED if is_declared else LicenseAcknowledgement.CONCLUDED
    if is_supported_id(detected.expression):
        return (DisjunctiveLicense(id=detected.expression, acknowledgement=acknowledgement),)
    # The library's LicenseFactory would write an expression with a LicenseRef- as the name of a license.
    return (LicenseExpression(detected.expression, acknowledgement=acknowledgement),)


def _license_evidence(metadata: PackageMetadata) -> ComponentEvidence | None:
    """Return the package's own statements about its license, field by field and unchanged, and the license files that state it.

    Return None if there are none.
    """
    detected = detect_license(metadata)
    files = detected.evidence if detected.field == "license file" else ""
    statements = map(clean_line, (metadata.license_expression, metadata.license, *_classifiers(metadata), files))
    names = dict.fromkeys(name for name in statements if name)
    return ComponentEvidence(licenses=[DisjunctiveLicense(name=name) for name in names]) if names else None


def _classifiers(metadata: PackageMetadata) -> tuple[str, ...]:
    return tuple(text for text in metadata.classifiers if text.startswith(CLASSIFIER))
