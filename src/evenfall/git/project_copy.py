"""Copy a project's files to a separate repository, so that a build or an adoption does not change the project."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from evenfall.git.alternates import write_alternates
from evenfall.git.command import git
from evenfall.git.commits import commit_contents, find_commit
from evenfall.git.repository import find_repository, init_repository, is_top
from evenfall.git.tracked import (
    SUBMODULE,
    changed_files,
    index_entries,
    tracked_files,
    uncompared_files,
    unignored_files,
)


def copy_tracked_files(root: Path, target: Path, *, time: int | None = None, history: bool = True) -> Path:
    """Copy the tracked files of `root`, as they are in the work tree, into a new repository at `target`; return `target`.

    If `root` is the root of a work tree, the copy has its history and tags, or without `history` one commit, and it has the files that git
    does not compare (in a sparse checkout) as they are in the index. `time` is the time of every file, in seconds since 1970; by default
    the files keep theirs.
    """
    return _copy(root, target, tracked_files(root), time=time, history=history)


@contextlib.contextmanager
def scratch_copy(root: Path, names: Iterable[str] | None = None) -> Iterator[Path]:
    """Yield a temporary repository with the history of `root` and these files of it, or every file of it that git does not ignore.

    Outside a repository it is a new and empty one.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        yield _copy(root, Path(folder).resolve() / root.name, unignored_files(root) if names is None else names)


@contextlib.contextmanager
def commits_of_files(
    root: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[tuple[Path, str, str]]:
    """Yield a temporary copy of the project, and two commits in it: with `before`, then with `after` in place of the files of these paths.

    The files in the work tree of the copy are those of the project, so that nothing of the commits is executed.
    """
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        copy = copy_tracked_files(root, Path(folder).resolve() / root.name)
        yield copy, commit_contents(copy, before), commit_contents(copy, after)


def _copy(root: Path, target: Path, names: Iterable[str], *, time: int | None = None, history: bool = True) -> Path:
    if not is_top(root):
        target.mkdir()
        init_repository(target)
        _copy_files(root, target, names, time)
        git(target, "add", "--all", "--force")
        return target
    _clone(root, target, history=history)
    entries = index_entries(root)
    _write_index(target, entries)
    committed = uncompared_files(root).keys() & entries.keys()
    copied = {*names} - committed
    _copy_files(root, target, copied, time)
    objects = "".join(f"{entries[name].split()[1]}\n" for name in committed)
    git(root, "cat-file", "--batch-check", stdin=objects.encode())  # a partial clone fetches the files that it lacks
    _git_paths(target, committed, "checkout-index", "-z", "--stdin")
    added = copied - entries.keys() | {*changed_files(root)} & entries.keys()
    _git_paths(target, added, "add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
    git(target, "update-index", "-q", "--refresh", codes=(0, 1))
    return target


def _copy_files(root: Path, target: Path, names: Iterable[str], time: int | None) -> None:
    for name in names:
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(root / name, file, time)


def _clone(root: Path, target: Path, *, history: bool) -> None:
    """Clone a repository without its files, but with all that its configuration and its attributes say about the conversion of files.

    Without `history`, the clone has one commit and no tag, as the checkout of a runner.
    """
    repository = find_repository(root)
    options = () if history else ("--no-tags", "--single-branch")
    git(root, "clone", "--quiet", "--shared", "--no-checkout", *options, os.fspath(root), os.fspath(target))
    git_dir = target / ".git"
    write_alternates(git_dir, [repository.objects])  # the clone of a shallow repository borrows nothing
    if not history and (head := find_commit(target, "HEAD")):
        (git_dir / "shallow").write_text(f"{head}\n", encoding="ascii")
    for key, value in repository.settings(r"^(core\.(autocrlf|eol|attributesfile)|filter\..*)$"):
        git(target, "config", "--add", key, value)
    attributes = repository.common_dir / "info/attributes"
    if attributes.is_file():
        (git_dir / "info").mkdir(exist_ok=True)
        shutil.copyfile(attributes, git_dir / "info/attributes")


def _write_index(target: Path, entries: Mapping[str, str]) -> None:
    """Write the index, so that git compares only files that have changed; and the folders of submodules, which stay empty."""
    lines = "".join(f"{entry}\t{name}\0" for name, entry in entries.items())
    git(target, "update-index", "-z", "--index-info", stdin=os.fsencode(lines))
    for name, entry in entries.items():
        if entry.startswith(SUBMODULE):
            (target / name).mkdir(parents=True, exist_ok=True)


def _git_paths(target: Path, paths: Collection[str], *arguments: str) -> None:
    if paths:
        git(target, *arguments, stdin=os.fsencode("\0".join(sorted(paths))), env={"GIT_LITERAL_PATHSPECS": "1"})


def _copy_file(source: Path, target: Path, time: int | None) -> None:
    """Copy a file as git checks it out: with the executable bit of the file, and the other bits of the mode by the umask."""
    shutil.copyfile(source, target, follow_symlinks=False)
    if target.is_symlink():
        return
    if source.stat().st_mode & 0o100:
        readable = target.stat().st_mode & 0o444
        target.chmod(target.stat().st_mode | readable >> 2)
    seconds = source.stat().st_mtime if time is None else time
    os.utime(target, (seconds, seconds))
