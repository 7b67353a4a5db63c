"""A small project for tests: a git repository with a package, its tests, a lock and a noxfile."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from uv import find_uv_bin

from evenfall.cli.main import main
from tests.nox_server import MEASURE, can_fork, run_nox

PYTHON = f"3.{sys.version_info.minor}"

# Measure the coverage of Nox and the noxfile, but not of the programs in the environments of the sessions.
_NOX = f"import os, nox; os.environ.pop('{MEASURE}', None); nox.main()"

# uv builds with it without starting Python.
BUILD_SYSTEM = """\
requires = ["uv_build>=0.9,<1"]
build-backend = "uv_build"
"""

PYPROJECT = f"""\
[build-system]
{BUILD_SYSTEM}
[project]
name = "lantern"
version = "1.0"
description = "A lantern."
readme = "README.md"
license = "MIT"
requires-python = ">={PYTHON}"
classifiers = ["Programming Language :: Python :: {PYTHON}"]

[dependency-groups]
test = ["coverage", "pytest"]
lint = ["isort", "pre-commit", "ruff"]

[tool.uv.build-backend]
source-include = ["*", ".*", ".github/**", "tests/**"]

[tool.isort]
profile = "black"
skip_gitignore = true

[tool.ruff.lint]
select = ["F"]

[tool.ruff.format]
quote-style = "double"

[tool.evenfall]
systems = ["ubuntu-latest"]
"""

NOXFILE = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox", "uv"]
# ///
import evenfall
import nox

evenfall.standard_sessions()

if __name__ == "__main__":
    nox.main()
"""

FILES = {
    "README.md": "# Lantern\n",
    "pyproject.toml": PYPROJECT,
    "noxfile.py": NOXFILE,
    "coverage_target.txt": "100.0\n",
    ".gitignore": (
        "__pycache__/\n.nox/\n/coverage-data/\n/coverage-report/\n/audit-report/\n/dist/\n/release-files/\n/sbom/\n"
        ".venv/\n.*_cache/\n"
    ),
    "src/lantern/__init__.py": 'def lit(oil: int) -> str:\n    if oil:\n        return "bright"\n    return "dark"\n',
    "tests/test_lantern.py": (
        "from lantern import lit\n\n\n"
        'def test_with_oil() -> None:\n    assert lit(1) == "bright"\n\n\n'
        'def test_without_oil() -> None:\n    assert lit(0) == "dark"\n'
    ),
    ".pre-commit-config.yaml": (
        "repos:\n  - repo: local\n    hooks:\n      - id: ruff-check\n        name: ruff check\n"
        "        entry: uv run --locked --group lint ruff check\n        language: system\n        types: [python]\n"
    ),
}


@dataclass(frozen=True)
class SampleProject:
    """A project on disk, with the commands that a user runs in it."""

    root: Path

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new))

    def build_with(self, backend: str, *requires: str) -> None:
        """Replace the build backend."""
        names = ", ".join(f'"{name}"' for name in requires)
        self.replace("pyproject.toml", BUILD_SYSTEM, f'requires = [{names}]\nbuild-backend = "{backend}"\n')

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a user's shell: no variables of pytest, coverage, Nox or CI.

        A program does not measure its coverage unless `measured()` is added, because that takes longer than most programs run.
        """
        outer = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(
                ("PYTEST_", "NOX_", "EVENFALL_", "UV_PROJECT", "UV_NO_SYNC", "UV_PYTHON", "VIRTUAL_ENV", "GITHUB_")
            )
            and name not in {"CI", "UV", MEASURE}
        }
        quiet = {"NOX_SCRIPT_MODE": "none", "NO_COLOR": "1", "UV_PYTHON_DOWNLOADS": "never"}
        return {**outer, **quiet, **(more or {})}

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program in the project."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environ(env),
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    def git(self, *arguments: str) -> str:
        identity = {
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }
        done = self.run("git", "-c", "core.hooksPath=/dev/null", *arguments, env=identity)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, message: str = "a change") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)

    def uv(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(os.fsdecode(find_uv_bin()), *arguments, env=env)

    def lock(self) -> None:
        """Lock the project with the Python that runs the tests, which may not be on PATH."""
        done = self.uv("lock", "--quiet", env={"UV_PYTHON": sys.executable})
        assert done.returncode == 0, done.stderr

    def nox(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Nox; the result's stdout also contains its stderr."""
        variables = {**measured(), **(env or {})}
        if can_fork(variables):
            code, out, err = run_nox(arguments, self.root, self.environ(variables))
            return subprocess.CompletedProcess(("nox", *arguments), code, out + err, "")
        done = self.run(sys.executable, "-c", _NOX, *arguments, env=variables)
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout + done.stderr, "")

    def evenfall(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "evenfall", *arguments, env=env)

    def command(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `evenfall` in the process of the tests, which is faster than a separate process."""
        out, err = io.StringIO(), io.StringIO()
        arguments = ("evenfall", *arguments)
        with (
            _signal_handlers_kept(),
            contextlib.chdir(self.root),
            patch.dict(os.environ, self.environ(env), clear=True),
            patch.object(sys, "argv", list(arguments)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def measured() -> dict[str, str]:
    """Return the variables with which a program measures the coverage of Evenfall; none if the tests do not measure it."""
    return {MEASURE: os.environ[MEASURE]} if MEASURE in os.environ else {}


@contextlib.contextmanager
def _signal_handlers_kept() -> Iterator[None]:
    numbers = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}  # Windows has no SIGHUP
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def make(root: Path) -> SampleProject:
    """Return a project with both locks and all generated files, committed."""
    made = SampleProject(root)
    for path, text in FILES.items():
        made.write(path, text)
    made.git("init", "--quiet", "--initial-branch=main")
    made.lock()
    done = made.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    done = made.evenfall("generate")
    assert done.returncode == 0, done.stderr
    made.commit("a lantern")
    return made


def copy(made: SampleProject, target: Path) -> SampleProject:
    shutil.copytree(made.root, target, symlinks=True)
    return SampleProject(target)


def regenerated(made: SampleProject, message: str = "a change") -> None:
    """Generate the files and commit, as a user does after a change."""
    done = made.command("generate", "--delete")
    assert done.returncode == 0, done.stderr
    made.commit(message)
