"""The caches of uv and pip, and the hooks of pre-commit. Jobs share what the user has downloaded, not what was built on this machine.

uv can install a package that it has once built or fetched with git, even if a runner could not. So each job has a uv cache of its own,
in which links lead to the user's downloads. It lies in the user's cache, because uv moves files from its root to the downloads,
which is possible only on one file system.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.input_file import read_utf8
from evenfall.project.pyproject import NAME
from evenfall.project.uv import uv
from evenfall.run.hook_home import hook_home
from evenfall.run.run_folder import make_locked_folder, old_folders, remove_own_folder
from evenfall.run.sandbox_removal import SandboxRemover, removal_warning, remove

_UV_DOWNLOADS = re.compile(r"(archive|wheels|simple|flat-index|interpreter|python|binaries|osv)-v\d+")
"""The folders of uv's cache with downloads and with facts about interpreters; the others are `sdists`, `builds`, `git`, `environments`."""

_PIP_DOWNLOADS = re.compile(r"http(-v\d+)?")

HOOK_VARIABLES = {"PRE_COMMIT_HOME": "pre-commit", "PREK_HOME": "prek"}
"""The variables of the folders in which programs install hooks, and the names of these folders."""

_INSTALLED = "db.db"
"""pre-commit's list of the installed hooks, with their absolute paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """The user's cache folders, and the folder `own` of a run in uv's. They are found before a job, because a job has another HOME.

    `hooks` is the folder in which jobs install hooks.
    """

    uv: Path
    uv_pythons: Path
    pip: Path
    hooks: Path
    own: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders; a job may write to them."""
        return (self.uv, self.uv_pythons, self.pip)

    def provide(self, name: str, hooks: Path | None = None) -> dict[str, str]:
        """Make the caches of a new job, whose `name` no other job has; return the variables that give each tool its folder.

        The job finds the installed hooks in `hooks`, a folder of pre-commit that it can't change; if None, it installs its own.
        """
        folder = self.own / name
        folder.mkdir(parents=True)
        _link(folder / "uv", self.uv, _UV_DOWNLOADS)
        _link(folder / "pip", self.pip, _PIP_DOWNLOADS)
        if hooks:
            for program in HOOK_VARIABLES.values():
                (folder / program).mkdir()
            with contextlib.suppress(OSError):  # no hook is installed
                shutil.copyfile(hooks / _INSTALLED, folder / "pre-commit" / _INSTALLED)
        return {
            "UV_CACHE_DIR": os.fspath(folder / "uv"),
            "UV_PYTHON_INSTALL_DIR": os.fspath(self.uv_pythons),
            "PIP_CACHE_DIR": os.fspath(folder / "pip"),
            **{
                variable: os.fspath((folder if hooks else self.hooks) / program)
                for variable, program in HOOK_VARIABLES.items()
            },
        }

    def copy_builds(self, job: str, to: str) -> None:
        """Copy the packages that one job has built to the cache of the job `to`. Both are the names that `provide` got."""
        for path in (self.own / job / "uv").glob("sdists-v*"):
            shutil.copytree(path, self.own / to / "uv" / path.name, symlinks=True)


def _link(folder: Path, cache: Path, downloads: re.Pattern[str]) -> None:
    """Make a cache whose downloads are those of another one."""
    folder.mkdir()
    with contextlib.suppress(OSError):  # there is none, or this user can't read it
        for path in cache.iterdir():
            if downloads.fullmatch(path.name):
                (folder / path.name).symlink_to(path)


@contextlib.contextmanager
def run_caches(root: Path, environ: Mapping[str, str], warnings: list[str]) -> Iterator[Caches]:
    """Yield the caches of a run. At the end, what its jobs have built is removed, and the caches of killed runs.

    Raises `EvenfallError`: uv's cache can't be written, so every job would fail (unknown); uv would wait for a pipe (usage).
    """
    if (root / NAME).is_fifo():
        read_utf8(root / NAME, missing="")
    uv_cache = Path(uv(root, "cache", "dir").strip())
    parent = uv_cache / "evenfall"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        own, lock = make_locked_folder(parent)
    except OSError as error:
        raise EvenfallError(
            f"{uv_cache}: uv's cache can't be written: {error.strerror}",
            hint="set UV_CACHE_DIR to a folder that can be written",
            exit_code=Exit.UNKNOWN,
        ) from error
    pythons = Path(uv(root, "python", "dir").strip())
    with lock, hook_home(root, warnings) as hooks:
        caches = Caches(uv=uv_cache, uv_pythons=pythons, pip=pip_cache(environ), hooks=hooks, own=own)
        try:
            yield caches
        finally:
            try:
                _keep_new_downloads(own, caches)
                _remove_builds(own, uv_cache)
                warnings += remove_own_folder(own)
                with SandboxRemover(parent, warnings) as remover:
                    remover.add(*old_folders(parent))
            except OSError as error:
                warnings.append(removal_warning(own, error))


def _keep_new_downloads(own: Path, caches: Caches) -> None:
    """Move the kinds of downloads that the user's caches did not have before the run."""
    for cache, tool, downloads in ((caches.uv, "uv", _UV_DOWNLOADS), (caches.pip, "pip", _PIP_DOWNLOADS)):
        for path in own.glob(f"*/{tool}/*"):
            if downloads.fullmatch(path.name) and not path.is_symlink() and not (cache / path.name).exists():
                with contextlib.suppress(OSError):  # the cache is on another disk, or can't be written
                    cache.mkdir(parents=True, exist_ok=True)
                    path.rename(cache / path.name)


def _remove_builds(own: Path, uv_cache: Path) -> None:
    """Remove the packages that jobs have built from the folder of unpacked packages, to which only links in `own` lead."""
    began, uv_cache = (own / "lock").stat().st_ctime, uv_cache.resolve()
    for folder, names, _ in os.walk(own):
        for target in (Path(folder, name).resolve() for name in names if Path(folder, name).is_symlink()):
            is_package = target.parent.parent == uv_cache and target.parent.name.startswith("archive-v")
            if is_package and target.exists() and target.stat().st_ctime >= began:
                remove(target)


def pip_cache(environ: Mapping[str, str]) -> Path:
    """Return pip's cache folder, by the rules of pip."""
    home = Path(environ.get("HOME") or os.sep)
    default = home / "Library/Caches/pip" if sys.platform == "darwin" else _xdg_cache(environ) / "pip"
    return Path(environ.get("PIP_CACHE_DIR") or default)


def users_hooks(environ: Mapping[str, str]) -> Path:
    """Return the folder in which the user's pre-commit has installed hooks."""
    return Path(environ.get("PRE_COMMIT_HOME") or _xdg_cache(environ) / "pre-commit")


def _xdg_cache(environ: Mapping[str, str]) -> Path:
    """Return the user's cache folder by the XDG specification, whatever the system."""
    return Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or os.sep, ".cache"))
