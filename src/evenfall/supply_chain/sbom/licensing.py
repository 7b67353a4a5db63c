"""Under which license a package is, and what it says itself that this is concluded from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.detect_license import CLASSIFIER, detect_license
from evenfall.supply_chain.licenses.license_names import FAMILIES
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.sanitize import cleaned

if TYPE_CHECKING:
    from cyclonedx.model.component_evidence import ComponentEvidence
    from cyclonedx.model.license import License, LicenseAcknowledgement


def licenses(metadata: PackageMetadata) -> tuple[License, ...]:
    """An SPDX expression: declared as one, or concluded from older fields; where there is none, the text that is stated.

    None where older fields name a family, like "BSD License": which of them it is would be a guess. `evidence` keeps the words.
    """
    from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement

    assessed = detect_license(metadata)
    if assessed.expression is None:
        text = cleaned(metadata.license_expression or metadata.license)
        return (DisjunctiveLicense(name=text, acknowledgement=LicenseAcknowledgement.DECLARED),) if text else ()
    if any(license.key in FAMILIES for license in spdx.licenses(assessed.expression)):
        return ()
    declared = assessed.source == "License-Expression"
    how = LicenseAcknowledgement.DECLARED if declared else LicenseAcknowledgement.CONCLUDED
    return (_by_identifier(str(assessed.expression), how),)


def _by_identifier(expression: str, how: LicenseAcknowledgement) -> License:
    """By the library's own list where it is one license of it; else as an expression, which may name a `LicenseRef-`."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import is_supported_id

    if is_supported_id(expression):
        return DisjunctiveLicense(id=expression, acknowledgement=how)
    return LicenseExpression(expression, acknowledgement=how)


def evidence(metadata: PackageMetadata) -> ComponentEvidence | None:
    """What the package states, field by field, in its own words."""
    from cyclonedx.model.component_evidence import ComponentEvidence
    from cyclonedx.model.license import DisjunctiveLicense

    classifiers = (text for text in metadata.classifiers if text.startswith(CLASSIFIER))
    stated = map(cleaned, (metadata.license_expression, metadata.license, *classifiers))
    names = dict.fromkeys(name for name in stated if name)
    return ComponentEvidence(licenses=[DisjunctiveLicense(name=name) for name in names]) if names else None
