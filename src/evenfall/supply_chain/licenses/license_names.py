"""The names of licenses that are not SPDX identifiers: full names, abbreviations and classifiers, in one table.

Some names mean a family of licenses: "BSD License" does not state the number of clauses. Such a name is a `LicenseRef-any-…`, and
`FAMILIES` lists the members. The classifiers are those of https://pypi.org/classifiers/, also those that PEP 639 calls ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from evenfall.supply_chain.licenses.spdx import SpdxExpression, identifiers, reference, spdx_list

MAX_LENGTH = 200
"""The maximum number of characters of a name."""

PROPRIETARY = "LicenseRef-Other-Proprietary-License"
FAMILY = "LicenseRef-any-"
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "LicenseRef-any-AFL": ("AFL-1.1", "AFL-1.2", "AFL-2.0", "AFL-2.1", "AFL-3.0"),
    "LicenseRef-any-AGPL": ("AGPL-3.0-only", "AGPL-3.0-or-later"),
    "LicenseRef-any-Artistic": ("Artistic-1.0", "Artistic-1.0-Perl", "Artistic-2.0"),
    "LicenseRef-any-BSD": ("BSD-2-Clause", "BSD-3-Clause"),
    "LicenseRef-any-GPL": ("GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later"),
    "LicenseRef-any-LGPL": (
        "LGPL-2.0-only",
        "LGPL-2.0-or-later",
        "LGPL-2.1-only",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
    ),
    "LicenseRef-any-PSF": ("PSF-2.0", "Python-2.0", "Python-2.0.1"),
    "LicenseRef-any-ZPL": ("ZPL-1.1", "ZPL-2.0", "ZPL-2.1"),
    "LicenseRef-any-public-domain": ("CC0-1.0", "Unlicense"),
}

# In the form that `normalize_name` returns: without the words "the", "license" and "version", and with "3" instead of "v3".
_GNU = {
    f"{name} {written}": f"{key}-{version}-{form}"
    for names, key, versions in (
        (("gpl", "gnu gpl", "gnu general public", "general public"), "GPL", ("2", "3")),
        (("agpl", "gnu agpl", "gnu affero general public", "affero general public"), "AGPL", ("3",)),
        (
            ("lgpl", "gnu lgpl", "gnu lesser general public", "lesser general public", "gnu library general public"),
            "LGPL",
            ("2", "2.1", "3"),
        ),
    )
    for name in names
    for number in versions
    for version in [number if "." in number else f"{number}.0"]
    for form, endings in {"only": ("", " only"), "or-later": ("+", " or later", " or newer", " or greater")}.items()
    for written in {f"{digits}{ending}" for digits in (number, version) for ending in endings}
}
_OTHERS = {
    "0BSD": ("zero clause bsd",),
    "AAL": ("attribution assurance",),
    "Apache-2.0": ("apache", "apache 2", "apache software", "apache software 2.0", "asl 2", "asl 2.0"),
    "BlueOak-1.0.0": ("blue oak model",),
    "BSD-2-Clause": ("2 clause bsd", "simplified bsd", "freebsd", "bsd 2"),
    "BSD-3-Clause": (
        "3 clause bsd",
        "new bsd",
        "modified bsd",
        "revised bsd",
        "bsd 3",
        "bsd new",
        "bsd 3 clause new or revised",
    ),
    "BSL-1.0": ("boost", "boost software 1.0", "boost software"),
    "CC0-1.0": ("cc0", "cc0 1.0 universal", "cc0 1.0 universal public domain dedication"),
    "CDDL-1.0": ("common development and distribution 1.0",),
    "CECILL-2.1": ("cea cnrs inria logiciel libre 2.1",),
    "CECILL-B": ("cecill b free software agreement",),
    "CECILL-C": ("cecill c free software agreement",),
    "CNRI-Python": ("python cnri python",),
    "CPL-1.0": ("common public",),
    "ECL-2.0": ("educational community 2.0",),
    "EPL-1.0": ("eclipse public 1.0",),
    "EPL-2.0": ("eclipse public 2.0",),
    "EUPL-1.0": ("european union public 1.0",),
    "EUPL-1.1": ("european union public 1.1",),
    "EUPL-1.2": ("european union public 1.2",),
    "HPND": ("historical permission notice and disclaimer",),
    "IPL-1.0": ("ibm public",),
    "ISC": ("iscl",),
    "MIT": ("expat", "mit expat", "mit mit"),
    "MIT-0": ("mit no attribution",),
    "MIT-CMU": ("cmu",),
    "MPL-1.0": ("mozilla public 1.0",),
    "MPL-1.1": ("mozilla public 1.1",),
    "MPL-2.0": ("mozilla public 2.0", "mpl 2"),
    "MulanPSL-2.0": ("mulan permissive software 2",),
    "NASA-1.3": ("nasa open source agreement 1.3",),
    "NCSA": ("university of illinois ncsa open source",),
    "NGPL": ("nethack general public",),
    "Nokia": ("nokia open source",),
    "OFL-1.1": ("sil open font 1.1",),
    "OGTSL": ("open group test suite",),
    "OSL-3.0": ("open software 3.0",),
    "PSF-2.0": ("psf 2", "python software foundation 2"),
    "QPL-1.0": ("qt public",),
    "RSCPL": ("ricoh source code public",),
    "SPL-1.0": ("sun public",),
    "UPL-1.0": ("universal permissive",),
    "VSL-1.0": ("vovida software 1.0",),
    "Zlib": ("zlib libpng",),
    "ZPL-2.1": ("zope public 2.1",),
    PROPRIETARY: ("other proprietary", "proprietary", "commercial", "closed source"),
    "LicenseRef-any-AFL": ("academic free",),
    "LicenseRef-any-AGPL": ("agpl", "gnu agpl", "affero gpl"),
    "LicenseRef-any-Artistic": ("artistic",),
    "LicenseRef-any-BSD": ("bsd", "bsd style", "bsd like"),
    "LicenseRef-any-GPL": ("gpl", "gnu gpl", "gnu general public"),
    "LicenseRef-any-LGPL": ("lgpl", "gnu lgpl", "gnu lesser general public", "gnu library or lesser general public"),
    "LicenseRef-any-PSF": ("psf", "psfl", "python", "python software foundation"),
    "LicenseRef-any-ZPL": ("zope public", "zpl"),
    "LicenseRef-any-public-domain": ("public domain",),
}

_IGNORED_WORDS = {"the", "license", "licence", "licensed", "under", "version"}
_ABBREVIATION = re.compile(r"\(([a-z0-9][a-z0-9.+-]*(?: [0-9.]+)?)\)", re.IGNORECASE)


def named_references(expression: SpdxExpression) -> list[str]:
    """Return the `LicenseRef-` licenses of an expression that are not families, but licenses of their own."""
    return sorted(key for key in identifiers(expression) - FAMILIES.keys() if reference(key))


def license_by_name(name: str) -> str | None:
    """Return the identifier of the license, or of the family, with this name; None if the name is not known.

    The name may have an abbreviation in parentheses ("ISC License (ISCL)"). Any other word there may limit the license.
    """
    if len(name) > MAX_LENGTH:
        return None
    parentheses = _ABBREVIATION.search(name)
    if parentheses is None or normalize_name(name) in NAMES:
        return NAMES.get(normalize_name(name))
    before, abbreviation = name[: parentheses.start()], parentheses[1]
    key = NAMES.get(normalize_name(before + name[parentheses.end() :]))
    short_key = NAMES.get(normalize_name(abbreviation))
    if key and short_key:
        return _more_exact(key, short_key)
    is_abbreviation = _abbreviates(abbreviation, before) or (key and abbreviation.casefold() == key.casefold())
    return key if is_abbreviation else None


def _more_exact(key: str, other: str) -> str | None:
    """Return the key that is the other one, or a member of it; None if they contradict each other."""
    if other == key or other in FAMILIES.get(key, ()):
        return other
    return key if key in FAMILIES.get(other, ()) else None


def _abbreviates(abbreviation: str, name: str) -> bool:
    """Return whether the name has the letters of the abbreviation, in this order; of `ALv2`, those before the version."""
    letters = iter(name.casefold())
    stem = re.sub(r"v?[0-9.+-]*$", "", abbreviation.casefold())
    return all(letter in letters for letter in stem if letter.isalpha())


def normalize_name(name: str) -> str:
    """Return a name without its variations: case, hyphens, parentheses, and "the … License, Version …"."""
    name = re.sub(r">= ?(\d[\d.]*)", r"\1+", name.casefold())
    name = re.sub(r"[^a-z0-9.+]+|\.(?!\d)", " ", name)
    name = re.sub(r"(?:(?<=[a-z])v?|\bv)(?=\d)", " ", name)
    return " ".join(word for word in name.split() if word not in _IGNORED_WORDS)


NAMES: Mapping[str, str] = {
    **{normalize_name(key): key for key in spdx_list().licenses.values()},
    **_GNU,
    **{normalize_name(name): key for key, names in _OTHERS.items() for name in names},
}
