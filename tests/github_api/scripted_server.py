"""A server on loopback that gives one answer after the other, and remembers the requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer. With `is_cut` the connection ends before the last byte of the content, with the status 0 before the first of all."""

    status: int = 200
    content: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False


@dataclass(frozen=True)
class Received:
    """A request. The names of its headers are in lower case."""

    line: str
    headers: Mapping[str, str]
    content: bytes


@dataclass
class ScriptedServer:
    """The answers to the next requests, of which the last is given for ever, and the requests up to now."""

    address: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The methods and addresses of the requests."""
        return [request.line for request in self.requests]

    def script(self, *answers: Answer) -> None:
        """Set the answers, and forget the requests."""
        self.answers, self.requests = list(answers), []


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Yield a server that stops at the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.scripted = scripted = ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        scripted: ScriptedServer = self.server.scripted  # type: ignore[attr-defined]
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        scripted.requests.append(Received(f"{self.command} {self.path}", headers, content))
        answer = scripted.answers.pop(0) if len(scripted.answers) > 1 else scripted.answers[0]
        self.close_connection = True
        if answer.status == 0:
            return
        self.send_response(answer.status)
        length = 0 if answer.status in {204, 304} else len(answer.content)
        for name, value in {**answer.headers, "Content-Length": str(length), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content[: length - answer.is_cut])

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names in the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass
