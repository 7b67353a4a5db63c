"""Detect the license of a package from its metadata, with the field that is the evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.license_names import FAMILIES, license_by_name
from evenfall.supply_chain.licenses.spdx import SpdxExpression
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata

CLASSIFIER = "License :: "
_MAX_EVIDENCE_LENGTH = 120
"""The maximum number of characters of a field in the evidence."""
_APPROVALS = {"OSI Approved", "DFSG approved"}
"""Classifiers that say nothing about the license itself."""
_NOT_INSTALLED = {
    "docutils": ("GNU General Public License (GPL)", "which applies only to its Emacs mode; no wheel has that")
}
"""Classifiers that state the license of a file in the repository alone, by package, and why they do not count."""
_CHOICE = re.compile(r"\b(dual|tri|triple|multi)[ -]?licen[cs]", re.IGNORECASE)

_LICENSE_TEXT = re.compile(
    r"hereby grant|permission to use|redistribution and use|terms and conditions|everyone is permitted"
    r"|provided [\"']?as[ -]is",
    re.IGNORECASE,
)
"""Phrases of license texts. A remark about a license does not contain them."""
_COPYRIGHT = re.compile(r"\s*(copyright|\(c\)|©|all rights reserved)", re.IGNORECASE)
_MAX_NOTICE_LENGTH = 200
"""The maximum number of characters of a copyright notice."""
_NOTICE_WORDS = re.compile(
    r"affiliates|all?|and|authors?|by|c|contributors?|copyright|corp|de[nr]?|developers|du|et|for|foundation|from|in|inc|individual"
    r"|its|l[ae]|llc|ltd|of|or|others|present|project|reserved|respective|rights|see|team|the|to|van|von",
    re.IGNORECASE,
)
"""Words that may stand between the names in a copyright notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedLicense:
    """The license of a package, or None if it is unknown; the metadata fields that contain it, and the text of these fields.

    The field is `alias` if the field `License` contains a name instead of an SPDX expression. Two fields that do not agree are
    `License-Expression, classifiers`, and so on.
    """

    expression: SpdxExpression | None
    field: str
    evidence: str


NO_LICENSE = DetectedLicense(expression=None, field="none", evidence="")


def detect_license(metadata: PackageMetadata) -> DetectedLicense:
    """Return the license in the fields License-Expression (PEP 639), License, and the classifiers.

    What one field states in addition to the others applies, too, because no field says that there is a choice between them. With an
    invalid License-Expression the license is unknown, even if another field names one.
    """
    declared = metadata.license_expression
    expression = spdx.parse(declared)
    by_expression = DetectedLicense(
        expression=expression, field="License-Expression", evidence=_evidence("License-Expression", declared)
    )
    if declared and not expression:
        return by_expression
    fields = (by_expression, _from_text(metadata.license), _from_classifiers(metadata))
    known = [field for field in fields if field and field.expression]
    if not known:
        return DetectedLicense(expression=None, field="none", evidence=_other_evidence(metadata))
    return reduce(_combined, known)


def _combined(first: DetectedLicense, second: DetectedLicense) -> DetectedLicense:
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
    """Return whether an expression names every license of another one, or a member of its family."""
    keys = spdx.identifiers(expression)
    return all(key in keys or _forms(key, expression) for key in spdx.identifiers(other))


def _forms(family: str, expression: SpdxExpression) -> list[str]:
    """Return the members of a family in an expression. A key that is not a family has none."""
    return sorted(spdx.identifiers(expression).intersection(FAMILIES.get(family, ())))


def _other_evidence(metadata: PackageMetadata) -> str:
    """Return the text that helps a person to find out an unknown license."""
    if metadata.license:
        return _evidence("License", metadata.license)
    files = ", ".join(metadata.license_files)
    return _evidence("its metadata names no license but a file", files) if files else "its metadata names no license"


def _from_text(text: str) -> DetectedLicense | None:
    """Return the license in the field License. A complete license text counts by its title.

    All lines of any other text are read together, because later ones may limit the first. Copyright notices are ignored.
    """
    lines = [line for line in text.splitlines() if line.strip() and not _is_copyright_notice(line)]
    is_license_text = _LICENSE_TEXT.search("\n".join(lines[1:])) is not None
    title = " ".join(" ".join(lines[:1] if is_license_text else lines).split())
    evidence = _evidence("License", title)
    if expression := spdx.parse(title):
        return DetectedLicense(expression=expression, field="License", evidence=evidence)
    if expression := _from_names(title):
        return DetectedLicense(expression=expression, field="alias", evidence=evidence)
    return None


def _from_names(title: str) -> SpdxExpression | None:
    """Return the license for a name, or for names with "and", "or" or "/" between them: `BSD or Apache License, Version 2.0`."""
    if key := license_by_name(title):
        return SpdxExpression(key)
    return spdx.parse(title.replace(",", " ").replace("/", " or "), names=license_by_name)


def _is_copyright_notice(line: str) -> bool:
    """Return whether a line consists of years, names and addresses alone. Any other word may be about a license."""
    if not _COPYRIGHT.match(line) or len(line) > _MAX_NOTICE_LENGTH:
        return False
    texts = [text for text in line.split() if "@" not in text and "://" not in text]
    words = [word for text in texts for word in re.findall(r"[^\W_](?:[\w.-]*[\w+])?", text)]
    return all(
        _NOTICE_WORDS.fullmatch(word) or (not word[0].islower() and not _is_about_license(word)) for word in words
    )


def _is_about_license(word: str) -> bool:
    """Return whether a word may name a license. `Python` does, too, but in a notice it is mostly part of a name."""
    return word.lower().startswith(("licen", "under", "except")) or (
        word != "Python" and spdx.parse(word, names=license_by_name) is not None
    )


def _from_classifiers(metadata: PackageMetadata) -> DetectedLicense | None:
    """Return the license of all classifiers with AND, because they do not say that there is a choice; with OR if License does.

    A classifier such as "Other/Proprietary License" becomes a `LicenseRef-`, because it names no license.
    """
    classifiers = (text for text in metadata.classifiers if text.startswith(CLASSIFIER))
    names = [text.rpartition(" :: ")[2] for text in classifiers]
    not_installed, reason = _NOT_INSTALLED.get(canonicalize_name(metadata.name), ("", ""))
    without = f" (without {not_installed}, {reason})" if not_installed in names else ""
    names = [name for name in names if name not in {*_APPROVALS, not_installed}]
    keys = [license_by_name(name) or spdx.REFERENCE + re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-") for name in names]
    distinct = frozenset(keys)
    exact = [key for key in keys if distinct.isdisjoint(FAMILIES.get(key, ()))]
    if not exact:
        return None
    relation: Literal["AND", "OR"] = "OR" if _CHOICE.search(metadata.license[:_MAX_EVIDENCE_LENGTH]) else "AND"
    evidence = _evidence("Classifier", ", ".join(dict.fromkeys(names))) + without
    return DetectedLicense(expression=spdx.combine(exact, relation), field="classifiers", evidence=evidence)


def _evidence(field: str, value: str) -> str:
    """Return a field and its value on one line, shortened if it is long."""
    line = " ".join(value.split())
    return f"{field}: {line if len(line) <= _MAX_EVIDENCE_LENGTH else line[:_MAX_EVIDENCE_LENGTH] + '…'}"
