"""`evenfall generate`: write the generated files, or check that they are current."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.reexec import in_script_environment
from evenfall.errors import Exit
from evenfall.generate import files as generating
from evenfall.pipeline.load import read_pipeline
from evenfall.project.project import find_root, read_project


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; show what is not current as a unified diff, and fail.")
def generate(check: bool) -> int:
    """Write the files that are generated from noxfile.py: the workflows and .github/actions/nox."""
    root = find_root(Path.cwd())
    generating.check_ready(root)
    in_script_environment(root)
    project = read_project(root)
    files = generating.generated_files(project, read_pipeline(root))
    generating.check_locks(project)
    changed = {path: text for path, text in files.items() if text is None or generating.current(root / path) != text}
    if check:
        click.echo(generating.drift(root, changed), nl=False)
        if changed:
            click.echo(f"not current: {', '.join(changed)}\n  next: evenfall generate", err=True)
            return Exit.FINDINGS
        click.echo(f"{len(files)} generated files are current", err=True)
        return Exit.FINE
    generating.check_ours(root, changed)
    generating.write(root, changed)
    for path, text in changed.items():
        click.echo(f"{'removed' if text is None else 'wrote'} {path}", err=True)
    if not changed:
        click.echo(f"{len(files)} generated files are current", err=True)
    return Exit.FINE
