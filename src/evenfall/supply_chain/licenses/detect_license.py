"""Under which license a package is: what its metadata say of it, and how sure that is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.license_names import FAMILIES, named
from evenfall.supply_chain.licenses.spdx import Expression, License
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata

Source = Literal["License-Expression", "License", "alias", "classifiers", "none"]
CLASSIFIER = "License :: "
_SHOWN = 120
_NO_LICENSES = {"OSI Approved", "DFSG approved"}
_CHOICE = re.compile(r"\b(dual|tri|triple|multi)[ -]?licen[cs]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedLicense:
    """The license of a package, or `None` where it is unknown; from which field it is, and what that field says.

    `alias` is the field `License` too, where it has a name and no SPDX identifier.
    """

    expression: Expression | None
    source: Source
    evidence: str


_IS_TEXT = re.compile(
    r"hereby grant|permission to use|redistribution and use|terms and conditions|everyone is permitted"
    r"|provided [\"']?as[ -]is",
    re.IGNORECASE,
)
"""What the text of a license says, and a remark on one does not."""
_MARK = re.compile(r"\s*(copyright|\(c\)|©|all rights reserved)", re.IGNORECASE)
_NOTICE = 200
"""Characters that a notice has at most."""
_SMALL_WORDS = re.compile(
    r"affiliates|all?|and|authors?|by|c|contributors?|copyright|corp|de[nr]?|developers|du|et|for|foundation|from|in|inc|individual"
    r"|its|l[ae]|llc|ltd|of|or|others|present|project|reserved|respective|rights|see|team|the|to|van|von",
    re.IGNORECASE,
)
"""What may stand between names in a notice."""


def _is_notice(line: str) -> bool:
    """Whether a line says whose it is, and no more: years, names, addresses. Any other word may speak of a license."""
    if not _MARK.match(line) or len(line) > _NOTICE:
        return False
    told = [word for word in line.split() if "@" not in word and "://" not in word]
    words = [word for each in told for word in re.findall(r"[^\W_](?:[\w.-]*[\w+])?", each)]
    return all(_SMALL_WORDS.fullmatch(word) or (not word[0].islower() and not _names_license(word)) for word in words)


def _names_license(word: str) -> bool:
    """`Python` does, but mostly it is a part of a name."""
    return word.lower().startswith(("licen", "under", "except")) or (
        word != "Python" and spdx.parse(word, also=named) is not None
    )


def detect_license(metadata: PackageMetadata) -> DetectedLicense:
    """The first of these that says a license: License-Expression (PEP 639), License as SPDX, License as a name, the classifiers."""
    declared = metadata.license_expression
    if declared:
        return DetectedLicense(
            expression=spdx.parse(declared), source="License-Expression", evidence=_said("License-Expression", declared)
        )
    by_text = _by_text(metadata.license)
    by_classifiers = _by_classifiers(metadata)
    if by_text and by_classifiers and _says_which(by_classifiers, by_text):
        return by_classifiers
    return by_text or by_classifiers or DetectedLicense(expression=None, source="none", evidence=_nothing(metadata))


def _nothing(metadata: PackageMetadata) -> str:
    """What there is instead of a license, for who will look."""
    if metadata.license:
        return _said("License", metadata.license)
    files = ", ".join(metadata.license_files)
    return _said("its metadata name no license but a file", files) if files else "its metadata name no license"


def _by_text(text: str) -> DetectedLicense | None:
    """A whole license as text counts by its title; any other lines are read together, for they may limit the first.

    Notices of copyright say nothing of it.
    """
    lines = [line for line in text.splitlines() if line.strip() and not _is_notice(line)]
    is_whole = _IS_TEXT.search("\n".join(lines[1:])) is not None
    title = " ".join(" ".join(lines[:1] if is_whole else lines).split())
    expression = spdx.parse(title)
    source: Source = "License"
    if expression is None:
        expression, source = _by_names(title), "alias"
    if expression is None:
        return None
    return DetectedLicense(expression=expression, source=source, evidence=_said("License", title))


def _by_names(title: str) -> Expression | None:
    """A name, or names with "and" or "or" between them: `BSD or Apache License, Version 2.0`."""
    whole = named(title)
    if whole:
        return License(whole)
    words = title.replace(",", " ").replace("/", " or ")
    return spdx.parse(words, also=named)


def _by_classifiers(metadata: PackageMetadata) -> DetectedLicense | None:
    """All of the classifiers at once, for they do not say that there is a choice; a choice where License speaks of one.

    One that names no license, like "Other/Proprietary License", stays as a `LicenseRef-`: what it asks for is not known.
    """
    leaves = [name.rpartition(" :: ")[2] for name in metadata.classifiers if name.startswith(CLASSIFIER)]
    leaves = [leaf for leaf in leaves if leaf not in _NO_LICENSES]
    keys = [named(leaf) or spdx.REFERENCE + re.sub(r"[^A-Za-z0-9.]+", "-", leaf).strip("-") for leaf in leaves]
    meant = [License(key) for key in keys if not set(FAMILIES.get(key, ())) & set(keys)]
    if not meant:
        return None
    together = spdx.any_of if _CHOICE.search(metadata.license[:_SHOWN]) else spdx.every
    return DetectedLicense(
        expression=together(meant), source="classifiers", evidence=_said("Classifier", ", ".join(dict.fromkeys(leaves)))
    )


def _says_which(classified: DetectedLicense, stated: DetectedLicense) -> bool:
    """Whether the classifiers are what License means, and more exactly: `GPL`, and "GNU General Public License v2 or later"."""
    assert classified.expression is not None
    assert stated.expression is not None
    exact = {license.key for license in spdx.licenses(classified.expression)}
    loose = {license.key for license in spdx.licenses(stated.expression)}
    members = {member for family in loose for member in FAMILIES.get(family, ())}
    return bool(exact & members) and exact <= members | (loose - FAMILIES.keys())


def _said(field: str, value: str) -> str:
    """A field and what it says, in one line, cut where it is long."""
    line = " ".join(value.split())
    return f"{field}: {line if len(line) <= _SHOWN else line[:_SHOWN] + '…'}"
