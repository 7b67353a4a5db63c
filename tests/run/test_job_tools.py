"""The Nox and the uv of a sandbox are those that are locked with the noxfile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from uv import find_uv_bin

from evenfall.errors import EvenfallError, Exit
from evenfall.run.job_tools import Programs, set_up
from evenfall.run.sandbox import Sandbox
from tests.made_project import Made, on_one_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the sandboxes are those of a Linux or macOS")


def programs(project: Made, folder: Path, environ: Mapping[str, str] | None = None) -> Programs:
    """Those for a sandbox that holds what the project holds now."""
    sandbox = Sandbox(folder=folder, checkout=project.root, commit="")
    root = folder / "root"
    root.mkdir()
    shutil.copy(project.root / "noxfile.py.lock", root)
    return set_up(folder / "programs", sandbox, root, project.environ(environ))


def test_where_the_lock_is_the_same_they_are_those_that_run_evenfall(project: Made, tmp_path: Path) -> None:
    found = programs(project, tmp_path)
    assert found.python == Path(sys.executable)
    assert (found.folder / "uv").resolve() == Path(os.fsdecode(find_uv_bin())).resolve()
    done = subprocess.run([found.folder / "nox", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout or done.stderr
    assert all(folder.is_dir() for folder in found.needs)


@on_one_python
def test_where_it_is_another_they_are_installed_from_it(project: Made, tmp_path: Path) -> None:
    sandbox = Sandbox(folder=tmp_path, checkout=project.root, commit="")
    found = set_up(tmp_path / "programs", sandbox, tmp_path / "nowhere", project.environ())
    assert found.python.is_relative_to(found.folder)
    for program in ("nox", "uv"):
        subprocess.run([found.folder / program, "--version"], capture_output=True, check=True)
        assert (found.folder / program).resolve().is_relative_to(found.folder)
    assert found.needs[0] == found.folder / "tools/nox"
    assert project.root in found.needs, "Evenfall may be installed from the project itself"


@pytest.mark.parametrize(
    ("dependencies", "code"), [('["nox", "uv", "iniconfig"]', Exit.USAGE), ('["nox", "uv"]', Exit.UNKNOWN)]
)
def test_a_lock_that_can_t_be_installed_is_told_in_uvs_words(
    project: Made, tmp_path: Path, dependencies: str, code: Exit
) -> None:
    """A stale one is the user's to mend; what can't be fetched could not be found out."""
    project.replace("noxfile.py", '["nox", "uv"]', dependencies)
    sandbox = Sandbox(folder=tmp_path, checkout=project.root, commit="")
    nothing = {"UV_OFFLINE": "1", "UV_CACHE_DIR": os.fspath(tmp_path / "empty")} if code is Exit.UNKNOWN else {}
    with pytest.raises(EvenfallError, match=r"noxfile\.py\.lock: what it locks can't be installed:\n.") as caught:
        set_up(tmp_path / "programs", sandbox, tmp_path / "nowhere", project.environ(nothing))
    assert caught.value.exit_code is code
    assert "uv lock --script noxfile.py" in caught.value.hint
