"""The report of a publication as text and JSON."""

from __future__ import annotations

from typing import Any

from evenfall.release.publish import PublishReport
from evenfall.report.output import finding_as_json, findings_as_text
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
    return {
        "exit_code": report.exit_code,
        "project": report.manifest.project,
        "version": report.manifest.version,
        "index": report.urls.name,
        "page": _page(report),
        "uploaded": report.uploaded,
        "present": report.present,
        "findings": [finding_as_json(finding) for finding in report.findings],
    }


def _page(report: PublishReport) -> str:
    return report.urls.page(report.manifest.project, report.manifest.version)
