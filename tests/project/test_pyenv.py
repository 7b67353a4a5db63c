from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from evenfall.project.pyenv import pyenv_interpreter, search_path


def install(root: Path, folder: str, version: str) -> Path:
    python = root / "versions" / folder / ("python.exe" if os.name == "nt" else f"bin/python{version}")
    python.parent.mkdir(parents=True)
    python.touch()
    return python


def test_the_newest_patch_release_is_found(tmp_path: Path) -> None:
    for folder in ("3.12.1", "3.12.9", "3.12.10", "3.12-dev", "3.13.1"):
        install(tmp_path, folder, folder[:4])
    newest = tmp_path / "versions" / "3.12.10"
    found = pyenv_interpreter("3.12", {"PYENV_ROOT": str(tmp_path)})
    assert found is not None
    assert found.is_relative_to(newest)


def test_a_version_without_an_interpreter_is_skipped(tmp_path: Path) -> None:
    older = install(tmp_path, "3.12.1", "3.12")
    (tmp_path / "versions" / "3.12.2").mkdir()
    assert pyenv_interpreter("3.12", {"PYENV_ROOT": str(tmp_path)}) == older


def test_the_default_folder_of_pyenv_is_in_the_home_directory(tmp_path: Path) -> None:
    python = install(tmp_path / ".pyenv", "3.12.1", "3.12")
    assert pyenv_interpreter("3.12", {"HOME": str(tmp_path)}) == python


@pytest.mark.parametrize("version", ["3.11", "None", "pypy3.12", ">=3.12", "3.12t", "/usr/bin/python3.12", "3.*"])
def test_another_version_or_form_is_not_found(tmp_path: Path, version: str) -> None:
    install(tmp_path, "3.12.1", "3.12")
    assert pyenv_interpreter(version, {"PYENV_ROOT": str(tmp_path)}) is None


def test_a_free_threaded_build_of_pyenv_is_found(tmp_path: Path) -> None:
    install(tmp_path, "3.99.1", "3.99")
    build = install(tmp_path, "3.99.1t", "3.99t")
    assert pyenv_interpreter("3.99t", {"PYENV_ROOT": str(tmp_path)}) == build


def test_only_an_allowed_release_of_pyenv_is_found(tmp_path: Path) -> None:
    old, _ = install(tmp_path, "3.98.1", "3.98"), install(tmp_path, "3.98.6", "3.98")
    environ = {"PYENV_ROOT": str(tmp_path)}
    assert pyenv_interpreter("3.98", environ, SpecifierSet("<3.98.6")) == old
    assert pyenv_interpreter("3.98", environ, SpecifierSet(">=3.98.7")) is None


def test_the_search_path_has_the_interpreters_in_place_of_the_shims(tmp_path: Path) -> None:
    for folder in ("3.9.18", "3.13.0", "3.12.1", "3.10.13"):
        install(tmp_path, folder, folder.rpartition(".")[0])
    (tmp_path / "versions" / "README").touch()
    shims = os.fspath(tmp_path / "shims")
    environ = {"PYENV_ROOT": os.fspath(tmp_path), "PATH": os.pathsep.join(["/first", shims, "/last", shims])}

    def names() -> list[str]:
        folders = [Path(folder) for folder in search_path(environ).split(os.pathsep)]
        return [each.parent.name if each.name == "bin" else each.name for each in folders]

    assert names() == ["first", "3.13.0", "3.12.1", "3.10.13", "3.9.18", "last"]
    (tmp_path / "version").write_text("3.10.13\n3.9.18\nsystem\n")
    assert names() == ["first", "3.10.13", "3.9.18", "3.13.0", "3.12.1", "last"]
    environ["PYENV_VERSION"] = "3.12.1:3.13.0"
    assert names() == ["first", "3.12.1", "3.13.0", "3.10.13", "3.9.18", "last"]


def test_a_search_path_without_shims_stays_as_it_is() -> None:
    assert search_path({"PATH": "/usr/bin", "HOME": "/nowhere"}) == "/usr/bin"
