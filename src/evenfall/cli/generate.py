"""`evenfall generate`: write the generated files, or check that they are current."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.errors import Exit
from evenfall.generate.dependabot import DEPENDABOT, dependabot_warnings
from evenfall.generate.files import (
    check_generated,
    check_locks,
    check_ready,
    drift,
    generated_files,
    stale_files,
    write_files,
)
from evenfall.generate.hand_written import hand_written, kept_reason
from evenfall.generate.releasing import has_release_sessions
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.project import find_root, read_project
from evenfall.text import one_line, printable


@click.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; print the difference as a unified diff, and fail if there is one."
)
def generate(check: bool) -> int:
    """Write the generated files, or check that they are current.

    noxfile.py determines them: the workflows in .github/workflows, the action .github/actions/nox, and docs/RELEASING.md. With
    [tool.evenfall.github], also .github/dependabot.yml, .github/CODEOWNERS and docs/DEPLOYMENT.md. `generate` keeps what is written by
    hand between the markers of docs/DEPLOYMENT.md.
    """
    root = find_root(Path.cwd())
    check_ready(root)
    enter_script_environment(root)
    project = read_project(root)
    pipeline = read_pipeline(root)
    files = generated_files(project, pipeline)
    check_locks(project)
    stale = stale_files(root, files)
    if check and stale:
        click.echo(drift(root, stale), nl=False)
        click.echo(f"not current: {', '.join(stale)}\n  next: evenfall generate", err=True)
        return Exit.FINDINGS
    check_generated(root, stale)
    write_files(root, stale)
    for path, text in stale.items():
        click.echo(f"{'removed' if text is None else 'wrote'} {path}", err=True)
    for path, own in hand_written(project, release=has_release_sessions(pipeline)).items():
        click.echo(one_line(f"kept your {own}; {kept_reason(path, own)}"), err=True)
    for warning in dependabot_warnings(project.pyproject) if files.get(DEPENDABOT) else ():
        click.echo(f"warning: {printable(warning)}", err=True)
    if not stale:
        click.echo(f"{len(files)} generated files are current", err=True)
    return Exit.FINE
