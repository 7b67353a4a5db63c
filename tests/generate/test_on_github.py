"""The generated workflow runs: `act` executes it on a fresh clone, job by job, as it stands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.generate.runner import run_on_github
from tests.made_project import Made, on_one_python, regenerated

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="act runs jobs in host mode on Linux only here"),
    on_one_python,
]

GATE = "all-checks-pass"
OMITTED = 'standard_sessions(omit=("build", "precommit", "workflows"))'

# Two jobs whose names need quotes leave files that another job takes, each where it was.
MORE = """

@evenfall.session(artifacts=("pictures/", "lists/*.txt"))
@nox.parametrize("colour", ["red", "light blue"])
def paint(session, colour):
    for folder in ("pictures", "lists"):
        pathlib.Path(folder).mkdir()
        pathlib.Path(folder, f"{colour}.txt").write_text(colour)


@evenfall.session(requires=("paint",), history=True)
def show(session):
    for folder in ("pictures", "lists"):
        found = sorted(path.name for path in pathlib.Path(folder).iterdir())
        assert found == ["light blue.txt", "red.txt"]
    commits = session.run("git", "log", "--format=%s", external=True, silent=True)
    assert commits.splitlines() == ["add colours", "a change", "a lantern"]

"""


def test_all_jobs_and_the_gate_pass_on_a_sound_project(adopted: Made, tmp_path: Path) -> None:
    adopted.replace("noxfile.py", "import evenfall\n", "import pathlib\n\nimport evenfall\n")
    adopted.replace("noxfile.py", "standard_sessions()\n", f"standard_sessions()\n{MORE}")
    regenerated(adopted, "add colours")
    run = run_on_github(adopted, tmp_path / "github")
    jobs = ["tests", "coverage", "lint", "precommit", "build", "workflows", "paint", "show", GATE]
    assert run.results == dict.fromkeys(jobs, "success"), run.log


def test_the_gate_fails_where_a_test_is_broken(adopted: Made, tmp_path: Path) -> None:
    adopted.replace("noxfile.py", "standard_sessions()", OMITTED)
    adopted.replace("tests/test_lantern.py", 'lit(1) == "bright"', 'lit(1) == "dim"')
    regenerated(adopted)
    results = run_on_github(adopted, tmp_path / "github").results
    assert (results["tests"], results["lint"], results[GATE]) == ("failure", "success", "failure")
    assert results.get("coverage", "skipped") == "skipped"


def test_the_gate_fails_where_a_job_is_skipped(adopted: Made, tmp_path: Path) -> None:
    adopted.replace("noxfile.py", "standard_sessions()", OMITTED)
    regenerated(adopted)
    adopted.replace(".github/workflows/ci.yml", "    name: lint\n", "    name: lint\n    if: false\n")
    adopted.commit()
    results = run_on_github(adopted, tmp_path / "github").results
    assert (results["tests"], results["coverage"], results[GATE]) == ("success", "success", "failure")
    assert results.get("lint", "skipped") == "skipped"


def test_the_gate_fails_where_coverage_is_one_line_short(adopted: Made, tmp_path: Path) -> None:
    adopted.replace("noxfile.py", "standard_sessions()", OMITTED)
    adopted.write("src/lantern/spare.py", 'def spare() -> str:\n    return "never called"\n')
    adopted.replace("src/lantern/__init__.py", "def lit", "from lantern.spare import spare as spare\n\n\ndef lit")
    regenerated(adopted)
    run = run_on_github(adopted, tmp_path / "github")
    assert run.results == {"tests": "success", "coverage": "failure", "lint": "success", GATE: "failure"}, run.log
    assert "spare.py" in run.log
    (report,) = (tmp_path / "github/store").glob("coverage.0.*/coverage.json")
    assert "spare.py" in report.read_text(encoding="utf-8")
