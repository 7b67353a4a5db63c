"""The environments that jobs find in their sandboxes: the locked packages of a session, installed once and kept in the user's cache.

With namespaces, a job's checkout is an overlay over them, so no job can change one. Without, an environment moves into the checkout of
its job, always to the same path, and back if the job did not change it. Its name in the cache is a digest of all that it depends on.
The job's own `uv sync` still decides what belongs there; it finds the packages and builds the rest, like the project itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from evenfall.project.install_options import install_options
from evenfall.project.project import read_project
from evenfall.project.user_cache import user_cache
from evenfall.run.cache_folder import STATE, remove_oldest, use_folder
from evenfall.run.folder_state import State, folder_state, reliable_state, restore, total_size
from evenfall.run.sandbox_removal import remove

FOLDER = ".nox"
"""The folder of Nox's environments in a checkout."""

_SHARED_FACTS = 3
"""A new hard link to a file leaves this many of the first facts about it as they are: mode, size and time of modification."""

# Arguments: the interpreter, which must win over the one of `.python-version`, the environment, packages to compile, and the options of
# `uv sync`. A module with a warning stays without bytecode, because on a runner, where no module has any, the first import prints the
# warning or fails.
_SCRIPT = """\
export UV_PYTHON="$1" UV_PROJECT_ENVIRONMENT="$2"; compiled=$3; shift 3
uv venv --quiet "$UV_PROJECT_ENVIRONMENT" && uv sync --quiet --frozen --no-build --exact "$@" || exit
test -z "$compiled" || (cd "$UV_PROJECT_ENVIRONMENT"/lib/*/site-packages && "$UV_PYTHON" -I -S -W error -m compileall -qq $compiled) || true
"""
_TEST_TOOLS = "coverage _pytest pluggy"
"""The packages that each job with tests imports."""


def environments_folder() -> Path:
    """Return the folder of all kept environments. Raises `EvenfallError` (unknown) as `user_cache` does."""
    return user_cache() / "environments"


def environment_path(job: str) -> str:
    """Return the path of a job's environment in its checkout: that of Nox, except for very long names."""
    name = re.sub(r"\W+", "-", job.lower()).strip("-")
    return f"{FOLDER}/{name}"


def install_command(checkout: Path, groups: tuple[str, ...], python: Path, path: str) -> tuple[str, ...]:
    """Return the command that makes the environment of a session: what `prepare` installs, without packages that must be built.

    The lock says which packages have no wheel; uv refuses to build another one. Raises `EvenfallError` (usage) as `read_project` does.
    """
    project = read_project(checkout)
    options = ["--no-default-groups", *install_options(project, groups)]
    options += [f"--no-install-package={package.name}" for package in project.lock.package if not package.wheels]
    compiled = _TEST_TOOLS if groups == project.groups("tests") else ""
    return ("/bin/sh", "-c", _SCRIPT, "sh", os.fspath(python), path, compiled, *options)


def environment_key(texts: Iterable[str], checkout: Path, tools: Iterable[Path]) -> str:
    """Return the digest of all that the content of an environment depends on: its command and place, the project's files, the tools."""
    project = read_project(checkout)
    files = {
        checkout / "uv.lock",
        checkout / "uv.toml",
        *(member.root / "pyproject.toml" for member in project.members),
    }
    digest = hashlib.sha256()
    states = ((path.resolve(), path.stat()) for path in tools)
    for text in (*texts, *(f"{path} {status.st_size} {status.st_mtime_ns}" for path, status in states)):
        digest.update(f"{text}\0".encode(errors="surrogateescape"))
    for file in sorted({*files, checkout / "pyproject.toml"}):
        with contextlib.suppress(FileNotFoundError):
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Environments:
    """The kept environments, in `folder`. While this is open, no other run removes one."""

    def __init__(self, folder: Path) -> None:
        """Raises `OSError` if the folder can't be made."""
        self._folder = folder
        self._taken: dict[Path, tuple[Path, Path, State]] = {}
        self._use = contextlib.ExitStack()
        self._use.enter_context(use_folder(folder, partial(remove_oldest, folder)))

    def get(self, key: str, new: Path, install: Callable[[Path], bool]) -> Path | None:
        """Return the folder with an environment, or `None` if `install` can't make it. `new` is a path for files on the same disk.

        A damaged one is made again. Raises `OSError` if the disk is full.
        """
        kept = self._folder / key
        if kept.is_dir():
            with contextlib.suppress(OSError):  # parts are missing, because its removal was killed
                if (kept / STATE).read_text(encoding="ascii") == _state_text(
                    folder_state(kept / "files"), _SHARED_FACTS
                ):
                    os.utime(kept)
                    return kept / "files"
            with contextlib.suppress(OSError):  # another run was faster
                kept.rename(new.with_name(f"{new.name}-damaged"))
        files = new / "files"
        (files / FOLDER).mkdir(parents=True)
        if not install(files / FOLDER):
            return None
        (new / STATE).write_text(_state_text(folder_state(files), _SHARED_FACTS), encoding="ascii")
        with contextlib.suppress(OSError):  # another run was faster
            new.rename(kept)
        return (kept if kept.is_dir() else new) / "files"

    def take(self, key: str, own: Path, target: Path, install: Callable[[], bool]) -> bool:
        """Move an environment to `target`, for one job; return `False` if there is none and `install` can't make it there.

        `own` is a path on the same disk that is removed at the end of the run. A damaged environment is made again.
        """
        kept = self._folder / key
        with contextlib.suppress(OSError):
            kept.rename(own)
            state = reliable_state(own / "files")
            if state and (own / STATE).read_text(encoding="ascii") == _state_text(state):
                (own / "files").rename(target)
                self._taken[target] = (kept, own, state)
                return True
            remove(own)
        if not install():
            return False
        if state := reliable_state(target):
            self._taken[target] = (kept, own, state)
        return True

    def put_back(self, target: Path) -> None:
        """Keep an environment that was moved to `target`, if the job, which has ended, changed no file of it. New files are moved away."""
        if target not in self._taken:
            return
        kept, own, state = self._taken.pop(target)
        with contextlib.suppress(OSError):  # such as a new folder without permissions
            if restore(target, state, own.with_name(f"{own.name}-new")):
                own.mkdir(exist_ok=True)
                target.rename(own / "files")
                (own / STATE).write_text(_state_text(state), encoding="ascii")
                own.rename(kept)

    def close(self) -> None:
        """Remove environments that are old or too many, unless another run is active."""
        self._use.close()


def _state_text(state: State, facts: int | None = None) -> str:
    """Return a digest of all names and of the first `facts` facts about each file, by default all, and the total size in bytes."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(f"{name}\0{state[name][:facts]}\n".encode(errors="surrogateescape"))
    return f"{digest.hexdigest()} {total_size(state)}"
