"""All that git holds here or would take next, as commits that a scanner can read whatever the user has told git to show."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.project.git import copy_index, git
from evenfall.project.repository import Repository, quoted

_WHO = {"GIT_AUTHOR_NAME": "evenfall", "GIT_AUTHOR_EMAIL": "evenfall@localhost"} | {
    "GIT_COMMITTER_NAME": "evenfall",
    "GIT_COMMITTER_EMAIL": "evenfall@localhost",
}
_TOUCHING_NOTHING = ("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")


@dataclass(frozen=True, kw_only=True)
class History:
    """A bare repository at `folder` that borrows all objects from the user's and has nothing of its configuration.

    `commits` are all that HEAD reaches, oldest first: none on an unborn branch. `now` are commits made for this purpose, without
    parents: the working tree with its untracked files that are not ignored, and then what is staged where that differs. `inside`
    are the folders of it that are repositories of their own, and are in none of these.
    """

    folder: Path
    commits: tuple[str, ...]
    now: tuple[str, ...]
    inside: tuple[str, ...]

    @cached_property
    def age(self) -> Mapping[str, int]:
        """The place of each commit, from 0 for the oldest."""
        return {commit: place for place, commit in enumerate(self.commits)}

    @property
    def tips(self) -> tuple[str, ...]:
        """What reaches all of it."""
        return (*self.commits[-1:], *self.now)


@contextlib.contextmanager
def whole_history(repository: Repository) -> Iterator[History]:
    """The history for as long as the context lasts; the user's repository stays as it is.

    Raises `EvenfallError`: a shallow clone (unknown); git refuses, as with a file that can't be read (usage).
    """
    if repository.is_shallow:
        raise EvenfallError(
            f"{repository.top}: a shallow clone: the history before its oldest commit is not here",
            hint="git fetch --unshallow; on GitHub: history=True of the session, or fetch-depth: 0 of actions/checkout",
            exit_code=Exit.UNKNOWN,
        )
    with tempfile.TemporaryDirectory(prefix="evenfall-") as temporary:
        folder = Path(temporary, "git")
        options = ("--quiet", "--bare", "--template=", f"--object-format={repository.object_format}")
        git(repository.top, "init", *options, os.fspath(folder), env=ALONE)
        info = folder / "objects" / "info"
        info.mkdir(exist_ok=True)
        (info / "alternates").write_bytes(os.fsencode(f"{quoted(repository.objects)}\n"))
        env = {
            "GIT_DIR": os.fspath(repository.git_dir),
            "GIT_WORK_TREE": os.fspath(repository.top),
            "GIT_INDEX_FILE": os.fspath(Path(temporary, "index")),
            "GIT_OBJECT_DIRECTORY": os.fspath(folder / "objects"),
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_GRAFT_FILE": os.devnull,
        }
        if repository.index.is_file():
            copy_index(repository.index, Path(temporary))
        inside = _inside(repository, env)
        now = _now(repository, Path(temporary), env, inside)
        yield History(folder=folder, commits=_commits(repository, env), now=now, inside=inside)


ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_REPLACE_OBJECTS": "1"}
"""Variables with which git knows nothing of the user: colours or a prefix of one's own make a scanner find nothing in a diff."""


def _commits(repository: Repository, env: Mapping[str, str]) -> tuple[str, ...]:
    head = git(repository.top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", env=env, codes=(0, 1)).strip()
    return tuple(git(repository.top, "rev-list", "--topo-order", "--reverse", head, env=env).split()) if head else ()


def _inside(repository: Repository, env: Mapping[str, str]) -> tuple[str, ...]:
    """Repositories that lie untracked in the work tree: git takes none of their files."""
    listed = git(repository.top, "ls-files", "-z", "--others", "--exclude-standard", env=env).split("\0")
    return tuple(path for path in listed if path.endswith("/"))


def _now(repository: Repository, temporary: Path, env: Mapping[str, str], inside: Sequence[str]) -> tuple[str, ...]:
    """The index is a copy with its times, so that git reads again only what has changed."""
    unmerged = git(repository.top, "ls-files", "-z", "--unmerged", env=env)
    staged = () if unmerged else (_tree(repository, env),)
    _look_at_all(repository, env)
    own = ("-c", f"lfs.storage={temporary / 'lfs'}", "-c", "add.ignoreErrors=false", "-c", "core.safecrlf=false")
    paths = (":/", *(f":(top,exclude,literal){path}" for path in inside))
    git(
        repository.top, *_TOUCHING_NOTHING, *own, "add", "--all", *_also_outside(repository, env), "--", *paths, env=env
    )
    trees = dict.fromkeys((_tree(repository, env), *staged))
    commit = ("-c", "commit.gpgSign=false", "-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-m", "now")
    return tuple(git(repository.top, *commit, tree, env={**env, **_WHO}).strip() for tree in trees)


def _also_outside(repository: Repository, env: Mapping[str, str]) -> tuple[str, ...]:
    """The option with which git adds what lies outside a sparse checkout, too; a git that has none does so anyway."""
    asked = ("config", "--type=bool", "--get", "core.sparseCheckout")
    return ("--sparse",) if git(repository.top, *asked, env=env, codes=(0, 1)).strip() == "true" else ()


def _look_at_all(repository: Repository, env: Mapping[str, str]) -> None:
    """Let git look at files again that it was told to pass over; those that are not there at all are in what is staged."""
    listed = git(repository.top, "ls-files", "-v", "-z", env=env).split("\0")
    flags = {
        "--no-assume-unchanged": [entry[2:] for entry in listed if entry[:1].islower()],
        "--no-skip-worktree": [entry[2:] for entry in listed if entry[:1] in {"S", "s"}],
    }
    for flag, paths in flags.items():
        if paths:
            stdin = os.fsencode("\0".join(paths))
            git(repository.top, *_TOUCHING_NOTHING, "update-index", flag, "-z", "--stdin", env=env, stdin=stdin)


def _tree(repository: Repository, env: Mapping[str, str]) -> str:
    return git(repository.top, *_TOUCHING_NOTHING, "write-tree", env=env).strip()
