"""The external references of a component: the files and web pages of a package, and the hashes of its files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.exception.model import UnknownHashTypeException
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashType, XsUri

from evenfall.package_index.address import shown_address
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.sbom.sanitize import web_address

# https://packaging.python.org/en/latest/specifications/well-known-project-urls/, with the types of CycloneDX
_TYPES_BY_LABEL = {
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


def file_references(package: LockedPackage) -> Iterator[ExternalReference]:
    """Yield a reference for every locked file of a package, with the file's own hash.

    A local file is referenced by its name alone, because its folder means nothing on another machine.
    """
    for file in package.files:
        url = web_address(shown_address(file.url or "")) or quote(file.name, errors="replace")
        if url:
            kind = ExternalReferenceType.DISTRIBUTION
            yield ExternalReference(type=kind, url=XsUri(url), hashes=file_hashes(file))


def page_references(urls: Iterable[tuple[str, str]], home_page: str = "") -> Iterator[ExternalReference]:
    """Yield a reference for each pair of a well-known label and a web address."""
    for label, url in (("homepage", home_page), *urls):
        kind = _TYPES_BY_LABEL.get(re.sub(r"[^a-z]", "", label.lower()))
        address = web_address(url)
        if kind and address:
            yield ExternalReference(type=ExternalReferenceType(kind), url=XsUri(address))


def file_hashes(file: DistributionFile) -> tuple[HashType, ...]:
    """Return the hash that the lock states for a file, or nothing if it states none or an invalid one."""
    algorithm, _, digest = (file.hash or "").lower().partition(":")
    try:
        hash_type = HashTypeFactory().from_hashlib_alg(algorithm, digest)
    except UnknownHashTypeException:
        return ()
    digits = 2 * hashlib.new(algorithm, usedforsecurity=False).digest_size
    return (hash_type,) if re.fullmatch(f"[0-9a-f]{{{digits}}}", digest) else ()


def representative_file(package: LockedPackage) -> DistributionFile | None:
    """Return the file whose hash is the component's: the universal wheel, else the sdist, else the first wheel with a hash."""
    universal = (wheel for wheel in package.wheels if wheel.name.endswith("-none-any.whl"))
    return next((file for file in (*universal, *package.files) if file_hashes(file)), None)
