from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.project.interpreters import behind_pyenv


def install(root: Path, folder: str, version: str) -> Path:
    python = root / "versions" / folder / ("python.exe" if os.name == "nt" else f"bin/python{version}")
    python.parent.mkdir(parents=True)
    python.touch()
    return python


def test_the_newest_patch_release_is_found(tmp_path: Path) -> None:
    for folder in ("3.12.1", "3.12.9", "3.12.10", "3.12-dev", "3.13.1"):
        install(tmp_path, folder, folder[:4])
    newest = tmp_path / "versions" / "3.12.10"
    found = behind_pyenv("3.12", {"PYENV_ROOT": str(tmp_path)})
    assert found is not None
    assert found.is_relative_to(newest)


def test_a_version_whose_interpreter_is_gone_is_passed_over(tmp_path: Path) -> None:
    older = install(tmp_path, "3.12.1", "3.12")
    (tmp_path / "versions" / "3.12.2").mkdir()
    assert behind_pyenv("3.12", {"PYENV_ROOT": str(tmp_path)}) == older


def test_without_the_variable_pyenv_is_looked_for_at_home(tmp_path: Path) -> None:
    python = install(tmp_path / ".pyenv", "3.12.1", "3.12")
    assert behind_pyenv("3.12", {"HOME": str(tmp_path)}) == python


@pytest.mark.parametrize("asked", ["3.11", "None", "pypy3.12", ">=3.12", "3.12t", "/usr/bin/python3.12", "3.*"])
def test_anything_else_is_not_there(tmp_path: Path, asked: str) -> None:
    install(tmp_path, "3.12.1", "3.12")
    assert behind_pyenv(asked, {"PYENV_ROOT": str(tmp_path)}) is None
