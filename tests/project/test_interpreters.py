from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.project.interpreters import find_interpreter, install_interpreters, pyenv_interpreter
from evenfall.project.uv import uv


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


def test_an_interpreter_of_pyenv_is_found_without_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = install(tmp_path, "3.99.1", "3.99")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_interpreter("3.99") == python


@pytest.mark.integration
@pytest.mark.every_python
def test_other_interpreters_are_found_by_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", os.path.dirname(os.path.realpath(sys.executable)), prepend=os.pathsep)
    found = find_interpreter(f"3.{sys.version_info.minor}")
    assert found is not None
    output = subprocess.run([found, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
    assert output.stdout.split() == ["3", str(sys.version_info.minor)]


@pytest.mark.integration
@pytest.mark.every_python
def test_a_virtual_environment_of_the_project_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox does not contain it, and it may be removed while the jobs run."""
    version = f"3.{sys.version_info.minor}"
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", os.path.dirname(os.path.realpath(sys.executable)), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    uv(tmp_path, "venv", "--quiet", "--python", sys.executable)
    found = find_interpreter(version)
    assert found is not None
    assert not found.is_relative_to(tmp_path)


@pytest.mark.integration
@pytest.mark.parametrize("downloads", ["never", "automatic"])
def test_a_version_that_cannot_be_installed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, downloads: str
) -> None:
    python = install(tmp_path, "3.98.1", "3.98")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", downloads)
    assert install_interpreters(("3.98", "3.99")) == {"3.98": python, "3.99": None}


def test_existing_interpreters_are_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = install(tmp_path, "3.98.1", "3.98")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.delenv("UV_PYTHON_DOWNLOADS", raising=False)
    assert install_interpreters(("3.98",)) == {"3.98": python}
    assert install_interpreters(()) == {}
