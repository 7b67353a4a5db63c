"""`evenfall audit`: known vulnerabilities in what is locked, and how to be rid of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import click

from evenfall.errors import Exit
from evenfall.git.repository import path_from_top
from evenfall.project import lockfile, pyproject
from evenfall.project.current_lock import read_project_lock
from evenfall.project.project import find_locked_root
from evenfall.project.settings import AuditPolicy
from evenfall.project.user_cache import user_cache
from evenfall.report.findings import fails
from evenfall.report.job_summary import add_to_summary
from evenfall.report.json import json_text
from evenfall.report.output_file import write_output_file
from evenfall.supply_chain.audit import report as told
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.database import AdvisoryIndex, open_index
from evenfall.supply_chain.audit.download import AdvisorySource, parse_source
from evenfall.supply_chain.audit.freshness import staleness_error
from evenfall.supply_chain.audit.packages import AuditedPackage, audited_packages
from evenfall.supply_chain.audit.rules import Question
from evenfall.supply_chain.audit.rules import audit as answer
from evenfall.supply_chain.audit.scanner_result import Missing, Opinion
from evenfall.text import printable

_FILE = click.Path(path_type=Path, dir_okay=False)
_SCOPES = click.Choice(["runtime", "dev"])


@click.command()
@click.option("--update", is_flag=True, help="Take the advisories anew first.")
@click.option("--database", metavar="URL|PATH", default="", help="An OSV export as a zip. [default: the policy's]")
@click.option("--only", type=_SCOPES, default=None, help="Only what ships, or only what does not.")
@click.option("--second-opinions", is_flag=True, help="Ask uv audit and Safety too.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on stdout.")
@click.option("--report", metavar="FILE", type=_FILE, default=None, help="Write the report as JSON there.")
@click.option("--sarif", metavar="FILE", type=_FILE, default=None, help="Write it as SARIF 2.1.0 there.")
@click.option("-v", "--verbose", is_flag=True, help="Name what is not audited, and what is not from PyPI.")
def audit(
    update: bool,
    database: str,
    only: Literal["runtime", "dev"] | None,
    second_opinions: bool,
    as_json: bool,
    report: Path | None,
    sarif: Path | None,
    verbose: bool,
) -> int:
    """Find known vulnerabilities in uv.lock, in what ships and in what helps to develop.

    The policy is [tool.evenfall.audit] of pyproject.toml. Where advisories are missing or too old, nobody knows: exit code 3.
    """
    now = datetime.datetime.now(datetime.UTC)
    root = find_locked_root(Path.cwd())
    policy = pyproject.read_policies(root / pyproject.NAME).audit
    locked = audited_packages(read_project_lock(root / lockfile.NAME), only)
    source = parse_source(database, Path.cwd()) if database else parse_source(policy.database, root)
    index = load_index(source, now, anew=update)
    advisories = index.of({subject.name for subject in locked[0]})
    opinions = ask(root, policy, locked[0], advisories) if second_opinions else ()
    question = Question(
        audited_packages=locked[0],
        left=locked[1],
        advisories=advisories,
        opinions=opinions,
        policy=policy,
        today=now.date(),
        partly=only is not None,
    )
    result = conclude(question, index, now)
    keep(result, root, report=report, sarif=sarif)
    tell(result, as_json=as_json, verbose=verbose)
    if old := staleness_error(index.origin, policy, now):
        raise old
    return result.exit_code


def load_index(source: AdvisorySource, now: datetime.datetime, *, anew: bool) -> AdvisoryIndex:
    """The index of that source, taken anew where that is asked for, or where there is none. Raises `EvenfallError` (unknown)."""
    folder = user_cache() / "advisories"
    index = None if anew else open_index(source, folder)
    if index is None:
        from evenfall.supply_chain.audit.osv_export import build_index  # slow to import, and not wanted each time

        click.echo(printable(f"advisories: taking {source.shown}"), err=True)
        index = build_index(source, folder, now)
    return index


def ask(
    root: Path, policy: AuditPolicy, found: Sequence[AuditedPackage], advisories: Mapping[str, Sequence[Advisory]]
) -> tuple[Opinion, ...]:
    """The second opinions; who can't be heard is named, with the reason."""
    from evenfall.supply_chain.audit.safety import ask_safety
    from evenfall.supply_chain.audit.scanners import ask_uv

    opinions = (ask_uv(root, policy.osv_api), ask_safety(found, advisories))
    for opinion in opinions:
        if isinstance(opinion, Missing):
            click.echo(printable(f"second opinion missing: {opinion.tool}: {opinion.why}"), err=True)
    return opinions


def conclude(question: Question, index: AdvisoryIndex, now: datetime.datetime) -> told.Report:
    """The audit and its job_result."""
    audited = answer(question)
    old = staleness_error(index.origin, question.policy, now)
    code = Exit.UNKNOWN if old else Exit.FINDINGS if fails(audited.findings) else Exit.FINE
    return told.Report(
        audited=audited,
        origin=index.origin,
        opinions=question.opinions,
        exit_code=code,
        inconclusive=old.message if old else "",
    )


def tell(result: told.Report, *, as_json: bool, verbose: bool) -> None:
    """On stdout; and in the summary of a job on GitHub."""
    if as_json:
        click.echo(json_text(told.as_json(result)))
    else:
        click.echo(told.text(result, verbose=verbose), nl=False)
    add_to_summary(told.as_markdown(result))


def keep(result: told.Report, root: Path, *, report: Path | None, sarif: Path | None) -> None:
    """Write the files that are asked for. Raises `EvenfallError` (usage) where one can't be written."""
    if report:
        write_output_file(report, json_text(told.as_json(result)) + "\n")
    if sarif:
        from evenfall.supply_chain.audit.sarif import as_sarif

        prefix = path_from_top(root)
        write_output_file(sarif, json_text(as_sarif(result, prefix)) + "\n")
