from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from evenfall.git.checkout import CHECK_OUT, make_repository, run_git
from evenfall.git.repository import find_repository
from evenfall.git.snapshot import Snapshot, SnapshotRequest, take_snapshot
from tests.sample_project import SampleProject


@pytest.fixture(autouse=True)
def no_user_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run git without the configuration of the user who runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture
def repository(tmp_path: Path) -> SampleProject:
    """A repository with one commit, in a folder whose name contains everything that git has to quote."""
    repository = SampleProject(tmp_path / "ä 'quoted' \"na:me\"\nof two\\ lines")
    repository.write("page.txt", "one\n")
    repository.write("tool.sh", "#!/bin/sh\n").chmod(0o755)
    repository.write("deep/er/file.txt", "deep\n")
    (repository.root / "link").symlink_to("page.txt")
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit("first")
    return repository


@pytest.fixture
def unborn(tmp_path: Path) -> SampleProject:
    """A repository before its first commit."""
    repository = SampleProject(tmp_path / "unborn")
    repository.root.mkdir()
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in no repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path))
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def submodule(repository: SampleProject, tmp_path: Path) -> SampleProject:
    """A committed submodule `part` of the repository."""
    other = SampleProject(tmp_path / "other")
    other.write("inner.txt", "")
    other.git("init", "--quiet", "--initial-branch=main")
    other.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(other.root), "part")
    repository.commit("add a submodule")
    return SampleProject(repository.root / "part")


def clone(repository: SampleProject, root: Path, *options: str) -> SampleProject:
    """Clone a repository over git's own protocol, which respects `--depth` and `--filter`."""
    root.parent.mkdir(exist_ok=True)
    repository.git("clone", "--quiet", *options, repository.root.as_uri(), os.fspath(root))
    return SampleProject(root)


def linked_worktree(repository: SampleProject) -> SampleProject:
    root = repository.root.with_name("linked")
    repository.git("worktree", "add", "--quiet", "-b", "linked", os.fspath(root))
    return SampleProject(root)


def diverge(repository: SampleProject) -> None:
    """Commit two versions of page.txt, on the branches `topic` and `main`."""
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("page.txt", "topic\n")
    repository.commit("topic")
    repository.git("checkout", "--quiet", "main")
    repository.write("page.txt", "main\n")
    repository.commit("main")


def start_conflicting_merge(repository: SampleProject) -> None:
    diverge(repository)
    repository.run("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "merge", "topic")
    assert repository.git("ls-files", "--unmerged")


def modes_and_digests(folder: Path) -> dict[str, tuple[int, str]]:
    """The mode and a digest of each file below a folder: what must be the same if nothing was touched."""
    return {
        os.fspath(path.relative_to(folder)): (path.lstat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def take(repository: SampleProject, request: SnapshotRequest | None = None, *, folder: Path | None = None) -> Snapshot:
    """Take a snapshot, of the tracked files as they are by default."""
    store = repository.root.with_name("store")
    store.mkdir()
    return take_snapshot(find_repository(folder or repository.root), request or SnapshotRequest(), store)


def checkout_of(snapshot: Snapshot, *, history: bool = False) -> SampleProject:
    """Check a snapshot out beside its store."""
    folder = snapshot.store.parents[1] / "checkout"
    make_repository(snapshot, folder, objects=snapshot.objects, history=history, umask=0o022)
    run_git(folder, CHECK_OUT, umask=0o022)
    return SampleProject(folder)


def files_of(snapshot: Snapshot) -> dict[str, str]:
    """The files of a checkout, with their contents."""
    root = checkout_of(snapshot).root
    paths = (path for path in sorted(root.rglob("*")) if ".git" not in path.relative_to(root).parts)
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths if path.is_file()}
