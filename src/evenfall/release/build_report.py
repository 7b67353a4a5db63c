"""What `evenfall release build` reports: the findings, and the manifest of the files that it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evenfall.errors import Exit
from evenfall.findings import Finding, exit_code_for
from evenfall.release.manifest import FOLDER, Manifest
from evenfall.report.output import findings_as_text, report_as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """The findings of a build, and the manifest, which is None if an error was found."""

    findings: tuple[Finding, ...]
    manifest: Manifest | None = None

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return exit_code_for(self.findings)


def as_json(report: BuildReport) -> dict[str, Any]:
    """Return the values that `--json` prints."""
    return report_as_json(report.exit_code, report.findings, manifest=report.manifest)


def text(report: BuildReport) -> str:
    """Return the findings, the files with their hashes, and the next command."""
    return "\n\n".join(filter(None, (findings_as_text(report.findings), "\n".join(_summary(report.manifest)))))


def _summary(manifest: Manifest | None) -> Iterator[str]:
    if manifest is None:
        yield "nothing was written"
        return
    yield f"{manifest.project} {manifest.version}, built from commit {manifest.commit[:12]}"
    for file in manifest.files:
        yield f"  {FOLDER}/{manifest.index}/{file.name}  {file.size} bytes  sha256:{file.sha256}"
    yield f"  next: evenfall release install --index={manifest.index}"
