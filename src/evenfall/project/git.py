"""The edge to git: every call of it in this folder is here."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from evenfall.errors import EvenfallError, Exit


class NoRepositoryError(EvenfallError):
    """A folder is in no repository, or nobody can look: git is not here."""


def git(
    root: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
    umask: int = -1,
    stdin: bytes = b"",
) -> str:
    """What a git command prints. `env` adds variables to the user's own; `codes` are exit codes that are an answer.

    `umask` is that of the files that git writes, `stdin` what it reads.

    Raises `EvenfallError`: git is missing (unknown) or refuses (usage).
    """
    return git_answer(root, *arguments, env=env, codes=codes, umask=umask, stdin=stdin)[1]


def git_answer(
    root: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
    umask: int = -1,
    stdin: bytes = b"",
) -> tuple[int, str]:
    """As `git`, with the exit code, where that is the answer."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            capture_output=True,
            input=stdin,
            env=_environ() | dict(env or {}),
            umask=umask,
        )
    except FileNotFoundError as error:
        raise NoRepositoryError(
            "git: not found on PATH", hint="install git: https://git-scm.com", exit_code=Exit.UNKNOWN
        ) from error
    if done.returncode not in codes:
        said = _text(done.stderr).strip()
        if "not a git repository" in said:
            raise NoRepositoryError(f"{root}: not a git repository", hint="git init")
        raise EvenfallError(f"git {_command(arguments)}: {said or 'it failed'}", hint="correct what git names")
    return done.returncode, _text(done.stdout)


def _command(arguments: Sequence[str]) -> str:
    """What git was asked to do, behind configuration (`-c NAME=VALUE`)."""
    return _command(arguments[2:]) if arguments[0] == "-c" else arguments[0]


def _environ() -> dict[str, str]:
    """git's messages are read, so they must be English; and inside a hook, git's own variables point to another repository or index."""
    elsewhere = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"} | {
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
    }
    return {name: value for name, value in os.environ.items() if name not in elsewhere} | {"LC_ALL": "C"}


def _text(output: bytes) -> str:
    """Without translated line ends: a path may hold any of them."""
    return output.decode("utf-8", "surrogateescape")


def toplevel(folder: Path) -> Path:
    """The root of the work tree that holds `folder`. Raises `EvenfallError` (usage) where there is none."""
    return Path(git(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))


def prefix_of(folder: Path) -> str:
    """The way from the top of the work tree to `folder`, with a slash at its end; empty at the top, and where there is none.

    Raises `EvenfallError` (usage) where git refuses, as it does in a repository that is another user's.
    """
    try:
        return git(folder, "rev-parse", "--show-prefix").removesuffix("\n")
    except NoRepositoryError:
        return ""


def tracked_files(root: Path) -> tuple[str, ...]:
    """Paths of the index that exist in the work tree, relative to `root`, with forward slashes."""
    # An unmerged path is listed more than once.
    listed = dict.fromkeys(git(root, "ls-files", "-z", "--cached").split("\0"))
    return tuple(path for path in listed if path and ((root / path).is_file() or (root / path).is_symlink()))


def commit_time(root: Path) -> int | None:
    """When HEAD was committed, in seconds since 1970; `None` on an unborn branch, and where there is no repository."""
    try:
        code, _ = git_answer(root, "rev-parse", "--verify", "--quiet", "HEAD", codes=(0, 1))
    except NoRepositoryError:
        return None
    return None if code else int(git(root, "-c", "log.showSignature=false", "log", "-1", "--format=%ct"))


def copy_index(index: Path, folder: Path) -> None:
    """Copy an index to `folder/index`, and what a split one refers to, which lies beside it.

    With their times: git compares them with a file's to notice an edit within the same second.
    """
    shutil.copy2(index, folder / "index")
    for shared in index.parent.glob("sharedindex.*"):
        shutil.copy2(shared, folder / shared.name)


@contextlib.contextmanager
def detached_head(root: Path) -> Iterator[dict[str, str]]:
    """Environment variables with which git sees the same work tree on no branch, as a runner's pull request does.

    A git folder of its own shares the objects of the real one (`commondir`, gitrepository-layout(5)) and has a HEAD and an
    index of its own, copied with its times, so that the user's repository stays as it is. Empty on an unborn branch.
    """
    if commit_time(root) is None:
        yield {}
        return
    committing = os.environ.get("GIT_INDEX_FILE")  # inside a hook, the index that is being committed
    index = Path(root, committing or git(root, "rev-parse", "--git-path", "index").removesuffix("\n"))
    common = Path(root, git(root, "rev-parse", "--git-common-dir").removesuffix("\n"))
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        view = Path(folder)
        (view / "HEAD").write_bytes(os.fsencode(git(root, "rev-parse", "HEAD")))
        (view / "commondir").write_bytes(os.fsencode(f"{common.resolve()}\n"))
        if index.exists():
            copy_index(index, view)
        yield {
            "GIT_DIR": os.fspath(view),
            "GIT_WORK_TREE": os.fspath(toplevel(root)),
            "GIT_INDEX_FILE": os.fspath(view / "index"),
        }
