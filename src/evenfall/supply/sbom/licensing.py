"""Under which licence a package is, and what it says itself that this is concluded from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenfall.supply.licences import spdx
from evenfall.supply.licences.assessed import CLASSIFIER, assess
from evenfall.supply.licences.names import FAMILIES
from evenfall.supply.metadata.core import Metadata
from evenfall.supply.sbom.untrusted import cleaned

if TYPE_CHECKING:
    from cyclonedx.model.component_evidence import ComponentEvidence
    from cyclonedx.model.license import License, LicenseAcknowledgement


def licences(metadata: Metadata) -> tuple[License, ...]:
    """An SPDX expression: declared as one, or concluded from older fields; where there is none, the text that is stated.

    None where older fields name a family, like "BSD License": which of them it is would be a guess. `evidence` keeps the words.
    """
    from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement

    assessed = assess(metadata)
    if assessed.expression is None:
        text = cleaned(metadata.license_expression or metadata.license)
        return (DisjunctiveLicense(name=text, acknowledgement=LicenseAcknowledgement.DECLARED),) if text else ()
    if any(licence.key in FAMILIES for licence in spdx.licences(assessed.expression)):
        return ()
    declared = assessed.source == "License-Expression"
    how = LicenseAcknowledgement.DECLARED if declared else LicenseAcknowledgement.CONCLUDED
    return (_by_identifier(str(assessed.expression), how),)


def _by_identifier(expression: str, how: LicenseAcknowledgement) -> License:
    """By the library's own list where it is one licence of it; else as an expression, which may name a `LicenseRef-`."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import is_supported_id

    if is_supported_id(expression):
        return DisjunctiveLicense(id=expression, acknowledgement=how)
    return LicenseExpression(expression, acknowledgement=how)


def evidence(metadata: Metadata) -> ComponentEvidence | None:
    """What the package states, field by field, in its own words."""
    from cyclonedx.model.component_evidence import ComponentEvidence
    from cyclonedx.model.license import DisjunctiveLicense

    classifiers = (text for text in metadata.classifiers if text.startswith(CLASSIFIER))
    stated = map(cleaned, (metadata.license_expression, metadata.license, *classifiers))
    names = dict.fromkeys(name for name in stated if name)
    return ComponentEvidence(licenses=[DisjunctiveLicense(name=name) for name in names]) if names else None
