"""The report of a publication as text and JSON."""

from __future__ import annotations

from typing import Any

from evenfall.release.publish import PublishReport
from evenfall.report.output import findings_as_text, report_as_json
from evenfall.text import plural, printable


def text(report: PublishReport) -> str:
    """Return the files with their hashes, the page of the project, and the findings."""
    name = f"{report.manifest.project} {report.manifest.version}"
    lines = [
        *(f"uploaded         {file.sha256}  {file.name}" for file in report.uploaded),
        *(f"already present  {file.sha256}  {file.name}" for file in report.present),
    ]
    if report.findings:
        lines += ["", findings_as_text(report.findings)]
    if report.exit_code:
        lines += ["", f"{name} is not on {report.urls.name} completely"]
    elif report.uploaded:
        lines += ["", f"{name}: {plural(len(report.uploaded), 'file')} uploaded to {_page(report)}"]
    else:
        lines += ["", f"{name}: all files are on the index already: {_page(report)}"]
    return printable("\n".join(lines).lstrip("\n"))


def as_json(report: PublishReport) -> dict[str, Any]:
    """Return the values that `--json` prints."""
    return report_as_json(
        report.exit_code,
        report.findings,
        project=report.manifest.project,
        project_version=report.manifest.version,
        index=report.urls.name,
        page=_page(report),
        uploaded=report.uploaded,
        present=report.present,
    )


def _page(report: PublishReport) -> str:
    return report.urls.page(report.manifest.project, report.manifest.version)
