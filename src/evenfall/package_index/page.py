"""A project's page of a package index: https://packaging.python.org/en/latest/specifications/simple-repository-api/"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import unquote

import msgspec
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class IndexFile(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A file of an index, as a page in JSON describes it. `url` may be relative to the page.

    `upload_time` (PEP 700) is as the index writes it, and `provenance` (PEP 740) is a URL. A yanked file (PEP 592) is installed only if its
    exact version is required; the index may state the reason instead of `True`.
    """

    name: str = msgspec.field(name="filename")
    url: str = ""
    hashes: Mapping[str, str] = {}
    upload_time: str | None = None
    provenance: str | None = None
    yanked: bool | str | None = None
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None  # the name of the key before PEP 714

    @property
    def metadata_hashes(self) -> Mapping[str, str] | None:
        """The hashes of the metadata file (PEP 658), or None if the index has no metadata file."""
        value = self.dist_info_metadata if self.core_metadata is None else self.core_metadata
        return value if isinstance(value, dict) else {} if value else None

    @property
    def is_yanked(self) -> bool:
        """Whether the index has yanked the file."""
        return self.yanked not in {None, False}


class ProjectPage(msgspec.Struct, frozen=True, kw_only=True):
    """What an index says of a project: its files, its status (PEP 792), and the reason for it, which may be empty."""

    files: tuple[IndexFile, ...] = ()
    status: str = "active"
    status_reason: str = ""


class _JsonStatus(msgspec.Struct, frozen=True):
    status: str | None = None
    reason: str | None = None


class _JsonPage(msgspec.Struct, frozen=True, rename="kebab"):
    files: tuple[IndexFile, ...]
    project_status: _JsonStatus | None = None


def parse_index_page(content: bytes) -> ProjectPage:
    """Parse a page in JSON (PEP 691) or HTML (PEP 503). An invalid page has no files, and the status of its project is active."""
    try:
        if content.lstrip().startswith(b"{"):
            page = msgspec.json.decode(content, type=_JsonPage)
            status = page.project_status or _JsonStatus()
            return ProjectPage(files=page.files, status=status.status or "active", status_reason=status.reason or "")
        links = _Links()
        links.feed(content.decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError, AssertionError):  # HTMLParser asserts that declarations are valid
        return ProjectPage()
    meta = links.meta
    return ProjectPage(
        files=tuple(links.files),
        status=meta.get("pypi:project-status", "active"),
        status_reason=meta.get("pypi:project-status-reason", ""),
    )


def parse_time(text: str | None) -> datetime.datetime | None:
    """Return a time such as that of an upload (PEP 700), in UTC without a time zone, or None if it is missing or invalid."""
    try:
        time = datetime.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def parse_file_name(name: str) -> tuple[NormalizedName, Version] | None:
    """Return the project and the version of a wheel or an sdist, or None for another file."""
    try:
        return parse_wheel_filename(name)[:2] if name.endswith(".whl") else parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def version_of_file(name: str) -> Version | None:
    """Return the version of a wheel or an sdist by its name, or None for another file."""
    parsed = parse_file_name(name)
    return parsed[1] if parsed else None


class _Links(HTMLParser):
    """The links and the named metadata of a page in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[IndexFile] = []
        self.meta: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add the file that a link leads to, or the content of a `meta` element."""
        attributes = dict(attrs)
        if tag == "meta":
            self.meta.setdefault(attributes.get("name") or "", attributes.get("content") or "")
        address, _, fragment = (attributes.get("href") or "").partition("#")
        if tag == "a" and address:
            metadata = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
            yanked = attributes.get("data-yanked") or True if "data-yanked" in attributes else None
            self.files.append(
                IndexFile(
                    name=unquote(address.partition("?")[0].rpartition("/")[2]),
                    url=address,
                    hashes=_hash(fragment),
                    core_metadata=None if metadata is None else _hash(metadata) or True,
                    yanked=yanked,
                )
            )


def _hash(text: str) -> dict[str, str]:
    """Return the hash in a text such as `sha256=…`. The text `true`, which means that the file exists, contains none."""
    algorithm, _, digest = text.partition("&")[0].partition("=")
    return {algorithm: digest} if digest else {}
