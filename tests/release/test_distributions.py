from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.release.distributions import sdist_check


@pytest.mark.integration
def test_check_sdist_imports_no_module_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "tarfile.py").write_text("raise SystemExit('a module of the project')\n")
    (tmp_path / "pyproject.toml").touch()
    command = sdist_check(sys.executable, tmp_path, tmp_path / "missing.tar.gz")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "a module of the project" not in done.stderr
    assert done.returncode != 0
