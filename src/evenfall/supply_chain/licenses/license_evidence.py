"""The license that the metadata of a package states, and the fields that are the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.license_names import FAMILIES, FAMILY, PROPRIETARY, named_references
from evenfall.supply_chain.licenses.spdx import SpdxExpression

MAX_EVIDENCE_LENGTH = 120
"""The maximum number of characters of a field in the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedLicense:
    """The license of a package, or None if it is unknown; the metadata fields that contain it, and the text of these fields.

    The field is `alias` if the field `License` contains a name instead of an SPDX expression, and `text` if it contains a remark. Two
    fields that do not agree are `License-Expression, classifiers`, and so on.
    """

    expression: SpdxExpression | None
    field: str
    evidence: str


NO_LICENSE = DetectedLicense(expression=None, field="none", evidence="")


def combine_fields(first: DetectedLicense, second: DetectedLicense) -> DetectedLicense:
    """Return the first field with what the second one adds: a member of a family that the first one names, or another license.

    A field to which the other one adds nothing but a more exact license is not evidence.
    """
    assert first.expression is not None
    assert second.expression is not None
    forms = {key: _forms(key, second.expression) for key in spdx.identifiers(first.expression) & FAMILIES.keys()}
    exact = spdx.substitute(
        first.expression, {key: spdx.combine(members, "AND") for key, members in forms.items() if members}
    )
    added = [part for part in spdx.conjuncts(second.expression) if not _states(exact, part)]
    if exact == first.expression and not added:
        return first
    fields = [first, second] if added else [second]
    return DetectedLicense(
        expression=spdx.combine([*spdx.conjuncts(exact), *added], "AND"),
        field=", ".join(field.field for field in fields),
        evidence="; ".join(field.evidence for field in fields),
    )


def _states(expression: SpdxExpression, other: SpdxExpression) -> bool:
    """Return whether an expression names every license of another one, or a more exact one: a member of its family, or a vendor's."""
    keys = spdx.identifiers(expression)
    missing = (key for key in spdx.identifiers(other) - keys if not _forms(key, expression))
    return all(key == PROPRIETARY and named_references(expression) for key in missing)


def _forms(family: str, expression: SpdxExpression) -> list[str]:
    """Return the licenses of a family in an expression, such as 0BSD for BSD. A key that is not a family has none."""
    name = family.removeprefix(FAMILY) if family in FAMILIES else None
    keys = spdx.identifiers(expression)
    return sorted(key for key in keys if key in FAMILIES.get(family, ()) or key.lstrip("0").partition("-")[0] == name)


def quote_field(field: str, value: str) -> str:
    """Return a field and its value on one line, shortened if it is long."""
    line = " ".join(value.split())
    return f"{field}: {line if len(line) <= MAX_EVIDENCE_LENGTH else line[:MAX_EVIDENCE_LENGTH] + '…'}"
