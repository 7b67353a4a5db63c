"""`evenfall` without a verb: the state of this repository and machine, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall import derive as deriving
from evenfall.cli.script import in_script_environment
from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.noxfile import read_pipeline
from evenfall.project import Project, find_root, read_project
from evenfall.project.interpreters import find_interpreter


def status() -> int:
    """Print what is known; the exit code is 0 whatever it says, for it checks nothing."""
    root = find_root(Path.cwd())
    if not (root / NOXFILE).is_file():
        click.echo(f"{root.name}: evenfall is not adopted here\n  next: evenfall init")
        return Exit.FINE
    deriving.check_ready(root)
    in_script_environment(root)
    project = read_project(root)
    pipeline = read_pipeline(root)
    here = {python: find_interpreter(python) for python in project.pythons}
    files = deriving.derived_files(project, pipeline)
    stale = [path for path, text in files.items() if text is None or deriving.current(root / path) != text]
    cells = sum(len(session.cells) * len(session.facts.systems) for session in pipeline.sessions)
    click.echo(f"project      {project.name} {project.pyproject.version or '(version from the backend)'}")
    click.echo(
        f"pipeline     {len(pipeline.sessions)} sessions, {cells} cells, workflows {', '.join(pipeline.workflows)}"
    )
    click.echo(f"pythons      {', '.join(project.pythons)}")
    if missing := [python for python, found in here.items() if not found]:
        click.echo(f"not here     {', '.join(missing)}: uv will try to bring them")
    if stale_lock := _stale_lock(project):
        click.echo(f"locks        {stale_lock.message}")
    click.echo(f"derived      {'not current: ' + ', '.join(stale) if stale else f'{len(files)} files, current'}")
    click.echo(f"  next: {stale_lock.hint if stale_lock else 'evenfall derive' if stale else f'uv run {NOXFILE}'}")
    return Exit.FINE


def _stale_lock(project: Project) -> EvenfallError | None:
    try:
        deriving.check_locks(project)
    except EvenfallError as error:
        return error
    return None
