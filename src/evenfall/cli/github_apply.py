"""`evenfall github apply`: change the settings that differ from those that the project wants."""

from __future__ import annotations

import click

from evenfall.cli.github_options import json_option, open_settings
from evenfall.github.apply import apply_settings
from evenfall.github.report import application_json, application_text
from evenfall.report.output import json_text, print_progress


@click.command()
@json_option
def apply(print_json: bool) -> int:
    """Change the settings that differ.

    One failure does not stop the others, and each change is read back. A check is required only after GitHub Actions has reported it. It
    ends with what is still to do by hand. The exit code is 0 if all is done, 1 if something is not, and 3 if the token can't read
    everything.
    """
    with open_settings() as settings:
        done = apply_settings(settings.live, settings.wanted, progress=print_progress, notes=settings.notes)
    click.echo(json_text(application_json(done)) if print_json else application_text(done))
    return done.exit_code
