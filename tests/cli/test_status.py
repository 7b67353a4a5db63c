from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from evenfall.sessions.standard import SESSION_NAMES
from tests.sample_project import PYTHON, SampleProject

pytestmark = pytest.mark.integration

GIT = os.path.dirname(shutil.which("git") or "")


def rows(output: str) -> dict[str, str]:
    """The lines of the status as labels and values; the last line, the next command, is `next:`."""
    return {line.split()[0]: " ".join(line.split()[1:]) for line in output.splitlines()}


def test_the_status_of_a_project_has_at_most_ten_lines(project: SampleProject) -> None:
    done = project.command()
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout) == {
        "project": "lantern 1.0",
        "pipeline": f"{len(SESSION_NAMES)} sessions, {len(SESSION_NAMES)} jobs, workflows ci, security",
        "pythons": PYTHON,
        "generated": "3 files, current",
        "next:": "uv run noxfile.py",
    }
    assert len(done.stdout.splitlines()) <= 10


def test_the_status_names_missing_pythons(project: SampleProject) -> None:
    project.replace("pyproject.toml", f'">={PYTHON}"', '">=3.8,!=3.9.*,!=3.10.*"')
    project.replace("pyproject.toml", "classifiers = [", 'classifiers = ["Programming Language :: Python :: 3.8", ')
    named = [f'"Programming Language :: Python :: 3.{minor}", ' for minor in range(11, 16) if f"3.{minor}" != PYTHON]
    project.replace("pyproject.toml", "classifiers = [", "classifiers = [" + "".join(named))
    done = project.command(env={"PATH": GIT, "PYENV_ROOT": "", "HOME": str(project.root)})
    assert done.returncode == 0, done.stderr
    assert "3.8" in rows(done.stdout)["missing"]
    assert rows(done.stdout)["generated"] == "not current: .github/workflows/ci.yml"


def test_a_python_on_path_is_not_missing(project: SampleProject) -> None:
    folder = Path(sys.executable).resolve().parent
    path = os.pathsep.join((str(folder), GIT))
    done = project.command(env={"PATH": path, "PYENV_ROOT": "", "HOME": str(project.root)})
    assert done.returncode == 0, done.stderr
    assert "missing" not in rows(done.stdout)


def test_the_next_command_updates_a_stale_lock_before_the_generated_files(project: SampleProject) -> None:
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("build",))')
    stale = rows(project.command().stdout)
    assert stale["generated"] == "not current: .github/workflows/ci.yml"
    assert stale["next:"] == "evenfall generate"
    project.replace("pyproject.toml", '"pytest"]', '"pytest", "six"]')
    done = project.command()
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout)["locks"].startswith("uv.lock: ")
    assert rows(done.stdout)["next:"] == "uv lock"


def test_the_next_command_is_init_in_a_project_without_a_noxfile(project: SampleProject) -> None:
    (project.root / "noxfile.py").unlink()
    done = project.command()
    assert done.returncode == 0
    assert rows(done.stdout)["next:"] == "evenfall init"


def test_outside_a_project_the_status_is_wrong_usage(tmp_path: Path) -> None:
    done = SampleProject(tmp_path).command()
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr
