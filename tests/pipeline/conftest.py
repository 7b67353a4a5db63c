from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import nox.registry
import nox.virtualenv
import pytest

from evenfall.errors import EvenfallError
from evenfall.pipeline import nox_adapter
from evenfall.pipeline.model import Pipeline
from tests.sample_project import SampleProject

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

Declare = Callable[[str], SampleProject]
Load = Callable[[str], Pipeline]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """Return a project whose noxfile imports evenfall and nox in its first two lines, followed by the given text."""
    made = SampleProject(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.write("coverage_target.txt", "100.0\n")
    made.write("uv.lock", "version = 1\n")
    made.git("init", "--quiet")

    def with_noxfile(body: str) -> SampleProject:
        made.write("noxfile.py", HEAD + body)
        return made

    return with_noxfile


@pytest.fixture
def load(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return the pipeline of such a noxfile, loaded in this process. Raises `EvenfallError`."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(nox.registry, "get", nox.registry.get)
    monkeypatch.setattr(nox.registry, "reset", nox.registry.reset)
    monkeypatch.setattr(nox.virtualenv, "ALL_VENVS", {**nox.virtualenv.ALL_VENVS})
    monkeypatch.setenv("UV", os.environ.get("UV", ""))

    def in_process(body: str) -> Pipeline:
        root = declare(body).root
        monkeypatch.chdir(root)
        try:
            return nox_adapter.execute_noxfile(root / "noxfile.py")
        except SystemExit as error:
            if isinstance(error.__cause__, EvenfallError):
                raise error.__cause__ from None
            raise

    return in_process
