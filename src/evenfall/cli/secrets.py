"""`evenfall secrets`: secrets in the history and the working tree, by rule and place, never by value."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commit_history import commit_history
from evenfall.git.repository import find_repository
from evenfall.project.project import find_root
from evenfall.project.pyproject import NAME, read_policies
from evenfall.project.tools import scripts_folder
from evenfall.project.user_cache import user_cache
from evenfall.report import findings as reporting
from evenfall.report.json import json_text
from evenfall.supply_chain.secrets.baseline import accept as write_accepted
from evenfall.supply_chain.secrets.baseline import chosen, unaccepted, unused
from evenfall.supply_chain.secrets.rules import by_kind, gathered
from evenfall.supply_chain.secrets.scanner import PROGRAM, program, scan
from evenfall.text import one_line

MANY = 10
"""More findings than these are counted by kind, too."""


@click.command()
@click.option(
    "--accept",
    metavar="FINGERPRINT|RULE:PATTERN",
    multiple=True,
    help="Accept a finding, or all of a rule in the files that a pattern means: 'jwt:docs/*'.",
)
@click.option("--reason", metavar="TEXT", default="", help="Why; with --accept.")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON on stdout.")
def secrets(accept: tuple[str, ...], reason: str, as_json: bool) -> int:
    """Look for secrets in all that HEAD reaches and in the working tree, untracked files included.

    No secret is printed or tried out. What git ignores is left alone.
    """
    root = find_root(Path.cwd())
    settings = read_policies(root / NAME)
    repository = find_repository(root)
    cache = user_cache()
    scanner = program(scripts_folder(), cache, sys.version_info[:2])
    with commit_history(repository) as history:
        click.echo(f"{PROGRAM}: reading {len(history.commits)} commits and the working tree", err=True)
        for path in history.nested_repositories:
            click.echo(f"{PROGRAM}: not read: {one_line(path)}: a repository of its own; run it there", err=True)
        found = gathered(scan(scanner, history.folder, history.tips), history)
    entries = settings.secrets.baseline
    if accept or reason:
        if not accept:
            raise EvenfallError(
                "--reason: there is nothing to accept", hint="evenfall secrets --accept FINGERPRINT --reason TEXT"
            )
        write_accepted(root / NAME, chosen(unaccepted(found, entries), accept, reason), found)
        entries = read_policies(root / NAME).secrets.baseline
    left, stale = unaccepted(found, entries), unused(found, entries)
    click.echo(f"{PROGRAM}: {len(found)} secrets, {len(found) - len(left)} of them accepted", err=True)
    if len(left) > MANY:
        click.echo(by_kind(left), err=True)
    everything = [*(secret.finding for secret in left), *stale]
    if as_json:
        told = [*(secret.as_json for secret in left), *map(reporting.as_json, stale)]
        click.echo(json_text({"findings": told}))
    elif everything:
        click.echo(reporting.text(everything))
    return Exit.FINDINGS if reporting.fails(everything) else Exit.FINE
