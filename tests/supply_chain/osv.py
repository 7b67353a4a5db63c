"""OSV records as a zip file, and a server on loopback with the export and the OSV API."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

Record = Mapping[str, Any]


def record(
    name: str,
    package: str,
    *,
    versions: Iterable[str] = (),
    events: Iterable[Mapping[str, str]] = (),
    aliases: Iterable[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """Return a record like those of the PyPA's database, modified just now."""
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {
        "id": name,
        "modified": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "details": f"{package} can be made to do harm.\nMore of it.",
        "aliases": list(aliases),
        "affected": [
            {"package": {"ecosystem": "PyPI", "name": package}, "versions": list(versions), "ranges": ranges},
        ],
        **more,
    }


def zipped(records: Iterable[Record]) -> bytes:
    """Return an export of the records."""
    return packed({f"{each['id']}.json": json.dumps(each).encode() for each in records})


def packed(files: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of any files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def write_zip(path: Path, *records: Record) -> Path:
    """Write an export of the records."""
    path.write_bytes(zipped(records))
    return path


class Loopback:
    """The responses of a server on loopback: `pages` by path, and the OSV API of `records`. `asked` are the requested paths."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, tuple[int, bytes, Mapping[str, str]]] = {}
        self.records: dict[str, Record] = {}
        self.asked: list[str] = []

    def page(self, path: str, content: bytes, status: int = 200, **headers: str) -> str:
        """Serve a page and return its URL."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, content, {"Content-Length": str(len(content)), **named})
        return f"{self.address}{path}"

    def hits(self, query: Mapping[str, Any]) -> list[Record]:
        """Return the records that match a query of the API."""
        return [
            each
            for each in self.records.values()
            if not each.get("withdrawn")
            for affected in each["affected"]
            if canonicalize_name(affected["package"]["name"]) == canonicalize_name(query["package"]["name"])
            and _hits(affected, query["version"])
        ]


def _hits(affected: Mapping[str, Any], text: str) -> bool:
    version = Version(text)
    listed = {found for each in affected.get("versions", ()) if (found := _version(each))}
    return version in listed or any(
        _inside(version, each["events"]) for each in affected.get("ranges", ()) if each["type"] == "ECOSYSTEM"
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _inside(version: Version, events: Iterable[Mapping[str, str]]) -> bool:
    """Return whether a version is affected, by the algorithm of OSV's specification, event by event."""

    def place(event: Mapping[str, str]) -> Version:
        (text,) = event.values()
        return Version("0.dev0") if text == "0" else Version(text)

    ordered = sorted(events, key=place)
    affected = False
    for event in ordered:
        if "introduced" in event and version >= place(event):
            affected = True
        elif ("fixed" in event and version >= place(event)) or ("last_affected" in event and version > place(event)):
            affected = False
    return affected


@contextmanager
def serving() -> Iterator[Loopback]:
    """Yield a server on loopback that stops at the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    loopback = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
    _Handler.answers[server.server_address[1]] = loopback
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        del _Handler.answers[server.server_address[1]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: ClassVar[dict[int, Loopback]] = {}

    @property
    def loopback(self) -> Loopback:
        return self.answers[self.server.server_address[1]]  # type: ignore[index]

    def do_GET(self) -> None:
        self.loopback.asked.append(self.path)
        found = self.loopback.records.get(self.path.rpartition("/")[2])
        if self.path.startswith("/v1/vulns/") and found:
            self._json(found)
        else:
            status, content, headers = self.loopback.pages.get(self.path, (404, b"", {"Content-Length": "0"}))
            self._answer(status, content, headers)

    def do_POST(self) -> None:
        self.loopback.asked.append(self.path)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/querybatch":
            found = [self.loopback.hits(query) for query in asked["queries"]]
            self._json(
                {"results": [{"vulns": [{"id": e["id"], "modified": e["modified"]} for e in each]} for each in found]}
            )
        else:
            self._json({"vulns": self.loopback.hits(asked)})

    def _json(self, values: Any) -> None:
        content = json.dumps(values).encode()
        self._answer(200, content, {"Content-Type": "application/json", "Content-Length": str(len(content))})

    def _answer(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass
