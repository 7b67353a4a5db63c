"""An index's file server on loopback, with the habits of those that are met."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from evenfall.project.lockfile import DistributionFile


@dataclass
class Index:
    """Files by name, how they are served, and what was asked: the method, the file and the range."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    stops_ranges_after: int | None = None
    status: int | None = None
    password: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    on_asked: Callable[[], object] = int
    sent: int = 0

    def add(self, name: str, content: bytes, *, sized: bool = True) -> DistributionFile:
        """Serve a file; give what a lock says of it."""
        self.files[name] = content
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return DistributionFile(url=f"{self.url}/{name}", hash=digest, size=len(content) if sized else None)


@contextmanager
def serving() -> Iterator[Index]:
    """An index on a free port, until the end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name, wanted = self.path.rpartition("/")[2], self.headers.get("Range", "")
            index.asked.append((name, wanted))
            index.on_asked()
            content = index.files.get(name)
            if index.password and self.headers.get("Authorization") != index.password:
                self.answer(401, b"")
            elif index.status or content is None:
                self.answer(index.status or 404, b"")
            elif wanted and index.ranges and index.stops_ranges_after != len(index.asked) - 1:
                start, end = span(wanted, len(content))
                self.answer(206, content[start:end], f"bytes {start}-{end - 1}/{len(content)}")
            else:
                self.answer(200, content)

        def answer(self, status: int, content: bytes, content_range: str = "") -> None:
            index.sent += len(content)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index = Index(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def span(wanted: str, size: int) -> tuple[int, int]:
    """The begin and the end of a range, the end exclusive."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    assert found
    if not found[1]:
        return max(0, size - int(found[2])), size
    return int(found[1]), min(size, int(found[2]) + 1) if found[2] else size


def metadata(name: str, version: str = "1.0", license: str = "MIT") -> str:
    return f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: {license}\n\nLong words.\n"


def wheel(name: str, text: str | None = None, *, padding: int = 0, dist_info_first: bool = False) -> bytes:
    """A wheel as far as it is read here; `padding` is the size of its largest file."""
    entries = [(f"{name}/data.bin", b"\0" * padding)]
    entries.append((f"{name}-1.0.dist-info/METADATA", (text or metadata(name)).encode()))
    if dist_info_first:
        entries.reverse()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return written.getvalue()


def sdist(name: str, text: str | None = None, *, before: int = 0, prefix: str = "") -> bytes:
    """An sdist as far as it is read here, with a `PKG-INFO` of something else that lies deeper."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        files = [(f"{name}-1.0/vendored/PKG-INFO", metadata("vendored", license="GPL-3.0-only").encode())]
        files += [(f"{name}-1.0/large.bin", b"\0" * before)] if before else []
        files += [(f"{name}-1.0/PKG-INFO", text.encode())] if text is not None else []
        for path, content in files:
            member = tarfile.TarInfo(prefix + path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()
