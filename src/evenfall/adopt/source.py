"""The source of Evenfall for the noxfile's environment: PyPI, or the value of `--source`."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from packaging.utils import parse_wheel_filename

from evenfall.errors import EvenfallError
from evenfall.git.tracked import ignore_rules
from evenfall.project.pyproject import NAME
from evenfall.project.uv_settings import uv_settings

SESSIONS = "evenfall[sessions]"
_REMOTE = ("https://", "http://", "git+")
_URLS = (*_REMOTE, "file://")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def script_header(source: str, root: Path) -> str:
    """Return the noxfile's script header (PEP 723). `source` is the value of `--source`, or empty for PyPI.

    A file, a folder or a repository becomes a requirement with a URL, which every Nox passes to uv. An index becomes a uv setting
    in the header, which only `uv run noxfile.py` reads. The tools are as old as uv's `exclude-newer` requires of the project's
    dependencies. Raises `EvenfallError` (usage) for a path that does not exist, or that is neither
    a wheel, a project nor a folder of wheels.
    """
    evenfall, tables = _requirement(source, root)
    dependencies = f'dependencies = ["nox=={version("nox")}", "{evenfall}"]'
    newest = exclude_newer(root)
    cooldown = ("", "[tool.uv]", newest) if newest else ()
    lines = ("/// script", 'requires-python = ">=3.11"', dependencies, *cooldown, *tables, "///")
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _requirement(source: str, root: Path) -> tuple[str, tuple[str, ...]]:
    """Return the requirement of Evenfall, and the lines of the TOML tables that it needs."""
    if not source:
        return f"{SESSIONS}=={version('evenfall')}", ()
    if not source.startswith(_URLS):
        return f"{SESSIONS} @ {_file_url(_distribution(source), root)}", ()
    if not source.isprintable() or re.search(r'[\s"\\;]', source):
        raise EvenfallError(
            f"--source {source!r}: spaces, quotes, semicolons, backslashes and control characters can't be in the header",
            hint="encode them, a space as %20",
        )
    if source.startswith("git+") or source.partition("#")[0].endswith(_ARCHIVES):
        return f"{SESSIONS} @ {source}", ()
    index = ("", "[[tool.uv.index]]", 'name = "evenfall"', f'url = "{source}"', "explicit = true")
    return SESSIONS, (*index, "", "[tool.uv.sources]", 'evenfall = { index = "evenfall" }')


def exclude_newer(root: Path) -> str:
    """Return the line with the project's `exclude-newer` for the header; empty if the project has none."""
    value = uv_settings(root).uv_exclude_newer if (root / NAME).is_file() else ""
    return f'exclude-newer = "{value}"' if re.fullmatch(r"[\w .:+-]+", value) else ""


def source_path(source: str) -> Path | None:
    """Return the file or the folder that is the source of Evenfall, or None if it is an index, a repository or a URL.

    Raises `EvenfallError` (usage) as `script_header` does.
    """
    return _distribution(source) if source and not source.startswith(_URLS) else None


def ci_warning(source: str, root: Path) -> str:
    """Return a warning if only this machine has `source`, else an empty text.

    Raises `EvenfallError` (usage) for a path inside the project that git ignores, or that the build session clears.
    """
    path = Path(source).expanduser().resolve()
    if not source or source.startswith(_REMOTE) or path == root:
        return ""
    if source.startswith("file://") or not path.is_relative_to(root):
        return f"--source {source} is outside the repository, so CI does not have it"
    name = path.relative_to(root).as_posix()
    if name.split("/")[0] == "dist":
        raise EvenfallError(
            f"--source {source}: the build session clears dist/, so CI would not have it",
            hint="give a URL, or a folder that is committed, like wheels/",
        )
    if ignore_rules(root, [name]):
        raise EvenfallError(
            f"--source {source}: git ignores it, so CI would not have it",
            hint=f"git add --force {shlex.quote(name)}, or give a URL",
        )
    return ""


def _distribution(source: str) -> Path:
    """Return the file or the project folder at a path; of a folder of wheels, the newest one."""
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise EvenfallError(f"--source {source}: not found", hint="give a wheel, a folder or a URL")
    if path.is_file() or (path / "pyproject.toml").is_file():
        return path
    try:
        return max(path.glob("evenfall-*.whl"), key=lambda wheel: parse_wheel_filename(wheel.name)[1])
    except ValueError as error:
        raise EvenfallError(
            f"--source {source}: neither a project nor a folder with a wheel of evenfall", hint="uv build --wheel"
        ) from error


def _file_url(path: Path, root: Path) -> str:
    """Return a file URL, relative to `PROJECT_ROOT` if the path is inside the project. uv replaces it by the current folder."""
    if not path.is_relative_to(root):
        return path.as_uri()
    return "/".join(("file:///${PROJECT_ROOT}", *map(quote, path.relative_to(root).parts)))
