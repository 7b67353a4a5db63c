"""`evenfall review`: what a change of uv.lock brings."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import click

from evenfall.errors import EvenfallError, Exit
from evenfall.git.repository import path_from_top
from evenfall.project import lockfile, pyproject
from evenfall.project.lock_graph import RequiredPackage
from evenfall.project.lockfile import Lockfile
from evenfall.project.project import find_locked_root
from evenfall.project.settings import Settings
from evenfall.report.findings import fails
from evenfall.report.job_summary import add_to_summary
from evenfall.report.json import json_text
from evenfall.supply_chain.audit.audit import load_index
from evenfall.supply_chain.audit.download import AdvisorySource, parse_source
from evenfall.supply_chain.audit.freshness import staleness_error
from evenfall.supply_chain.audit.packages import audited_packages
from evenfall.supply_chain.audit.vulnerabilities import find_vulnerabilities
from evenfall.supply_chain.licenses.licenses import check_packages
from evenfall.supply_chain.licenses.policy import resolve_policy
from evenfall.supply_chain.licenses.rules import UNUSED_EXEMPTION, LicenseReport
from evenfall.supply_chain.metadata.find_metadata import project_sources
from evenfall.supply_chain.review import report as told
from evenfall.supply_chain.review import rules as judged
from evenfall.supply_chain.review.lock_diff import compare
from evenfall.supply_chain.review.releases import version_of
from evenfall.supply_chain.review.revisions import base_lock, chosen, head_lock
from evenfall.text import printable


@click.command()
@click.argument("revisions", metavar="[BASE[..HEAD]]", default="")
@click.option("--database", metavar="URL|PATH", default="", help="An OSV export as a zip. [default: the audit's]")
@click.option("--offline", is_flag=True, help="Do not ask the index for licenses of what is installed nowhere here.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@click.option("--markdown", is_flag=True, help="The result as Markdown on stdout, for a pull request.")
def review(revisions: str, database: str, offline: bool, as_json: bool, markdown: bool) -> int:
    """Say what uv.lock differs in between BASE and HEAD, and what of it is wrong.

    Without HEAD it is the work tree's lock. Without BASE it is what a push from here would bring: since the base of the pull
    request, since the branch began, or since the commit before.
    """
    if as_json and markdown:
        raise click.UsageError("--json and --markdown both want stdout.")
    root = find_locked_root(Path.cwd())
    settings = pyproject.read_policies(root / pyproject.NAME)
    resolve_policy(settings.licenses)  # what is wrong with it is said before anything is looked up
    source = parse_source(database, Path.cwd()) if database else parse_source(settings.audit.database, root)
    between = chosen(root, revisions, settings.default_branch)
    before = base_lock(root, between.base)
    locks = (before or Lockfile(version=lockfile.VERSION), head_lock(root, between.head))
    now = datetime.datetime.now(datetime.UTC)
    differences = compare(*locks)
    vulnerable, unknown = weigh_vulnerabilities(locks, source, settings, now)
    licensed = hold_licenses(differences.new, root, settings, network=not offline)
    found = (
        *([] if before or not between.base else [judged.no_base(between.base)]),
        *judged.findings(differences, min_age_days=settings.review.min_age_days, now=now, prefix=path_from_top(root)),
        *judged.of_vulnerabilities(vulnerable.new, settings.audit, now.date()),
        *(finding for finding in licensed.findings if finding.code != UNUSED_EXEMPTION),
    )
    inconclusive = (
        *filter(None, (unknown,)),
        *(f"the license of {row.name} {row.version}: {row.reason}" for row in licensed.inconclusive),
    )
    base, head = between.shown
    report = told.Report(
        base=base,
        head=head,
        differences=differences,
        findings=found,
        gone=vulnerable.gone,
        licenses={(row.name, version_of(row.required.package)): row.expression for row in licensed.rows},
        inconclusive=inconclusive,
        exit_code=Exit.FINDINGS if fails(found) else Exit.UNKNOWN if inconclusive else Exit.FINE,
    )
    tell(report, as_json=as_json, as_markdown=markdown)
    return report.exit_code


def weigh_vulnerabilities(
    locks: tuple[Lockfile, Lockfile], source: AdvisorySource, settings: Settings, now: datetime.datetime
) -> tuple[judged.Vulnerable, str]:
    """What comes and goes; none, and why, where that could not be found out."""
    try:
        index = load_index(source, now, lambda line: click.echo(printable(line), err=True))
        if old := staleness_error(index.origin, settings.audit, now):
            raise old
        before, after = (audited_packages(lock) for lock in locks)
        advisories = index.advisories({package.name for package in (*before, *after)})
    except EvenfallError as error:
        if error.exit_code is not Exit.UNKNOWN:
            raise
        return judged.Vulnerable(new=(), gone=()), f"vulnerabilities: {error}"
    return judged.weigh(find_vulnerabilities(before, advisories), find_vulnerabilities(after, advisories)), ""


def hold_licenses(new: Sequence[RequiredPackage], root: Path, settings: Settings, *, network: bool) -> LicenseReport:
    """The licenses of what came, held against the policy."""
    sources = project_sources(root, network=network, progress=lambda line: click.echo(line, err=True))
    return check_packages(new, settings.licenses, sources)


def tell(report: told.Report, *, as_json: bool, as_markdown: bool) -> None:
    """On stdout; and in the summary of a job on GitHub."""
    if as_json:
        click.echo(json_text(told.as_json(report)))
    else:
        click.echo(told.as_markdown(report) if as_markdown else told.text(report), nl=False)
    add_to_summary(told.as_markdown(report))
