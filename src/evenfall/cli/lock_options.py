"""The option of the commands that read a lock."""

from __future__ import annotations

from pathlib import Path

import click

script_option = click.option(
    "--script",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read FILE.lock, the lock of this script, instead of uv.lock.",
)
