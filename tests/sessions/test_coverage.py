from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from evenfall.errors import EvenfallError
from evenfall.pipeline.model import SKIPPED_JOBS
from evenfall.sessions.coverage_data import code_digest, find_job_data
from tests.sample_project import PYTHON, SampleProject

SITES = {
    "linux": "/home/runner/work/lantern/lantern/.nox/tests-3-12/lib/python3.12/site-packages/lantern/__init__.py",
    "darwin": "/Users/runner/work/lantern/lantern/.nox/tests-3-12/lib/python3.12/site-packages/lantern/__init__.py",
    "win32": "D:\\a\\lantern\\lantern\\.nox\\tests-3-12\\Lib\\site-packages\\lantern\\__init__.py",
}
Arcs = list[tuple[int, int]]
IMPORTED: Arcs = [(-1, 1), (1, -1)]
BRIGHT: Arcs = [*IMPORTED, (-1, 2), (2, 3), (3, -1)]
DARK: Arcs = [*IMPORTED, (-1, 2), (2, 4), (4, -1)]

JOBS = [("tests-3.12", label) for label in ("ubuntu-latest", "ubuntu-24.04-arm", "windows-latest")]


def write_data(project: SampleProject, system: str, arcs: dict[str, Arcs]) -> Path:
    """Write the data of a job that ran the current code on a system."""
    file = project.write(f"coverage-data/tests-{PYTHON}@{system}@{code_digest(project.root)}.dat", "")
    file.unlink()
    data = CoverageData(str(file))
    data.add_arcs(arcs)
    data.write()
    return file


def gate(project: SampleProject, **env: str) -> tuple[int, str]:
    done = project.nox("--no-dependencies", "-s", "coverage", env=env)
    return done.returncode, done.stdout


def use_three_systems(project: SampleProject) -> None:
    project.replace("pyproject.toml", '["ubuntu-latest"]', '["ubuntu-latest", "macos-latest", "windows-latest"]')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A folder in which a function of the gate runs."""
    monkeypatch.chdir(tmp_path)
    return SampleProject(tmp_path)


def test_on_github_every_job_must_leave_its_data(folder: SampleProject, monkeypatch: pytest.MonkeyPatch) -> None:
    ubuntu = folder.write("coverage-data/tests-3.12@ubuntu-latest@1.dat", "")
    missing = ("tests-3.12 @ ubuntu-24.04-arm", "tests-3.12 @ windows-latest")
    assert find_job_data(JOBS, "1") == ([ubuntu.relative_to(folder.root)], missing)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(EvenfallError) as caught:
        find_job_data(JOBS, "1")
    assert all(name in caught.value.message for name in missing)
    folder.write("coverage-data/tests-3.12@ubuntu-24.04-arm@1.dat", "")
    folder.write("coverage-data/tests-3.12@windows-latest@1.dat", "")
    assert find_job_data(JOBS, "1")[1] == ()


def test_in_the_mirror_only_the_skipped_jobs_may_lack_data(
    folder: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("coverage-data/tests-3.12@ubuntu-latest@1.dat", "")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    missing = ("tests-3.12 @ ubuntu-24.04-arm", "tests-3.12 @ windows-latest")
    monkeypatch.setenv(SKIPPED_JOBS, "\n".join(missing))
    assert find_job_data(JOBS, "1")[1] == missing
    monkeypatch.setenv(SKIPPED_JOBS, missing[0])
    with pytest.raises(EvenfallError, match="windows-latest"):
        find_job_data(JOBS, "1")


@pytest.mark.skipif(sys.platform != "linux", reason="the labels are those of Linux")
def test_data_of_this_machine_count_for_the_first_runner_of_its_system_and_processor(folder: SampleProject) -> None:
    linux = folder.write("coverage-data/tests-3.12@linux@1.dat", "")
    labels = ("ubuntu-24.04-arm", "ubuntu-latest", "ubuntu-22.04", "ubuntu-22.04-arm", "windows-latest")
    files, missing = find_job_data([("tests-3.12", label) for label in labels], "1")
    first = labels[0] if platform.machine() == "aarch64" else labels[1]
    assert files == [linux.relative_to(folder.root)]
    assert missing == tuple(f"tests-3.12 @ {label}" for label in labels if label != first)


def test_data_of_other_code_do_not_count(folder: SampleProject) -> None:
    folder.write("coverage-data/tests-3.12@linux@1.dat", "")
    assert find_job_data(JOBS, "2")[0] == []


@pytest.mark.integration
def test_the_data_of_all_systems_together_meet_the_target(project: SampleProject) -> None:
    use_three_systems(project)
    project.replace("pyproject.toml", "[tool.isort]", '[tool.coverage.run]\nsource = ["src", "tests"]\n\n[tool.isort]')
    project.write("tests/test_lantern.py", "ONE = 1\n")
    write_data(project, "ubuntu-latest", {SITES["linux"]: IMPORTED})
    write_data(project, "macos-latest", {SITES["darwin"]: BRIGHT})
    tests = "D:\\a\\lantern\\lantern\\tests\\test_lantern.py"
    write_data(project, "windows-latest", {SITES["win32"]: DARK, tests: IMPORTED})
    summary = project.write("summary.md", "before\n")
    code, output = gate(project, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert code == 0, output
    assert "coverage is 100.00 %, the target is 100.00 %" in output
    files = json.loads(project.read("coverage-report/coverage.json"))["files"]
    assert set(files) == {"src/lantern/__init__.py", "tests/test_lantern.py"}
    assert 'line-rate="1"' in project.read("coverage-report/coverage.xml")
    assert (project.root / "coverage-report/html/index.html").is_file()
    assert project.read("summary.md").startswith("before\n### Coverage\n\n| Name")


@pytest.mark.integration
def test_coverage_below_the_target_is_inconclusive_while_jobs_are_missing(project: SampleProject) -> None:
    use_three_systems(project)
    write_data(project, "linux", {SITES["linux"]: BRIGHT})
    code, output = gate(project)
    assert code == 0, output
    assert "Session coverage skipped: inconclusive: coverage is 66.66 %, the target is 100.00 %" in output
    assert f"not measured here: tests-{PYTHON} @ macos-latest, tests-{PYTHON} @ windows-latest" in output


@pytest.mark.integration
def test_coverage_below_the_target_fails_and_the_summary_has_the_missing_lines(project: SampleProject) -> None:
    write_data(project, "linux", {SITES["linux"]: BRIGHT})
    summary = project.write("summary.md", "")
    code, output = gate(project, GITHUB_STEP_SUMMARY=str(summary))
    assert code == 1
    assert "coverage is 66.66 %, the target is 100.00 %\n  next: read coverage-report/html/index.html" in output
    (row,) = (line for line in project.read("summary.md").splitlines() if "\\_\\_init\\_\\_" in line)
    assert row.split("|")[-2].strip() == "4"


@pytest.mark.integration
def test_without_data_of_the_current_code_the_gate_fails_and_lists_the_stale_files(project: SampleProject) -> None:
    stale = write_data(project, "linux", {SITES["linux"]: BRIGHT, SITES["win32"]: DARK})
    project.replace("tests/test_lantern.py", "def test_without_oil", "def without_oil")
    code, output = gate(project)
    assert code == 1
    assert f"coverage-data: not counted, because the code has changed since: {stale.name}" in output
    assert "coverage-data: no coverage data for the current code\n  next: nox -s tests coverage" in output


@pytest.mark.integration
def test_the_gate_ignores_the_data_of_tests_that_are_a_plain_nox_session(project: SampleProject) -> None:
    project.replace(
        "noxfile.py",
        "evenfall.standard_sessions()",
        'evenfall.standard_sessions(omit=("tests",))\n\n\n@nox.session\ndef tests(session):\n    session.log("none")',
    )
    write_data(project, "linux", {SITES["linux"]: BRIGHT})
    code, output = gate(project)
    assert code == 1
    assert "no coverage data for the current code" in output
