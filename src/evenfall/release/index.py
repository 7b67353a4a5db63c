"""The index that a release goes to: its files, and the address for uploads."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin

import httpx
import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_address
from evenfall.package_index.credentials import index_credentials, index_prefix, split_url
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.package_index.page import ACCEPT, IndexFile, parse_index_page, parse_time
from evenfall.project.index_auth import IndexAuth
from evenfall.project.root import find_locked_root
from evenfall.project.uv_settings import private_index
from evenfall.release.manifest import IndexName

TIMEOUT = 20
"""The number of seconds after which a silent server is given up."""
OPEN_DAYS = 14
"""The days after the first upload of a version during which PyPI takes more files of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexUrls:
    """The addresses of an index: its simple repository API (PEP 503, 691), and the one for uploads, which may contain a password.

    `pages` is the address to which the name and the version of a project are added for its page; empty if the index has no such pages.
    `credentials` are the user name and the password in uv's variables or in the address, and `auth` sends any that uv finds.
    """

    name: str
    simple: str
    upload: str = field(repr=False)
    pages: str = ""
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    auth: httpx.Auth | None = field(default=None, repr=False, compare=False)

    @property
    def is_public(self) -> bool:
        """Whether the index is PyPI or TestPyPI itself, not a private index with that name."""
        return self in {PYPI, TESTPYPI}

    def page(self, project: str, version: str) -> str:
        """Return the address of the page of a version, or that of its files if the index has no such pages."""
        name = canonicalize_name(project)
        return f"{self.pages}{name}/{version}/" if self.pages else f"{self.simple.rstrip('/')}/{name}/"


PYPI = IndexUrls(
    name="pypi",
    simple="https://pypi.org/simple/",
    upload="https://upload.pypi.org/legacy/",
    pages="https://pypi.org/project/",
)
TESTPYPI = IndexUrls(
    name="testpypi",
    simple="https://test.pypi.org/simple/",
    upload="https://test.pypi.org/legacy/",
    pages="https://test.pypi.org/project/",
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


class AccessDeniedError(EvenfallError):
    """An index does not accept the credentials, or needs some."""


def is_temporary(error: EvenfallError) -> bool:
    """Return whether the index may answer later, because neither credentials nor the configuration are wrong."""
    return error.exit_code == Exit.UNKNOWN and not isinstance(error, AccessDeniedError)


class SimpleIndex:
    """An index with the simple repository API. It asks for pages that no cache holds."""

    def __init__(self, urls: IndexUrls) -> None:
        self.urls = urls

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        """Return the files of a project, as `Index` does. Raises `AccessDeniedError` (unknown) if a password is missing or wrong."""
        url = f"{self.urls.simple.rstrip('/')}/{canonicalize_name(project)}/"
        headers = {"Accept": ACCEPT, "Cache-Control": "no-cache"}
        try:
            with new_client(seconds=TIMEOUT, auth=self.urls.auth) as client, open_url(client, url, headers) as response:
                content, address = response.read(), str(response.url)
        except HttpError as error:
            if error.status == 404:
                return None
            if error.status in {401, 403}:
                prefix = index_prefix(self.urls.name)
                hint = f"set {prefix}_USERNAME and {prefix}_PASSWORD"
                raise AccessDeniedError(_message(url, error), hint=hint, exit_code=Exit.UNKNOWN) from error
            raise _unknown(url, error) from error
        files = parse_index_page(content).files
        if not files and not _is_empty_page(content):
            raise _unknown(url, "the answer is not a page of the simple repository API")
        return tuple(msgspec.structs.replace(file, url=urljoin(address, file.url)) for file in files)


def sha256_on_index(file: IndexFile, urls: IndexUrls) -> str:
    """Return the SHA-256 of a file on an index, which is downloaded if the index does not state it.

    Raises `EvenfallError` (unknown) if it can't be downloaded.
    """
    if stated := file.hashes.get("sha256"):
        return stated.lower()
    digest = hashlib.sha256()
    try:
        with new_client(seconds=TIMEOUT, auth=urls.auth) as client, open_url(client, file.url) as response:
            for piece in response.iter_raw():
                digest.update(piece)
    except HttpError as error:
        raise _unknown(file.url, error) from error
    return digest.hexdigest()


def _unknown(url: str, reason: object) -> EvenfallError:
    return EvenfallError(_message(url, reason), hint="try again later", exit_code=Exit.UNKNOWN)


def _message(url: str, reason: object) -> str:
    return f"inconclusive: {shown_address(url)}: {reason}"


def _is_empty_page(content: bytes) -> bool:
    """Return whether a page without files is really one: JSON with an empty list, or an HTML document."""
    try:
        page = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return b"<html" in content.lower()
    return isinstance(page, Mapping) and page.get("files") == []


def first_upload(files: Iterable[IndexFile]) -> datetime.datetime | None:
    """Return the time of the first upload of some files, or None if there is no file, or if the index does not state the times."""
    return min((time for file in files if (time := parse_time(file.upload_time))), default=None)


def index_urls(root: Path, name: IndexName, environ: Mapping[str, str] = os.environ) -> IndexUrls:
    """Return the addresses of an index: those of `[[tool.uv.index]]` with that name and a `publish-url`, or else the public ones.

    https://docs.astral.sh/uv/guides/package/#publishing-your-package

    Raises `EvenfallError` (usage) as `private_index` does.
    """
    index = private_index(root, name)
    auth = IndexAuth(find_locked_root(root), environ)
    if index is None:
        return replace(PYPI if name == "pypi" else TESTPYPI, auth=auth)
    simple, credentials = split_url(index.url)
    credentials = index_credentials(name, environ) or credentials
    return IndexUrls(name=name, simple=simple, upload=index.publish_url, credentials=credentials, auth=auth)


def index_of_event(environ: Mapping[str, str] = os.environ) -> IndexName:
    """Return the index that a workflow run publishes to: TestPyPI if a person started the run, else PyPI. PyPI outside of GitHub."""
    return "testpypi" if environ.get("GITHUB_EVENT_NAME") == "workflow_dispatch" else "pypi"
