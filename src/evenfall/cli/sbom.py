"""`evenfall sbom`: the software bill of materials of the lock."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from evenfall.cli.licenses import sources_of
from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding
from evenfall.project.project import find_locked_root, find_project
from evenfall.report import findings as reported
from evenfall.report.json import json_text
from evenfall.report.output_file import write_output_file
from evenfall.supply_chain.metadata.find_metadata import MetadataSources
from evenfall.supply_chain.sbom.changes import changes
from evenfall.supply_chain.sbom.check import disagreements, not_covered
from evenfall.supply_chain.sbom.document import Request, document
from evenfall.supply_chain.sbom.inputs import Gap, from_lock, metadata_of
from evenfall.supply_chain.sbom.reading import Document, parse_document, read_document
from evenfall.text import and_more, one_line, printable

DEFAULT = Path("sbom.cdx.json")
A_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--output", type=A_FILE, metavar="FILE", help="Write it there, or check that file; - is stdout.")
@click.option(
    "--check", is_flag=True, help="Write nothing; fail where FILE [default: sbom.cdx.json] and uv.lock disagree."
)
@click.option(
    "--installed", type=A_FILE, metavar="PYTHON", help="With --check: all that is installed there must be in FILE."
)
@click.option("--diff", "old", type=A_FILE, metavar="OLD", help="Say what is not as in the document OLD.")
@click.option("--runtime", is_flag=True, help="Only what the project itself needs, extras included: no group.")
@click.option(
    "--python",
    "environments",
    type=A_FILE,
    multiple=True,
    metavar="PATH",
    help="The Python or the folder of an environment to look into first. [default: .venv, where it is]",
)
@click.option("--offline", is_flag=True, help="Do not ask the index; what is installed nowhere here has no license.")
@click.option("--json", "as_json", is_flag=True, help="What --check or --diff found as JSON on stdout.")
def sbom(
    output: Path | None,
    check: bool,
    installed: Path | None,
    old: Path | None,
    runtime: bool,
    environments: tuple[Path, ...],
    offline: bool,
    as_json: bool,
) -> int:
    """Write what uv.lock brings as a CycloneDX 1.6 document: to stdout, or to FILE.

    Licenses and suppliers are from each package's own metadata. Where they can't be had, nothing is written: exit code 3.
    """
    if (check and old) or (installed and not check) or (as_json and not (check or old)):
        raise click.UsageError(
            "--check and --diff exclude each other; --installed needs --check, --json one of the two."
        )
    if output == Path("-"):
        if check:
            raise click.UsageError("--check wants a file, not stdin.")
        output = None
    root = find_locked_root(Path.cwd())
    project = find_project(Path.cwd(), root)
    request = from_lock(root, project, runtime=runtime)
    if check:
        return _check(output or Path(os.path.relpath(project / DEFAULT)), request, installed, as_json=as_json)
    before = read_document(old) if old else None
    text = _text(request, sources_of(root, environments, offline=offline))
    if output:
        write_output_file(output, text)
        click.echo(printable(f"wrote {output}"), err=True)
    if before:
        return _tell_changes(before, _parsed(text), as_json=as_json)
    if not output:
        click.echo(text, nl=False)
    return Exit.FINE


def _text(request: Request, sources: MetadataSources) -> str:
    from evenfall.supply_chain.sbom.validate import checked

    metadata, gaps = metadata_of(request, sources)
    if gaps and sources.network:
        raise EvenfallError(
            f"inconclusive: {_of_gaps(gaps)}",
            hint="uv sync --all-groups --all-extras, then again; or --offline, to do without",
            exit_code=Exit.UNKNOWN,
        )
    if gaps:
        click.echo(printable(f"evenfall: {_of_gaps(gaps)}"), err=True)
    return checked(document(replace(request, metadata=metadata)))


def _of_gaps(gaps: tuple[Gap, ...]) -> str:
    names = and_more([gap.package.name for gap in gaps], 1)
    return f"the license and supplier of {names} are not known ({gaps[0].reason})"


def _check(path: Path, request: Request, installed: Path | None, *, as_json: bool) -> int:
    found = read_document(path)
    kind = " --runtime" if request.runtime else ""
    fix = f"evenfall sbom{kind} --output {path}"
    findings = disagreements(path.as_posix(), found, _parsed(document(request)), fix)
    if installed:
        from evenfall.project.tools import require_tool
        from evenfall.supply_chain.sbom.environment_scan import observed

        findings += not_covered(path.as_posix(), found, observed(require_tool("cyclonedx-py"), installed), "uv lock")
    return _tell_findings(findings, f"{path} agrees with uv.lock", as_json=as_json)


def _parsed(text: str) -> Document:
    return parse_document(text.encode(), "our own document")


def _tell_findings(findings: tuple[Finding, ...], fine: str, *, as_json: bool) -> int:
    code = Exit.FINDINGS if reported.fails(findings) else Exit.FINE
    if as_json:
        click.echo(json_text({"exit_code": code, "findings": [reported.as_json(each) for each in findings]}))
    elif findings:
        click.echo(reported.text(findings))
    else:
        click.echo(printable(fine), err=True)
    return code


def _tell_changes(before: Document, now: Document, *, as_json: bool) -> int:
    found = changes(before, now)
    if as_json:
        click.echo(json_text({"exit_code": Exit.FINE, "changes": found}))
    elif found:
        click.echo("\n".join(one_line(str(each)) for each in found))
    else:
        click.echo("no component differs", err=True)
    return Exit.FINE
