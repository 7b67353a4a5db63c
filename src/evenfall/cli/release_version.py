"""`evenfall release version`: whether the version can be released, and its tag."""

from __future__ import annotations

import os
from typing import Any

import click

from evenfall.cli.release_options import index_option, json_option, release_root
from evenfall.errors import Exit
from evenfall.release.manifest import IndexName
from evenfall.release.version import VersionReport, VersionRequest, check_version
from evenfall.report.output import findings_as_text, json_text, print_progress, report_as_json
from evenfall.text import one_line, printable


@click.command()
@index_option
@click.option(
    "--tag",
    default=None,
    metavar="TAG",
    help="The tag to release. It need not exist yet. [default: the tag of the event]",
)
@click.option("--offline", is_flag=True, help="Ask neither the index nor GitHub.")
@json_option
def version(index: IndexName, tag: str | None, offline: bool, print_json: bool) -> int:
    """Check that the version can be released, and print its tag.

    The tag is v{version}. The version must be newer than the tags before it and not on the index yet. The changelog must have its
    section, the files must be committed, and uv.lock must have the same version. For TestPyPI, tag, changelog and earlier versions do
    not matter. If the index cannot be asked, the exit code is 3.
    """
    root = release_root()
    report = check_version(
        VersionRequest(
            root=root,
            index=index,
            tag=_tag_of_event() if tag is None else tag,
            offline=offline,
            progress=print_progress,
        )
    )
    click.echo(json_text(_as_json(report)) if print_json else _text(report))
    return report.exit_code


def _tag_of_event() -> str:
    """Return the tag that started a workflow run: a pushed tag, or the tag of a release. Return nothing for another event."""
    return os.environ.get("GITHUB_REF_NAME", "") if os.environ.get("GITHUB_REF_TYPE") == "tag" else ""


def _text(report: VersionReport) -> str:
    blocks = [findings_as_text(report.findings)] if report.findings else []
    blocks += ["\n".join(f"note: {one_line(note)}" for note in report.notes)] if report.notes else []
    blocks += [f"inconclusive: {reason}" for reason in report.unknown]
    if report.exit_code == Exit.FINE:
        tag = f", tag {report.tag}" if report.tag else ""
        blocks.append("\n".join([f"version {report.version}{tag}", *(f"  next: {each}" for each in report.next)]))
    return printable("\n\n".join(blocks))


def _as_json(report: VersionReport) -> dict[str, Any]:
    return report_as_json(
        report.exit_code,
        report.findings,
        inconclusive=report.unknown,
        notes=report.notes,
        project_version=report.version,
        tag=report.tag,
        next=report.next,
    )
