"""Where Evenfall itself comes from: the index, or what `--source` names until it is published."""

from __future__ import annotations

import shlex
import subprocess
from importlib.metadata import version
from pathlib import Path

from evenfall.errors import EvenfallError

SESSIONS = "evenfall[sessions]"


def script_header(source: str, root: Path) -> str:
    """The noxfile's header (PEP 723). `source` is empty for the index, else as `--source` takes it.

    Raises `EvenfallError` (usage) for a path that is not there, or that is neither a wheel, a project nor a folder of wheels.
    """
    evenfall = SESSIONS if source else f"{SESSIONS}=={version('evenfall')}"
    lines = ['requires-python = ">=3.11"', f'dependencies = ["nox=={version("nox")}", "{evenfall}"]']
    if source:
        lines += ["", *_tables(source, root)]
    return "".join(f"# {line}".rstrip() + "\n" for line in ("/// script", *lines, "///"))


URLS = ("https://", "http://", "git+", "file://")


def absent_on_runners(source: str, root: Path) -> str:
    """What is to be said of a `source` that only this machine has; empty where there is nothing.

    Raises `EvenfallError` (usage) for a path inside the project that git ignores, or that sessions clear.
    """
    path = Path(source).expanduser().resolve()
    if not source or source.startswith(URLS[:3]) or path == root:
        return ""
    if source.startswith("file://") or not path.is_relative_to(root):
        return f"--source {source} lies on this machine only: a runner does not have it"
    name = path.relative_to(root).as_posix()
    if name.split("/")[0] == "dist":
        raise EvenfallError(
            f"--source {source}: the build session clears it, so no runner would have it",
            hint="give a URL, or a folder that is committed, like wheels/",
        )
    if subprocess.run(["git", "check-ignore", "--quiet", "--", name], cwd=root).returncode == 0:
        raise EvenfallError(
            f"--source {source}: git ignores it, so no runner would have it",
            hint=f"git add --force {shlex.quote(name)}, or give a URL",
        )
    return ""


def _tables(source: str, root: Path) -> list[str]:
    if source.startswith(URLS):
        return _url_tables(source)
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise EvenfallError(f"--source {source}: not found", hint="give a wheel, a folder or a URL")
    named = path.relative_to(root).as_posix() if path.is_relative_to(root) and path != root else path.as_posix()
    if path == root:
        return ["[tool.uv.sources]", 'evenfall = { path = ".", editable = true }']
    if path.is_file() or (path / "pyproject.toml").is_file():
        return ["[tool.uv.sources]", f"evenfall = {{ path = {_quoted(named)} }}"]
    if not any(path.glob("evenfall-*.whl")):
        raise EvenfallError(
            f"--source {source}: neither a project nor a folder with a wheel of evenfall", hint="uv build --wheel"
        )
    return ["[tool.uv]", f"find-links = [{_quoted(named)}]"]


def _url_tables(url: str) -> list[str]:
    if url.startswith("git+"):
        return ["[tool.uv.sources]", f"evenfall = {{ git = {_quoted(url.removeprefix('git+'))} }}"]
    if url.endswith((".whl", ".tar.gz", ".zip")):
        return ["[tool.uv.sources]", f"evenfall = {{ url = {_quoted(url)} }}"]
    index = ["[[tool.uv.index]]", 'name = "evenfall"', f"url = {_quoted(url)}", "explicit = true"]
    return [*index, "", "[tool.uv.sources]", 'evenfall = { index = "evenfall" }']


def _quoted(text: str) -> str:
    """A TOML basic string. Raises `EvenfallError` (usage) for what has no place in a comment of one line."""
    if not text.isprintable() or '"' in text or "\\" in text:
        raise EvenfallError(
            f"--source {text!r}: quotes, backslashes and control characters can't stand in the header", hint="rename it"
        )
    return f'"{text}"'
