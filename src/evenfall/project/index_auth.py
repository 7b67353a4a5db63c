"""Authentication at package indexes as uv does it: https://docs.astral.sh/uv/concepts/authentication/"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec

from evenfall.package_index.credentials import Credentials, netrc_credentials, split_url
from evenfall.project.index_settings import KnownIndex, index_settings
from evenfall.project.uv import run_uv

_SECONDS = 60
"""The number of seconds after which a program that may wait for a person is given up."""
_DENIED = {401, 403, 404}
"""The answers after which uv searches for credentials. Some servers hide what they don't show."""


class IndexAuth(httpx.Auth):
    """The credentials for the indexes of the project in `root` and for `registries`, which are searched when an index asks for them."""

    def __init__(self, root: Path, environ: Mapping[str, str] = os.environ, *, registries: Iterable[str] = ()) -> None:
        self._root, self._environ = root, environ
        self._settings = index_settings(root, environ, registries=registries)
        self._found: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, and send it again with credentials if the server wants some and this machine has some."""
        if header := self._known(request.url):
            request.headers["Authorization"] = header
        response = yield request
        repeated = response.request  # after a redirect, the request to another server
        if response.status_code in _DENIED and "Authorization" not in repeated.headers:
            index = self._index_of(repeated.url)
            header = self._known(repeated.url)
            if index.authenticate != "never" and not header:
                header = self._search(repeated.url, index, "")
            if header:
                repeated.headers["Authorization"] = header
                yield repeated

    def _known(self, url: httpx.URL) -> str:
        """Return the value of the header for a first request, empty without credentials."""
        index = self._index_of(url)
        if index.authenticate == "never":
            return ""
        user, password = split_url(str(url))[1] or index.credentials or ("", "")
        searched = ""
        if not password and (user or index.authenticate == "always"):
            searched = self._search(url, index, user)
        return searched or (_basic((user, password)) if user or password else "")

    def _index_of(self, url: httpx.URL) -> KnownIndex:
        """Return the index that a URL belongs to: the closest one above it, or else one with credentials on the same server.

        One without credentials does not hide one with credentials further up.
        """
        server = [index for index in self._settings.indexes if _server(index.url) == _server(str(url))]
        above = [index for index in server if f"{url.path}/".startswith(_folder(index.url))]
        closest = max(above, key=lambda index: (index.decides, len(_folder(index.url))), default=None)
        return closest or next((index for index in server if index.credentials), KnownIndex(url=""))

    def _search(self, url: httpx.URL, index: KnownIndex, user: str) -> str:
        """Return the header with credentials of the netrc file, of `uv auth login`, or of a keyring. A server is searched once."""
        service = index.url or f"{url.scheme}://{url.netloc.decode()}/"
        with self._lock:
            key = (service, user)
            if key not in self._found:
                pair = netrc_credentials(url.host, user)
                self._found[key] = _basic(pair) if pair else self._of_uv(service, user) or self._of_keyring(index, user)
            return self._found[key]

    def _of_uv(self, service: str, user: str) -> str:
        """Return the header with the credentials that `uv auth login` stored; an older uv has no such command."""
        address = httpx.URL(service).copy_with(username=user or None, query=None)
        arguments = ("auth", "helper", "--protocol=bazel", "get", "--preview-features=auth-helper")
        answer = run_uv(self._root, *arguments, stdin=msgspec.json.encode({"uri": str(address)}).decode()).stdout
        found = msgspec.json.decode(answer or "{}", type=_HelperAnswer).headers
        return next(iter(found.get("Authorization", ())), "")

    def _of_keyring(self, index: KnownIndex, user: str) -> str:
        """Return the header with the credentials of a keyring, which is slow, so uv asks it only for a user or where it always must."""
        program = shutil.which("keyring", path=self._environ.get("PATH"))
        if not (program and self._settings.has_keyring and index.url and (user or index.authenticate == "always")):
            return ""
        for service in (index.url, httpx.URL(index.url).netloc.decode()):
            words = [program, "get", service, *([user] if user else ["--mode", "creds"])]
            with suppress(OSError, subprocess.TimeoutExpired):
                done = subprocess.run(
                    words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
                )
                lines = done.stdout.splitlines() if done.returncode == 0 else []
                if len(pair := (*([user] if user else []), *lines)) >= 2:
                    return _basic((pair[0], pair[1]))
        return ""


class _HelperAnswer(msgspec.Struct):
    headers: dict[str, tuple[str, ...]] = {}


def _basic(credentials: Credentials) -> str:
    return f"Basic {b64encode(':'.join(credentials).encode()).decode()}"


def _server(url: str) -> tuple[str, str, int | None] | None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    return parsed.scheme, parsed.host, parsed.port


def _folder(index: str) -> str:
    """Return the path of all that belongs to an index, whose pages are in its folder `simple`."""
    path = httpx.URL(index).path.rstrip("/")
    return f"{path.removesuffix('/simple').removesuffix('/+simple')}/"
