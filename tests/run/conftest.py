from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.git.repository import find_repository
from evenfall.git.snapshot import Snapshot, SnapshotRequest, take_snapshot
from evenfall.run.sandbox import Sandbox, make_sandbox
from tests.made_project import Made


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own is none of these tests'."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture
def lamp(tmp_path: Path) -> Made:
    """A repository with one commit."""
    made = Made(tmp_path / "lamp")
    made.write("page.txt", "one\n")
    made.write(".gitignore", "*.log\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    return made


@pytest.fixture
def run_in(tmp_path: Path) -> Path:
    """The folder of a run."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def snapshot_of(made: Made, folder: Path, request: SnapshotRequest | None = None) -> Snapshot:
    return take_snapshot(find_repository(made.root), request or SnapshotRequest(), folder)


@pytest.fixture
def snapshot(lamp: Made, run_in: Path) -> Snapshot:
    """The lamp as it is."""
    return snapshot_of(lamp, run_in)


@pytest.fixture
def sandbox(snapshot: Snapshot, run_in: Path) -> Sandbox:
    """A sandbox with the lamp."""
    return make_sandbox(run_in / "0", snapshot)
