"""A project's page of a package index: https://packaging.python.org/en/latest/specifications/simple-repository-api/"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import unquote

import msgspec

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class IndexFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an index: its hashes by algorithm, and those of its metadata file (PEP 658), or None if the index has none."""

    name: str
    hashes: Mapping[str, str]
    metadata_hashes: Mapping[str, str] | None


class _JsonFile(msgspec.Struct, frozen=True, rename="kebab"):
    filename: str
    hashes: dict[str, str] = {}
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None  # the name of the key before PEP 714


class _JsonPage(msgspec.Struct, frozen=True):
    files: tuple[_JsonFile, ...]


def is_remote(location: str | None) -> bool:
    """Return whether a location is on a server. A registry, like a distribution, can also be in a folder of this machine."""
    return (location or "").startswith(("http://", "https://"))


def parse_index_page(content: bytes) -> tuple[IndexFile, ...]:
    """Parse a page in JSON (PEP 691) or HTML (PEP 503). An invalid page has no files."""
    try:
        return _parse_json(content) if content.lstrip().startswith(b"{") else _parse_html(content)
    except (msgspec.DecodeError, RecursionError, AssertionError):  # HTMLParser asserts that declarations are valid
        return ()


def _parse_json(content: bytes) -> tuple[IndexFile, ...]:
    return tuple(
        IndexFile(
            name=file.filename,
            hashes=file.hashes,
            metadata_hashes=_hashes(file.dist_info_metadata if file.core_metadata is None else file.core_metadata),
        )
        for file in msgspec.json.decode(content, type=_JsonPage).files
    )


def _parse_html(content: bytes) -> tuple[IndexFile, ...]:
    links = _Links()
    links.feed(content.decode("utf-8", "replace"))
    return tuple(links.files)


def _hashes(stated: bool | dict[str, str] | None) -> dict[str, str] | None:
    return stated if isinstance(stated, dict) else {} if stated else None


class _Links(HTMLParser):
    """The links of a page in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[IndexFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add the file that a link leads to."""
        attributes = dict(attrs)
        address, _, fragment = (attributes.get("href") or "").partition("#")
        if tag == "a" and address:
            stated = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
            name = unquote(address.partition("?")[0].rpartition("/")[2])
            metadata_hashes = None if stated is None else _hash(stated)
            self.files.append(IndexFile(name=name, hashes=_hash(fragment), metadata_hashes=metadata_hashes))


def _hash(text: str) -> dict[str, str]:
    """Return the hash in a text such as `sha256=…`. There is none in `true`, which only states that the file exists."""
    algorithm, _, digest = text.partition("&")[0].partition("=")
    return {algorithm: digest} if digest else {}
