"""A locked package as a component: https://cyclonedx.org/docs/1.6/json/#components"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import PYPI
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.digests import hashes, representative
from evenfall.supply_chain.sbom.licensing import evidence, licenses
from evenfall.supply_chain.sbom.links import distributions, pages
from evenfall.supply_chain.sbom.people import contacts, makers, supplier
from evenfall.supply_chain.sbom.purl import purl
from evenfall.supply_chain.sbom.sanitize import cleaned
from evenfall.supply_chain.sbom.scope import Usage
from evenfall.text import without_password

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentScope


def component(reached: RequiredPackage, usage: Usage, metadata: PackageMetadata | None) -> Component:
    """All that the lock and, where it is known, the package itself say of it.

    Its `bom_ref` is the package URL as far as the lock knows it, so that no environment changes it.

    Raises `EvenfallError` (usage) for what is no package's name.
    """
    from cyclonedx.model.component import Component, ComponentType

    package = reached.package
    version = cleaned(package.version or (metadata.version if metadata else ""))
    file = representative(package)
    people = makers(metadata) if metadata else ()
    made = Component(
        type=ComponentType.LIBRARY,
        name=cleaned(package.name),
        version=version or None,
        bom_ref=purl(package, package.version).to_string(),
        purl=purl(package, version or None),
        scope=scope(usage),
        hashes=hashes(file) if file else (),
        supplier=supplier(people, package.source.registry),
        authors=contacts(people),
        external_references=distributions(package),
        properties=_properties(_facts(reached, usage)),
    )
    if metadata:
        made.description = cleaned(metadata.summary) or None
        made.licenses = licenses(metadata)
        made.evidence = evidence(metadata)
        made.external_references.update(pages(metadata.project_urls, metadata.home_page))
    return made


def scope(usage: Usage) -> ComponentScope:
    """Required by all who install the project, optional by an extra, excluded from what is shipped."""
    from cyclonedx.model.component import ComponentScope

    if usage.always:
        return ComponentScope.REQUIRED
    return ComponentScope.OPTIONAL if usage.extras else ComponentScope.EXCLUDED


def _facts(reached: RequiredPackage, usage: Usage) -> Iterator[tuple[str, str]]:
    package = reached.package
    yield from (("cdx:python:package:required-extra", extra) for extra in usage.requested_extras)
    yield from (("evenfall:extra", extra) for extra in usage.extras)
    yield from (("evenfall:group", group) for group in usage.groups)
    yield from (("evenfall:member", member) for member in usage.members)
    yield from ((f"evenfall:marker:{needing}", marker) for needing, marker in usage.markers)
    yield from (("evenfall:resolution-marker", marker) for marker in package.resolution_markers)
    if reached.required_by:
        yield "evenfall:required-by", reached.required_by
    if file := representative(package):
        yield "evenfall:hash-of", file.name
    if package.source.registry is not None and package.source.registry != PYPI:
        yield "evenfall:index", without_password(package.source.registry)
    elif package.source.is_folder or package.source.path is not None:
        yield "evenfall:source", str(package.source)


def _properties(facts: Iterable[tuple[str, str]]) -> Iterator[Property]:
    from cyclonedx.model import Property

    return (Property(name=cleaned(name), value=cleaned(value)) for name, value in facts)
