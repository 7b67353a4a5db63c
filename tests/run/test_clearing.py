"""Rooms go late, and surely."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.run.clearing import Clearing


def left(folder: Path, number: int) -> Path:
    room = folder / str(number)
    (room / "deep").mkdir(parents=True)
    (room / "deep/file").touch()
    return room


def test_rooms_wait_for_the_end_and_are_gone_then(tmp_path: Path) -> None:
    with Clearing(tmp_path, []) as clearing:
        rooms = [left(tmp_path, number) for number in range(9)]
        for room in rooms:
            clearing.leave(room)
        assert all(room.is_dir() for room in rooms)
    assert not any(room.exists() for room in rooms)


def test_rooms_go_at_once_where_the_disk_gets_short(tmp_path: Path) -> None:
    with Clearing(tmp_path, [], share=2) as clearing:
        room = left(tmp_path, 1)
        clearing.leave(room)
        assert not room.exists()


def run(folder: Path, rooms: list[Path], ends: type[BaseException] | None = None) -> list[str]:
    trouble: list[str] = []
    with Clearing(folder, trouble) as clearing:
        for room in rooms:
            clearing.leave(room)
        if ends:
            raise ends
    return trouble


def test_rooms_are_gone_however_the_run_ends(tmp_path: Path) -> None:
    room = left(tmp_path, 1)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, [room], KeyboardInterrupt)
    assert not room.exists()


def test_one_that_cannot_be_removed_keeps_no_other(tmp_path: Path) -> None:
    file, room = tmp_path / "no-folder", left(tmp_path, 1)
    file.touch()
    (told,) = run(tmp_path, [file, room])
    assert told == f"{file} can't be removed: {file}: Not a directory\n  next: sudo rm -r {file}"
    assert not room.exists()
