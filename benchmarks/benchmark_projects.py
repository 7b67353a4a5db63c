"""The projects on which Nox, tox and Evenfall run the same jobs: a clone that adopts Evenfall, and a generated project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import tox_config
from benchmarks.measure import Measurement, environment, measure
from evenfall.git.command import git
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.script_environment import script_python
from evenfall.project.tools import uv_program

ROOT = Path(__file__).parents[1]

_NOXFILE = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox=={nox}", "evenfall @ {wheel}"]
# ///
import evenfall
import nox


@evenfall.session
@nox.parametrize("number", range({jobs}))
def nothing(session, number):
    \"\"\"Do nothing.\"\"\"


if __name__ == "__main__":
    nox.main()
"""
_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "many"
version = "1.0"
requires-python = ">=3.{minor}"
classifiers = ["Programming Language :: Python :: 3.{minor}"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkProject:
    """A committed project, the Python of its script environment, and the jobs that every tool runs."""

    root: Path
    python: Path
    jobs: tuple[str, ...]

    def nox(self, *options: str, clean: bool = True) -> Measurement:
        if clean:
            self.clean()
        return measure([str(self.python.with_name("nox")), *options], self.root)

    def evenfall(self) -> Measurement:
        self.clean()
        return measure([str(self.python), "-m", "evenfall", "run", "--json"], self.root)

    def tox(self) -> Measurement:
        self.clean()
        options = ("-c", tox_config.FILE, "--parallel", "auto", "--parallel-no-spinner")
        return measure([sys.executable, "-m", "tox", "run-parallel", *options], self.root)

    def clean(self) -> None:
        """Remove environments, tool caches and build products: everything that git does not track, except tox's configuration."""
        git(self.root, "clean", "-ffdxq", "-e", tox_config.FILE, "-e", tox_config.COVERAGE_FILE)


def build_wheel(folder: Path) -> Path:
    """Build a wheel of this repository and return its path."""
    subprocess.run([uv_program(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


def adopt_clone(clone: Path, folder: Path, wheel: Path) -> tuple[BenchmarkProject, tuple[str, ...]]:
    """Adopt Evenfall in a copy of a clone, and write a configuration of tox for the same jobs.

    Return the project, and the sessions that fail with plain Nox, which the project omits.
    """
    root = folder / "project"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(clone), str(root)], check=True)
    git(root, "remote", "remove", "origin")
    if not (root / "noxfile.py").is_file():
        measure([sys.executable, "-m", "evenfall", "init", "--yes", "--source", str(wheel)], root)
        _commit(root)
    log, failed = _run_nox(root, folder / "report.json")
    if failed:
        omit_sessions(root / "noxfile.py", failed)
        measure([str(script_python(root)), "-m", "evenfall", "generate"], root)
        _commit(root)
        log, _ = _run_nox(root, folder / "report.json")
    python = script_python(root)
    jobs = tox_config.write_tox_config(root, read_pipeline(root, python=str(python)), log)
    with (root / ".git/info/exclude").open("a", encoding="utf-8") as file:
        file.write(f"{tox_config.FILE}\n{tox_config.COVERAGE_FILE}\n")
    return BenchmarkProject(root=root, python=python, jobs=jobs), failed


def _run_nox(root: Path, report: Path) -> tuple[str, tuple[str, ...]]:
    """Run all sessions with plain Nox. Return its output, and the sessions that failed or require a failed one."""
    nox = [str(script_python(root).with_name("nox")), "--report", str(report)]
    done = subprocess.run(nox, cwd=root, env=environment(), capture_output=True, text=True)
    sessions = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    failed = dict.fromkeys(each["name"] for each in sessions if each["result"] not in {"success", "skipped"})
    return done.stdout + done.stderr, tuple(failed | ({"coverage": None} if "tests" in failed else {}))


def omit_sessions(noxfile: Path, names: tuple[str, ...]) -> None:
    """Add standard sessions to the argument `omit` of a noxfile, formatted as Ruff does, so that `lint` still passes."""
    text = noxfile.read_text(encoding="utf-8")
    call = re.search(r"standard_sessions\((.*?)\)\n", text, re.DOTALL)
    assert call is not None  # `evenfall init` writes one
    omitted = [f'"{name}"' for name in (*re.findall(r'["\'](\w+)["\']', call[1]), *names)]
    omit = ", ".join(omitted) if omitted[1:] else f"{omitted[0]},"
    noxfile.write_text(text.replace(call[0], f"standard_sessions(omit=({omit}))\n"), encoding="utf-8")


def generate_project(folder: Path, wheel: Path, *, files: int = 10_000, jobs: int = 60) -> BenchmarkProject:
    """Generate a project with many files and with jobs that do nothing, which shows the cost of Evenfall itself."""
    root = folder / "many"
    for number in range(files):
        file = root / f"data/{number // 100:03}/{number:05}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"file {number}\n" * 20, encoding="utf-8")
    noxfile = _NOXFILE.format(nox=version("nox"), wheel=wheel.as_uri(), jobs=jobs)
    (root / "noxfile.py").write_text(noxfile, encoding="utf-8")
    (root / "pyproject.toml").write_text(_PYPROJECT.format(minor=sys.version_info.minor), encoding="utf-8")
    (root / ".gitignore").write_text(".nox/\n", encoding="utf-8")
    git(root, "init", "--quiet")
    for options in ((), ("--script", "noxfile.py")):
        subprocess.run([uv_program(), "lock", "--quiet", *options], cwd=root, env=environment(), check=True)
    _commit(root)
    return BenchmarkProject(
        root=root, python=script_python(root), jobs=tuple(f"nothing({number})" for number in range(jobs))
    )


def _commit(root: Path) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false")
    git(root, "add", "--all")
    git(root, *identity, "commit", "--quiet", "--no-verify", "--message", "the measured state")
