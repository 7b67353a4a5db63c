"""The edge to package indexes: metadata files, and whole distributions where an index has no metadata files.

PEP 658 and 714 define the metadata file of a distribution, `URL.metadata`. A project's page states whether the index has it.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

import httpx
from packaging.utils import canonicalize_name

from evenfall.package_index.address import is_remote, shown_address
from evenfall.package_index.http import HttpError, new_client, open_url
from evenfall.package_index.page import ACCEPT, IndexFile, ProjectPage, parse_index_page
from evenfall.project.index_auth import IndexAuth
from evenfall.project.lockfile import DistributionFile, LockedPackage
from evenfall.supply_chain.metadata.distribution_archive import check_hash
from evenfall.supply_chain.metadata.package_metadata import MAX_METADATA_BYTES, MetadataError
from evenfall.supply_chain.metadata.release_status import ReleaseStatus

PAGE_HEADERS = {"Accept": ACCEPT, "Accept-Encoding": "gzip"}
"""Compressed, because the page of a popular project has megabytes. The limit applies to the uncompressed page, block by block."""
MAX_PAGE_BYTES = 16 << 20
"""The maximum number of bytes of a project's page. The largest of PyPI have some megabytes."""
MAX_DISTRIBUTION_BYTES = 256 << 20
"""The maximum number of bytes of a distribution."""
TIMEOUT = 20
"""The number of seconds after which a silent server is given up."""


THREADS = 16

_Answer = TypeVar("_Answer")


def ask_all(
    packages: Sequence[LockedPackage],
    root: Path,
    ask: Callable[[LockedPackage, IndexClient], _Answer],
) -> list[_Answer]:
    """Return the answer for each package, in the same order, asked concurrently. `root` is the lock's folder.

    Raises `EvenfallError` as `IndexClient` does.
    """
    registries = {package.source.registry: None for package in packages if package.source.registry}
    client, pool = IndexClient(root, registries=registries), ThreadPoolExecutor(THREADS)
    try:
        return list(pool.map(lambda package: ask(package, client), packages))
    except BaseException:  # such as KeyboardInterrupt
        client.stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        client.close()


class IndexClient:
    """HTTP access to `registries` with the credentials that uv uses in the folder `root`, for at most `seconds`."""

    def __init__(
        self,
        root: Path,
        *,
        registries: Iterable[str] = (),
        seconds: float = 300,
        largest: int = MAX_DISTRIBUTION_BYTES,
    ) -> None:
        self._deadline = time.monotonic() + seconds
        self._largest = largest
        self._pages: dict[str, ProjectPage | MetadataError] = {}
        self._unreachable: dict[str, str] = {}
        self._client = new_client(seconds=TIMEOUT, auth=IndexAuth(root, registries=registries))

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
        listed = self._listed(package, file)
        if listed is None or listed.metadata_hashes is None:
            return None
        address, mark, query = (file.url or "").partition("#")[0].partition("?")
        url = f"{address}.metadata{mark}{query}"
        content = b"".join(self._chunks(url, MAX_METADATA_BYTES))
        for algorithm, digest in listed.metadata_hashes.items():
            check_hash(io.BytesIO(content), algorithm, digest, name=shown_address(url))
        return content

    def status(self, package: LockedPackage) -> ReleaseStatus:
        """Return what the index of a package says of its project and of its locked files.

        Raises `MetadataError` if the index can't be asked, or if its page has no files and does not say why.
        """
        page = self._page(package)
        listed = {file.name: file for file in page.files}
        found = [listed[file.name] for file in package.files if _is_same(listed.get(file.name), file)]
        if not page.files and page.status == "active":
            raise MetadataError(f"{shown_address(_page_url(package))}: the index does not list any files")
        yanked = [file for file in found if file.is_yanked]
        return ReleaseStatus(
            project=page.status,
            project_reason=page.status_reason,
            is_yanked=bool(yanked),
            yank_reason=next((file.yanked for file in yanked if isinstance(file.yanked, str)), ""),
            is_listed=len(found) == len(package.files),
        )

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

    def _listed(self, package: LockedPackage, file: DistributionFile) -> IndexFile | None:
        """Return a locked file as the project's page lists it; None if the page cannot be read, because not every index has pages."""
        files: tuple[IndexFile, ...] = ()
        with suppress(MetadataError):
            files = self._page(package).files if is_remote(package.source.registry) else ()
        return next((listed for listed in files if listed.name == file.name and _is_same(listed, file)), None)

    def _page(self, package: LockedPackage) -> ProjectPage:
        """Return the project's page, or the one page with the files of all projects (`find-links`). Raises `MetadataError`."""
        registry = package.source.registry or ""
        try:
            return self._read_page(_page_url(package))
        except MetadataError as error:
            is_missing = isinstance(error.__cause__, HttpError) and error.__cause__.status in {403, 404}
            if not is_missing or registry.partition("?")[0].rstrip("/").endswith(
                "/simple"
            ):  # that page has the names of all projects
                raise
            names = {file.name for file in package.files}
            with suppress(MetadataError):
                page = self._read_page(registry)
                if any(file.name in names for file in page.files):
                    return page
            raise

    def _read_page(self, url: str) -> ProjectPage:
        """Return a page, which is read once. Raises `MetadataError`."""
        if url not in self._pages:
            try:
                self._pages[url] = parse_index_page(b"".join(self._chunks(url, MAX_PAGE_BYTES, is_page=True)))
            except MetadataError as error:
                self._pages[url] = error
        page = self._pages[url]
        if isinstance(page, MetadataError):
            raise page
        return page

    def _chunks(self, url: str, limit: int, *, is_page: bool = False) -> Iterator[bytes]:
        """Yield the body of a response, uncompressed if it is a page. Raises `MetadataError` without a body, or over a limit.

        A server that could not be reached is not asked again.
        """
        shown = shown_address(url)
        server = "/".join(url.split("/", 3)[:3])
        self._check_deadline(shown)
        if reason := self._unreachable.get(server):
            raise MetadataError(f"{shown}: {reason}")
        size = 0
        try:
            with open_url(self._client, url, PAGE_HEADERS if is_page else None) as response:
                for chunk in response.iter_bytes() if is_page else response.iter_raw():
                    self._check_deadline(shown)
                    size += len(chunk)
                    if size > limit:
                        raise MetadataError(f"{shown}: larger than {limit} bytes")
                    yield chunk
        except HttpError as error:
            if isinstance(error.__cause__, httpx.ConnectError | httpx.TimeoutException):
                self._unreachable[server] = str(error)
            raise MetadataError(f"{shown}: {error}") from error

    def _check_deadline(self, shown: str) -> None:
        if time.monotonic() > self._deadline:
            raise MetadataError(f"{shown}: the time limit for downloads is exceeded")


def _page_url(package: LockedPackage) -> str:
    """Return the address of a project's page, which keeps the query of the index, because it may be a token."""
    address, mark, query = (package.source.registry or "").partition("?")
    return f"{address.rstrip('/')}/{canonicalize_name(package.name)}/{mark}{query}"


def _is_same(listed: IndexFile | None, file: DistributionFile) -> bool:
    """Return whether the index lists a file with the hash of the lock, as far as both state one of the same algorithm."""
    algorithm, _, digest = (file.hash or "").partition(":")
    return listed is not None and listed.hashes.get(algorithm, digest) == digest
