"""The user's git repository: its folders, its remote, its configuration."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.command import NoRepositoryError, check_git_version, git
from evenfall.package_index.address import shown_address

OLDEST_GIT = (2, 31)
"""The first git whose `rev-parse` has `--path-format`; a feature that needs a newer git checks for it."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository with a work tree.

    `top` is the work tree's root, `git_dir` the git folder of this work tree and `common_dir` that of the whole repository (they
    differ in a linked worktree), `objects` the object folder, `index` the index of the next commit. The history of a shallow repository
    ends before its first commit (`git clone --depth`).
    """

    top: Path
    git_dir: Path
    common_dir: Path
    objects: Path
    index: Path
    object_format: str
    is_shallow: bool

    @cached_property
    def origin(self) -> str:
        """The URL of the remote `origin` without credentials; empty without that remote."""
        return shown_address(self.setting("remote.origin.url"))

    @property
    def remotes(self) -> tuple[str, ...]:
        """The URLs of all remotes without credentials, such as those of a fork and of the repository that it was made from."""
        return tuple(shown_address(url) for _, url in self.settings(r"^remote\..*\.url$"))

    @property
    def hooks(self) -> Path:
        """The folder in which git looks for hooks."""
        return _path(self.top, "--path-format=absolute", "--git-path", "hooks")

    @cached_property
    def alternates(self) -> tuple[Path, ...]:
        """The object folders of other repositories from which this one borrows (`git clone --shared`)."""
        lines = git(self.top, "count-objects", "-v").text.splitlines()
        return tuple(Path(line.removeprefix("alternate: ")) for line in lines if line.startswith("alternate: "))

    @property
    def name(self) -> str:
        """The repository's name on GitHub and of a runner's checkout folder: the last part of origin's URL, or the folder's name."""
        last = re.sub(r"\.git/?$", "", self.origin).rstrip("/").rpartition("/")[2].rpartition(":")[2]
        return last if re.fullmatch(r"[A-Za-z0-9._-]+", last) and last.strip(".") else self.top.name

    @property
    def name_on_github(self) -> str:
        """The repository as `owner/name`, from origin's URL; `evenfall/name` if origin is not on GitHub."""
        return _find_name_on_github(self.origin) or f"evenfall/{self.name}"

    @property
    def checkout_url(self) -> str:
        """The URL of origin in a runner's checkout: by HTTPS, whatever protocol the user has. A URL that is not on GitHub stays."""
        if self.origin and not _find_name_on_github(self.origin):
            return self.origin
        return f"https://github.com/{self.name_on_github}"

    @cached_property
    def branch(self) -> str:
        """The current branch; empty if HEAD is on no branch."""
        return symbolic_reference(self.top, "HEAD")

    @cached_property
    def default_branch(self) -> str:
        """The branch that `origin/HEAD` names, else `main`."""
        return symbolic_reference(self.top, "refs/remotes/origin/HEAD").removeprefix("origin/") or "main"

    def setting(self, key: str) -> str:
        """Return the value of a configuration key; empty if it is not set."""
        return git(self.top, "config", "--get", "--default", "", key).text.strip()

    def settings(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """Return the keys of the configuration that match a pattern, and their values."""
        output = git(self.top, "config", "-z", "--get-regexp", pattern, codes=(0, 1))
        return tuple((key, value) for key, _, value in (field.partition("\n") for field in output.fields))

    def user_settings(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of the user's and the system's configuration, without that of the repository, and their values."""
        fields = git(self.top, "config", "--list", "--show-scope", "--includes", "-z").fields
        pairs = zip(fields[::2], (field.partition("\n") for field in fields[1::2]), strict=True)
        return tuple((key, value) for scope, (key, _, value) in pairs if scope in {"global", "system"})


def _find_name_on_github(url: str) -> str:
    path = re.sub(r"\.git/?$", "", url).rstrip("/")
    found = re.search(r"(?:^|[/@.])github\.com(?::\d+)?[:/]+([\w.-]+/[\w.-]+)$", path)
    return found[1] if found else ""


def find_repository(folder: Path) -> Repository:
    """Return the repository whose work tree contains `folder`.

    In a hook git's variables may name any repository, so they are ignored, except `GIT_INDEX_FILE` if it is in the git folder of
    this repository: it is the index of the commit that is being made. Raises `EvenfallError` (usage): there is no repository or a bare
    one, or git is too old.
    """
    check_git_version(OLDEST_GIT, "evenfall")
    options = ("--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository", "--show-object-format")
    is_bare, is_inside, is_shallow, object_format = git(folder, "rev-parse", *options).text.split()
    if is_bare == "true" or is_inside == "false":
        raise EvenfallError(
            f"{folder}: a bare repository has no work tree",
            hint="clone it, and run evenfall in the clone",
        )
    git_dir = _path(folder, "--absolute-git-dir")
    return Repository(
        top=find_top(folder),
        git_dir=git_dir,
        common_dir=_path(folder, "--path-format=absolute", "--git-common-dir"),
        objects=_path(folder, "--path-format=absolute", "--git-path", "objects"),
        index=_index(folder, git_dir),
        object_format=object_format,
        is_shallow=is_shallow == "true",
    )


def find_top(folder: Path) -> Path:
    """Return the root of the work tree that contains `folder`. Raises `EvenfallError` (usage) if there is no work tree."""
    return _path(folder, "--show-toplevel")


def path_from_top(folder: Path) -> str:
    """Return the path from the work tree's root to `folder`, with a slash at its end; empty at the root, and outside a repository.

    Raises `EvenfallError` (usage) if git reports another error, as in a repository that belongs to another user.
    """
    try:
        return git(folder, "rev-parse", "--show-prefix").line
    except NoRepositoryError:
        return ""


def is_top(folder: Path) -> bool:
    """Return whether `folder` is the root of a work tree."""
    return (folder / ".git").exists()


def init_repository(root: Path) -> None:
    """Make a folder a git repository, on the branch `main`."""
    git(root, "init", "--quiet", "--initial-branch=main")


def set_origin(root: Path, url: str) -> None:
    """Set the URL of the remote `origin`, or remove the remote if the URL is empty."""
    git(root, "remote", *(("set-url", "origin", url) if url else ("remove", "origin")))


def add_setting(file: Path, key: str, value: str) -> None:
    """Add a setting to a file of git's configuration."""
    git(file.parent, "config", "--file", os.fspath(file), "--add", key, value)


def symbolic_reference(root: Path, name: str) -> str:
    """Return the short name of the branch that a symbolic reference names; empty if it names no branch."""
    return git(root, "symbolic-ref", "--quiet", "--short", name, codes=(0, 1, 128)).line


def _path(folder: Path, *arguments: str) -> Path:
    return Path(git(folder, "rev-parse", *arguments).line)


def _index(folder: Path, git_dir: Path) -> Path:
    """Return the index of the next commit.

    `git commit -a` and `git commit PATH` build it in a separate file, which `GIT_INDEX_FILE` names in their hooks.
    """
    committing = os.environ.get("GIT_INDEX_FILE")
    if committing and (path := Path(folder, committing).resolve()).is_relative_to(git_dir.resolve()) and path.is_file():
        return path
    return git_dir / "index"
