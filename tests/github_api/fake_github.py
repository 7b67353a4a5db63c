"""GitHub on loopback: the settings of a repository, with the checks of GitHub's own, and their state.

Requests and answers agree with GitHub's published description of its API, see openapi.py. https://docs.github.com/en/rest
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.github_api import endpoints
from tests.github_api.github_state import ADMIN, READER, REPOSITORY, WORKFLOW, WORKFLOW_READER, WRITER, State
from tests.github_api.openapi import is_described, problems_of_answer, problems_of_request
from tests.github_api.request import Call, Refusal, without

LEVELS = {ADMIN: "admin", WRITER: "write", READER: "read", WORKFLOW: "write", WORKFLOW_READER: "read"}


@dataclass
class FakeGitHub(State):
    """A repository on a server.

    `calls` are the methods and paths of all requests, such as `PUT environments/pypi`. The request number `fail_at`, counted from 1, gets
    the status `fail_with`; with `fail_late` GitHub has executed it nevertheless. `refusals` are answers by method and by the regular
    expression of a path. `routes` are more endpoints, by the same; a request to one that the description has must agree with it, too.
    """

    api: str = ""
    calls: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    """Errors of the fake itself, because of a state or a request that it can't answer."""
    fail_at: int = 0
    fail_with: int = 502
    fail_late: bool = False
    refusals: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    routes: dict[tuple[str, str], Callable[[Call], Any]] = field(default_factory=dict)

    @property
    def writes(self) -> list[str]:
        """The requests that change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def reset(self) -> None:
        """Return to the state of a new repository."""
        new = FakeGitHub(api=self.api)
        for each in fields(self):
            setattr(self, each.name, getattr(new, each.name))

    def count_from_here(self, *, fail_at: int = 0, fail_late: bool = False) -> None:
        """Forget the requests up to now, so that `fail_at` counts from the next."""
        self.calls.clear()
        self.fail_at, self.fail_late = fail_at, fail_late

    def refuse(self, method: str, path: str, status: int, message: str) -> None:
        """Answer a request with an error, such as one that the plan of the owner does not include. `path` is a regular expression."""
        self.refusals[method, path] = status, message

    def answer(self, call: Call) -> tuple[Any, dict[str, str]]:
        """Return the body of the answer and its headers. Raises `Refusal`."""
        self.calls.append(f"{call.method} {call.path}")
        fails = len(self.calls) == self.fail_at
        if fails and not self.fail_late:
            raise Refusal(self.fail_with, "Server Error")
        body, headers = _page(self, call, self._answer(call))
        problems = problems_of_answer(call.method, call.path, without(body, self.newer_fields))
        assert not problems, f"{call.method} {call.path}: the fake answers what GitHub does not: {problems}"
        if fails:
            raise Refusal(self.fail_with, "Server Error")
        return body, headers

    def _answer(self, call: Call) -> Any:
        for (method, pattern), refusal in self.refusals.items():
            if method == call.method and re.search(pattern, call.path):
                raise Refusal(*refusal)
        route = self._route(call)
        if call.is_in_repository and call.method != "GET" and (not route or is_described(call.method, call.path)):
            problems = problems_of_request(call.method, call.path, without(call.body, self.newer_fields))
            if problems:
                raise Refusal(422, "Invalid request", "; ".join(problems))
        return route(call) if route else endpoints.answer(self, call)

    def _route(self, call: Call) -> Callable[[Call], Any] | None:
        for (method, pattern), route in self.routes.items():
            if method == call.method and re.fullmatch(pattern, call.path):
                return route
        return None


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Yield a GitHub on loopback that stops at the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    fake = FakeGitHub(api=f"http://127.0.0.1:{server.server_address[1]}")
    server.fake = fake  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        fake: FakeGitHub = self.server.fake  # type: ignore[attr-defined]
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        base = f"/repos/{REPOSITORY}"
        is_in_repository = url.path == base or url.path.startswith(f"{base}/")
        path = url.path.removeprefix(base).removeprefix("/") if is_in_repository else url.path
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        call = Call(
            method=self.command,
            path=path,
            parts=[unquote(part) for part in path.removeprefix("/").split("/")],
            query={name: values[0] for name, values in parse_qs(url.query).items()},
            body=json.loads(content) if content else None,
            level=LEVELS.get(token, ""),
            is_app=token in {WORKFLOW, WORKFLOW_READER},
        )
        headers: dict[str, str] = {}
        try:
            if not call.level:
                raise Refusal(401, "Bad credentials")
            body, headers = fake.answer(call)
            status = 204 if body is None else 201 if call.method == "POST" else 200
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        except Exception as error:  # noqa: BLE001 - the test shows it
            fake.crashes.append(f"{call.method} {call.path}: {type(error).__name__}: {error}")
            status, body = 599, {"message": fake.crashes[-1]}
        answer = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names in the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


def _page(fake: FakeGitHub, call: Call, body: Any) -> tuple[Any, dict[str, str]]:
    """Return one page of a list, or of an object with one list and the number of its items, and the header with the next page."""
    key = (
        next((name for name in body if name != "total_count"), "")
        if isinstance(body, dict) and "total_count" in body
        else ""
    )
    items = body[key] if key else body
    if not isinstance(items, list) or call.method != "GET":
        return body, {}
    size, page = min(int(call.query.get("per_page", 30)), 100), int(call.query.get("page", 1))
    part = items[(page - 1) * size : page * size]
    headers = {}
    if page * size < len(items):
        query = "&".join(f"{name}={value}" for name, value in {**call.query, "page": page + 1}.items())
        headers["Link"] = f'<{fake.api}{call.url_path}?{query}>; rel="next"'
    return ({**body, key: part} if key else part), headers
