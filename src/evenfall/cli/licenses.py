"""`evenfall licenses`: the licenses of the locked packages, and whether the project's policy allows them."""

from __future__ import annotations

from pathlib import Path

import click

from evenfall.cli.lock_options import script_option
from evenfall.project.lock_subject import find_lock_subject
from evenfall.project.lockfile import read_lockfile
from evenfall.report.github_actions import add_to_summary
from evenfall.report.output import json_text, print_progress, print_report
from evenfall.supply_chain.licenses.licenses import LicensesRequest, check_licenses
from evenfall.supply_chain.licenses.report import as_json, as_markdown, text
from evenfall.supply_chain.metadata.find_metadata import metadata_hint
from evenfall.text import plural


@click.command()
@script_option
@click.option(
    "--python",
    "environments",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An environment, by its Python or its folder, to read metadata from first. [default: .venv, if it exists]",
)
@click.option("--offline", is_flag=True, help="Do not fetch the metadata of packages that are not installed.")
@click.option("--json", "print_json", is_flag=True, help="Print the report as JSON on stdout.")
@click.option("-v", "--verbose", is_flag=True, help="List the packages with an allowed license, too.")
def licenses(
    script: Path | None, environments: tuple[Path, ...], offline: bool, print_json: bool, verbose: bool
) -> int:
    """Check the licenses of the packages in uv.lock.

    The policy is [tool.evenfall.licenses] of pyproject.toml. If the metadata of a package cannot be read, the exit code is 3.
    """
    report = check_licenses(
        LicensesRequest(
            folder=Path.cwd(),
            script=script,
            environments=environments,
            network=not offline,
        )
    )
    print_report(json_text(as_json(report)) if print_json else text(report, verbose=verbose))
    add_to_summary(as_markdown(report))
    if report.inconclusive:
        subject = find_lock_subject(Path.cwd(), script)
        lock = read_lockfile(subject.root / subject.lock_name, subject.lock_name)
        number, reason = len(report.inconclusive), report.inconclusive[0].reason
        print_progress(
            f"evenfall: the metadata of {plural(number, 'package')} could not be read: {reason}\n"
            f"  next: {metadata_hint(lock, reason, subject.folder)}, then run this command again"
        )
    return report.exit_code
