from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.git.repository import find_repository
from evenfall.git.snapshot import Snapshot, SnapshotRequest, take_snapshot
from evenfall.run.sandbox import Sandbox, make_sandbox
from tests.sample_project import SampleProject


@pytest.fixture(autouse=True)
def no_git_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the git configuration of the user and of this machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def lamp(tmp_path: Path) -> SampleProject:
    """A repository with one commit."""
    made = SampleProject(tmp_path / "lamp")
    made.write("page.txt", "one\n")
    made.write(".gitignore", "*.log\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    return made


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """The folder of a run."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def snapshot_of(made: SampleProject, folder: Path, request: SnapshotRequest | None = None) -> Snapshot:
    return take_snapshot(find_repository(made.root), request or SnapshotRequest(), folder)


@pytest.fixture
def snapshot(lamp: SampleProject, run_folder: Path) -> Snapshot:
    """A snapshot of the lamp's tracked files as they are."""
    return snapshot_of(lamp, run_folder)


@pytest.fixture
def sandbox(snapshot: Snapshot, run_folder: Path) -> Sandbox:
    """A sandbox with the lamp."""
    return make_sandbox(run_folder / "0", snapshot)
