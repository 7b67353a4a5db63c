"""`evenfall generate`: write the generated files, or check that they are current."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from evenfall.errors import EvenfallError, Exit
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
from evenfall.pipeline.gates import WORKFLOWS, file_name
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import NOXFILE, Pipeline
from evenfall.pipeline.own_workflows import same_name
from evenfall.pipeline.script_environment import enter_script_environment
from evenfall.project.project import read_project
from evenfall.project.root import find_locked_root
from evenfall.text import one_line, printable


@click.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; print the difference as a unified diff, and fail if there is one."
)
@click.option("--delete", is_flag=True, help="Remove generated files that noxfile.py no longer has, without asking.")
def generate(check: bool, delete: bool) -> int:
    """Write the generated files, or check that they are current.

    noxfile.py determines them: the workflows in .github/workflows, the action .github/actions/nox, and docs/RELEASING.md. With
    [tool.evenfall.github], also .github/dependabot.yml, .github/CODEOWNERS and docs/DEPLOYMENT.md. `generate` keeps what is written by
    hand between the markers of docs/DEPLOYMENT.md. It never overwrites a file that was written by hand: a workflow gets another
    name beside it, such as evenfall-ci.yml. Before it removes a file, it asks.
    """
    root = find_locked_root(Path.cwd())
    check_ready(root)
    enter_script_environment(root)
    project = read_project(root)
    pipeline = read_pipeline(root)
    files = generated_files(project, pipeline)
    check_locks(project)
    stale = stale_files(root, files)
    if check and stale:
        difference = drift(root, stale)
        click.echo(printable(difference) if sys.stdout.isatty() else difference, nl=False)
        click.echo(f"not current: {one_line(', '.join(stale))}\n  next: evenfall generate", err=True)
        return Exit.FINDINGS
    check_generated(root, stale)
    if not delete and not _may_remove(stale):
        click.echo("nothing was written", err=True)
        return Exit.FINDINGS
    write_files(root, stale)
    for path, text in stale.items():
        click.echo(f"{'removed' if text is None else 'wrote'} {one_line(path)}", err=True)
    for workflow in pipeline.renamed:
        click.echo(_renamed(workflow, pipeline, root), err=True)
    for path, own in hand_written(project, release=has_release_sessions(pipeline)).items():
        click.echo(one_line(f"kept your {own}; {kept_reason(path, own)}"), err=True)
    for warning in dependabot_warnings(project.pyproject) if files.get(DEPENDABOT) else ():
        click.echo(f"warning: {printable(warning)}", err=True)
    if not stale:
        click.echo(f"{len(files)} generated files are current", err=True)
    return Exit.FINE


def _may_remove(stale: Mapping[str, str | None]) -> bool:
    """Return whether the user permits the removal of files, if there are any.

    Raises `EvenfallError` (usage) if there is no terminal to ask on.
    """
    removed = [path for path, text in stale.items() if text is None]
    for path in removed:
        click.echo(one_line(f"{path}: {_removal(path, stale)}"), err=True)
    if removed and not sys.stdin.isatty():
        raise EvenfallError(
            f"{', '.join(removed)}: generated, and no longer wanted; there is no terminal to ask on, so nothing was written",
            hint="evenfall generate --delete, or --check to see the difference",
        )
    return not removed or click.confirm("Remove these files?", err=True)


def _removal(path: str, stale: Iterable[str]) -> str:
    """Return what happens to a file: it is removed, or replaced by the same workflow under its other name."""
    folder, _, name = path.rpartition("/")
    other = name.removeprefix("evenfall-") if name.startswith("evenfall-") else f"evenfall-{name}"
    if f"{folder}/{other}" not in stale:
        return f"no longer generated from {NOXFILE} and pyproject.toml"
    return f"renamed to {other}, and its required check has another name: evenfall github apply requires the new one"


def _renamed(workflow: str, pipeline: Pipeline, root: Path) -> str:
    own = ", ".join(same_name(workflow, root))
    return one_line(f"kept your {own}; the workflow of Evenfall is {WORKFLOWS}/{file_name(workflow, pipeline)}")
