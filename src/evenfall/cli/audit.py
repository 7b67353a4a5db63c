"""`evenfall audit`: known vulnerabilities of the locked packages, and how to fix them."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.lock_options import script_option
from evenfall.pipeline.script_environment import prefer_script_environment
from evenfall.project.lock_graph import Scope
from evenfall.project.lock_subject import find_lock_subject
from evenfall.report.github_actions import add_to_summary
from evenfall.report.output import json_text, print_report
from evenfall.supply_chain.audit.audit import AuditRequest, run_audit
from evenfall.supply_chain.audit.report import as_json, as_markdown, text

_FILE = click.Path(path_type=Path, dir_okay=False)
_SCOPES = click.Choice(["runtime", "dev", "tools"])


@click.command()
@script_option
@click.option("--update", is_flag=True, help="Download the advisories first.")
@click.option("--database", metavar="URL|PATH", default="", help="An OSV export as a zip file. [default: the policy's]")
@click.option(
    "--only",
    type=_SCOPES,
    default=None,
    help="Audit only the runtime packages, the others of uv.lock, or noxfile.py.lock.",
)
@click.option("--all-scanners", is_flag=True, help="Also run uv audit and Safety.")
@click.option("--offline", is_flag=True, help="Do not ask the index for the status of packages, such as quarantined.")
@click.option("--json", "print_json", is_flag=True, help="Print the report as JSON on stdout.")
@click.option("--report", "json_file", metavar="FILE", type=_FILE, help="Write the report as JSON to FILE.")
@click.option("--sarif", "sarif_file", metavar="FILE", type=_FILE, help="Write the report as SARIF 2.1.0 to FILE.")
@click.option("-v", "--verbose", is_flag=True, help="List the packages that are not audited or not from PyPI.")
def audit(
    script: Path | None,
    update: bool,
    database: str,
    only: Scope | None,
    all_scanners: bool,
    offline: bool,
    print_json: bool,
    json_file: Path | None,
    sarif_file: Path | None,
    verbose: bool,
) -> int:
    """Find known vulnerabilities of the packages in uv.lock, and of the tools in noxfile.py.lock.

    The policy is [tool.evenfall.audit] of pyproject.toml. If the advisories are missing or too old, the exit code is 3.
    """
    if script and only:
        raise click.UsageError("--script and --only exclude each other.")
    if all_scanners:
        prefer_script_environment(find_lock_subject(Path.cwd(), script).settings_root)
    report = run_audit(
        AuditRequest(
            folder=Path.cwd(),
            script=script,
            database=database,
            update=update,
            only=only,
            all_scanners=all_scanners,
            network=not offline,
            json_file=json_file,
            sarif_file=sarif_file,
        )
    )
    print_report(json_text(as_json(report)) if print_json else text(report, verbose=verbose))
    add_to_summary(as_markdown(report))
    if report.unknown:
        raise report.unknown
    return report.exit_code
