from __future__ import annotations

import json

import pytest
from coverage import CoverageData

from evenfall.sessions.source_tree import code_digest
from tests.made_project import PYTHON, Made

SITES = {
    "linux": "/home/runner/work/lantern/lantern/.nox/tests-3-12/lib/python3.12/site-packages/lantern/__init__.py",
    "darwin": "/Users/runner/work/lantern/lantern/.nox/tests-3-12/lib/python3.12/site-packages/lantern/__init__.py",
    "win32": "D:\\a\\lantern\\lantern\\.nox\\tests-3-12\\Lib\\site-packages\\lantern\\__init__.py",
}
RELATIVE = {
    "linux": ".nox/tests-3-12/lib/python3.12/site-packages/lantern/__init__.py",
    "darwin": ".nox/tests-3-12/lib/python3.12/site-packages/lantern/__init__.py",
    "win32": ".nox\\tests-3-12\\Lib\\site-packages\\lantern\\__init__.py",
}
IMPORTED = [(-1, 1), (1, -1)]
BRIGHT = [*IMPORTED, (-1, 2), (2, 3), (3, -1)]
DARK = [*IMPORTED, (-1, 2), (2, 4), (4, -1)]


def job(project: Made, system: str, measured: dict[str, list[tuple[int, int]]]) -> None:
    """Leave the data of a job that ran the code as it is on another machine."""
    file = project.write(f"coverage-data/tests-{PYTHON}@{system}@{code_digest(project.root)}.dat", "")
    file.unlink()
    data = CoverageData(str(file))
    data.add_arcs(measured)
    data.write()


def gate(project: Made, **env: str) -> tuple[int, str]:
    done = project.nox("--no-dependencies", "-s", "coverage", env=env)
    return done.returncode, done.stdout


@pytest.fixture
def three_systems(project: Made) -> Made:
    project.replace(
        "pyproject.toml", '["ubuntu-latest"]', '["ubuntu-latest", "macos-latest", "windows-latest", "our-machine"]'
    )
    return project


@pytest.mark.parametrize("relative", [False, True])
def test_the_jobs_of_all_systems_meet_in_the_same_file_of_the_tree(three_systems: Made, relative: bool) -> None:
    project = three_systems
    paths, tests = (
        (RELATIVE, "tests\\test_lantern.py") if relative else (SITES, "D:\\a\\lantern\\lantern\\tests\\test_lantern.py")
    )
    project.replace(
        "pyproject.toml",
        "[tool.isort]",
        f'[tool.coverage.run]\nsource = ["src", "tests"]\nrelative_files = {str(relative).lower()}\n\n[tool.isort]',
    )
    project.write("tests/test_lantern.py", "ONE = 1\n")
    job(project, "ubuntu-latest", {paths["linux"]: IMPORTED})
    job(project, "macos-latest", {paths["darwin"]: BRIGHT})
    job(project, "windows-latest", {paths["win32"]: DARK, tests: [(-1, 1), (1, -1)]})
    job(project, "our-machine", {paths["linux"]: IMPORTED})
    summary = project.write("summary.md", "before\n")
    code, said = gate(project, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert code == 0, said
    assert "coverage is 100.00 %, the target is 100.00 %" in said
    assert set(json.loads(project.read("coverage-report/coverage.json"))["files"]) == {
        "src/lantern/__init__.py",
        "tests/test_lantern.py",
    }
    assert 'line-rate="1"' in project.read("coverage-report/coverage.xml")
    assert (project.root / "coverage-report/html/index.html").is_file()
    assert project.read("summary.md").startswith("before\n### Coverage\n\n| Name")


def test_short_is_inconclusive_here_while_jobs_are_absent_and_an_error_on_github(three_systems: Made) -> None:
    project = three_systems
    job(project, "linux", {SITES["linux"]: BRIGHT})
    code, said = gate(project)
    assert code == 0, said
    assert (
        "Session coverage skipped: inconclusive: coverage is 66.66 %, the target is 100.00 %; not measured here: "
        in said
    )
    assert f"tests-{PYTHON} @ macos-latest, tests-{PYTHON} @ windows-latest, tests-{PYTHON} @ our-machine" in said
    (row,) = (line for line in said.splitlines() if line.startswith("src/lantern/__init__.py"))
    assert row.split()[-1] == "4"

    code, said = gate(project, GITHUB_ACTIONS="true")
    assert code == 1
    assert f"coverage-data: no coverage data from tests-{PYTHON} @ macos-latest" in said
    assert "next: read the log of that job" in said


def test_in_the_mirror_only_the_jobs_that_it_can_not_run_may_be_absent(three_systems: Made) -> None:
    project = three_systems
    job(project, "ubuntu-latest", {SITES["linux"]: BRIGHT})
    absent = [f"tests-{PYTHON} @ {system}" for system in ("macos-latest", "windows-latest", "our-machine")]
    code, said = gate(project, GITHUB_ACTIONS="true", EVENFALL_SKIPPED_JOBS="\n".join(absent))
    assert code == 0, said
    assert "Session coverage skipped: inconclusive: coverage is 66.66 %, the target is 100.00 %" in said
    code, said = gate(project, GITHUB_ACTIONS="true", EVENFALL_SKIPPED_JOBS="\n".join(absent[:2]))
    assert code == 1
    assert f"coverage-data: no coverage data from tests-{PYTHON} @ our-machine" in said


def test_short_with_every_job_fails_and_names_the_missing_lines_in_the_job_summary(project: Made) -> None:
    job(project, "linux", {SITES["linux"]: BRIGHT})
    summary = project.write("summary.md", "")
    code, said = gate(project, GITHUB_STEP_SUMMARY=str(summary))
    assert code == 1
    assert "coverage is 66.66 %, the target is 100.00 %\n  next: read coverage-report/html/index.html" in said
    (row,) = (line for line in project.read("summary.md").splitlines() if "\\_\\_init\\_\\_" in line)
    assert row.split("|")[-2].strip() == "4"


def test_a_target_that_could_be_raised_is_said(project: Made) -> None:
    project.write("coverage_target.txt", "66.6\n")
    job(project, "linux", {SITES["linux"]: BRIGHT, SITES["win32"]: DARK})
    code, said = gate(project)
    assert code == 0, said
    assert "coverage is 100.00 %, the target is 66.60 % and could be raised to 100.0" in said


def test_without_any_data_the_gate_fails(project: Made) -> None:
    code, said = gate(project)
    assert code == 1
    assert "coverage-data: no coverage data for the current code\n  next: nox -s tests coverage" in said


def test_data_of_other_code_do_not_count_and_are_named(project: Made) -> None:
    job(project, "linux", {SITES["linux"]: BRIGHT, SITES["win32"]: DARK})
    code, said = gate(project)
    assert code == 0, said
    project.replace("tests/test_lantern.py", "def test_without_oil", "def untested_without_oil")
    code, said = gate(project)
    assert code == 1
    assert f"coverage-data: not counted, because the code has changed since: tests-{PYTHON}@linux@" in said
    assert "no coverage data for the current code" in said


def test_two_runners_of_one_system_each_leave_their_data_and_both_must(project: Made) -> None:
    project.replace("pyproject.toml", '["ubuntu-latest"]', '["ubuntu-latest", "ubuntu-24.04-arm"]')
    job(project, "ubuntu-latest", {SITES["linux"]: BRIGHT})
    code, said = gate(project, GITHUB_ACTIONS="true")
    assert code == 1
    assert f"coverage-data: no coverage data from tests-{PYTHON} @ ubuntu-24.04-arm" in said
    job(project, "ubuntu-24.04-arm", {SITES["linux"]: DARK})
    code, said = gate(project, GITHUB_ACTIONS="true")
    assert code == 0, said


def test_what_this_machine_measured_counts_for_every_runner_of_its_system(project: Made) -> None:
    project.replace("pyproject.toml", '["ubuntu-latest"]', '["ubuntu-latest", "ubuntu-24.04-arm"]')
    job(project, "linux", {SITES["linux"]: BRIGHT})
    code, said = gate(project)
    assert code == 1
    assert "coverage is 66.66 %, the target is 100.00 %" in said


def test_tests_that_are_a_plain_session_leave_the_gate_nothing(project: Made) -> None:
    project.replace(
        "noxfile.py",
        "evenfall.standard_sessions()",
        'evenfall.standard_sessions(omit=("tests",))\n\n\n@nox.session\ndef tests(session):\n    session.log("none")',
    )
    job(project, "linux", {SITES["linux"]: BRIGHT})
    code, said = gate(project)
    assert code == 1
    assert "no coverage data for the current code" in said
