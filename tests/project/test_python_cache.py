from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.project.python_cache import PythonCache

CACHE = Path("evenfall", "session-pythons.json")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.py").write_text("x = 1\n")
    return tmp_path


def read(root: Path, key: str) -> str | None:
    return PythonCache(root, ("a.py", "missing.py")).get(key)


def test_a_python_is_remembered_until_a_file_changes(folder: Path) -> None:
    cache = PythonCache(folder, ("a.py", "missing.py"))
    assert cache.get("lint") is None
    cache.put("lint", "3.12")
    cache.put("coverage", "3.11")
    assert (cache.get("lint"), read(folder, "lint"), read(folder, "coverage")) == ("3.12", "3.12", "3.11")
    os.utime(folder / "a.py", (1, 1))
    assert read(folder, "lint") is None
    PythonCache(folder, ("a.py", "missing.py")).put("coverage", "3.13")
    assert (read(folder, "lint"), read(folder, "coverage")) == (None, "3.13")
    (folder / "missing.py").touch()
    assert read(folder, "coverage") is None


def test_a_python_is_forgotten_with_another_version_of_a_program(folder: Path) -> None:
    PythonCache(folder, ("a.py",), ("1",)).put("lint", "3.12")
    assert PythonCache(folder, ("a.py",), ("1",)).get("lint") == "3.12"
    assert PythonCache(folder, ("a.py",), ("2",)).get("lint") is None


def test_only_the_last_projects_are_kept(folder: Path) -> None:
    for number in range(52):
        PythonCache(folder / str(number), ()).put("lint", "3.12")
    known = [PythonCache(folder / str(number), ()).get("lint") for number in range(52)]
    assert known == [None, None, *["3.12"] * 50]


@pytest.mark.skipif(os.name == "nt", reason="every user of Windows has a home directory")
@pytest.mark.parametrize("has_home", [True, False])
def test_without_a_cache_folder_nothing_is_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch, has_home: bool
) -> None:
    if has_home:
        monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
        monkeypatch.setenv("HOME", os.devnull)
    else:
        import pwd  # missing on Windows

        monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
        for name in ("HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name)
    cache = PythonCache(folder, ())
    cache.put("lint", "3.12")
    assert (cache.get("lint"), PythonCache(folder, ()).get("lint")) == ("3.12", None)


def test_a_cache_that_cannot_be_read_is_written_again(folder: Path) -> None:
    PythonCache(folder, ()).put("lint", "3.12")
    (file,) = (folder / "cache").rglob(CACHE.name) if os.name == "nt" else [folder / "cache" / CACHE]
    file.write_text("{")
    assert PythonCache(folder, ()).get("lint") is None
    PythonCache(folder, ()).put("lint", "3.13")
    assert PythonCache(folder, ()).get("lint") == "3.13"
