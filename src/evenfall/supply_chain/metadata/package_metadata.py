"""The core metadata of a distribution: https://packaging.python.org/en/latest/specifications/core-metadata/"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.versions import same_version

MAX_METADATA_BYTES = 1 << 20
"""The number of bytes of a metadata file that are read. Only its header is used, which is at the beginning."""
MAX_FIELDS = 200
"""The maximum number of different fields. The specification has about 40."""


class PackageMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The header fields of one distribution's `METADATA` or `PKG-INFO`, unchanged. A missing field is empty.

    `license` is the legacy free text, `license_expression` the field of PEP 639. `license_texts` are the names and contents of license
    files, which the header does not contain.
    """

    name: str
    version: str
    summary: str = ""
    license_expression: str = ""
    license: str = ""
    license_files: tuple[str, ...] = ()
    license_texts: tuple[tuple[str, str], ...] = ()
    classifiers: tuple[str, ...] = ()
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    home_page: str = ""
    project_urls: tuple[tuple[str, str], ...] = ()

    def describes(self, package: LockedPackage) -> bool:
        """Return whether name and version are those of the locked package. A package may be locked without a version."""
        if canonicalize_name(self.name) != canonicalize_name(package.name):
            return False
        return package.version is None or same_version(self.version, package.version)


class MissingMetadata(msgspec.Struct, frozen=True):
    """The reason why the metadata of a package could not be read."""

    reason: str


class MetadataError(Exception):
    """The metadata of a distribution cannot be read. The text is the reason."""


def parse_metadata(content: bytes) -> PackageMetadata:
    """Parse a metadata file leniently: unknown fields, repeated fields and other encodings than UTF-8 are not errors.

    If a field is repeated that may occur once, the first value counts. Different licenses are combined with AND.
    """
    parsed, unparsed = parse_email(_header(content) + "\n\n")
    fields = _Fields(dict(parsed), unparsed)
    return PackageMetadata(
        name=fields.first_value("name"),
        version=fields.first_value("version"),
        summary=fields.first_value("summary"),
        license_expression=fields.conjunction("license_expression"),
        license=fields.conjunction("license"),
        license_files=fields.all_values("license_files"),
        classifiers=fields.all_values("classifiers"),
        author=fields.first_value("author"),
        author_email=fields.first_value("author_email"),
        maintainer=fields.first_value("maintainer"),
        maintainer_email=fields.first_value("maintainer_email"),
        home_page=fields.first_value("home_page"),
        project_urls=tuple(fields.project_urls()),
    )


def _header(content: bytes) -> str:
    """Return the header without the body, because `packaging` takes too long, or fails, for hostile metadata.

    Its time is quadratic in the number of different fields, so a header with too many of them counts as empty. A body can nest
    messages so deeply that the recursion limit is exceeded.
    """
    text = re.sub(r"\r\n?", "\n", content[:MAX_METADATA_BYTES].decode("utf-8", "replace"))
    header = text.lstrip("\ufeff\n").partition("\n\n")[0]
    fields = {line.partition(":")[0] for line in header.split("\n") if not line.startswith((" ", "\t"))}
    return header if len(fields) <= MAX_FIELDS else ""


class _Fields:
    """The fields that `packaging` parsed, and those that it did not because they are repeated."""

    def __init__(self, parsed: dict[str, Any], unparsed: dict[str, list[str]]) -> None:
        self._parsed, self._unparsed = parsed, unparsed

    def first_value(self, field: str) -> str:
        return next(iter(self._values(field)), "")

    def conjunction(self, field: str) -> str:
        values = self._values(field)
        return " AND ".join(f"({value})" for value in values) if len(values) > 1 else "".join(values)

    def _values(self, field: str) -> tuple[str, ...]:
        values = [self._parsed[field]] if field in self._parsed else self._unparsed.get(field.replace("_", "-"), [])
        return tuple(dict.fromkeys(filter(None, map(_text, values))))

    def all_values(self, field: str) -> tuple[str, ...]:
        return tuple(filter(None, map(_text, self._parsed.get(field, ()))))

    def project_urls(self) -> Iterator[tuple[str, str]]:
        """Yield pairs of label and URL. `packaging` takes a lone URL for a label, and parses none of them if a label is repeated."""
        repeated = (value.partition(",") for value in self._unparsed.get("project-url", ()))
        for label, url in (
            *self._parsed.get("project_urls", {}).items(),
            *((label, url) for label, _, url in repeated),
        ):
            if address := _text(url) or _text(label):
                yield (_text(label) if _text(url) else "", address)


def _text(value: str) -> str:
    """Return a value without the indentation, or the `|` of metadata 1.x, of its continuation lines.

    `UNKNOWN` is what old versions of setuptools wrote for an empty field.
    """
    text = re.sub(r"\n[ \t]*(?:\|)?", "\n", value).strip()
    return "" if text == "UNKNOWN" else text
