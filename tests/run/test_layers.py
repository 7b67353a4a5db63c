"""The project is built once for all jobs with the same Python, and each finds what the build left in the checkout."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evenfall.project.tools import uv_program
from evenfall.results import Passed
from evenfall.run.environments import Environments
from evenfall.run.isolation import Isolation
from evenfall.run.once import Once
from evenfall.run.planner import Plan
from evenfall.run.sandbox import Sandbox
from tests.run.contexts import KINDS
from tests.run.pipelines import pipeline, planned_job, session
from tests.run.test_job import Jobs
from tests.sample_project import SampleProject

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(Isolation.NAMESPACES not in KINDS, reason="this machine has no namespaces"),
]

PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "lamp"
version = "1.0"
requires-python = ">=3.11"
"""
BACKEND = """\
import os, pathlib, zipfile

def build_wheel(folder, settings=None, metadata=None):
    assert "MOON" not in os.environ, "no moon"
    pathlib.Path("left.txt").write_text(os.urandom(8).hex())
    pathlib.Path("page.txt").write_text("built")
    pathlib.Path("src/left.txt").touch()
    if "WICK" in os.environ:
        pathlib.Path("setup.cfg").touch()
    name, info = "lamp-1.0-py3-none-any.whl", "lamp-1.0.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.write("left.txt", "lamp.txt")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: lamp\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "lamp.txt,,\\n")
    return name
"""
SYNC = """\
set -e
test "$EVENFALL_LAYER" = {layer}
UV_PYTHON=.nox/check-3-{minor} export UV_PYTHON=.nox/check-3-{minor} UV_PROJECT_ENVIRONMENT=.nox/check-3-{minor}
{uv} sync --quiet --locked --exact --no-editable
echo $(cat left.txt) $(cat .nox/check-3-{minor}/lib/python3*/site-packages/lamp.txt)
"""
MINOR = sys.version_info.minor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Builder:
    """Runs jobs of a project with a build backend of its own."""

    jobs: Jobs
    environments: Environments
    builds: Once[Sandbox | None] = dataclasses.field(default_factory=Once)

    def run(self, *, layer: str, others: int = 1, artifact: str = "dist/", variable: str = "") -> str:
        """Run a job of a plan with `others` that also need the project. Return what it found of the build, and the notes on it."""
        python, pythons = Path(os.path.realpath(sys.executable)), (f"3.{MINOR}",)
        facts: dict[str, Any] = {"groups": (), "pass_env": (variable,) if variable else ()}
        sessions = [session(f"other{number}", pythons=pythons, **facts) for number in range(others)]
        check = session("check", pythons=pythons, requires=("first",), **facts)
        declared = pipeline(session("first", artifacts=(artifact,)), check, *sessions)
        context, uv = self.jobs.context, uv_program()
        result = self.jobs.run(
            SYNC.format(layer=layer, minor=MINOR, uv=uv),
            python=python,
            declared=declared,
            plan=Plan(jobs=tuple(planned_job(each, python=python) for each in declared.sessions), skipped={}),
            environments=self.environments,
            builds=self.builds,
            environ={**os.environ, "MOON": "new", "WICK": "long"},
            tools=dataclasses.replace(context.tools, dependencies=(uv.resolve().parent,)),
            caches=dataclasses.replace(context.caches, own=context.caches.uv / context.folder.name),
        )
        assert result.log
        text = result.log.read_text()
        assert (result.result == Passed()) == ("no moon" not in text), text
        return " ".join([*text.split(), *result.notes])


@pytest.fixture
def builder(lamp: SampleProject, run_folder: Path, tmp_path: Path) -> Iterator[Builder]:
    lamp.write("pyproject.toml", PROJECT)
    lamp.write("backend.py", BACKEND)
    lamp.write("src/oil.txt", "")
    lamp.lock()
    lamp.write(".python-version", "3.99")  # a job has its own Python, whichever the project prefers
    lamp.commit()
    jobs = Jobs(lamp, run_folder, Isolation.NAMESPACES)
    jobs.context.artifacts.mkdir()
    (jobs.context.tools.folder / "uv").symlink_to(uv_program())
    with contextlib.closing(Environments(tmp_path / "kept")) as environments:
        yield Builder(jobs=jobs, environments=environments)


def test_jobs_with_one_python_share_a_build_and_what_it_left(builder: Builder) -> None:
    first = builder.run(layer="built")
    left, installed, note = first.split(maxsplit=2)
    assert left == installed
    assert note == "it changed tracked files: page.txt"
    assert builder.run(layer="built") == first


def test_a_job_builds_the_project_itself_if_nothing_else_would_use_the_build(builder: Builder) -> None:
    assert builder.run(layer="packages", others=0) != builder.run(layer="packages", others=0)


def test_a_job_builds_the_project_itself_if_it_takes_files_that_a_build_may_read(builder: Builder) -> None:
    assert builder.run(layer="packages", artifact="src/") != builder.run(layer="packages", artifact="src/")


def test_a_job_builds_the_project_itself_if_a_build_writes_a_file_that_uv_compares_before_it_reuses_one(
    builder: Builder,
) -> None:
    assert builder.run(layer="packages", variable="WICK")


def test_a_build_that_fails_is_left_to_the_job_which_shows_its_output(builder: Builder) -> None:
    assert "no moon" in builder.run(layer="packages", variable="MOON")
