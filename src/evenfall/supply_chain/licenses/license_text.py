"""The license that a text names: the field License, a title, or a whole license text."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import reduce

from evenfall.supply_chain.licenses import spdx
from evenfall.supply_chain.licenses.license_evidence import DetectedLicense, combine_fields, quote_field
from evenfall.supply_chain.licenses.license_names import MAX_LENGTH, license_by_name
from evenfall.supply_chain.licenses.spdx import SpdxExpression

LICENSE_TEXT = re.compile(
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
_DATE = re.compile(r",? (\d+ )?[A-Z][a-z]{2,8} (19|20)\d\d$")
"""The date after the version of a license."""
SEE_FILE = re.compile(
    r"(\w+://\S+|\W|\b(see|the|in|for|details|files?|(dual |multi)?licen[cs]ed?|copying|txt|md|rst)\b)*", re.IGNORECASE
)
"""A text that only names a license file, or says that there are several licenses."""
_PAGE = re.compile(
    r"https?://(?:www\.)?(?:opensource\.org/licenses?|spdx\.org/licenses)/([\w.+-]+?)(?:\.html|\.php)?/?", re.IGNORECASE
)
"""The page of a license, whose last part is its SPDX identifier."""
_LIMITS = re.compile(
    r"\bnon-?commercial\b|\bmilitary\b|\bcommons clause\b|\bevaluation\b|\bacademic (use|purpose)|\brestrictions$",
    re.IGNORECASE,
)
"""Words that limit a license in a remark, or in a short license text such as that of the MIT License."""
_MAX_SHORT_TEXT = 4000
"""The maximum number of characters of such a text. The GPL, which has the word "noncommercial", is longer."""


def license_in_text(text: str) -> DetectedLicense | None:
    """Return the license that a text names. A complete license text counts by its title, with all other titles in it.

    All lines of any other text are read together, because later ones may limit the first. Copyright notices are ignored.
    """
    if len(text) < _MAX_SHORT_TEXT and _LIMITS.search(text):
        return None
    lines = text_lines(text)
    if LICENSE_TEXT.search("\n".join(lines[1:])) is None:
        return _from_title(" ".join(lines))
    title = _from_title(_DATE.sub("", " ".join(lines[:2]))) or _from_title(" ".join(lines[:1]))
    names = filter(None, map(license_by_name, lines[1:]))
    return reduce(combine_fields, filter(None, map(_from_title, dict.fromkeys(names))), title) if title else None


def _from_title(text: str) -> DetectedLicense | None:
    title = " ".join(text.rpartition(" :: ")[2].split())
    evidence = quote_field("License", title)
    if expression := spdx.parse(title):
        return DetectedLicense(expression=expression, field="License", evidence=evidence)
    if expression := _from_names(title):
        return DetectedLicense(expression=expression, field="alias", evidence=evidence)
    return None


def reference_to_text(text: str) -> DetectedLicense | None:
    """Return a `LicenseRef-` of one short line that names no known license, so that a policy can accept it."""
    if "\n" in text or len(text) > MAX_LENGTH or SEE_FILE.fullmatch(text) or not text_lines(text):
        return None
    key = spdx.REFERENCE + "-".join(re.findall(r"[A-Za-z0-9.]+", text))
    return DetectedLicense(expression=spdx.parse(key), field="text", evidence=quote_field("License", text))


def mentioned_licenses(text: str) -> DetectedLicense | None:
    """Return the licenses that a short text without limits mentions, because they may contradict the classifiers."""
    words = text.split() if len(text) <= MAX_LENGTH and not _LIMITS.search(text) else []
    spans = (" ".join(words[start:end]) for end in range(1, len(words) + 1) for start in range(max(0, end - 7), end))
    if titles := [*filter(None, (_from_title(span.strip(",;.()")) for span in spans))]:
        return replace(reduce(combine_fields, titles), field="text", evidence=quote_field("License", text))
    return None


def _from_names(title: str) -> SpdxExpression | None:
    """Return the license for a name, or for names with "and", "or" or "/" between them: `BSD or Apache License, Version 2.0`.

    A list with commas alone does not say that there is a choice, so all of its licenses apply.
    """
    if key := license_by_name(title):
        return SpdxExpression(key)
    if (page := _PAGE.fullmatch(title)) and (key := license_by_name(page[1])):
        return SpdxExpression(key)
    names = title.split(",")
    if len(keys := [*filter(None, map(license_by_name, names))]) == len(names):
        return spdx.combine(keys, "AND")
    return spdx.parse(title.replace(",", " ").replace("/", " or "), names=license_by_name)


def text_lines(text: str) -> list[str]:
    """Return the lines that are neither blank, nor decoration, nor a copyright notice."""
    lines = (line for line in text.splitlines() if re.search(r"\w", line))
    return [line for line in lines if not _is_copyright_notice(line)]


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
