from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nox
import pytest

from evenfall.errors import EvenfallError
from evenfall.project.project import read_project
from evenfall.sessions.installed_project import InstalledProject, inspect_packages, require_test_tool
from tests.sample_project import SampleProject


def installed_files(*files: str, distributions: tuple[str, ...] = ()) -> InstalledProject:
    """Return an installed project of one package with these files, in an environment with these distributions."""
    return InstalledProject(
        site="site-packages",
        packages=("lantern",),
        modules=(),
        files=files,
        distributions=frozenset(distributions),
    )


@pytest.mark.parametrize(
    ("locked", "tool", "groups", "group"),
    [
        ('test = ["coverage"]', "pytest", "test", "test"),
        ('tests = ["pytest"]', "coverage", "tests", "tests"),
        ('other = ["pytest"]', "pytest", "there are none", "test"),
    ],
)
def test_a_missing_tool_is_reported_with_the_command_that_adds_it(
    project: SampleProject, locked: str, tool: str, groups: str, group: str
) -> None:
    project.replace("pyproject.toml", 'test = ["coverage", "pytest"]', locked)
    other = {"pytest": "coverage", "coverage": "pytest"}[tool]
    with pytest.raises(EvenfallError) as caught:
        require_test_tool(tool, read_project(project.root), installed_files(distributions=(other,)))
    assert caught.value.message.startswith(f"{tool}: ")
    assert f"({groups})" in caught.value.message
    assert caught.value.hint == f"uv add --group {group} {tool}"


def test_the_source_of_a_member_is_in_its_own_folder_although_other_folders_have_the_same_files(tmp_path: Path) -> None:
    folders = {"lamp": ".", "oil": "packages/oil", "wick": "packages/oil/wick"}
    for name, folder in folders.items():
        for path in (f"{folder}/src/{name}/__init__.py", f"site/{name}/__init__.py"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text("X = 1\n", encoding="utf-8")
    (made := SampleProject(tmp_path)).git("init", "--quiet")
    made.git("add", "packages", "src")
    installed = InstalledProject(
        site=str(tmp_path / "site"),
        packages=(*folders,),
        modules=(),
        files=tuple(f"{name}/__init__.py" for name in folders),
        distributions=frozenset(),
        folders=tuple((folder, (f"{name}/__init__.py",)) for name, folder in folders.items()),
    )
    assert installed.source_paths(tmp_path) == {
        "lamp": "src/lamp",
        "oil": "packages/oil/src/oil",
        "wick": "packages/oil/wick/src/wick",
    }


class FakeSession(nox.Session):
    """A session with an environment, or with the Python of this process if it is None."""

    def __init__(self, environment: Path | None) -> None:
        self._environment = environment

    @property
    def venv_backend(self) -> str:
        return "uv" if self._environment else "none"

    @property
    def bin(self) -> str:
        return f"{self._environment}/bin"

    def run(self, *command: Any, **_: Any) -> Any:
        return subprocess.run([sys.executable, *map(str, command[1:])], capture_output=True, text=True).stdout


@pytest.mark.parametrize("folder", ["lib/python3.13t/site-packages", "lib/pypy3.11/site-packages", "Lib/site-packages"])
def test_packages_are_found_in_the_environment_of_every_python(tmp_path: Path, folder: str) -> None:
    site = tmp_path / folder
    for name in ("Lantern_Kit-1.0.dist-info", "ruamel.yaml-0.18.dist-info", "wick.egg-info"):
        (site / name).mkdir(parents=True)
    record = (
        "Lantern_Kit-1.0.dist-info/RECORD lantern/__init__.py lantern/__pycache__/__init__.pyc lantern/oil.so wick.py"
    )
    for file in record.split()[1:]:  # Python 3.12 and newer leave out missing files
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).touch()
    lines = "".join(f"{file},,\n" for file in (*record.split(), "../../../bin/lantern"))
    (site / "Lantern_Kit-1.0.dist-info/RECORD").write_text(lines)
    assert inspect_packages(FakeSession(tmp_path), {"lantern-kit": "kit", "missing": "."}) == InstalledProject(
        site=str(site),
        packages=("lantern",),
        modules=("wick",),
        files=("lantern/__init__.py", "lantern/oil.so", "wick.py"),
        distributions=frozenset({"lantern-kit", "ruamel-yaml", "wick"}),
        python=str(tmp_path),
        folders=(("kit", ("lantern/__init__.py", "lantern/oil.so", "wick.py")),),
    )
    assert inspect_packages(FakeSession(tmp_path), {}).site == str(site)


def test_packages_are_found_without_an_environment() -> None:
    installed = inspect_packages(FakeSession(None), {"nox": "."})
    assert installed.packages == ("nox",)
    assert installed.site == str(Path(nox.__file__).parents[1])
    assert installed.python == sys.executable
