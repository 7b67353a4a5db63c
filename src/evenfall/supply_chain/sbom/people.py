"""Who made a package, as its metadata or `[project]` say."""

from __future__ import annotations

from email.utils import getaddresses
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evenfall.project.about import About, Person
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.sanitize import address, cleaned

if TYPE_CHECKING:
    from cyclonedx.model.contact import OrganizationalContact, OrganizationalEntity


def makers(metadata: PackageMetadata) -> tuple[Person, ...]:
    """The authors, then the maintainers; a name once."""
    found = (*_people(metadata.author, metadata.author_email), *_people(metadata.maintainer, metadata.maintainer_email))
    return tuple({person.name or person.email: person for person in found}.values())


def makers_of_project(about: About) -> tuple[Person, ...]:
    """The same of the project."""
    return tuple(
        person for person in map(_cleaned, (*about.authors, *about.maintainers)) if person.name or person.email
    )


def _people(names: str, emails: str) -> tuple[Person, ...]:
    """The field for addresses holds names too since PEP 621; the one for names is free text."""
    try:
        read = getaddresses([cleaned(emails)])
    except RecursionError:  # brackets in brackets without end
        read = []
    addresses = [_cleaned(Person(name=name, email=email)) for name, email in read]
    people = tuple(person for person in addresses if person.name or person.email)
    if cleaned(names) and not any(person.name for person in people):
        return (Person(name=cleaned(names), email=people[0].email if len(people) == 1 else ""),)
    return people


def _cleaned(person: Person) -> Person:
    email = cleaned(person.email)
    return Person(name=cleaned(person.name), email=email if "@" in email else "")


def contacts(people: tuple[Person, ...]) -> tuple[OrganizationalContact, ...]:
    """As CycloneDX writes persons."""
    from cyclonedx.model.contact import OrganizationalContact

    return tuple(OrganizationalContact(name=person.name or None, email=person.email or None) for person in people)


def supplier(people: tuple[Person, ...], registry: str | None) -> OrganizationalEntity | None:
    """Who supplies a component: the first who made it; where nobody says so, the index that hands it out."""
    from cyclonedx.model import XsUri
    from cyclonedx.model.contact import OrganizationalEntity

    if people:
        return OrganizationalEntity(name=people[0].name or people[0].email)
    index = address(registry or "")
    return OrganizationalEntity(name=urlsplit(index).netloc, urls=[XsUri(index)]) if index else None
