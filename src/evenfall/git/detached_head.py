"""A view of the user's work tree with a detached HEAD, as a pull request's checkout has it on GitHub."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evenfall.git.command import git
from evenfall.git.commits import commit_time
from evenfall.git.private_index import copy_index
from evenfall.git.repository import find_repository


@contextlib.contextmanager
def detached_head(root: Path) -> Iterator[dict[str, str]]:
    """Yield the environment variables with which git sees the same work tree on no branch; none before the first commit.

    They name a temporary git folder that shares the objects and the configuration of the real one (`commondir`,
    gitrepository-layout(5)) and has a separate HEAD and index, so that the user's repository stays as it is.
    """
    if commit_time(root) is None:
        yield {}
        return
    repository = find_repository(root)
    with tempfile.TemporaryDirectory(prefix="evenfall-") as folder:
        git_dir = Path(folder)
        (git_dir / "HEAD").write_bytes(os.fsencode(git(root, "rev-parse", "HEAD").text))
        (git_dir / "commondir").write_bytes(os.fsencode(f"{repository.common_dir}\n"))
        if repository.index.is_file():
            copy_index(repository.index, git_dir)
        yield {
            "GIT_DIR": os.fspath(git_dir),
            "GIT_WORK_TREE": os.fspath(repository.top),
            "GIT_INDEX_FILE": os.fspath(git_dir / "index"),
        }
