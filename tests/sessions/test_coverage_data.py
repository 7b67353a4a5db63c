from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nox
import pytest
from coverage import CoverageData

from evenfall.sessions.coverage_config import CoverageConfig
from evenfall.sessions.coverage_data import check_outside_source_tree, code_digest, new_data_file
from evenfall.sessions.installed_project import InstalledProject
from evenfall.sessions.measurement import Measurement
from evenfall.sessions.pytest_options import PytestOptions
from tests.sample_project import SampleProject
from tests.sessions.test_coverage import BRIGHT, DARK, IMPORTED, SITES, Arcs


def installed_in(site: Path) -> InstalledProject:
    """Return a project of one package that is installed in a folder."""
    return InstalledProject(
        site=str(site), packages=("lantern",), modules=(), files=("lantern/__init__.py",), distributions=frozenset()
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """The folder in which a session runs, a repository."""
    monkeypatch.chdir(tmp_path)
    (made := SampleProject(tmp_path)).git("init", "--quiet")
    return made


def test_a_job_on_a_runner_names_its_data_after_it_and_removes_its_earlier_data(
    folder: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folder.write("coverage-data/tests-3.12@linux@1.dat", "of another machine")
    folder.write("coverage-data/tests-3.12@our-machine@1.dat", "of this machine, and other code")
    monkeypatch.setenv("EVENFALL_SYSTEM", "our-machine")
    assert new_data_file("tests-3.12", "2") == Path("coverage-data/tests-3.12@our-machine@2.dat")
    assert [*other.parent.iterdir()] == [other]


def test_the_paths_of_all_systems_are_mapped_to_the_source_tree(folder: SampleProject) -> None:
    site = ".nox/tests-3-12/lib/python3.12/site-packages"
    folder.write("src/lantern/__init__.py", "ONE = 1\n")
    folder.write("tests/test_lantern.py", "ONE = 1\n")
    folder.git("add", "--all")
    folder.write(f"{site}/lantern/__init__.py", "ONE = 1\n")
    installed = installed_in(folder.root / site)
    measured = Measurement(
        root=folder.root,
        folder=folder.root,
        installed=installed,
        options=PytestOptions(),
        config=CoverageConfig(options={}),
    )
    tests = f"D:\\a\\{folder.root.name}\\tests\\test_lantern.py"
    arcs: list[dict[str, Arcs]] = [
        {SITES["linux"]: IMPORTED},
        {SITES["darwin"]: BRIGHT},
        {SITES["win32"]: DARK, tests: IMPORTED},
    ]
    files = []
    for number, executed in enumerate(arcs):
        files.append(str(folder.root / f"{number}.dat"))
        data = CoverageData(files[-1])
        data.add_arcs(executed)
        data.write()
    rules = measured.write_path_rules(folder.root)
    # In a process of its own, because a second Coverage would end the measurement of this one.
    command = ("combine", "--quiet", f"--rcfile={rules}", f"--data-file={folder.root / 'combined'}", *files)
    done = folder.run(sys.executable, "-m", "coverage", *command)
    assert done.returncode == 0, done.stdout + done.stderr
    combined = CoverageData(str(folder.root / "combined"))
    combined.read()
    result = {Path(name): set(combined.arcs(name) or ()) for name in combined.measured_files()}
    assert result == {
        folder.root / "src/lantern/__init__.py": {*BRIGHT, *DARK},
        folder.root / "tests/test_lantern.py": {*IMPORTED},
    }


def test_the_digest_changes_with_tracked_python_files_only(project: SampleProject) -> None:
    before = code_digest(project.root)
    project.write("README.md", "# Other\n")
    project.write("notes.py", "NOT_TRACKED = 1\n")
    assert code_digest(project.root) == before
    project.git("add", "notes.py")
    assert code_digest(project.root) != before
    (project.root / "notes.py").unlink()
    assert code_digest(project.root) == before
    project.replace("src/lantern/__init__.py", "bright", "dim")
    assert code_digest(project.root) != before


def test_the_digest_changes_with_the_name_of_a_file(project: SampleProject) -> None:
    before = code_digest(project.root)
    project.git("mv", "tests/test_lantern.py", "tests/test_lamp.py")
    assert code_digest(project.root) != before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows users may not create links")
def test_the_digest_does_not_depend_on_line_endings_and_links(project: SampleProject) -> None:
    link = project.root / "linked.py"
    link.symlink_to("src/lantern/__init__.py")
    project.git("add", "--all")
    before = code_digest(project.root)
    link.unlink()
    link.write_text("src/lantern/__init__.py", encoding="utf-8")
    file = project.root / "src/lantern/__init__.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert code_digest(project.root) == before


class FakeSession(nox.Session):
    """A session with the Python of this process that counts the programs it runs."""

    def __init__(self) -> None:
        self.started = 0

    def run(self, *command: Any, **_: Any) -> Any:
        self.started += 1
        return subprocess.run([sys.executable, *map(str, command[1:])], capture_output=True, text=True).stdout


@pytest.mark.parametrize("has_sqlite", [True, False])
def test_coverage_is_asked_for_the_executed_files_only_if_the_data_name_one_of_the_source_tree(
    folder: SampleProject, monkeypatch: pytest.MonkeyPatch, *, has_sqlite: bool
) -> None:
    """Coverage also names files that no test executed. It is asked if the data can't be read without it, too."""
    source = folder.write("src/lantern/__init__.py", "ONE = 1\n")
    folder.git("add", "--all")
    installed = folder.write("site/lantern/__init__.py", "ONE = 1\n")
    if not has_sqlite:
        monkeypatch.setitem(sys.modules, "sqlite3", None)
    for files, is_asked in {(installed,): not has_sqlite, (installed, source): True, (): True}.items():
        data_file = folder.write("data", "")
        if files:
            data_file.unlink()
            (data := CoverageData(str(data_file))).add_arcs({str(installed): IMPORTED})
            data.touch_files([*map(str, files)])
            data.write()
        session = FakeSession()
        check_outside_source_tree(session, data_file, installed_in(folder.root / "site"))
        assert session.started == is_asked, files
