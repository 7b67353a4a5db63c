from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from packaging.specifiers import SpecifierSet

from evenfall.errors import EvenfallError, Exit
from evenfall.project.interpreters import (
    find_for_lock,
    find_interpreter,
    install_interpreters,
    missing_reason,
)
from evenfall.project.uv import uv
from tests.project.test_pyenv import install


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


def test_only_an_allowed_release_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    old = install(tmp_path, "3.98.1", "3.98")
    new = install(tmp_path, "3.98.6", "3.98")
    assert find_interpreter("3.98", SpecifierSet("<3.98.6")) == old
    assert find_interpreter("3.98", SpecifierSet(">=3.98.4")) == new


@pytest.mark.parametrize(
    ("python", "allowed", "reason"),
    [
        ("3.12", ">=3.11", "Python 3.12 is not installed"),
        ("3.12", ">=3.12.4,<3.14", "Python 3.12 (3.12.4 or newer) is not installed"),
        ("3.12", ">=3.11,!=3.12.3", "Python 3.12 (!=3.12.3,>=3.11) is not installed"),
        ("3.12", ">3.12", "Python 3.12 (3.12.1 or newer) is not installed"),
        ("pypy3.11", ">=3.11.5", "Python pypy3.11 (3.11.5 or newer) is not installed"),
        ("3.11", ">=3.12.4", "Python 3.11 is not installed"),
        ("python3.12", ">=3.12.4", "Python python3.12 is not installed"),
    ],
)
def test_the_reason_names_the_releases_that_the_project_allows(python: str, allowed: str, reason: str) -> None:
    assert missing_reason(python, SpecifierSet(allowed)).startswith(reason)


def test_a_lock_is_checked_with_an_allowed_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    here = f"3.{sys.version_info.minor}"
    assert find_for_lock([here], SpecifierSet()) == sys.executable
    assert find_for_lock([here], SpecifierSet(f">={here}.99")) == ""
    python = install(tmp_path, "3.98.4", "3.98")
    assert find_for_lock([here, "3.98"], SpecifierSet(f">={here}.99")) == str(python)


@pytest.mark.skipif(os.name == "nt", reason="Windows runs no shell scripts")
def test_a_lock_is_checked_with_an_allowed_interpreter_of_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    python = tmp_path / "python3.98"
    python.write_text("#!/bin/sh\necho 3.98.4\n")
    python.chmod(0o755)
    assert find_for_lock(["3.97", "3.98"], SpecifierSet()) == str(python)
    assert find_for_lock(["3.98"], SpecifierSet("!=3.98.4")) == ""


@pytest.mark.integration
@pytest.mark.skipif(os.name == "nt", reason="Windows runs no shell scripts")
def test_an_interpreter_behind_the_shims_of_pyenv_is_found_in_an_allowed_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "shims" / f"python3.{sys.version_info.minor}"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    here = os.path.dirname(os.path.realpath(sys.executable))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join([str(shim.parent), here, os.environ["PATH"]]))
    version = ".".join(map(str, sys.version_info[:2]))
    release = ".".join(map(str, sys.version_info[:3]))
    assert find_interpreter(version, SpecifierSet(f">={release}")) is not None
    assert find_interpreter(version, SpecifierSet(f">={version}.99")) is None


@pytest.mark.integration
def test_a_uv_that_the_project_does_not_allow_is_no_missing_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nrequired-version = "<0.2"\n')
    with pytest.raises(EvenfallError, match="required-version") as caught:
        find_interpreter("3.99")
    assert caught.value.exit_code is Exit.USAGE


@pytest.mark.integration
def test_a_python_that_uv_does_not_know_keeps_no_other_from_being_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Mirror) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", f"http://127.0.0.1:{server.server_port}")
        for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
            monkeypatch.setenv(name, str(tmp_path))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "automatic")
        assert install_interpreters(("3.8", "3.99"), SpecifierSet("==3.8.19")) == {"3.8": None, "3.99": None}
        server.shutdown()
    assert any("cpython-3.8.19" in path for path in asked)
