"""`evenfall init`: adopt Evenfall in an existing or new project."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from evenfall.adopt.adoption import AdoptionPlan
from evenfall.adopt.apply import apply_plan
from evenfall.adopt.losses import FileLosses
from evenfall.adopt.plan import plan_adoption
from evenfall.adopt.pre_push import plan_hook
from evenfall.adopt.project_root import find_project_root
from evenfall.adopt.report import as_json, lost_lines, plan_screen, print_diff
from evenfall.adopt.work_tree import files_to_add
from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import find_repository
from evenfall.pipeline.model import NOXFILE
from evenfall.report.output import json_text, print_progress
from evenfall.text import one_line, printable


@click.command()
@click.option(
    "--yes",
    is_flag=True,
    help="Apply the plan without asking, unless CI would lose a publication, all tests or all linters.",
)
@click.option("--dry-run", is_flag=True, help="Print the plan; write nothing.")
@click.option("--diff", "with_diff", is_flag=True, help="Print the differences, too.")
@click.option("--json", "print_json", is_flag=True, help="Print the plan as JSON; write nothing.")
@click.option(
    "--replace",
    multiple=True,
    metavar="FILE",
    help="Replace a hand-written file by the generated one in its place; can be repeated. [default: keep all]",
)
@click.option(
    "--release", is_flag=True, help="Release with Evenfall, too: sessions and a workflow that publish to PyPI."
)
@click.option("--pre-push", is_flag=True, help="Install a git hook that runs evenfall run before each push.")
@click.option(
    "--source",
    default="",
    metavar="PATH|URL",
    help="Install Evenfall from a wheel, a folder, a repository or an index. [default: PyPI]",
)
def init(
    *,
    yes: bool,
    dry_run: bool,
    with_diff: bool,
    print_json: bool,
    replace: tuple[str, ...],
    release: bool,
    pre_push: bool,
    source: str,
) -> int:
    """Adopt Evenfall in this uv project, or start a new one in an empty folder.

    It prints a plan: the files to create, change and keep, and what CI would lose. Then it asks, and shows the differences on request. It
    writes all files or none, and only these; it keeps every file that you wrote unless you say otherwise, and completes your noxfile.

    In a project with a noxfile, --pre-push alone only installs the hook.
    """
    if not (yes or dry_run or print_json or sys.stdin.isatty()):
        raise EvenfallError("evenfall init: there is no terminal to ask on", hint="evenfall init --dry-run, or --yes")
    root, is_new = _find_root()
    is_hook_only = pre_push and not (source or release or replace) and (root / NOXFILE).is_file()
    make_plan = partial(
        plan_adoption,
        root,
        is_new=is_new,
        source=source,
        release=release,
        pre_push=pre_push,
        progress=lambda line: print_progress(f"… {line}"),
    )
    plan = AdoptionPlan(hook=plan_hook(find_repository(root))) if is_hook_only else make_plan(replace=replace)
    if print_json:
        click.echo(json_text(as_json(plan)))
        return Exit.FINE
    _print_plan(plan, with_diff=with_diff)
    if dry_run:
        click.echo(f"dry run: nothing was written; init would write {len(plan.all_changes)} files", err=True)
        return Exit.FINE
    if yes and plan.refusals and plan.all_changes:
        other = ", or without --replace" if replace else ""
        raise EvenfallError("; ".join(plan.refusals), hint=f"evenfall init without --yes, which asks{other}")
    if not yes and plan.all_changes:
        if chosen := [file.path for file in plan.losses if not file.is_replaced and _wants_to_replace(file)]:
            plan = make_plan(replace=(*replace, *chosen))
            _print_plan(plan, with_diff=with_diff)
        if not _confirm(plan):
            click.echo("nothing was written", err=True)
            return Exit.FINDINGS
    apply_plan(root, plan)
    _print_next(root, plan)
    return Exit.FINE


def _find_root() -> tuple[Path, bool]:
    """Return the root of the project, and whether it is new; say where it is if it is not the current folder."""
    root, is_new = find_project_root(Path.cwd())
    if root != Path.cwd():
        click.echo(f"the project is in {one_line(str(root))}", err=True)
    return root, is_new


def _print_plan(plan: AdoptionPlan, *, with_diff: bool) -> None:
    console = Console(highlight=False)
    console.print(plan_screen(plan, width=console.width), soft_wrap=True)
    if with_diff:
        console.print()
        print_diff(console, plan)


def _wants_to_replace(file: FileLosses) -> bool:
    """Return whether the user wants to replace a hand-written file, after showing what would be lost with it."""
    for line in lost_lines(file):
        click.echo(f"  {printable(line)}", err=True)
    return _answer(f"{one_line(file.path)} is yours and stays.", ("keep", "replace")) == "replace"


def _confirm(plan: AdoptionPlan) -> bool:
    """Return whether the user wants to apply the plan."""
    while (answer := _answer("Write these files?", ("yes", "no", "diff"))) == "diff":
        print_diff(Console(highlight=False), plan)
    return answer == "yes"


def _answer(question: str, answers: Sequence[str]) -> str:
    """Return one of the answers, of which the user can type the start."""
    choices = ", ".join(f"[{answer[0]}]{answer[1:]}" for answer in answers)
    while True:
        typed = click.prompt(f"{question} {choices}", err=True).strip().lower()
        for answer in answers:
            if typed and answer.startswith(typed):
                return answer


def _print_next(root: Path, plan: AdoptionPlan) -> None:
    for change in plan.all_changes:
        action = "wrote" if change.old is None else "removed" if change.new is None else "changed"
        click.echo(f"{action} {one_line(change.path)}", err=True)
    if not plan.all_changes:
        click.echo("nothing to do: everything is in place", err=True)
    names = files_to_add(root, [change.path for change in plan.changes])
    folder = "" if root == Path.cwd() else f"cd {shlex.quote(os.path.relpath(root))} && "
    commit = f"git add {shlex.join(names)} && git commit, then: " if names else ""
    click.echo(f"  next: {one_line(f'{folder}{commit}uv run {NOXFILE}')}", err=True)
