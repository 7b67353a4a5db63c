from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.made_project import Made

HEAD = "import evenfall\nimport nox\n"

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lantern"
version = "1.0"
requires-python = ">=3.11,<3.14"
"""

Declare = Callable[[str], Made]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """A project whose noxfile imports evenfall and nox in its first two lines and goes on as the test says."""
    made = Made(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.write("coverage_target.txt", "100.0\n")
    made.write("uv.lock", "version = 1\n")
    made.git("init", "--quiet")

    def declaring(body: str) -> Made:
        made.write("noxfile.py", HEAD + body)
        return made

    return declaring
