"""What several commands of `evenfall release` have in common: two options, and the project that they find."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.pipeline.script_environment import prefer_script_environment
from evenfall.project.root import find_root
from evenfall.release.index import index_of_event

index_option = click.option(
    "--index",
    type=click.Choice(["pypi", "testpypi"]),
    default=index_of_event,
    help="The index. [default: testpypi in a workflow run that a person started, else pypi]",
)

json_option = click.option("--json", "print_json", is_flag=True, help="Print the report as JSON on stdout.")


def release_root() -> Path:
    """Return the project's folder as `find_root` does. If the noxfile is locked, the command continues in its environment."""
    root = find_root(Path.cwd())
    prefer_script_environment(root)
    return root
