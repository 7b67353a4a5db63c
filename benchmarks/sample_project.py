"""A made project of many files and of jobs that do nothing: what Evenfall itself takes."""

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

MADE = """\
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
MADE_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "many"
version = "1.0"
requires-python = ">=3.{minor}"
classifiers = ["Programming Language :: Python :: 3.{minor}"]
"""


def made(folder: Path, wheel: Path, *, files: int = 10_000, jobs: int = 60) -> Contest:
    root = folder / "many"
    for number in range(files):
        file = root / f"data/{number // 100:03}/{number:05}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"file {number}\n" * 20, encoding="utf-8")
    (root / "pyproject.toml").write_text(MADE_PROJECT.format(minor=sys.version_info.minor), encoding="utf-8")
    (root / "noxfile.py").write_text(MADE.format(nox=version("nox"), wheel=wheel.as_uri(), jobs=jobs), encoding="utf-8")
    (root / ".gitignore").write_text(".nox/\n", encoding="utf-8")
    for command in (
        ("git", "init", "--quiet"),
        ("uv", "lock", "--quiet"),
        ("uv", "lock", "--quiet", "--script", "noxfile.py"),
    ):
        subprocess.run(command, cwd=root, env=measure.environ(), check=True)
    commit(root)
    return Contest(root, script_python(root), tuple(f"nothing({number})" for number in range(jobs)))


def large(contest: Contest, runs: int) -> None:
    """Evenfall beside `nox -j auto`, which needs no sandboxes."""
    found = in_turn({TOGETHER: lambda: contest.nox("-j", "auto"), EVENFALL: contest.evenfall}, runs)
    ours = found[EVENFALL]
    jobs, files = len(contest.jobs), len(git(contest.root, "ls-files").text.splitlines())
    print(f"## A made project: {files} files, {jobs} jobs that do nothing\n\nMedians of {runs} runs in turn.\n")
    print("| what | seconds | CPU seconds | a job, CPU | largest process |\n| --- | --- | --- | --- | --- |")
    for who, each in found.items():
        most = max(one.megabytes for one in each)
        print(f"| {who} | {wall(each):.1f} | {cpu(each):.1f} | {cpu(each) / jobs:.2f} | {most:.0f} MB |")
    told = [json.loads(each.printed) for each in ours]
    inside = statistics.median(sum(job["seconds"] for job in each["results"]) for each in told)
    took = statistics.median(sandboxes(each) for each in ours)
    once = max(0.0, wall(ours) - (took + inside) / CORES)
    print(f"""
`evenfall run` takes {wall(ours) / wall(found[TOGETHER]):.1f} times as long, for it writes {files * (jobs + 1)} files and removes
them. A sandbox takes {took / jobs:.2f} s and the session in it {inside / jobs:.2f} s; what is done once takes {once:.1f} s: the
snapshot, reading the pipeline, and clearing away all sandboxes at the end.
""")
