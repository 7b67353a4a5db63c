from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.git.checkout import check_out
from evenfall.git.repository import find_repository
from evenfall.git.snapshot import Snapshot, SnapshotRequest, take_snapshot
from tests.made_project import Made


@pytest.fixture(autouse=True)
def no_user_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run git without the configuration of the user who runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture
def repository(tmp_path: Path) -> Made:
    """A repository with one commit, in a folder whose name contains everything that git has to quote."""
    repository = Made(tmp_path / "a 'quoted' \"na:me\"\nof two lines")
    repository.write("page.txt", "one\n")
    repository.write("tool.sh", "#!/bin/sh\n").chmod(0o755)
    repository.write("deep/er/file.txt", "deep\n")
    (repository.root / "link").symlink_to("page.txt")
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit("first")
    return repository


def take(repository: Made, request: SnapshotRequest | None = None, *, folder: Path | None = None) -> Snapshot:
    """Take a snapshot, of the tracked files as they are by default."""
    store = repository.root.with_name("store")
    store.mkdir()
    return take_snapshot(find_repository(folder or repository.root), request or SnapshotRequest(), store)


def checkout_of(snapshot: Snapshot, *, history: bool = False) -> Made:
    """Check a snapshot out beside its store."""
    folder = snapshot.store.parents[1] / "checkout"
    check_out(snapshot, folder, history=history, umask=0o022)
    return Made(folder)


def files_of(snapshot: Snapshot) -> dict[str, str]:
    """The files of a checkout, with their contents."""
    root = checkout_of(snapshot).root
    paths = (path for path in sorted(root.rglob("*")) if ".git" not in path.relative_to(root).parts)
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths if path.is_file()}
