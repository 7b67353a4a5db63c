"""`evenfall derive`: write the derived files, or check that they are current."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall import derive as deriving
from evenfall.cli.script import in_script_environment
from evenfall.errors import Exit
from evenfall.pipeline.noxfile import read_pipeline
from evenfall.project import find_root, read_project


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; show what is not current as a unified diff, and fail.")
def derive(check: bool) -> int:
    """Write the files that are derived from noxfile.py: the workflows and .github/actions/nox."""
    root = find_root(Path.cwd())
    deriving.check_ready(root)
    in_script_environment(root)
    project = read_project(root)
    files = deriving.derived_files(project, read_pipeline(root))
    deriving.check_locks(project)
    changed = {path: text for path, text in files.items() if text is None or deriving.current(root / path) != text}
    if check:
        click.echo(deriving.drift(root, changed), nl=False)
        if changed:
            click.echo(f"not current: {', '.join(changed)}\n  next: evenfall derive", err=True)
            return Exit.FINDINGS
        click.echo(f"{len(files)} derived files are current", err=True)
        return Exit.FINE
    deriving.check_ours(root, changed)
    deriving.write(root, changed)
    for path, text in changed.items():
        click.echo(f"{'removed' if text is None else 'wrote'} {path}", err=True)
    if not changed:
        click.echo(f"{len(files)} derived files are current", err=True)
    return Exit.FINE
