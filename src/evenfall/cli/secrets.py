"""`evenfall secrets`: secrets in the git history and the work tree, without printing them."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.git.repository import find_repository
from evenfall.pipeline.script_environment import prefer_script_environment
from evenfall.report.output import json_text, print_progress, print_report
from evenfall.supply_chain.secrets.report import as_json, summary, text
from evenfall.supply_chain.secrets.scanner import PROGRAM
from evenfall.supply_chain.secrets.secrets import SecretsRequest, find_secrets


@click.command()
@click.option(
    "--add-to-baseline",
    metavar="FINGERPRINT|RULE:PATTERN",
    multiple=True,
    help="Add a finding to the baseline, or all findings of a rule in the files that match a pattern: 'jwt:docs/*'.",
)
@click.option("--reason", metavar="TEXT", default="", help="The reason, with --add-to-baseline.")
@click.option("--json", "print_json", is_flag=True, help="Print the findings as JSON on stdout.")
def secrets(add_to_baseline: tuple[str, ...], reason: str, print_json: bool) -> int:
    """Find secrets in the git history and the work tree.

    It reads all commits that HEAD reaches, and all files that git does not ignore. No secret is printed or tried out.
    """
    prefer_script_environment(find_repository(Path.cwd()).top)
    report = find_secrets(SecretsRequest(folder=Path.cwd(), add_to_baseline=add_to_baseline, reason=reason))
    print_progress(f"{PROGRAM}: {summary(report)}")
    if print_json:
        click.echo(json_text(as_json(report)))
    elif report.findings:
        print_report(text(report))
    return report.exit_code
