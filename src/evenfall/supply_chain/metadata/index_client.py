"""The edge to package indexes: metadata files, and whole distributions where an index has no metadata files.

PEP 658 and 714 define the metadata file of a distribution, `URL.metadata`. A project's page states whether the index has it.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import IO

from packaging.utils import canonicalize_name

from evenfall.package_index.credentials import netrc_auth
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.package_index.page import ACCEPT, IndexFile, is_remote, parse_index_page
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.distribution_archive import check_hash
from evenfall.supply_chain.metadata.package_metadata import MAX_METADATA_BYTES, MetadataError

PAGE_HEADERS = {"Accept": ACCEPT, "Accept-Encoding": "gzip"}
"""Compressed, because the page of a popular project has megabytes. The limit applies to the uncompressed page, block by block."""
MAX_PAGE_BYTES = 16 << 20
"""The maximum number of bytes of a project's page. The largest of PyPI have some megabytes."""
MAX_DISTRIBUTION_BYTES = 256 << 20
"""The maximum number of bytes of a distribution."""
TIMEOUT = 20
"""The number of seconds after which a silent server is given up."""


class IndexClient:
    """HTTP access to package indexes, with the credentials of the user's netrc file, for at most `seconds`."""

    def __init__(self, *, seconds: float = 300, largest: int = MAX_DISTRIBUTION_BYTES) -> None:
        self._deadline = time.monotonic() + seconds
        self._largest = largest
        self._pages: dict[str, Mapping[str, IndexFile]] = {}
        self._client = new_client(seconds=TIMEOUT, auth=netrc_auth())

    def stop(self) -> None:
        """Send no more requests. A request that waits for its response ends by itself."""
        self._deadline = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def metadata_file(self, file: DistributionFile, package: LockedPackage) -> bytes | None:
        """Return a distribution's metadata file, or None if the index has none, or has another distribution than the lock.

        Raises `MetadataError`, also if the content does not have the hash that the index states.
        """
        listed = self._files(package).get(file.name)
        if listed is None or listed.metadata_hashes is None or not _is_same(listed, file):
            return None
        address, mark, query = (file.url or "").partition("#")[0].partition("?")
        url = f"{address}.metadata{mark}{query}"
        content = b"".join(self._chunks(url, MAX_METADATA_BYTES))
        for algorithm, digest in listed.metadata_hashes.items():
            check_hash(io.BytesIO(content), algorithm, digest, name=url)
        return content

    def is_yanked(self, package: LockedPackage) -> bool | None:
        """Return whether the index has yanked a file of a release.

        Return None if it does not list every file with the hash of the lock, or can't be read.
        """
        page = self._files(package)
        files = [listed for file in package.files if (listed := page.get(file.name)) and _is_same(listed, file)]
        return any(listed.is_yanked for listed in files) if files and len(files) == len(package.files) else None

    def download(self, url: str) -> IO[bytes]:
        """Download a distribution to a temporary file, which is deleted when it is closed. Raises `MetadataError`."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            for chunk in self._chunks(url, self._largest):
                file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def _files(self, package: LockedPackage) -> Mapping[str, IndexFile]:
        """Return the files on the project's page by name; none if the page cannot be read, because not every index has pages."""
        registry = package.source.registry
        if registry is None or not is_remote(registry):
            return {}
        url = f"{registry.rstrip('/')}/{canonicalize_name(package.name)}/"
        if url not in self._pages:
            try:
                content = b"".join(self._chunks(url, MAX_PAGE_BYTES, is_page=True))
            except MetadataError:
                content = b""
            self._pages[url] = {file.name: file for file in parse_index_page(content)}
        return self._pages[url]

    def _chunks(self, url: str, limit: int, *, is_page: bool = False) -> Iterator[bytes]:
        """Yield the body of a response, uncompressed if it is a page. Raises `MetadataError` without a body, or over a limit."""
        self._check_deadline(url)
        size = 0
        try:
            with open_url(self._client, url, PAGE_HEADERS if is_page else None) as response:
                for chunk in response.iter_bytes() if is_page else response.iter_raw():
                    self._check_deadline(url)
                    size += len(chunk)
                    if size > limit:
                        raise MetadataError(f"{url}: larger than {limit} bytes")
                    yield chunk
        except HttpError as error:
            raise MetadataError(f"{url}: {error}") from error

    def _check_deadline(self, url: str) -> None:
        if time.monotonic() > self._deadline:
            raise MetadataError(f"{url}: the time limit for downloads is exceeded")


def _is_same(listed: IndexFile, file: DistributionFile) -> bool:
    """Return whether index and lock state the same hash, as far as both state one of the same algorithm."""
    algorithm, _, digest = (file.hash or "").partition(":")
    return listed.hashes.get(algorithm, digest) == digest
