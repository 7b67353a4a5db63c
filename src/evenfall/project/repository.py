"""A git repository as it lies on disk, resolved once: what a snapshot is taken from."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.project.git import git
from evenfall.text import without_password

OLDEST = (2, 31)
"""The first git whose `rev-parse` has `--path-format`; each option that needs a newer one asks for it."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """`top` is the work tree, `git_dir` a linked worktree's own folder or `common_dir`, `index` what is (being) committed next."""

    top: Path
    git_dir: Path
    common_dir: Path
    objects: Path
    index: Path
    object_format: str
    is_shallow: bool

    @cached_property
    def origin(self) -> str:
        """The URL of the remote `origin`, without credentials; empty where there is none."""
        url = git(self.top, "config", "--get", "--default", "", "remote.origin.url").strip()
        return without_password(url)

    @property
    def hooks(self) -> Path:
        """Where git looks for hooks."""
        return _path(self.top, "--path-format=absolute", "--git-path", "hooks")

    @cached_property
    def alternates(self) -> tuple[Path, ...]:
        """Other folders that this repository borrows objects from (`git clone --shared`)."""
        said = git(self.top, "count-objects", "-v").splitlines()
        return tuple(Path(line.removeprefix("alternate: ")) for line in said if line.startswith("alternate: "))

    @property
    def name(self) -> str:
        """What GitHub would call it, and the folder of a runner's checkout: the last part of origin's URL, else the folder's own name."""
        last = re.sub(r"\.git/?$", "", self.origin).rstrip("/").rpartition("/")[2].rpartition(":")[2]
        return last if re.fullmatch(r"[A-Za-z0-9._-]+", last) and last.strip(".") else self.top.name


def find_repository(folder: Path) -> Repository:
    """The repository whose work tree holds `folder`.

    Inside a hook git's variables may point anywhere, so only the folder counts; of them, the index that is being committed is
    taken where it belongs to this repository. Raises `EvenfallError` (usage): none, a bare one, or git is too old.
    """
    check_git(OLDEST, "evenfall")
    asked = ("--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository", "--show-object-format")
    bare, inside, shallow, object_format = git(folder, "rev-parse", *asked).split()
    if bare == "true" or inside == "false":
        raise EvenfallError(
            f"{folder}: a bare repository has no work tree",
            hint="clone it, and run evenfall in the clone",
        )
    git_dir = _path(folder, "--absolute-git-dir")
    return Repository(
        top=_path(folder, "--show-toplevel"),
        git_dir=git_dir,
        common_dir=_path(folder, "--path-format=absolute", "--git-common-dir"),
        objects=_path(folder, "--path-format=absolute", "--git-path", "objects"),
        index=_index(folder, git_dir),
        object_format=object_format,
        is_shallow=shallow == "true",
    )


def _path(folder: Path, *arguments: str) -> Path:
    return Path(git(folder, "rev-parse", *arguments).removesuffix("\n"))


def _index(folder: Path, git_dir: Path) -> Path:
    """`git commit -a` and `git commit PATH` build the next index in a file of their own, which hooks find in `GIT_INDEX_FILE`."""
    committing = os.environ.get("GIT_INDEX_FILE")
    if committing and (path := Path(folder, committing).resolve()).is_relative_to(git_dir.resolve()) and path.is_file():
        return path
    return git_dir / "index"


def quoted(path: Path) -> str:
    """A path as git reads it in a list of alternates: C-quoted where it holds what would end it."""
    text = str(path)
    if not any(character in text for character in '":\n\\'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def git_version() -> tuple[int, int]:
    """The first two numbers of `git version`. Raises `EvenfallError` (unknown) where it has none."""
    said = git(Path.cwd(), "version")
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None:
        raise EvenfallError(f"git: its version can't be read from {said.strip()!r}", exit_code=Exit.UNKNOWN)
    return int(found[1]), int(found[2])


def check_git(oldest: tuple[int, int], what: str) -> None:
    """Raises `EvenfallError` (usage) where git is older than `what` needs."""
    version = git_version()
    if version < oldest:
        raise EvenfallError(
            f"git {version[0]}.{version[1]}: {what} needs git {oldest[0]}.{oldest[1]} or newer",
            hint="upgrade git: https://git-scm.com",
        )
