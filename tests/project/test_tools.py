from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.tools import find_tool, require_tool, uv_program


def test_a_tool_is_found_beside_the_running_python_and_not_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoy = tmp_path / "decoy"
    decoy.write_text("#!/bin/sh\n")
    decoy.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert find_tool("decoy") is None
    assert find_tool("decoy", os.fspath(tmp_path)) == os.fspath(decoy)
    assert Path(require_tool("nox")).parent == Path(sysconfig.get_path("scripts"))
    assert uv_program().is_file()


def test_a_tool_that_is_not_installed_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"^twine: not installed in the environment") as caught:
        require_tool("twine", os.fspath(tmp_path / "bin"))
    assert caught.value.exit_code == Exit.UNKNOWN
