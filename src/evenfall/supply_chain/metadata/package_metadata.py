"""What a distribution says of itself: https://packaging.python.org/en/latest/specifications/core-metadata/"""

from __future__ import annotations

import re
from email.message import Message
from email.parser import HeaderParser
from typing import Literal

import msgspec

LIMIT = 1 << 20
"""Bytes of `METADATA` that are looked at; the header is at its begin."""

Evidence = Literal["environment", "folder", "index"]


class PackageMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The header fields of one distribution's `METADATA` or `PKG-INFO`, as it states them; what it leaves out is empty.

    `license` is the free text of old, `license_expression` is PEP 639's. `evidence` is where it was found, `place` the file.
    """

    name: str
    version: str
    summary: str = ""
    license_expression: str = ""
    license: str = ""
    license_files: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    home_page: str = ""
    project_urls: tuple[tuple[str, str], ...] = ()
    evidence: Evidence = "index"
    place: str = ""


class MissingMetadata(msgspec.Struct, frozen=True):
    """The metadata of a package could not be found out, and why."""

    reason: str


def parse(raw: bytes, *, evidence: Evidence, place: str) -> PackageMetadata:
    """Read a header as it comes: old fields, other encodings and doubled fields are no reason to learn nothing.

    Where a field that may stand once is there twice, the first counts.
    """
    text = raw[:LIMIT].decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\ufeff\n")
    header = HeaderParser().parsestr(text.partition("\n\n")[0] + "\n\n")
    return PackageMetadata(
        name=_one(header, "Name"),
        version=_one(header, "Version"),
        summary=_one(header, "Summary"),
        license_expression=_one(header, "License-Expression"),
        license=_one(header, "License"),
        license_files=_many(header, "License-File"),
        classifiers=_many(header, "Classifier"),
        author=_one(header, "Author"),
        author_email=_one(header, "Author-Email"),
        maintainer=_one(header, "Maintainer"),
        maintainer_email=_one(header, "Maintainer-Email"),
        home_page=_one(header, "Home-Page"),
        project_urls=tuple(_labelled(url) for url in _many(header, "Project-URL")),
        evidence=evidence,
        place=place,
    )


def _many(header: Message, field: str) -> tuple[str, ...]:
    """All values of a field; `UNKNOWN` is what setuptools once wrote for none."""
    values = (_unfolded(str(value)) for value in header.get_all(field, ()))
    return tuple(value for value in values if value and value != "UNKNOWN")


def _one(header: Message, field: str) -> str:
    return next(iter(_many(header, field)), "")


def _unfolded(value: str) -> str:
    """A text of several lines without the indent, or the `|` of metadata 1.x, that marks that it goes on."""
    return re.sub(r"\n[ \t]*(?:\|)?", "\n", value).strip()


def _labelled(url: str) -> tuple[str, str]:
    label, comma, address = url.partition(",")
    return (label.strip(), address.strip()) if comma else ("", url)
