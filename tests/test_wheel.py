from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "src/evenfall"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert shipped == {name.removeprefix("src/") for name in listed.split()}
    assert "evenfall/py.typed" in shipped
