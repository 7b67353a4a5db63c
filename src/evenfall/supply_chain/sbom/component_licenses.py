"""The license of a component, declared or concluded, and the evidence for it."""

from __future__ import annotations

from cyclonedx.model.component_evidence import ComponentEvidence
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseAcknowledgement, LicenseExpression
from cyclonedx.spdx import is_supported_id

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.detect_license import CLASSIFIER, detect_license
from evenfall.supply_chain.licenses.license_names import FAMILIES
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.sanitize import clean_line


def component_licenses(metadata: PackageMetadata) -> tuple[License, ...]:
    """Return the license of a package, or nothing if it states none.

    The license is an SPDX expression if the package declares one or if one can be concluded from older fields; else it is the stated
    text. A family such as "BSD License" is no license, because the family alone does not say which of its licenses applies.
    """
    detected = detect_license(metadata)
    if detected.expression is None:
        text = clean_line(metadata.license_expression or metadata.license)
        return (DisjunctiveLicense(name=text, acknowledgement=LicenseAcknowledgement.DECLARED),) if text else ()
    if spdx.identifiers(detected.expression) & FAMILIES.keys():
        return ()
    is_declared = detected.source == "License-Expression"
    acknowledgement = LicenseAcknowledgement.DECLARED if is_declared else LicenseAcknowledgement.CONCLUDED
    if is_supported_id(detected.expression):
        return (DisjunctiveLicense(id=detected.expression, acknowledgement=acknowledgement),)
    # Not by the library's LicenseFactory, which writes an expression with a LicenseRef- as the name of a license.
    return (LicenseExpression(detected.expression, acknowledgement=acknowledgement),)


def license_evidence(metadata: PackageMetadata) -> ComponentEvidence | None:
    """Return what the package states about its license, field by field and unchanged. Return None if it states nothing."""
    classifiers = (text for text in metadata.classifiers if text.startswith(CLASSIFIER))
    statements = map(clean_line, (metadata.license_expression, metadata.license, *classifiers))
    names = dict.fromkeys(name for name in statements if name)
    return ComponentEvidence(licenses=[DisjunctiveLicense(name=name) for name in names]) if names else None
