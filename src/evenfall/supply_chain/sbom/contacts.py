"""The people who made a package, as its metadata or `[project]` name them, and its supplier."""

from __future__ import annotations

from email.utils import getaddresses
from urllib.parse import urlsplit

from cyclonedx.model import XsUri
from cyclonedx.model.contact import OrganizationalContact, OrganizationalEntity

from evenfall.package_index.address import shown_address
from evenfall.project.pyproject_tables import Person, ProjectMetadata
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.sanitize import clean_line, web_address


def package_people(metadata: PackageMetadata) -> tuple[Person, ...]:
    """Return the authors of a package, then its maintainers, each name once."""
    authors = _people(metadata.author, metadata.author_email)
    maintainers = _people(metadata.maintainer, metadata.maintainer_email)
    return tuple({person.name or person.email: person for person in (*authors, *maintainers)}.values())


def project_people(about: ProjectMetadata) -> tuple[Person, ...]:
    """Return the authors of the project, then its maintainers."""
    people = (_clean(person.name, person.email) for person in (*about.authors, *about.maintainers))
    return tuple(person for person in people if person.name or person.email)


def _people(names: str, emails: str) -> tuple[Person, ...]:
    """Return the people in a pair of metadata fields: free text, and addresses that since PEP 621 hold the names as well."""
    try:
        addresses = getaddresses([clean_line(emails)])
    except RecursionError:  # deeply nested brackets
        addresses = []
    people = tuple(person for person in (_clean(*address) for address in addresses) if person.name or person.email)
    name = clean_line(names)
    if name and not any(person.name for person in people):
        return (Person(name=name, email=people[0].email if len(people) == 1 else ""),)
    return people


def _clean(name: str, email: str) -> Person:
    email = clean_line(email)
    return Person(name=clean_line(name), email=email if "@" in email else "")


def contacts(people: tuple[Person, ...]) -> tuple[OrganizationalContact, ...]:
    """Return people as CycloneDX contacts."""
    return tuple(OrganizationalContact(name=person.name or None, email=person.email or None) for person in people)


def supplier(people: tuple[Person, ...], registry: str | None) -> OrganizationalEntity | None:
    """Return the supplier of a component: the first person, or the package index if the package names no people."""
    if people:
        return OrganizationalEntity(name=people[0].name or people[0].email)
    index = web_address(shown_address(registry or ""))
    return OrganizationalEntity(name=urlsplit(index).netloc, urls=[XsUri(index)]) if index else None
