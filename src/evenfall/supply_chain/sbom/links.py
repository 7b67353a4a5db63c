"""Where a component's files and pages are, as external references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.sbom.digests import hashes
from evenfall.supply_chain.sbom.sanitize import address

if TYPE_CHECKING:
    from cyclonedx.model import ExternalReference

# https://packaging.python.org/en/latest/specifications/well-known-project-urls/, as CycloneDX names them
_KINDS = {
    "homepage": "website",
    "website": "website",
    "source": "vcs",
    "sourcecode": "vcs",
    "repository": "vcs",
    "github": "vcs",
    "changelog": "release-notes",
    "changes": "release-notes",
    "releasenotes": "release-notes",
    "history": "release-notes",
    "whatsnew": "release-notes",
    "documentation": "documentation",
    "docs": "documentation",
    "issues": "issue-tracker",
    "bugs": "issue-tracker",
    "issue": "issue-tracker",
    "tracker": "issue-tracker",
    "issuetracker": "issue-tracker",
    "bugtracker": "issue-tracker",
    "security": "security-contact",
}


def distributions(package: LockedPackage) -> Iterator[ExternalReference]:
    """Every file that the lock holds of a package, each with its own hash."""
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri

    for file in package.files:
        place = address(file.url or "") or _beside(file)
        if place:
            kind = ExternalReferenceType.DISTRIBUTION
            yield ExternalReference(type=kind, url=XsUri(place), hashes=hashes(file))


def _beside(file: DistributionFile) -> str:
    """A file of this machine by its name alone: where it lies is nobody else's affair."""
    return quote(file.name, errors="replace")


def pages(urls: Iterable[tuple[str, str]], home_page: str = "") -> Iterator[ExternalReference]:
    """The addresses of a package whose labels are well known."""
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri

    for label, url in (("homepage", home_page), *urls):
        kind = _KINDS.get(re.sub(r"[^a-z]", "", label.lower()))
        place = address(url)
        if kind and place:
            yield ExternalReference(type=ExternalReferenceType(kind), url=XsUri(place))
