"""A generated project with many files and jobs that do nothing, to measure the cost of Evenfall itself."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks import measure
from benchmarks.comparison import EVENFALL, TOGETHER, Contest, commit, sandboxes
from benchmarks.measure import CORES, cpu, in_turn, wall
from evenfall.git.command import git
from evenfall.pipeline.script_environment import script_python

NOXFILE = """\
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
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "many"
version = "1.0"
requires-python = ">=3.{minor}"
classifiers = ["Programming Language :: Python :: 3.{minor}"]
"""


def make_large_project(folder: Path, wheel: Path, *, files: int = 10_000, jobs: int = 60) -> Contest:
    root = folder / "many"
    for number in range(files):
        file = root / f"data/{number // 100:03}/{number:05}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"file {number}\n" * 20, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT.format(minor=sys.version_info.minor), encoding="utf-8")
    (root / "noxfile.py").write_text(
        NOXFILE.format(nox=version("nox"), wheel=wheel.as_uri(), jobs=jobs), encoding="utf-8"
    )
    (root / ".gitignore").write_text(".nox/\n", encoding="utf-8")
    for command in (
        ("git", "init", "--quiet"),
        ("uv", "lock", "--quiet"),
        ("uv", "lock", "--quiet", "--script", "noxfile.py"),
    ):
        subprocess.run(command, cwd=root, env=measure.environ(), check=True)
    commit(root)
    return Contest(root, script_python(root), tuple(f"nothing({number})" for number in range(jobs)))


def compare_on_large_project(contest: Contest, runs: int) -> None:
    """Compare Evenfall with `nox -j auto`, which makes no sandboxes, and print the result."""
    measured = in_turn({TOGETHER: lambda: contest.nox("-j", "auto"), EVENFALL: contest.evenfall}, runs)
    evenfall = measured[EVENFALL]
    jobs, files = len(contest.jobs), len(git(contest.root, "ls-files").text.splitlines())
    print(f"## A generated project: {files} files, {jobs} jobs that do nothing\n")
    print(f"Medians of {runs} runs; the tools take turns.\n")
    print("| tool | seconds | CPU seconds | CPU seconds per job | largest process |\n| --- | --- | --- | --- | --- |")
    for tool, each in measured.items():
        most = max(one.megabytes for one in each)
        print(f"| {tool} | {wall(each):.1f} | {cpu(each):.1f} | {cpu(each) / jobs:.2f} | {most:.0f} MB |")
    results = [json.loads(each.printed)["results"] for each in evenfall]
    sessions = statistics.median(sum(job["seconds"] for job in each) for each in results)
    setup = statistics.median(sandboxes(each) for each in evenfall)
    once = max(0.0, wall(evenfall) - (setup + sessions) / CORES)
    print(f"""
`evenfall run` takes {wall(evenfall) / wall(measured[TOGETHER]):.1f} times as long, because it writes and removes
{files * (jobs + 1)} files. A sandbox takes {setup / jobs:.2f} s and the session in it {sessions / jobs:.2f} s. The steps that run
once (the snapshot, reading the pipeline, removing all sandboxes) take {once:.1f} s.
""")
