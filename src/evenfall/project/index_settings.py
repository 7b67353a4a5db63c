"""The indexes that uv knows for a project, with their credentials: of its settings, the user's, the machine's, and of variables.

https://docs.astral.sh/uv/concepts/configuration-files/ and https://docs.astral.sh/uv/concepts/indexes/
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from evenfall.errors import EvenfallError
from evenfall.input_file import has_entry
from evenfall.package_index.address import shown_addresses
from evenfall.package_index.credentials import Credentials, index_credentials, split_url
from evenfall.project.pyproject_tables import UvIndex
from evenfall.project.toml import PYPROJECT, parse_toml, read_toml

_HEADER = re.compile(r"(?m)^# /// script[ \t]*\r?\n((?:#(?:| .*)\r?\n)+)# ///[ \t]*\r?$")
_HINT = "uv lock, which says what is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIndex:
    """An index: its URL without user name and password, its name, and when uv sends credentials to it."""

    url: str
    name: str = ""
    credentials: Credentials | None = field(default=None, repr=False)
    authenticate: Literal["auto", "always", "never"] = "auto"

    @property
    def decides(self) -> bool:
        """Whether the index has credentials, or a policy about them."""
        return self.credentials is not None or self.authenticate != "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """The indexes in the order of their precedence, and whether uv asks the program `keyring`."""

    indexes: tuple[KnownIndex, ...]
    has_keyring: bool


class _Settings(msgspec.Struct, frozen=True, rename="kebab"):
    index: tuple[UvIndex, ...] = ()
    index_url: str = ""
    extra_index_url: str | tuple[str, ...] = ()
    find_links: str | tuple[str, ...] = ()
    keyring_provider: str = ""

    def indexes(self) -> Iterator[UvIndex]:
        yield from self.index
        for urls in (self.index_url, self.extra_index_url, self.find_links):
            yield from (UvIndex(url=url) for url in ((urls,) if isinstance(urls, str) else urls))


class _Tool(msgspec.Struct, frozen=True):
    uv: _Settings | None = None


class _Document(msgspec.Struct, frozen=True):
    tool: _Tool = _Tool()


def index_settings(root: Path, environ: Mapping[str, str], *, registries: Iterable[str] = ()) -> IndexSettings:
    """Return the settings for the project in `root`, or in the closest folder above it that has some, and for its scripts.

    `registries` are indexes of a lock, which may have come from an option of uv. Raises `EvenfallError` (usage) for invalid settings.
    """
    of_lock = _Settings(extra_index_url=tuple(registries))
    settings = (*filter(None, (_of_variables(environ), *_of_scripts(root), *_of_files(root, environ))), of_lock)
    known = (_known(index, environ) for each in settings for index in each.indexes() if "://" in index.url)
    keyring = next((each.keyring_provider for each in settings if each.keyring_provider), "")
    return IndexSettings(indexes=tuple(known), has_keyring=keyring == "subprocess")


def _known(index: UvIndex, environ: Mapping[str, str]) -> KnownIndex:
    url, credentials = split_url(index.url)
    named = index_credentials(index.name, environ) if index.name else None
    return KnownIndex(url=url, name=index.name, credentials=named or credentials, authenticate=index.authenticate)


def _of_variables(environ: Mapping[str, str]) -> _Settings:
    named = f"{environ.get('UV_INDEX', '')} {environ.get('UV_DEFAULT_INDEX', '')}".split()
    return _Settings(
        index=tuple(map(_from_variable, named)),
        index_url=environ.get("UV_INDEX_URL", ""),
        extra_index_url=tuple(environ.get("UV_EXTRA_INDEX_URL", "").split()),
        find_links=tuple(environ.get("UV_FIND_LINKS", "").split(",")),
        keyring_provider=environ.get("UV_KEYRING_PROVIDER", ""),
    )


def _from_variable(text: str) -> UvIndex:
    """Return the index in a word such as `name=https://example.org/simple`, or in a URL alone."""
    name, mark, url = text.partition("=")
    return UvIndex(name=name, url=url) if mark and "://" not in name else UvIndex(url=text)


def _of_files(root: Path, environ: Mapping[str, str]) -> Iterator[_Settings | None]:
    """Yield the settings of the project, where `uv.toml` replaces `pyproject.toml`, and those of the user and the machine."""
    above = (_read(folder / name) for folder in (root, *root.parents) for name in ("uv.toml", PYPROJECT))
    yield next(filter(None, above), None)
    on_windows = sys.platform == "win32"
    user = environ.get("APPDATA" if on_windows else "XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    machine = environ.get("PROGRAMDATA" if on_windows else "XDG_CONFIG_DIRS") or "/etc/xdg"
    others = [Path(folder, "uv", "uv.toml") for folder in (user, *machine.split(os.pathsep), "/etc")]
    if named := environ.get("UV_CONFIG_FILE"):
        others = [Path(named)]
    yield from map(_read, [] if environ.get("UV_NO_CONFIG") else others)


def _of_scripts(root: Path) -> Iterator[_Settings | None]:
    """Yield the settings in the headers (PEP 723) of the scripts in a folder that have a lock."""
    for lock in sorted(root.glob("*.py.lock")):
        script = lock.with_suffix("")
        if script.is_file() and (header := _HEADER.search(script.read_text("utf-8", "replace"))):
            content = re.sub("(?m)^# ?", "", header[1]).encode()
            yield _parse(parse_toml(content, script.name, hint=_HINT), script)


def _read(file: Path) -> _Settings | None:
    """Return the settings of a file, or None if it does not exist or has none."""
    table = read_toml(file) if has_entry(file) else {}
    return _parse(table if file.name == PYPROJECT or not table else {"tool": {"uv": table}}, file)


def _parse(table: Mapping[str, Any], file: Path) -> _Settings | None:
    try:
        return msgspec.convert(table, _Document).tool.uv
    except msgspec.ValidationError as error:
        raise EvenfallError(shown_addresses(f"{file}: {error}"), hint=_HINT) from error
