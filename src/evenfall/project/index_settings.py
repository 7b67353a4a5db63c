"""The indexes that uv knows for a project, with their credentials: of its settings, the user's, the machine's, and of variables.

https://docs.astral.sh/uv/concepts/configuration-files/ and https://docs.astral.sh/uv/concepts/indexes/
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from evenfall.errors import EvenfallError
from evenfall.input_file import has_entry
from evenfall.package_index.address import shown_addresses
from evenfall.package_index.credentials import Credentials, index_credentials, split_url
from evenfall.project.pyproject import UvIndex
from evenfall.project.toml import PYPROJECT, parse_toml, read_toml

_HEADER = re.compile(r"(?m)^# /// script[ \t]*\r?\n((?:#(?:| .*)\r?\n)+)# ///[ \t]*\r?$")
_USER_SETTINGS = Path("uv", "uv.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIndex:
    """An index: its URL without user name and password, and when uv sends credentials to it."""

    url: str
    credentials: Credentials | None = field(default=None, repr=False)
    authenticate: Literal["auto", "always", "never"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """The indexes in the order of their precedence, and whether uv asks the program `keyring`."""

    indexes: tuple[KnownIndex, ...] = ()
    has_keyring: bool = False


class _Settings(msgspec.Struct, frozen=True, rename="kebab"):
    index: tuple[UvIndex, ...] = ()
    index_url: str = ""
    extra_index_url: str | tuple[str, ...] = ()
    find_links: str | tuple[str, ...] = ()
    keyring_provider: str = ""


def index_settings(root: Path, environ: Mapping[str, str] = os.environ) -> IndexSettings:
    """Return the settings for the project in `root`, or in the closest folder above it. Raises `EvenfallError` (usage) for invalid ones."""
    settings = (_of_variables(environ), *_of_scripts(root), *map(_read, _files(root, environ)))
    indexes = (
        _known(index, environ)
        for each in settings
        for index in (
            *each.index,
            *map(_unnamed, (each.index_url, *_all(each.extra_index_url), *_all(each.find_links))),
        )
        if "://" in index.url
    )
    keyring = next((each.keyring_provider for each in settings if each.keyring_provider), "")
    return IndexSettings(indexes=tuple(indexes), has_keyring=keyring == "subprocess")


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


def _unnamed(url: str) -> UvIndex:
    return UvIndex(url=url)


def _all(urls: str | tuple[str, ...]) -> tuple[str, ...]:
    return (urls,) if isinstance(urls, str) else urls


def _known(index: UvIndex, environ: Mapping[str, str]) -> KnownIndex:
    url, credentials = split_url(index.url)
    if index.name:
        credentials = index_credentials(index.name, environ) or credentials
    return KnownIndex(url=url, credentials=credentials, authenticate=index.authenticate)


def _files(root: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the existing files: that of the project, where `uv.toml` replaces `pyproject.toml`, and the user's and the machine's."""
    above = (folder / name for folder in (root, *root.parents) for name in (_USER_SETTINGS.name, PYPROJECT))
    project = next(filter(has_entry, above), None)
    user = environ.get("APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    named = environ.get("UV_CONFIG_FILE")
    others = [Path(named)] if named else [Path(user) / _USER_SETTINGS, Path("/etc") / _USER_SETTINGS]
    yield from filter(has_entry, (*([project] if project else []), *([] if environ.get("UV_NO_CONFIG") else others)))


def _of_scripts(root: Path) -> Iterator[_Settings]:
    """Yield the settings in the headers (PEP 723) of the scripts in a folder that have a lock."""
    for lock in sorted(root.glob("*.py.lock")):
        script = lock.with_suffix("")
        if script.is_file() and (header := _HEADER.search(script.read_text("utf-8", "replace"))):
            content = re.sub("(?m)^# ?", "", header[1]).encode()
            yield _parse(_of_uv(parse_toml(content, script.name, hint="uv lock, which says what is wrong")), script)


def _of_uv(table: Mapping[str, Any]) -> Any:
    return table.get("tool", {}).get("uv", {})


def _read(file: Path) -> _Settings:
    table = read_toml(file)
    return _parse(_of_uv(table) if file.name == PYPROJECT else table, file)


def _parse(table: Any, file: Path) -> _Settings:
    try:
        return msgspec.convert(table, _Settings)
    except msgspec.ValidationError as error:
        raise EvenfallError(shown_addresses(f"{file}: {error}"), hint="uv lock, which says what is wrong") from error
