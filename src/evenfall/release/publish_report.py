"""The report of a publication as text and JSON."""

from __future__ import annotations

from typing import Any

from packaging.utils import canonicalize_name

from evenfall.release.publish import PublishReport
from evenfall.report.output import finding_as_json, findings_as_text
from evenfall.text import plural, printable, without_password


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
        lines += ["", f"{name}: {plural(len(report.uploaded), 'file')} uploaded to {page_url(report)}"]
    else:
        lines += ["", f"{name}: all files are on the index already: {page_url(report)}"]
    return printable("\n".join(lines).lstrip("\n"))


def page_url(report: PublishReport) -> str:
    """Return the address of the version's page, or that of its files if the index has no such pages."""
    project = canonicalize_name(report.manifest.project)
    if report.urls.project_page:
        return f"{report.urls.project_page}{project}/{report.manifest.version}/"
    return without_password(f"{report.urls.simple.rstrip('/')}/{project}/")


def as_json(report: PublishReport) -> dict[str, Any]:
    """Return the values that `--json` prints."""
    return {
        "exit_code": report.exit_code,
        "project": report.manifest.project,
        "version": report.manifest.version,
        "index": report.urls.name,
        "page": page_url(report),
        "uploaded": report.uploaded,
        "present": report.present,
        "findings": [finding_as_json(finding) for finding in report.findings],
    }
