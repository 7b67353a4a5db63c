"""`evenfall github`: the settings of the repository on GitHub, as code."""

from __future__ import annotations

import click

from evenfall.cli.lazy_group import LazyGroup

COMMANDS = {
    "plan": "Show what differs from the settings that the project wants.",
    "apply": "Change the settings that differ.",
    "refresh-tools": "Update noxfile.py.lock to releases that are older than the cooldown.",
    "auto-merge": "Merge an update by Dependabot, if its review permits that.",
}
"""The subcommands in the order of use, and the first line of their help."""


@click.command(cls=LazyGroup, commands_help=COMMANDS, module_prefix="github_")
def github() -> None:
    """Show and change the settings of the repository on GitHub.

    [tool.evenfall.github] and the pipeline determine the wanted settings. The token in GH_TOKEN or GITHUB_TOKEN, or else that of
    gh auth token, must be of an admin of the repository. What it can't read is reported with the missing permission.
    """
