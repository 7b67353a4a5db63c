"""Detect the license of a package from its metadata, with the fields that are the evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import reduce
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.license_evidence import (
    MAX_EVIDENCE_LENGTH,
    NO_LICENSE,
    DetectedLicense,
    combine_fields,
    quote_field,
)
from evenfall.supply_chain.licenses.license_names import FAMILIES, PROPRIETARY, license_by_name, named_references
from evenfall.supply_chain.licenses.license_text import (
    LICENSE_TEXT,
    SEE_FILE,
    license_in_text,
    mentioned_licenses,
    reference_to_text,
    text_lines,
)
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata

CLASSIFIER = "License :: "
_APPROVALS = {"OSI Approved", "DFSG approved"}
"""Classifiers that say nothing about the license itself."""
_NOT_INSTALLED = {
    "docutils": ("GNU General Public License (GPL)", "which applies only to its Emacs mode; no wheel has that")
}
"""Classifiers that state the license of a file in the repository alone, by package, and why they do not count."""
_CHOICE = re.compile(r"\b(dual|tri|triple|multi)[ -]?licen[cs]", re.IGNORECASE)
_MAX_FILES = 3
"""The maximum number of license files in the evidence."""


def detect_license(metadata: PackageMetadata) -> DetectedLicense:
    """Return the license in the fields License-Expression (PEP 639), License, and the classifiers.

    What one field states in addition to the others applies, too, because no field says that there is a choice between them. With an
    invalid License-Expression the license is unknown, even if another field names one.
    """
    declared = metadata.license_expression
    expression = spdx.parse(declared)
    by_expression = DetectedLicense(
        expression=expression, field="License-Expression", evidence=quote_field("License-Expression", declared)
    )
    if declared and not expression:
        return by_expression
    by_classifiers = _from_classifiers(metadata)
    by_text = license_in_text(metadata.license)
    mentioned = None
    if not by_text and (expression or (by_classifiers and by_classifiers.expression != PROPRIETARY)):
        mentioned = mentioned_licenses(metadata.license)
    by_text = by_text or (None if mentioned else reference_to_text(metadata.license))
    known = [field for field in (by_expression, by_text, by_classifiers, mentioned) if field and field.expression]
    if known:
        found = reduce(combine_fields, known)
        lines = _first_lines(metadata)
        return replace(found, evidence=f"{found.evidence}; {lines}") if lines else found
    return _from_files(metadata) or replace(NO_LICENSE, evidence=_other_evidence(metadata))


def needs_license_file(metadata: PackageMetadata) -> bool:
    """Return whether the other fields state no license, or one that only its text explains."""
    expression = detect_license(metadata).expression
    return expression is None or bool(named_references(expression))


def _other_evidence(metadata: PackageMetadata) -> str:
    """Return the text that helps a person to find out an unknown license."""
    lines = _first_lines(metadata)
    if metadata.license:
        return "; ".join(filter(None, (quote_field("License", metadata.license), lines)))
    files = lines or ", ".join(metadata.license_files)
    return quote_field("its metadata names no license but a file", files) if files else "its metadata names no license"


def _from_files(metadata: PackageMetadata) -> DetectedLicense | None:
    """Return the license of the license files, if the title of each of them names one, and no field states anything else."""
    if metadata.license and not SEE_FILE.fullmatch(metadata.license):
        return None
    titles = [license_in_text(text) for _, text in metadata.license_texts if LICENSE_TEXT.search(text)]
    expressions = [title.expression for title in titles if title and title.expression]
    if not expressions or len(expressions) < len(metadata.license_texts):
        return None
    expression = spdx.combine(expressions, "AND")
    return DetectedLicense(expression=expression, field="license file", evidence=_first_lines(metadata))


def _first_lines(metadata: PackageMetadata) -> str:
    """Return the first line of each license file, after copyright notices."""
    return "; ".join(
        quote_field(name.rpartition("/")[2], next(iter(text_lines(text)), text))
        for name, text in metadata.license_texts[:_MAX_FILES]
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
    relation: Literal["AND", "OR"] = "OR" if _CHOICE.search(metadata.license[:MAX_EVIDENCE_LENGTH]) else "AND"
    evidence = quote_field("Classifier", ", ".join(dict.fromkeys(names))) + without
    return DetectedLicense(expression=spdx.combine(exact, relation), field="classifiers", evidence=evidence)
