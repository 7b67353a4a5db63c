"""The project itself, which the document is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenfall.project.about import About
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.metadata.pyproject_metadata import stated_metadata
from evenfall.supply_chain.sbom.licensing import licenses
from evenfall.supply_chain.sbom.links import pages
from evenfall.supply_chain.sbom.people import contacts, makers_of_project, supplier
from evenfall.supply_chain.sbom.sanitize import cleaned

if TYPE_CHECKING:
    from cyclonedx.model.component import Component


def root_component(about: About, package: LockedPackage, metadata: PackageMetadata | None) -> Component:
    """As `[project]` describes it.

    Its version, where a build makes it, is the lock's or that of the project as it is installed; else it has none.
    """
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    version = cleaned(about.version or package.version or (metadata.version if metadata else "")) or None
    stable = PackageURL("pypi", None, package.name, about.version or package.version)
    people = makers_of_project(about)
    return Component(
        type=ComponentType.LIBRARY,
        name=cleaned(about.name),
        version=version,
        bom_ref=stable.to_string(),
        purl=PackageURL("pypi", None, package.name, version),
        description=cleaned(about.description) or None,
        licenses=licenses(stated_metadata(about)),
        supplier=supplier(people, None),
        authors=contacts(people),
        external_references=pages(tuple(about.urls.items())),
    )
