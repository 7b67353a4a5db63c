from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from evenfall.sessions.standard import SESSION_NAMES
from tests.made_project import PYTHON, Made

GIT = os.path.dirname(shutil.which("git") or "")


def test_a_sound_project_is_told_in_a_few_lines_with_what_to_do_next(project: Made) -> None:
    done = project.evenfall()
    assert done.returncode == 0, done.stderr
    assert "project      lantern 1.0\n" in done.stdout
    assert (
        f"pipeline     {len(SESSION_NAMES)} sessions, {len(SESSION_NAMES)} jobs, workflows ci, security\n"
        in done.stdout
    )
    assert f"pythons      {PYTHON}\n" in done.stdout
    assert "generated      3 files, current\n  next: uv run noxfile.py\n" in done.stdout
    assert len(done.stdout.splitlines()) <= 10


def test_what_is_stale_or_missing_is_said(project: Made) -> None:
    project.replace("pyproject.toml", f'">={PYTHON}"', '">=3.8,!=3.9.*,!=3.10.*"')
    project.replace("pyproject.toml", "classifiers = [", 'classifiers = ["Programming Language :: Python :: 3.8", ')
    named = [f'"Programming Language :: Python :: 3.{minor}", ' for minor in range(11, 16) if f"3.{minor}" != PYTHON]
    project.replace("pyproject.toml", "classifiers = [", "classifiers = [" + "".join(named))
    done = project.evenfall(env={"PATH": GIT, "PYENV_ROOT": "", "HOME": str(project.root)})
    assert done.returncode == 0, done.stderr
    assert "3.8" in done.stdout.partition("not here")[2].partition("\n")[0]
    assert "generated      not current: .github/workflows/ci.yml\n" in done.stdout


def test_what_is_generated_from_is_brought_up_to_date_first(project: Made) -> None:
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("build",))')
    done = project.evenfall()
    assert done.stdout.endswith("generated      not current: .github/workflows/ci.yml\n  next: evenfall generate\n")
    project.replace("pyproject.toml", '"pytest"]', '"pytest", "six"]')
    done = project.evenfall()
    assert done.returncode == 0, done.stderr
    assert "locks        uv.lock: it is not what its requirements ask for any more\n" in done.stdout
    assert done.stdout.endswith("  next: uv lock\n")


def test_a_python_on_path_is_here(project: Made) -> None:
    folder = Path(sys.executable).resolve().parent
    done = project.evenfall(
        env={"PATH": os.pathsep.join((str(folder), GIT)), "PYENV_ROOT": "", "HOME": str(project.root)}
    )
    assert done.returncode == 0, done.stderr
    assert "not here" not in done.stdout


def test_where_evenfall_is_not_adopted_the_next_step_is_init(project: Made) -> None:
    (project.root / "noxfile.py").unlink()
    done = project.evenfall()
    assert done.stdout == "lantern: evenfall is not adopted here\n  next: evenfall init\n"


def test_outside_any_project_it_says_so(tmp_path: Path) -> None:
    done = Made(tmp_path).evenfall()
    assert done.returncode == 2
    assert "no pyproject.toml here or above" in done.stderr
