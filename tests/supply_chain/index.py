"""A package index on loopback: the pages of projects, metadata files and distributions."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from packaging.utils import canonicalize_name

from evenfall.project.lockfile import DistributionFile

PageFormat = Literal["json", "html", "none"]


@dataclass
class Index:
    """The files of an index by name, how it serves them, and the paths that were requested."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    metadata_files: dict[str, bytes] = field(default_factory=dict)
    metadata_hashes: dict[str, str] = field(default_factory=dict)
    yanked: dict[str, str] = field(default_factory=dict)
    project_status: dict[str, tuple[str, str]] = field(default_factory=dict)
    pages: PageFormat = "json"
    status: int | None = None
    password: str = ""
    query: str = ""
    requests: list[str] = field(default_factory=list)
    on_request: Callable[[], object] = int
    sent: int = 0

    @property
    def registry(self) -> str:
        """The URL that a lock states as the registry."""
        return f"{self.url}/simple"

    def add(self, name: str, content: bytes, *, metadata: str | None = None) -> DistributionFile:
        """Serve a distribution, and its metadata file if one is given; return what a lock states of it."""
        self.files[name] = content
        if metadata is not None:
            self.metadata_files[name] = metadata.encode()
            self.metadata_hashes[name] = hashlib.sha256(metadata.encode()).hexdigest()
        return DistributionFile(
            url=f"{self.url}/{name}{self.query}", hash=f"sha256:{sha256(content)}", size=len(content)
        )

    def content(self, path: str) -> bytes | None:
        """Return what the index has at a path."""
        if path.startswith("simple/"):
            return None if self.pages == "none" else self._page(path.removeprefix("simple/").removesuffix("/"))
        if path.endswith(".metadata"):
            return self.metadata_files.get(path.removesuffix(".metadata"))
        return self.files.get(path)

    def _page(self, project: str) -> bytes:
        """Return the page of a project: the files whose name begins with the project's."""
        files = {name: sha256(content) for name, content in self.files.items() if _project(name) == project}
        status = self.project_status.get(project, ("active", ""))
        return self._json_page(files, status) if self.pages == "json" else self._html_page(files, status)

    def _json_page(self, files: dict[str, str], status: tuple[str, str]) -> bytes:
        listed = [
            {
                "filename": name,
                "url": f"{self.url}/{name}{self.query}",
                "hashes": {"sha256": digest},
                "core-metadata": stated,
                "yanked": self.yanked.get(name, False) or name in self.yanked,
            }
            for name, digest in files.items()
            for stated in [{"sha256": self.metadata_hashes[name]} if name in self.metadata_hashes else False]
        ]
        stated_status = dict(zip(("status", "reason"), status, strict=True))
        return json.dumps({"meta": {"api-version": "1.4"}, "files": listed, "project-status": stated_status}).encode()

    def _html_page(self, files: dict[str, str], status: tuple[str, str]) -> bytes:
        links = [
            f'<a href="../../{name}#sha256={digest}"{attribute}>{name}</a>'
            for name, digest in files.items()
            for stated in [self.metadata_hashes.get(name)]
            for yanked in [f' data-yanked="{self.yanked[name]}"' if name in self.yanked else ""]
            for attribute in [(f' data-core-metadata="sha256={stated}"' if stated else "") + yanked]
        ]
        names = ("pypi:project-status", "pypi:project-status-reason")
        meta = "".join(f'<meta name="{name}" content="{content}">' for name, content in zip(names, status, strict=True))
        return f"<!DOCTYPE html><html><head>{meta}</head><body>{'<br/>'.join(links)}</body></html>".encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _project(file_name: str) -> str:
    return canonicalize_name(file_name.partition("-")[0])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        path, index = self.path.removeprefix("/"), self.server.index
        index.requests.append(path)
        index.on_request()
        content = index.content(path.partition("?")[0])
        if index.password and self.headers.get("Authorization") != index.password:
            self.respond(401, b"")
        elif index.status or content is None:
            self.respond(index.status or 404, b"")
        else:
            self.respond(200, content)

    def respond(self, status: int, content: bytes) -> None:
        is_compressed = "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzip.compress(content) if is_compressed else content
        self.server.index.sent += len(body)
        self.send_response(status)
        if is_compressed:
            self.send_header("Content-Encoding", "gzip")
        if self.path.partition("?")[0].endswith("/"):
            kind = "application/vnd.pypi.simple.v1+json" if self.server.index.pages == "json" else "text/html"
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class _Server(ThreadingHTTPServer):
    index: Index

    def handle_error(self, *_: object) -> None:
        """Print nothing if a client closes the connection."""


@contextmanager
def serving() -> Iterator[Index]:
    """Give an index on a free port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.index = Index(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def metadata(name: str, version: str = "1.0", license: str = "MIT") -> str:
    return f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: {license}\n\nLong words.\n"


def wheel(name: str, text: str | None = None, *, padding: int = 0) -> bytes:
    """Return the parts of a wheel that are read; `padding` is the size of its largest file."""
    return zipped(
        {f"{name}/data.bin": b"\0" * padding, f"{name}-1.0.dist-info/METADATA": (text or metadata(name)).encode()}
    )


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content, compression)  # the same bytes at any time
    return written.getvalue()


def sdist(name: str, text: str | None = None, *, prefix: str = "") -> bytes:
    """Return the parts of an sdist that are read, with the `PKG-INFO` of a vendored package in a deeper folder."""
    files = {f"{name}-1.0/vendored/PKG-INFO": metadata("vendored", license="GPL-3.0-only").encode()}
    if text is not None:
        files[f"{name}-1.0/PKG-INFO"] = text.encode()
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(prefix + path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()
