"""`evenfall init`: adopt Evenfall in an existing or new project."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evenfall.adopt.adoption import AdoptionPlan
from evenfall.adopt.apply import apply_plan
from evenfall.adopt.plan import plan_adoption
from evenfall.adopt.pre_push import plan_hook
from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from evenfall.pipeline.model import NOXFILE


@click.command()
@click.option(
    "--yes",
    is_flag=True,
    help="Apply the plan without asking, unless a publication, all tests or all linters would be lost.",
)
@click.option("--dry-run", is_flag=True, help="Print the plan and its differences; write nothing.")
@click.option(
    "--source",
    default="",
    metavar="PATH|URL",
    help="Install Evenfall from a wheel, a folder, a repository or an index. [default: PyPI]",
)
@click.option(
    "--release", is_flag=True, help="Release with Evenfall, too: sessions and a workflow that publish to PyPI."
)
@click.option(
    "--replace",
    multiple=True,
    metavar="FILE",
    help="Replace a hand-written file by the generated one of its name; can be repeated. [default: keep all]",
)
@click.option("--pre-push", is_flag=True, help="Install a git hook that runs evenfall run before each push.")
def init(yes: bool, dry_run: bool, source: str, release: bool, replace: tuple[str, ...], pre_push: bool) -> int:
    """Adopt Evenfall in this uv project, or start a new one.

    It prints every change as a diff before it writes. In a project with a noxfile, --pre-push alone only installs the hook.
    """
    root = Path.cwd()
    if pre_push and not (source or release or replace) and (root / NOXFILE).is_file():
        plan = AdoptionPlan(hook=plan_hook(find_repository(root)))
    else:
        plan = plan_adoption(
            root,
            source=source,
            release=release,
            replace=replace,
            pre_push=pre_push,
            progress=lambda line: click.echo(f"… {line}", err=True),
        )
    _print_plan(plan)
    if dry_run:
        click.echo(f"dry run: nothing was written; init would write {len(plan.all_changes)} files", err=True)
        return Exit.FINE
    if yes and plan.refusals:
        raise EvenfallError(
            "; ".join(plan.refusals), hint="evenfall init without --yes, which asks; or without --replace for that file"
        )
    if plan.all_changes and not yes and not _confirm():
        click.echo("nothing was written", err=True)
        return Exit.FINDINGS
    apply_plan(root, plan)
    for change in plan.all_changes:
        action = "wrote" if change.old is None else "removed" if change.new is None else "changed"
        click.echo(f"{action} {change.path}", err=True)
    return _print_next(plan)


def _print_plan(plan: AdoptionPlan) -> None:
    for change in plan.all_changes:
        click.echo(change.preview, nl=False)
    for kept in plan.kept:
        click.echo(f"kept {kept.path}: {kept.difference}", err=True)
    for note in plan.notes:
        click.echo(f"note: {note}", err=True)


def _confirm() -> bool:
    """Ask whether to write. Raises `EvenfallError` (usage) if there is no terminal to ask on."""
    if not sys.stdin.isatty():
        raise EvenfallError(
            "evenfall init: there is no terminal to ask on, so nothing was written",
            hint="evenfall init --yes, or --dry-run",
        )
    return click.confirm("Write these files?", err=True)


def _print_next(plan: AdoptionPlan) -> Exit:
    if not plan.all_changes:
        click.echo("nothing to do: everything is in place", err=True)
    commit = "git add --all && git commit, then: " if plan.changes else ""
    click.echo(f"  next: {commit}uv run {NOXFILE}", err=True)
    return Exit.FINE
