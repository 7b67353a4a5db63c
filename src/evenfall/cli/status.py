"""`evenfall` without a verb: the state of this repository and machine, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.reexec import in_script_environment
from evenfall.errors import EvenfallError, Exit
from evenfall.generate import files as generating
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import Project, find_root, read_project


def status() -> int:
    """Print what is known; the exit code is 0 whatever it says, for it checks nothing."""
    root = find_root(Path.cwd())
    if not (root / NOXFILE).is_file():
        click.echo(f"{root.name}: evenfall is not adopted here\n  next: evenfall init")
        return Exit.FINE
    generating.check_ready(root)
    in_script_environment(root)
    project = read_project(root)
    pipeline = read_pipeline(root)
    here = {python: find_interpreter(python) for python in project.pythons}
    files = generating.generated_files(project, pipeline)
    stale = [path for path, text in files.items() if text is None or generating.current(root / path) != text]
    jobs = sum(len(session.jobs) * len(session.facts.systems) for session in pipeline.sessions)
    click.echo(f"project      {project.name} {project.pyproject.version or '(version from the backend)'}")
    click.echo(
        f"pipeline     {len(pipeline.sessions)} sessions, {jobs} jobs, workflows {', '.join(pipeline.workflows)}"
    )
    click.echo(f"pythons      {', '.join(project.pythons)}")
    if missing := [python for python, found in here.items() if not found]:
        click.echo(f"not here     {', '.join(missing)}: uv will try to bring them")
    if stale_lock := _stale_lock(project):
        click.echo(f"locks        {stale_lock.message}")
    click.echo(f"generated      {'not current: ' + ', '.join(stale) if stale else f'{len(files)} files, current'}")
    click.echo(f"  next: {stale_lock.hint if stale_lock else 'evenfall generate' if stale else f'uv run {NOXFILE}'}")
    return Exit.FINE


def _stale_lock(project: Project) -> EvenfallError | None:
    try:
        generating.check_locks(project)
    except EvenfallError as error:
        return error
    return None
