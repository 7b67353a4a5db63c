"""The screen for stderr: drawn on a terminal, else plain lines, on GitHub with annotations."""

from __future__ import annotations

import os
import sys

import click

from evenfall.report.github_actions import annotate
from evenfall.report.screen import PlainScreen, Screen


def stderr_screen(*, noun: str = "job") -> Screen:
    """Return the screen that shows the events of a run on stderr, because stdout is for the result. `noun` is as for `PlainScreen`."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from rich.console import Console  # slow to import

        from evenfall.report.terminal import TerminalScreen

        return TerminalScreen(Console(stderr=True))
    is_on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    return PlainScreen(lambda text: click.echo(text, err=True, nl=False), annotate if is_on_github else None, noun=noun)
