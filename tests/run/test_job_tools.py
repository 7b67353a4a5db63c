"""The Nox and the uv of a job are those that are locked with the noxfile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.tools import uv_program
from evenfall.run.job_tools import compile_bytecode, provide_tools
from tests.sample_project import SampleProject

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows"),
    pytest.mark.integration,
]


def test_with_the_same_lock_the_tools_are_those_that_run_evenfall(project: SampleProject, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(project.root / "noxfile.py.lock", root)
    tools = provide_tools(tmp_path / "tools", project.root, root, {})
    assert tools.python == Path(sys.executable)
    assert (tools.folder / "uv").resolve() == uv_program().resolve()
    done = subprocess.run([tools.folder / "nox", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout or done.stderr
    assert all(path.exists() for path in tools.dependencies)


def test_with_another_lock_the_tools_are_installed_from_it(project: SampleProject, tmp_path: Path) -> None:
    tools = provide_tools(tmp_path / "tools", project.root, tmp_path / "no-lock", {})
    assert tools.python.is_relative_to(tools.folder)
    for program in ("nox", "uv"):
        subprocess.run([tools.folder / program, "--version"], capture_output=True, check=True)
        assert (tools.folder / program).resolve().is_relative_to(tools.folder)
    assert tools.dependencies[0] == tools.folder / "installed/nox"
    assert project.root in tools.dependencies, "the lock may install Evenfall from the project itself"


def test_a_lock_that_is_out_of_date_is_a_usage_error(project: SampleProject, tmp_path: Path) -> None:
    project.replace("noxfile.py", '["nox", "uv"]', '["nox", "uv", "iniconfig"]')
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock") as caught:
        provide_tools(tmp_path / "tools", project.root, tmp_path / "no-lock", {})
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "uv lock --script noxfile.py")


def test_a_lock_that_cannot_be_installed_exits_with_unknown(
    project: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "empty"))
    with pytest.raises(EvenfallError) as caught:
        provide_tools(tmp_path / "tools", project.root, tmp_path / "no-lock", {})
    assert caught.value.exit_code is Exit.UNKNOWN


def test_the_bytecode_of_a_package_is_written_unless_its_folder_cannot_be(tmp_path: Path) -> None:
    for name in ("lamp", "lamp/oil"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "lamp/__pycache__").write_text("not a folder", encoding="utf-8")
    compile_bytecode(tmp_path / "lamp", tmp_path / "lamp/oil")
    assert [path.name for path in tmp_path.rglob("*.pyc")] == [f"__init__.{sys.implementation.cache_tag}.pyc"]
