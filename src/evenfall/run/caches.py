"""The download caches of uv, pip and pre-commit, which jobs share with the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.project.uv import uv


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """The cache folders. They are found before a job, because a job has another HOME."""

    uv: Path
    uv_pythons: Path
    pre_commit: Path
    pip: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders; a job may write to them."""
        return (self.uv, self.uv_pythons, self.pre_commit, self.pip)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that give each tool its folder."""
        return {
            "UV_CACHE_DIR": os.fspath(self.uv),
            "UV_PYTHON_INSTALL_DIR": os.fspath(self.uv_pythons),
            "PRE_COMMIT_HOME": os.fspath(self.pre_commit),
            "PIP_CACHE_DIR": os.fspath(self.pip),
        }


def user_caches(root: Path, environ: Mapping[str, str]) -> Caches:
    """Return the caches that the tools use for this user.

    Raises `EvenfallError` (unknown) if uv's cache can't be written, because every job would fail.
    """
    uv_cache = Path(uv(root, "cache", "dir").strip())
    try:
        uv_cache.mkdir(parents=True, exist_ok=True)
        probe = uv_cache / f".evenfall-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EvenfallError(
            f"{uv_cache}: uv's cache can't be written: {error.strerror}",
            hint="set UV_CACHE_DIR to a folder that can be written",
            exit_code=Exit.UNKNOWN,
        ) from error
    return find_caches(environ, uv_cache=uv_cache, uv_pythons=Path(uv(root, "python", "dir").strip()))


def find_caches(environ: Mapping[str, str], *, uv_cache: Path, uv_pythons: Path) -> Caches:
    """Return uv's folders, and the folders of pip and pre-commit by the rules of each tool."""
    home = Path(environ.get("HOME") or os.sep)
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    pip = home / "Library/Caches/pip" if sys.platform == "darwin" else cache / "pip"
    return Caches(
        uv=uv_cache,
        uv_pythons=uv_pythons,
        pre_commit=Path(environ.get("PRE_COMMIT_HOME") or cache / "pre-commit"),
        pip=Path(environ.get("PIP_CACHE_DIR") or pip),
    )
