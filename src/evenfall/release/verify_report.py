"""The report of a verification, and how it is rendered: as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenfall.errors import Exit
from evenfall.findings import Finding, exit_code_for
from evenfall.package_index.address import shown_address
from evenfall.release.manifest import Manifest
from evenfall.report.output import findings_as_text, report_as_json
from evenfall.text import one_line, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """The result of a verification.

    `links` are the addresses of the files on the index by name. `inconclusive` are the reasons why something could not be found out.
    """

    manifest: Manifest
    links: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    inconclusive: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command; an error outweighs an inconclusive part."""
        return exit_code_for(self.findings, unknown=self.inconclusive)


def text(report: VerifyReport) -> str:
    """Return the findings, what is inconclusive, the notes, and a last line with the result."""
    release = f"{report.manifest.project} {report.manifest.version} on {report.manifest.index}"
    blocks = [findings_as_text(report.findings)] if report.findings else []
    blocks += [f"inconclusive: {one_line(reason)}" for reason in report.inconclusive]
    blocks += [f"note: {one_line(note)}" for note in report.notes]
    return printable("\n".join([*blocks, f"{release}: {result(report)}"]))


def result(report: VerifyReport) -> str:
    """Return the result in a word: `passed`, `failed` or `inconclusive`."""
    return {Exit.FINE: "passed", Exit.FINDINGS: "failed"}.get(report.exit_code, "inconclusive")


def as_json(report: VerifyReport) -> dict[str, Any]:
    """Return the values that `--json` prints."""
    return report_as_json(
        report.exit_code,
        report.findings,
        inconclusive=report.inconclusive,
        notes=report.notes,
        project=report.manifest.project,
        project_version=report.manifest.version,
        index=report.manifest.index,
        files=[
            {"name": file.name, "sha256": file.sha256, "url": shown_address(report.links.get(file.name, ""))}
            for file in report.manifest.distributions
        ],
    )
