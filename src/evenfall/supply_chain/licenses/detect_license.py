"""Detect the license of a package from its metadata, with the field that is the evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.license_names import FAMILIES, MAX_LENGTH, PROPRIETARY, license_by_name
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
_SEE_FILE = re.compile(r"(\W|\b(see|the|in|for|details|files?|licen[cs]e|copying|txt|md|rst)\b)*", re.IGNORECASE)
"""A text that only names a license file."""
_DATE = re.compile(
    r",? (\d+ )?(January|February|March|April|May|June|July|August|September|October|November|December) \d{4}$"
)
_MAX_FILES = 3
"""The maximum number of license files in the evidence."""
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

    The field is `alias` if the field `License` contains a name instead of an SPDX expression, and `text` if it contains a remark. Two
    fields that do not agree are `License-Expression, classifiers`, and so on.
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
    by_classifiers = _from_classifiers(metadata)
    by_text = _from_text(metadata.license)
    if not by_text and (by_classifiers is None or by_classifiers.expression == PROPRIETARY):
        by_text = _as_reference(metadata.license)
    mentioned = _mentioned(metadata.license) if by_classifiers and not by_text else None
    known = [field for field in (by_expression, by_text, by_classifiers, mentioned) if field and field.expression]
    if known:
        found = reduce(_combined, known)
        lines = _first_lines(metadata)
        return replace(found, evidence=f"{found.evidence}; {lines}") if lines else found
    return _from_files(metadata) or DetectedLicense(expression=None, field="none", evidence=_other_evidence(metadata))


def needs_license_file(metadata: PackageMetadata) -> bool:
    """Return whether the other fields state no license, or one that only its text explains."""
    found = detect_license(metadata)
    return found.expression is None or any(
        spdx.reference(key) and key not in FAMILIES for key in spdx.identifiers(found.expression)
    )


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
    """Return whether an expression names every license of another one, or a more exact one: a member of its family, or a vendor's."""
    keys = spdx.identifiers(expression)
    is_proprietary = any(map(spdx.reference, keys - FAMILIES.keys()))
    return all(
        key in keys or _forms(key, expression) or (key == PROPRIETARY and is_proprietary)
        for key in spdx.identifiers(other)
    )


def _forms(family: str, expression: SpdxExpression) -> list[str]:
    """Return the members of a family in an expression. A key that is not a family has none."""
    return sorted(spdx.identifiers(expression).intersection(FAMILIES.get(family, ())))


def _other_evidence(metadata: PackageMetadata) -> str:
    """Return the text that helps a person to find out an unknown license."""
    files = _first_lines(metadata) or ", ".join(metadata.license_files)
    if metadata.license:
        return "; ".join(filter(None, (_evidence("License", metadata.license), _first_lines(metadata))))
    return _evidence("its metadata names no license but a file", files) if files else "its metadata names no license"


def _from_files(metadata: PackageMetadata) -> DetectedLicense | None:
    """Return the license of the license files, if the title of each of them names one, and no field states anything else."""
    if metadata.license and not _SEE_FILE.fullmatch(metadata.license):
        return None
    titles = [_from_text(text) for _, text in metadata.license_texts if _LICENSE_TEXT.search(text)]
    expressions = [title.expression for title in titles if title and title.expression]
    if not expressions or len(expressions) < len(metadata.license_texts):
        return None
    expression = spdx.combine(expressions, "AND")
    return DetectedLicense(expression=expression, field="license file", evidence=_first_lines(metadata))


def _first_lines(metadata: PackageMetadata) -> str:
    """Return the first line of each license file, after copyright notices."""
    return "; ".join(
        _evidence(name.rpartition("/")[2], next(iter(_lines(text)), text))
        for name, text in metadata.license_texts[:_MAX_FILES]
    )


def _lines(text: str) -> list[str]:
    """Return the lines that are neither blank, nor decoration, nor a copyright notice."""
    lines = (line for line in text.splitlines() if re.search(r"\w", line))
    return [line for line in lines if not _is_copyright_notice(line)]


def _from_text(text: str) -> DetectedLicense | None:
    """Return the license in the field License. A complete license text counts by its title, with all other titles in it.

    All lines of any other text are read together, because later ones may limit the first. Copyright notices are ignored.
    """
    lines = _lines(text)
    if _LICENSE_TEXT.search("\n".join(lines[1:])) is None:
        return _from_title(" ".join(lines))
    title = _from_title(_DATE.sub("", " ".join(lines[:2]))) or _from_title(" ".join(lines[:1]))
    names = filter(None, map(license_by_name, lines[1:]))
    return reduce(_combined, filter(None, map(_from_title, dict.fromkeys(names))), title) if title else None


def _from_title(text: str) -> DetectedLicense | None:
    title = " ".join(text.rpartition(" :: ")[2].split())
    evidence = _evidence("License", title)
    if expression := spdx.parse(title):
        return DetectedLicense(expression=expression, field="License", evidence=evidence)
    if expression := _from_names(title):
        return DetectedLicense(expression=expression, field="alias", evidence=evidence)
    return None


def _as_reference(text: str) -> DetectedLicense | None:
    """Return a `LicenseRef-` of one short line that names no known license, so that a policy can accept it."""
    if not text or "\n" in text or len(text) > MAX_LENGTH or _SEE_FILE.fullmatch(text):
        return None
    key = spdx.REFERENCE + "-".join(re.findall(r"[A-Za-z0-9.]+", text))
    return DetectedLicense(expression=spdx.parse(key), field="text", evidence=_evidence("License", text))


def _mentioned(text: str) -> DetectedLicense | None:
    """Return the licenses that a short text mentions, because they may contradict the classifiers."""
    words = text.split() if len(text) <= MAX_LENGTH else []
    spans = (" ".join(words[start:end]) for end in range(1, len(words) + 1) for start in range(max(0, end - 7), end))
    titles = [*filter(None, (_from_title(span.strip(",;.()")) for span in spans))]
    return replace(reduce(_combined, titles), field="text", evidence=_evidence("License", text)) if titles else None


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
