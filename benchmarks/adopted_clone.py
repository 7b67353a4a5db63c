"""A copy of a clone that adopts Evenfall, and its sessions that succeed with every tool."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks import nox_commands, tox_config
from benchmarks.benchmark_projects import BenchmarkProject, commit
from benchmarks.measure import measure
from evenfall.errors import EvenfallError
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import SCRIPT_LOCK, run_locked_evenfall, script_python
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import read_project
from evenfall.project.uv import uv
from evenfall.run.planner import make_plan

_ANY = range(256)
"""Every exit code."""


@dataclass(slots=True, kw_only=True)
class AdoptedClone:
    """The project, its pipeline, and the jobs that succeed with every tool.

    `omitted` are the other sessions, each with the reason, and `by_nox` the jobs that tox runs with Nox.
    """

    project: BenchmarkProject
    pipeline: Pipeline
    jobs: list[str] = field(default_factory=list)
    omitted: dict[str, str] = field(default_factory=dict)
    by_nox: list[str] = field(default_factory=list)

    def omit(self, names: Iterable[str], tool: str) -> None:
        """Omit the sessions that fail with a tool, and those that require them. Raises `SystemExit` if none is left."""
        self.omitted |= dict.fromkeys(names, f"fails with {tool}")
        # Each session is looked at several times, because it may require one that is omitted after it.
        for session in self.pipeline.sessions * len(self.pipeline.sessions):
            if missing := [needed.name for needed in self.pipeline.needs(session) if needed.name in self.omitted]:
                self.omitted.setdefault(session.name, f"requires {missing[0]}")
        sessions = tuple(name for name in self.project.sessions if name not in self.omitted)
        if not sessions:
            raise SystemExit(f"{self.title}: no session succeeds with every tool: {self.omitted_text}")
        self.jobs = [job for job in self.jobs if self.pipeline.by_name[job].name in sessions]
        self.project = replace(self.project, sessions=sessions)

    @property
    def title(self) -> str:
        return read_project(self.project.root).title

    @property
    def omitted_text(self) -> str:
        return ", ".join(f"{name} ({reason})" for name, reason in self.omitted.items())


def adopt_clone(clone: Path, folder: Path, wheel: Path) -> AdoptedClone:
    """Adopt the Evenfall of a wheel in a copy of a clone, find the jobs that succeed, and let tox run the same.

    Raises `SystemExit` if Evenfall can't be adopted, or if no session succeeds.
    """
    root = folder / "project"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(clone), str(root)], check=True)
    try:
        _adopt(root, wheel)
        python = script_python(root)
        pipeline = read_pipeline(root, python=str(python))
        allowed = read_project(root).allowed_pythons
        plan = make_plan(pipeline, (), lambda names: {name: find_interpreter(name, allowed) for name in names}, allowed)
    except EvenfallError as error:
        raise SystemExit(f"{clone}: Evenfall can't be adopted: {str(error).rpartition('evenfall: ')[2]}") from error
    sessions = tuple(dict.fromkeys(job.session.name for job in plan.jobs))
    if not sessions:
        raise SystemExit(f"{clone}: this machine can run no job")
    adopted = AdoptedClone(project=BenchmarkProject(root=root, python=python, sessions=sessions), pipeline=pipeline)
    commands = _run_nox(adopted, folder)
    tox_config.save_files(root, pipeline, commands)
    for namespaces in (True, False):
        _run_evenfall(adopted, namespaces=namespaces)
    _run_tox(adopted, commands)
    return adopted


def _adopt(root: Path, wheel: Path) -> None:
    """Adopt Evenfall, or let a project that has adopted it use the wheel. Raises `EvenfallError` if a command fails."""
    if (root / SCRIPT_LOCK).is_file():
        uv(root, "add", "--quiet", "--script", NOXFILE, f"evenfall[sessions] @ {wheel.as_uri()}")
        run_locked_evenfall(script_python(root), root, "generate")
    else:
        run_locked_evenfall(Path(sys.executable), root, "init", "--yes", "--source", str(wheel))
    commit(root)


def _run_nox(adopted: AdoptedClone, folder: Path) -> list[nox_commands.Command]:
    """Run the sessions with plain Nox, find the jobs, and omit the sessions that fail. Return the commands of all jobs."""
    record, report = folder / "commands.json", folder / "report.json"
    record.touch()
    options = ("--report", str(report), "--session", *adopted.project.sessions)
    command = (str(adopted.project.python), nox_commands.__file__, str(record), *options)
    done = measure(command, adopted.project.root, exit_codes=_ANY)
    if not report.is_file():
        raise SystemExit(f"Nox ended without a report:\n{done.stderr[-4000:]}")
    results = json.loads(report.read_bytes())["sessions"]
    adopted.jobs += [each["signatures"][0] for each in results if each["result"] == "success"]
    adopted.omit((each["name"] for each in results if each["result"] not in {"success", "skipped"}), "Nox")
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def _run_evenfall(adopted: AdoptedClone, *, namespaces: bool) -> None:
    """Run the sessions with `evenfall run`, and omit those that do not pass."""
    done = adopted.project.evenfall(namespaces=namespaces, exit_codes=_ANY)
    if not done.stdout:
        raise SystemExit(f"`evenfall run` ended without results:\n{done.stderr[-4000:]}")
    results = json.loads(done.stdout)["results"]
    failed = [job["job"].partition(" @ ")[0] for job in results if job["result"] not in {"passed", "skipped"}]
    tool = "`evenfall run`" if namespaces else "`evenfall run` without namespaces"
    adopted.omit((adopted.pipeline.find(job).name for job in failed), tool)


def _run_tox(adopted: AdoptedClone, commands: Sequence[nox_commands.Command]) -> None:
    """Configure tox. It runs a job with Nox if the job has no commands, or if they do not succeed without the session."""
    project = adopted.project
    by_job = {job: [each for each in commands if each["job"] == job] for job in adopted.jobs}
    failed = [job for job in adopted.jobs if not by_job[job]]
    while {*failed} <= by_job.keys():
        by_job = {job: by_job[job] for job in by_job if job not in failed}
        tox_config.write_tox_config(project.root, project.python, adopted.pipeline, adopted.jobs, by_job)
        summary = project.tox(exit_codes=_ANY).stdout
        passed = {*re.findall(r"(?m)^ +(\w+): OK\b", summary)}
        failed = [job for job in adopted.jobs if tox_config.environment_name(job) not in passed]
        if not failed:
            adopted.by_nox = [job for job in adopted.jobs if job not in by_job]
            return
    raise SystemExit(f"tox fails:\n{summary[-4000:]}")
