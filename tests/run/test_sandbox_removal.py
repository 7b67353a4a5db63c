"""Sandboxes go late, and surely."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.run.sandbox_removal import Clearing


def left(folder: Path, number: int) -> Path:
    sandbox = folder / str(number)
    (sandbox / "deep").mkdir(parents=True)
    (sandbox / "deep/file").touch()
    return sandbox


def test_sandboxes_wait_for_the_end_and_are_gone_then(tmp_path: Path) -> None:
    with Clearing(tmp_path, []) as clearing:
        sandboxes = [left(tmp_path, number) for number in range(9)]
        for sandbox in sandboxes:
            clearing.leave(sandbox)
        assert all(sandbox.is_dir() for sandbox in sandboxes)
    assert not any(sandbox.exists() for sandbox in sandboxes)


def test_sandboxes_go_at_once_where_the_disk_gets_short(tmp_path: Path) -> None:
    with Clearing(tmp_path, [], share=2) as clearing:
        sandbox = left(tmp_path, 1)
        clearing.leave(sandbox)
        assert not sandbox.exists()


def run(folder: Path, sandboxes: list[Path], ends: type[BaseException] | None = None) -> list[str]:
    trouble: list[str] = []
    with Clearing(folder, trouble) as clearing:
        for sandbox in sandboxes:
            clearing.leave(sandbox)
        if ends:
            raise ends
    return trouble


def test_sandboxes_are_gone_however_the_run_ends(tmp_path: Path) -> None:
    sandbox = left(tmp_path, 1)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, [sandbox], KeyboardInterrupt)
    assert not sandbox.exists()


def test_one_that_cannot_be_removed_keeps_no_other(tmp_path: Path) -> None:
    file, sandbox = tmp_path / "no-folder", left(tmp_path, 1)
    file.touch()
    (told,) = run(tmp_path, [file, sandbox])
    assert told == f"{file} can't be removed: {file}: Not a directory\n  next: sudo rm -r {file}"
    assert not sandbox.exists()
