"""`evenfall github plan`: show what differs from the settings that the project wants."""

from __future__ import annotations

import click

from evenfall.cli.github_options import json_option, open_settings
from evenfall.github.plan import make_plan
from evenfall.github.report import check_text, plan_json, plan_text
from evenfall.report.output import json_text


@click.command()
@click.option("--check", is_flag=True, help="Print each difference as a finding with its reason, for CI.")
@json_option
def plan(check: bool, print_json: bool) -> int:
    """Show what differs from the settings that the project wants.

    It changes nothing. The exit code is 0 if nothing differs, 1 if something does, and 3 if the token can't read everything.
    """
    with open_settings() as settings:
        found = make_plan(settings.live, settings.wanted, notes=settings.notes)
    click.echo(json_text(plan_json(found)) if print_json else check_text(found) if check else plan_text(found))
    return found.exit_code
