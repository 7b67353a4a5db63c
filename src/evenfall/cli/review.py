"""`evenfall review`: report what a change of uv.lock adds, updates and removes."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.lock_options import script_option
from evenfall.report.github_actions import add_to_summary
from evenfall.report.output import json_text, print_report
from evenfall.supply_chain.review.report import as_json, as_markdown, text
from evenfall.supply_chain.review.review import ReviewRequest, run_review


@click.command()
@script_option
@click.argument("revisions", metavar="[BASE[..HEAD]]", default="")
@click.option("--database", metavar="URL|PATH", default="", help="An OSV export as a zip file. [default: the audit's]")
@click.option("--offline", is_flag=True, help="Do not use the index for the licenses and the status of packages.")
@click.option("--json", "print_json", is_flag=True, help="Print the report as JSON.")
@click.option("--markdown", "print_markdown", is_flag=True, help="Print the report as Markdown, for a pull request.")
def review(
    script: Path | None, revisions: str, database: str, offline: bool, print_json: bool, print_markdown: bool
) -> int:
    """Report what a change of uv.lock adds, updates and removes.

    Without HEAD, the lock of the work tree is compared. Without BASE, it is compared with the base of the pull request, with the
    commit where the branch began, with HEAD if the lock has uncommitted changes, or with the previous commit.
    """
    if print_json and print_markdown:
        raise click.UsageError("--json and --markdown exclude each other.")
    report = run_review(
        ReviewRequest(
            folder=Path.cwd(),
            script=script,
            revisions=revisions,
            database=database,
            network=not offline,
        )
    )
    markdown = as_markdown(report)
    if print_markdown:
        click.echo(markdown, nl=False)
    else:
        print_report(json_text(as_json(report)) if print_json else text(report))
    add_to_summary(markdown)
    return report.exit_code
