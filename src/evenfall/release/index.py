"""The index that a release goes to: its files, and the address for uploads."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urljoin

import httpx
import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.credentials import netrc_auth
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.package_index.page import ACCEPT, IndexFile, parse_index_page
from evenfall.project.pyproject import Pyproject
from evenfall.release.manifest import IndexName
from evenfall.text import without_password

TIMEOUT = 20
"""The number of seconds after which a silent server is given up."""


class IndexUrls(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of an index: its simple repository API (PEP 503, 691), and the one for uploads."""

    name: str
    simple: str
    upload: str
    project_page: str = ""


PYPI = IndexUrls(
    name="pypi",
    simple="https://pypi.org/simple/",
    upload="https://upload.pypi.org/legacy/",
    project_page="https://pypi.org/project/",
)
TESTPYPI = IndexUrls(
    name="testpypi",
    simple="https://test.pypi.org/simple/",
    upload="https://test.pypi.org/legacy/",
    project_page="https://test.pypi.org/project/",
)


class Index(Protocol):
    """A package index. Another kind of index, such as one with staged uploads (PEP 694), can take the place of `SimpleIndex`."""

    @property
    def urls(self) -> IndexUrls:
        """The addresses that uv uses."""

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        """Return the files of a project with absolute URLs, or None if the index does not have the project.

        Raises `EvenfallError` (unknown) if the index can't be asked, or if its answer can't be understood.
        """


class SimpleIndex:
    """An index with the simple repository API. It asks for pages that no cache holds.

    `credentials` are a user name and a password; without them, those of the user's netrc file are used.
    """

    def __init__(self, urls: IndexUrls, *, credentials: tuple[str, str] | None = None) -> None:
        self.urls = urls
        self._auth = httpx.BasicAuth(*credentials) if credentials else None

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        """Return the files of a project, as `Index` does."""
        url = f"{self.urls.simple.rstrip('/')}/{canonicalize_name(project)}/"
        headers = {"Accept": ACCEPT, "Cache-Control": "no-cache"}
        client = new_client(seconds=TIMEOUT, auth=self._auth or netrc_auth())
        try:
            with client, open_url(client, url, headers) as response:
                content, address = response.read(), str(response.url)
        except HttpError as error:
            if error.status == 404:
                return None
            raise self._unknown(url, str(error)) from error
        files = parse_index_page(content)
        if not files and not _is_empty_page(content):
            raise self._unknown(url, "the answer is not a page of the simple repository API")
        return tuple(msgspec.structs.replace(file, url=urljoin(address, file.url)) for file in files)

    def _unknown(self, url: str, reason: str) -> EvenfallError:
        return EvenfallError(
            f"inconclusive: {without_password(url)}: {reason}", hint="try again later", exit_code=Exit.UNKNOWN
        )


def _is_empty_page(content: bytes) -> bool:
    """Return whether a page without files is really one: JSON with an empty list, or an HTML document."""
    try:
        page = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return b"<html" in content.lower()
    return isinstance(page, Mapping) and page.get("files") == []


def upload_time(file: IndexFile) -> datetime.datetime | None:
    """Return the time of an upload, or None if the index does not state it (PEP 700)."""
    try:
        time = datetime.datetime.fromisoformat(file.upload_time)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def index_urls(pyproject: Pyproject, name: IndexName) -> IndexUrls:
    """Return the addresses of an index: those of `[[tool.uv.index]]` with that name and a `publish-url`, or else the public ones.

    https://docs.astral.sh/uv/guides/package/#publishing-your-package
    """
    for index in pyproject.uv_indexes:
        if index.name == name and index.publish_url:
            return IndexUrls(name=name, simple=index.url, upload=index.publish_url)
    return PYPI if name == "pypi" else TESTPYPI


def index_of_event(environ: Mapping[str, str] = os.environ) -> IndexName:
    """Return the index that a workflow run publishes to: TestPyPI if a person started the run, else PyPI. PyPI outside of GitHub."""
    return "testpypi" if environ.get("GITHUB_EVENT_NAME") == "workflow_dispatch" else "pypi"
