"""GitHub's releases on loopback: the endpoints that Evenfall uses, with the checks of GitHub's own, and their state.

https://docs.github.com/en/rest/releases/releases, https://docs.github.com/en/rest/releases/assets
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "gho_" + "x" * 36
REPOSITORY = "lamp-makers/lamp"
TYPES: dict[str, type] = {
    "tag_name": str,
    "target_commitish": str,
    "name": str,
    "body": str,
    "draft": bool,
    "prerelease": bool,
}
"""The fields that a release accepts, all others are an error here, so that no field is misspelled."""


@dataclass
class FakeGitHub:
    """The state of a repository. `tags` are commits by tag; `used_up` are tags of deleted immutable releases.

    The contents of assets are on the server `storage`, which accepts no token. The assets of a private repository have no public
    address. `status` and `message` replace every answer. `requests` are the methods and paths of all requests.
    """

    api: str
    storage: str
    releases: list[dict[str, Any]] = field(default_factory=list)
    contents: dict[int, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    used_up: set[str] = field(default_factory=set)
    commits: set[str] = field(default_factory=lambda: {"0" * 40})
    immutable: bool = False
    status: int = 0
    message: str = "out of order"
    private: bool = False
    page_size: int = 100
    requests: list[str] = field(default_factory=list)

    @property
    def release(self) -> dict[str, Any]:
        """The only release."""
        (release,) = self.releases
        return release

    def files(self) -> dict[str, bytes]:
        """Return the files of the only release by name."""
        return {asset["name"]: self.contents[asset["id"]] for asset in self.release["assets"]}

    def add_release(self, tag: str, **values: Any) -> dict[str, Any]:
        """Add a release as another program would have made it."""
        number = len(self.releases) + 1
        release = {
            "id": number,
            "tag_name": tag,
            "target_commitish": "0" * 40,
            "name": tag,
            "body": "",
            "draft": True,
            "prerelease": False,
            "immutable": False,
            "html_url": f"https://github.test/{REPOSITORY}/releases/{number}",
            "upload_url": f"{self.api}/uploads/{number}/assets{{?name,label}}",
            "assets": [],
            **values,
        }
        self.releases.insert(0, release)
        return release

    def add_asset(self, release: dict[str, Any], name: str, content: bytes) -> dict[str, Any]:
        """Add a file to a release."""
        number = 1000 + len(self.contents)
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        asset = {
            "id": number,
            "name": name,
            "size": len(content),
            "digest": digest,
            "state": "uploaded",
            "url": f"{self.api}/repos/{REPOSITORY}/releases/assets/{number}",
            "browser_download_url": f"{self.storage}/public/{number}",
        }
        release["assets"].append(asset)
        self.contents[number] = content
        return asset

    def reset(self) -> None:
        """Return to the state of a new repository."""
        vars(self).update(vars(FakeGitHub(self.api, self.storage)))


class RejectedRequest(Exception):  # noqa: N818 - it is an answer
    """A request that GitHub answers with an error."""

    def __init__(self, status: int, text: str, **details: str) -> None:
        super().__init__(text)
        self.status = status
        self.body = {"message": text, "errors": [{"resource": "Release", **details}] if details else []}


@contextmanager
def github() -> Iterator[FakeGitHub]:
    """Yield a GitHub on loopback that stops at the end of the block."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (_Handler, _StorageHandler)]
    api, storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    fake = FakeGitHub(api, storage)
    threads = [Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in servers]
    for server, thread in zip(servers, threads, strict=True):
        server.fake = fake  # type: ignore[attr-defined]
        thread.start()
    try:
        yield fake
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        fake: FakeGitHub = self.server.fake  # type: ignore[attr-defined]
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        fake.requests.append(f"{self.command} {url.path}")
        headers: dict[str, str] = {}
        try:
            if fake.status:
                raise RejectedRequest(fake.status, fake.message)
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                raise RejectedRequest(401, "Bad credentials")
            if url.path.startswith(f"/repos/{REPOSITORY}/releases/assets/") and self.command == "GET":
                if self.headers["Accept"] != "application/octet-stream":
                    raise RejectedRequest(415, "Only the content of an asset is offered here")
                headers["Location"] = f"{fake.storage}/signed/{url.path.rpartition('/')[2]}"
                raise RejectedRequest(302, "Found")
            status, answer = _answer(fake, self.command, url.path, parse_qs(url.query), content, headers)
        except RejectedRequest as error:
            status, answer = error.status, error.body
        body = answer.encode() if isinstance(answer, str) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names in the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


class _StorageHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        fake: FakeGitHub = self.server.fake  # type: ignore[attr-defined]
        kind, number = self.path.strip("/").split("/")
        fake.requests.append(f"storage {kind}")
        status = 400 if self.headers["Authorization"] else 404 if kind == "public" and fake.private else 200
        body = fake.contents[int(number)] if status == 200 else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


def _answer(  # noqa: C901 - one case for each endpoint
    fake: FakeGitHub, method: str, path: str, query: dict[str, list[str]], content: bytes, headers: dict[str, str]
) -> tuple[int, Any]:
    rest = path.removeprefix(f"/repos/{REPOSITORY}")
    match method, rest.strip("/").split("/"):
        case "GET", ["releases", "tags", tag]:
            return 200, _one(fake, lambda each: each["tag_name"] == unquote(tag) and not each["draft"])
        case "GET", ["releases"]:
            page = int(query.get("page", ["1"])[0])
            first, last = (page - 1) * fake.page_size, page * fake.page_size
            if last < len(fake.releases):
                headers["Link"] = f'<{fake.api}{path}?page={page + 1}>; rel="next"'
            return 200, fake.releases[first:last]
        case "GET", ["commits", "tags", tag]:
            if tag not in fake.tags:
                raise RejectedRequest(422, f"No commit found for SHA: tags/{tag}")
            return 200, fake.tags[tag]
        case "POST", ["releases"]:
            values = _checked(content)
            if "tag_name" not in values:
                raise RejectedRequest(422, "Validation Failed", field="tag_name", code="missing_field")
            _check_release(fake, values | {"draft": values.get("draft", False)})
            return 201, fake.add_release(values["tag_name"], **{"draft": False} | values)
        case "GET", ["releases", number]:
            return 200, _one(fake, lambda each: each["id"] == int(number))
        case "PATCH", ["releases", number]:
            release, values = _one(fake, lambda each: each["id"] == int(number)), _checked(content)
            if release["immutable"]:
                raise RejectedRequest(422, "Cannot update an immutable release")
            _check_release(fake, release | values)
            release.update(values, immutable=fake.immutable and not values.get("draft", release["draft"]))
            return 200, release
        case "POST", ["uploads", number, "assets"]:
            release, (name,) = _one(fake, lambda each: each["id"] == int(number)), query["name"]
            return 201, _upload(fake, release, name, content)
        case "DELETE", ["releases", "assets", number]:
            for release in fake.releases:
                release["assets"] = [each for each in release["assets"] if each["id"] != int(number)]
            return 204, None
        case _:
            raise RejectedRequest(404, "Not Found")


def _one(fake: FakeGitHub, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for release in fake.releases:
        if condition(release):
            return release
    raise RejectedRequest(404, "Not Found")


def _checked(content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(content)
    for name, value in values.items():
        if not isinstance(value, TYPES.get(name, type(None))):
            raise RejectedRequest(422, "Invalid request", field=name, code="invalid")
    return values


def _check_release(fake: FakeGitHub, values: dict[str, Any]) -> None:
    commit = values.get("target_commitish")
    if commit and values["tag_name"] not in fake.tags and commit not in fake.commits:
        raise RejectedRequest(422, "Validation Failed", field="target_commitish", code="invalid")
    if not values["draft"] and values["tag_name"] in fake.used_up:
        message = "tag_name was used by an immutable release"
        raise RejectedRequest(422, "Validation Failed", field="tag_name", code="custom", message=message)


def _upload(fake: FakeGitHub, release: dict[str, Any], name: str, content: bytes) -> dict[str, Any]:
    if release["immutable"]:
        raise RejectedRequest(422, "Cannot upload assets to an immutable release")
    if any(asset["name"] == name for asset in release["assets"]):
        raise RejectedRequest(422, "Validation Failed", field="name", code="already_exists")
    return fake.add_asset(release, re.sub(r"[^\w.+-]", ".", name), content)
