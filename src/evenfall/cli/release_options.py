"""The options that several commands of `evenfall release` have."""

from __future__ import annotations

import click

from evenfall.release.index import index_of_event

index_option = click.option(
    "--index",
    type=click.Choice(["pypi", "testpypi"]),
    default=index_of_event,
    help="The index. [default: testpypi in a workflow run that a person started, else pypi]",
)

json_option = click.option("--json", "print_json", is_flag=True, help="Print the report as JSON on stdout.")
