from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.integration
def test_the_wheel_contains_only_the_tracked_files_of_the_package(wheel: Path) -> None:
    output = subprocess.run(
        ["git", "ls-files", "src/evenfall"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    packaged = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packaged == {name.removeprefix("src/") for name in output.split()}
    assert "evenfall/py.typed" in packaged
