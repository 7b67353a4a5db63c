"""`evenfall init`: adopt Evenfall in an existing or new project."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from evenfall.adopt.plan import Change, Plan
from evenfall.adopt.pre_push import plan_hook, write_hook
from evenfall.adopt.stages import plan_adoption
from evenfall.errors import EvenfallError, Exit
from evenfall.generate.files import write_files
from evenfall.git.repository import Repository, find_repository, init_repository
from evenfall.pipeline.model import NOXFILE


@click.command()
@click.option("--yes", is_flag=True, help="Apply the plan without asking, existing files included.")
@click.option("--dry-run", is_flag=True, help="Show the plan and its diffs; write nothing.")
@click.option(
    "--source",
    default="",
    metavar="PATH|URL",
    help="Where evenfall comes from: a wheel, a folder, an index. [default: PyPI]",
)
@click.option("--pre-push", is_flag=True, help="Install a hook that runs the mirror on what is pushed.")
def init(yes: bool, dry_run: bool, source: str, pre_push: bool) -> int:
    """Adopt Evenfall in this uv project, or start a new project in an empty folder.

    It shows every change as a diff before it writes. In an adopted project, --pre-push only installs the hook.
    """
    root = Path.cwd()
    if pre_push and (root / NOXFILE).is_file():
        return install_hook(root, yes=yes, dry_run=dry_run)
    hook = plan_hook(find_repository(root)) if pre_push and (root / ".git").exists() else None
    plan = plan_adoption(root, source=source, progress=lambda line: click.echo(f"… {line}", err=True))
    shown = replace(plan, changes=(*plan.changes, hook)) if hook else plan
    if (answer := settled(shown, yes=yes, dry_run=dry_run)) is not None:
        return answer
    apply(root, plan)
    if pre_push and not plan.missing and (change := plan_hook(find_repository(root))):
        put_hook(find_repository(root), change)
    return conclude(plan)


def install_hook(root: Path, *, yes: bool, dry_run: bool) -> int:
    """Plan, show, write the pre-push hook."""
    repository = find_repository(root)
    change = plan_hook(repository)
    if change is None:
        click.echo("nothing to do: the pre-push hook is there", err=True)
        return Exit.FINE
    if (answer := settled(Plan(changes=(change,)), yes=yes, dry_run=dry_run)) is not None:
        return answer
    put_hook(repository, change)
    return Exit.FINE


def put_hook(repository: Repository, change: Change) -> None:
    """Write the hook, and say so."""
    write_hook(repository, change)
    click.echo(f"wrote {change.path}: evenfall runs before each push", err=True)


def settled(plan: Plan, *, yes: bool, dry_run: bool) -> Exit | None:
    """Show a plan and ask; the exit code where nothing is to be written, `None` where it is to be applied."""
    show(plan)
    if dry_run:
        click.echo(f"{len(plan.changes)} files would be written; nothing is", err=True)
        return Exit.FINE
    if plan.changes and not yes and not confirmed():
        click.echo("nothing is written", err=True)
        return Exit.FINDINGS
    return None


def show(plan: Plan) -> None:
    """The diff of every file, then what is kept and what is worth knowing."""
    for change in plan.changes:
        click.echo(change.shown, nl=False)
    for kept in plan.kept:
        click.echo(f"kept {kept.path}: {kept.lacks}", err=True)
    for note in plan.notes:
        click.echo(f"note: {note}", err=True)


def confirmed() -> bool:
    """Ask whether to go on. Raises `EvenfallError` (usage) where nobody can answer."""
    if not sys.stdin.isatty():
        raise EvenfallError(
            "evenfall init: there is no terminal to ask on, so nothing is written",
            hint="evenfall init --yes, or --dry-run",
        )
    return click.confirm("Write these files?", err=True)


def apply(root: Path, plan: Plan) -> None:
    """Write what was planned, and make a repository of what is none yet."""
    if plan.changes and not (root / ".git").exists():
        init_repository(root)
    write_files(root, {change.path: change.new for change in plan.changes})
    for change in plan.changes:
        click.echo(f"{'changed' if change.old else 'wrote'} {change.path}", err=True)


def conclude(plan: Plan) -> int:
    """The last lines: what to do next."""
    if plan.missing:
        click.echo(
            f"noxfile.py is kept; it lacks,\n{plan.missing}\n  next: add these lines, then evenfall init", err=True
        )
        return Exit.FINDINGS
    if not plan.changes:
        click.echo("nothing to do: evenfall is adopted here\n  next: uv run noxfile.py", err=True)
        return Exit.FINE
    click.echo("  next: git add --all && git commit, then: uv run noxfile.py", err=True)
    return Exit.FINE
