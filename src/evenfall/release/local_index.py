"""A package index on this machine, for the rehearsal: pypiserver behind the JSON simple API, which it does not have.

Both run in threads of this process, so that nothing is left however the process ends.
"""

from __future__ import annotations

import datetime
import hmac
import io
import json
import logging
import secrets
import socket
import socketserver
import sys
import time
import warnings
import wsgiref.simple_server
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from packaging.utils import canonicalize_name

from evenfall.package_index.page import IndexFile, parse_file_name
from evenfall.project.tools import require_tool
from evenfall.release.credentials import Credentials
from evenfall.release.index import IndexUrls, SimpleIndex
from evenfall.release.manifest import IndexName, sha256_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

USER = "__token__"
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(slots=True, kw_only=True)
class Faults:
    """What an index does wrong. The numbers count down with each fault.

    `shown_after` is the number of seconds after which an uploaded file is listed. `failing_pages` and `failing_uploads` are answered
    with 500. `broken_uploads` are cut off half-way, after `whole_uploads`.
    """

    shown_after: float = 0
    failing_pages: int = 0
    failing_uploads: int = 0
    whole_uploads: int = 0
    broken_uploads: int = 0


class LocalIndex:
    """An index on a free port of loopback, with a password that only this process and the uv it starts know.

    It is a context manager and an `Index`. The files stay in `folder`; the time of a file is that of its upload.
    """

    def __init__(self, folder: Path, name: IndexName = "pypi", *, faults: Faults | None = None) -> None:
        self.folder = folder
        self.faults = faults or Faults()
        self._name = name
        self._password = secrets.token_urlsafe(32)

    def __enter__(self) -> Self:
        """Start the index. Raises `EvenfallError` (unknown) if pypiserver is not installed."""
        require_tool("pypi-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        front = _Front(self.folder, self.faults, _pypiserver(self.folder, self._password))
        self._server = wsgiref.simple_server.make_server("127.0.0.1", 0, front, _Server, _Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the index."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def urls(self) -> IndexUrls:
        """The addresses of the index."""
        address = f"http://127.0.0.1:{self._server.server_port}"
        return IndexUrls(name=self._name, simple=f"{address}/simple/", upload=f"{address}/")

    @property
    def credentials(self) -> Credentials:
        """The user and the password for uploads."""
        return Credentials(
            source="the password of the local index",
            environ={"UV_PUBLISH_USERNAME": USER, "UV_PUBLISH_PASSWORD": self._password},
        )

    def files(self, project: str) -> tuple[IndexFile, ...] | None:
        """Return the files of a project, as `Index` does."""
        return SimpleIndex(self.urls).files(project)


def _pypiserver(folder: Path, password: str) -> WSGIApplication:
    """Return the application of pypiserver, which only takes uploads with that password and never replaces a file."""
    finders = [*sys.meta_path]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports cgi, which is deprecated
        import pypiserver
    sys.meta_path[:] = finders  # without bottle's finder, of which Python 3.11 warns at each import
    logging.getLogger("pypiserver").addHandler(logging.NullHandler())  # otherwise Python prints its warnings

    def is_valid(user: str, given: str) -> bool:
        return user == USER and hmac.compare_digest(given.encode(), password.encode())

    app: WSGIApplication = pypiserver.app(
        roots=[folder], authenticate=["update"], auther=is_valid, disable_fallback=True
    )
    return app


class _Front:
    """The application before pypiserver: it answers for the pages of projects, and passes on the uploads and the downloads."""

    def __init__(self, folder: Path, faults: Faults, pypiserver: WSGIApplication) -> None:
        self._folder = folder
        self._faults = faults
        self._pypiserver = pypiserver
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        match environ["REQUEST_METHOD"], environ["PATH_INFO"].strip("/").split("/"):
            case "GET", ["simple", project]:
                return self._page(project, start)
            case "POST", [""]:
                return self._upload(environ, start)
            case _:
                environ.pop("HTTP_RANGE", None)  # bottle does not close a file of which it sends a part
                return self._pypiserver(environ, start)

    def _page(self, project: str, start: StartResponse) -> Iterable[bytes]:
        if self._count_down("failing_pages"):
            return _answer(start, "500 Internal Server Error")
        page = self._describe(canonicalize_name(project))
        if not page["files"]:
            return _answer(start, "404 Not Found")
        return _answer(start, "200 OK", json.dumps(page).encode(), JSON)

    def _upload(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if self._count_down("failing_uploads"):
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))  # so that the client reads the answer
            return _answer(start, "500 Internal Server Error")
        if self._faults.broken_uploads and not self._count_down("whole_uploads"):
            self._count_down("broken_uploads")
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]) // 2)
            environ[_CONNECTION].shutdown(socket.SHUT_RDWR)
            return []
        connection = environ["wsgi.input"]
        answer = self._pypiserver(environ, start)
        if environ["wsgi.input"] is not connection:
            environ["wsgi.input"].close()  # bottle leaves the temporary file of a long request open
        return answer

    def _count_down(self, fault: str) -> bool:
        """Return whether a number of `Faults` was not zero, and lower it."""
        with self._lock:
            number: int = getattr(self._faults, fault)
            if number:
                setattr(self._faults, fault, number - 1)
            return bool(number)

    def _describe(self, project: str) -> dict[str, Any]:
        """Return a project's page: https://packaging.python.org/en/latest/specifications/simple-repository-api/#json-serialization"""
        newest = time.time() - self._faults.shown_after
        parsed = {path: parse_file_name(path.name) for path in sorted(self._folder.iterdir())}
        found = {path: str(file[1]) for path, file in parsed.items() if file and file[0] == project}
        shown = {path: version for path, version in found.items() if path.stat().st_mtime <= newest}
        return {
            "meta": {"api-version": "1.1"},
            "name": project,
            "versions": sorted(set(shown.values())),
            "files": [_describe_file(path) for path in shown],
        }


def _describe_file(path: Path) -> dict[str, Any]:
    status = path.stat()
    uploaded = datetime.datetime.fromtimestamp(status.st_mtime, datetime.UTC)
    return {
        "filename": path.name,
        "url": f"/packages/{quote(path.name)}",
        "hashes": {"sha256": sha256_of(path)},
        "size": status.st_size,
        "upload-time": uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _answer(start: StartResponse, status: str, content: bytes = b"", kind: str = "text/plain") -> Iterable[bytes]:
    start(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
    return [content]


_CONNECTION = "evenfall.connection"


class _Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore that a client is gone."""


class _Handler(wsgiref.simple_server.WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        """Return the request with its connection, which a broken upload closes."""
        return super().get_environ() | {_CONNECTION: self.connection}

    def get_stderr(self) -> Any:
        """Discard what the application logs."""
        return io.StringIO()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Log nothing."""
