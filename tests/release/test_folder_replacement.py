from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.release.folder_replacement import new_folder, replace_folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "files" / "pypi"


def fill(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "file").write_text(text)


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.parent.iterdir())


def test_a_new_folder_takes_the_place_of_the_older_one(place: Path) -> None:
    for text in ("first", "second"):
        with new_folder(place) as new:
            fill(new, text)
            replace_folder(place, new)
        assert (place / "file").read_text() == text
        assert names(place) == [".gitignore", "pypi"]


def test_without_a_replacement_the_older_folder_stays(place: Path) -> None:
    place.parent.mkdir()
    fill(place, "first")
    with new_folder(place) as new:
        fill(new, "second")
    assert (place / "file").read_text() == "first"
    assert names(place) == [".gitignore", "pypi"]


def test_if_the_new_folder_can_not_be_moved_the_older_one_is_restored(place: Path) -> None:
    place.parent.mkdir()
    fill(place, "first")
    with pytest.raises(FileNotFoundError):
        replace_folder(place, place.with_name("missing"))
    assert (place / "file").read_text() == "first"
    assert names(place) == ["pypi"]


@pytest.mark.parametrize(("is_moved", "text"), [(False, "first"), (True, "second")])
def test_a_build_after_a_killed_one_restores_or_removes_the_older_folder(
    place: Path, is_moved: bool, text: str
) -> None:
    place.parent.mkdir()
    fill(place.with_name(".pypi-before"), "first")
    if is_moved:
        fill(place, "second")
    with new_folder(place):
        pass
    assert (place / "file").read_text() == text
    assert names(place) == [".gitignore", "pypi"]
