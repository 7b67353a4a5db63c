from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.project.interpreters import behind_pyenv, bring_interpreters, find_interpreter
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


def test_an_interpreter_behind_pyenv_is_found_before_uv_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = install(tmp_path, "3.99.1", "3.99")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_interpreter("3.99") == python


@pytest.mark.integration
@pytest.mark.every_python
def test_any_other_interpreter_is_the_one_that_uv_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", os.path.dirname(os.path.realpath(sys.executable)), prepend=os.pathsep)
    found = find_interpreter(f"3.{sys.version_info.minor}")
    assert found is not None
    said = subprocess.run([found, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
    assert said.stdout.split() == ["3", str(sys.version_info.minor)]


@pytest.mark.integration
@pytest.mark.every_python
def test_an_environment_of_the_project_is_no_interpreter_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sandbox can't see it, and it may go while the jobs run."""
    version = f"3.{sys.version_info.minor}"
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", os.path.dirname(os.path.realpath(sys.executable)), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    uv(tmp_path, "venv", "--quiet", "--python", sys.executable)
    found = find_interpreter(version)
    assert found is not None
    assert not found.is_relative_to(tmp_path)


@pytest.mark.parametrize("downloads", ["never", "automatic"])
def test_an_interpreter_that_nobody_has_is_not_there_and_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, downloads: str
) -> None:
    python = install(tmp_path, "3.98.1", "3.98")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", downloads)
    assert bring_interpreters(("3.98", "3.99")) == {"3.98": python, "3.99": None}


def test_uv_is_asked_for_nothing_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = install(tmp_path, "3.98.1", "3.98")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.delenv("UV_PYTHON_DOWNLOADS", raising=False)
    assert bring_interpreters(("3.98",)) == {"3.98": python}
    assert bring_interpreters(()) == {}
