"""List the files of a work tree by their state in git: tracked, untracked, ignored, filtered; and its submodules."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.git.command import git
from evenfall.git.repository import is_top

SUBMODULE = "160000 "
"""The mode with which the entry of a submodule starts."""


def tracked_files(root: Path) -> tuple[str, ...]:
    """Return the paths of the index that exist in the work tree, relative to `root`, with forward slashes."""
    return tuple(_existing(root, git(root, "ls-files", "-z", "--cached").fields))


def matching_paths(root: Path, *patterns: str) -> tuple[str, ...]:
    """Return the paths of the index that match one of git's patterns, such as `*.py`; they need not exist in the work tree."""
    return tuple(dict.fromkeys(git(root, "ls-files", "-z", "--cached", "--", *patterns).fields))


def unignored_files(root: Path) -> tuple[str, ...]:
    """Return the tracked and the untracked files of a work tree, relative to its root; none if `root` is not a work tree's root."""
    if not is_top(root):
        return ()
    return tuple(_existing(root, git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").fields))


def _existing(root: Path, listed: Iterable[str]) -> Iterator[str]:
    # git lists an unmerged path more than once.
    return (path for path in dict.fromkeys(listed) if (root / path).is_file() or (root / path).is_symlink())


def untracked_files(root: Path, *, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the files that git neither tracks nor ignores; a repository inside the work tree is one path with a slash at its end."""
    return git(root, "ls-files", "-z", "--others", "--exclude-standard", env=env).fields


def unstaged_files(root: Path) -> tuple[str, ...]:
    """Return the files of a work tree that differ from the index, or that are neither in it nor ignored."""
    return tuple(_existing(root, git(root, "ls-files", "-z", "--modified", "--others", "--exclude-standard").fields))


def ignored_paths(root: Path) -> tuple[str, ...]:
    """Return the paths that git ignores; an ignored folder is one path with a slash at its end."""
    return git(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z").fields


def has_untracked_input(top: Path, outputs: tuple[str, ...]) -> bool:
    """Return whether a build in a work tree can read files that git does not track, or the files of a submodule.

    Paths that start with one of `outputs`, and Python's bytecode, do not count.
    """
    others = git(top, "ls-files", "--others", "--directory", "-z").fields
    if any(not path.startswith(outputs) and not path.endswith("__pycache__/") for path in others):
        return True
    return any(any((top / path).iterdir()) for path in submodules(top) if (top / path).is_dir())


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """The pattern with which git ignores a path, and the file and the line that contain it."""

    path: str
    file: str
    line: str
    pattern: str


def ignore_rules(root: Path, paths: Iterable[str]) -> tuple[IgnoreRule, ...]:
    """Return the rules with which git ignores some of these paths, which need not exist; none outside a repository."""
    stdin = os.fsencode("\0".join(paths))
    output = git(root, "check-ignore", "-z", "--verbose", "--stdin", stdin=stdin, codes=(0, 1, 128))
    fields = iter(output.fields)
    rules = (IgnoreRule(path, *rule) for *rule, path in zip(fields, fields, fields, fields, strict=True))
    # The last pattern that matches may be one that includes the file again.
    return tuple(rule for rule in rules if not rule.pattern.startswith("!"))


def index_entries(root: Path) -> Mapping[str, str]:
    """Return the entry of each merged path in the index, such as `100644 HASH 0`."""
    fields = (field.partition("\t") for field in git(root, "ls-files", "--stage", "-z").fields)
    return {path: entry for entry, _, path in fields if entry.endswith(" 0")}


def submodules(root: Path) -> tuple[str, ...]:
    """Return the paths of the submodules."""
    return tuple(path for path, entry in index_entries(root).items() if entry.startswith(SUBMODULE))


def uncompared_files(root: Path) -> Mapping[str, str]:
    """Return the paths whose files git does not compare with the index, and the name of the flag; a sparse checkout sets the first.

    https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--v
    """
    fields = git(root, "ls-files", "-v", "-z").fields
    return {
        field[2:]: "skip-worktree" if field[0] in "Ss" else "assume-unchanged"
        for field in fields
        if field[0] == "S" or field[0].islower()
    }


def changed_files(root: Path) -> tuple[str, ...]:
    """Return the paths of a repository whose files differ from the index, relative to its root. Submodules are not compared."""
    options = ("-z", "--name-only", "--no-renames", "--no-ext-diff", "--ignore-submodules")
    return git(root, "--no-optional-locks", "diff", *options).fields


def filters(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the filters that change files when git writes them to the work tree (Git LFS, git-crypt), by path."""
    fields = git(root, "check-attr", "-z", "--stdin", "filter", stdin=os.fsencode("\0".join(paths))).fields
    return {
        path: name
        for path, name in zip(fields[0::3], fields[2::3], strict=True)
        if name not in {"unspecified", "unset", "set"}
    }


def attribute(root: Path, name: str, path: str) -> str:
    """Return the value of an attribute of a path, which need not exist; `unspecified` if it has none (gitattributes(5))."""
    return git(root, "check-attr", "-z", name, "--", path).fields[2]


def differs_from_head(root: Path, path: str) -> bool:
    """Return whether a file is untracked, or differs from the one that is committed."""
    options = ("--no-optional-locks", "--literal-pathspecs")
    return bool(git(root, *options, "status", "--porcelain", "--", path).text)


def uncommitted_files(root: Path) -> tuple[str, ...]:
    """Return the tracked files of a work tree that differ from HEAD, in the work tree or in the index, relative to the work tree's root.

    A submodule counts as a file.
    """
    options = ("--porcelain", "-z", "--untracked-files=no", "--no-renames")
    return tuple(entry[3:] for entry in git(root, "--no-optional-locks", "status", *options).fields)


def stage(root: Path, *paths: str) -> None:
    """Add files to the index, ignored ones too; without paths, all files that git does not ignore."""
    git(root, "add", *(("--force", "--", *paths) if paths else ("--all",)))


def words_of_tracked_files(root: Path, words: Collection[str]) -> frozenset[str]:
    """Return those of the words that a tracked file contains, in its state in the work tree."""
    if not words:
        return frozenset()
    patterns = [option for word in words for option in ("-e", word)]
    found = git(root, "grep", "--no-color", "-h", "-o", "-w", "-I", "--fixed-strings", *patterns, codes=(0, 1))
    return frozenset(found.text.split("\n")) & frozenset(words)
