"""The projects on which Nox, tox and Evenfall run the same jobs, and one that is generated."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib.metadata import Distribution, distributions, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks import tox_config
from benchmarks.measure import Measurement, environment, measure
from evenfall.git.command import git
from evenfall.pipeline.script_environment import script_python
from evenfall.project.tools import uv_program
from tests.run import denied

ROOT = Path(__file__).parents[1]

FILES, JOBS, PACKAGES = 10_000, 60, 100
"""What a generated project has."""

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


@evenfall.session(groups="packages", workflow="cd")
def packages(session):
    \"\"\"Do nothing in an environment with packages.\"\"\"


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
requires-python = "==3.{minor}.*"
classifiers = ["Programming Language :: Python :: 3.{minor}"]

[dependency-groups]
packages = {packages}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkProject:
    """A committed project, the Python of its script environment, and the sessions that every tool runs."""

    root: Path
    python: Path
    sessions: tuple[str, ...]

    def nox(self, *options: str) -> Measurement:
        self.clean()
        return measure((str(self.python), "-m", "nox", *options, "--session", *self.sessions), self.root)

    def evenfall(
        self, *, namespaces: bool = True, is_first: bool = False, exit_codes: Collection[int] = (0,)
    ) -> Measurement:
        """Measure `evenfall run`; the first time, no checkout and no environment is kept from an earlier run."""
        self.clean()
        evenfall = (str(self.python), "-m", "evenfall", "run")
        if is_first:
            measure((*evenfall, "--prune"), self.root)
        start = () if namespaces else (sys.executable, denied.__file__, "unshare")
        return measure((*start, *evenfall, "--json", *self.sessions), self.root, exit_codes=exit_codes)

    def tox(self, *, exit_codes: Collection[int] = (0,)) -> Measurement:
        self.clean()
        tox_config.restore_files(self.root)
        return measure(
            (sys.executable, "-m", "tox", "run-parallel", *tox_config.OPTIONS), self.root, exit_codes=exit_codes
        )

    def clean(self) -> None:
        """Remove environments, tool caches and build products: everything that git does not track, except tox's configuration."""
        git(self.root, "clean", "-ffdxq", "-e", f"/{tox_config.FOLDER}")


def build_wheel(folder: Path) -> Path:
    """Build a wheel of this repository and return its path."""
    subprocess.run([uv_program(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


def generate_project(folder: Path, wheel: Path) -> BenchmarkProject:
    """Generate a project with many files and jobs that do nothing, and a session with packages of this environment."""
    root = folder / "many"
    for number in range(FILES):
        file = root / f"data/{number // 100:03}/{number:05}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"file {number}\n" * 20, encoding="utf-8")
    noxfile = _NOXFILE.format(nox=version("nox"), wheel=wheel.as_uri(), jobs=JOBS)
    (root / "noxfile.py").write_text(noxfile, encoding="utf-8")
    pyproject = _PYPROJECT.format(minor=sys.version_info.minor, packages=[*_installed_packages()][:PACKAGES])
    (root / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    (root / ".gitignore").write_text(".nox/\n", encoding="utf-8")
    git(root, "init", "--quiet")
    for options in ((), ("--script", "noxfile.py")):
        subprocess.run([uv_program(), "lock", "--quiet", *options], cwd=root, env=environment(), check=True)
    commit(root)
    return BenchmarkProject(root=root, python=script_python(root), sessions=("nothing",))


def _installed_packages() -> Iterator[str]:
    """Yield the packages of this environment with their versions, each after those that it requires."""
    installed: dict[str, Distribution] = {
        canonicalize_name(each.name): each for each in distributions() if each.name != "evenfall"
    }
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, distribution in installed.items():
        required = map(Requirement, distribution.requires or ())
        applicable = (each for each in required if not each.marker or each.marker.evaluate({"extra": ""}))
        sorter.add(name, *(canonicalize_name(each.name) for each in applicable))
    for name in filter(installed.__contains__, sorter.static_order()):
        yield f"{name}=={installed[name].version}"


def commit(root: Path) -> None:
    """Commit all files. A project's hooks do not run."""
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false")
    git(root, "add", "--all")
    git(root, *identity, "commit", "--quiet", "--no-verify", "--allow-empty", "--message", "the measured state")
