"""`evenfall` without a command: the state of this repository and machine, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.errors import EvenfallError, Exit
from evenfall.generate.files import check_locks, check_ready, generated_files, stale_files
from evenfall.input_file import has_entry
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import Project, read_project
from evenfall.project.root import find_locked_root


def status() -> int:
    """Print at most ten lines about the project, and return 0, because the status is not a check."""
    root = find_locked_root(Path.cwd())
    if not has_entry(root / NOXFILE):
        click.echo(f"{root.name}: Evenfall is not adopted here\n  next: evenfall init")
        return Exit.FINE
    check_ready(root)
    enter_script_environment(root)
    project = read_project(root)
    rows, next_command = _describe(project, read_pipeline(root))
    for label, value in rows:
        click.echo(f"{label:<12} {value}")
    click.echo(f"  next: {next_command}")
    return Exit.FINE


def _describe(project: Project, pipeline: Pipeline) -> tuple[list[tuple[str, str]], str]:
    """Return the lines to print, as labels and values, and the next command."""
    jobs = sum(len(session.jobs) * len(session.facts.systems) for session in pipeline.sessions)
    workflows = ", ".join(pipeline.workflows)
    rows = [
        ("project", _title(project)),
        ("pipeline", f"{len(pipeline.sessions)} sessions, {jobs} jobs, workflows {workflows}"),
        ("pythons", ", ".join(project.pythons)),
    ]
    if missing := [python for python in project.pythons if not find_interpreter(python, project.allowed_pythons)]:
        rows.append(("missing", f"Python {', '.join(missing)}: uv will try to download it"))
    if stale_lock := _stale_lock(project):
        rows.append(("locks", stale_lock.message))
    files = generated_files(project, pipeline)
    stale = stale_files(project.root, files)
    rows.append(("generated", f"not current: {', '.join(stale)}" if stale else f"{len(files)} files, current"))
    if stale_lock:
        return rows, stale_lock.hint
    return rows, "evenfall generate" if stale else f"uv run {NOXFILE}"


def _title(project: Project) -> str:
    if not project.name:
        return project.title
    members = f", workspace of {len(project.members)} members" if project.is_workspace else ""
    return f"{project.name} {project.pyproject.version or '(the build backend computes the version)'}{members}"


def _stale_lock(project: Project) -> EvenfallError | None:
    try:
        check_locks(project)
    except EvenfallError as error:
        return error
    return None
