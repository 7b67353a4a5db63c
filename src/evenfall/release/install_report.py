"""The report of the installation test, and how it is rendered: as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from evenfall.errors import Exit
from evenfall.findings import Finding, Location, exit_code_for
from evenfall.release.use_environment import Use
from evenfall.report.output import findings_as_text, report_as_json
from evenfall.text import plural, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFile:
    """A file that was installed with a Python such as `Python 3.12.1`, and what was used of it."""

    file: str
    python: str
    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallReport:
    """The findings of the installation test, and the files that were installed.

    `skipped` and `inconclusive` are sentences: what can't be tested on this machine, and what could not be found out.
    """

    findings: tuple[Finding, ...] = ()
    installed: tuple[InstalledFile, ...] = ()
    skipped: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """1 if there is an error, else 3 if something could not be found out or nothing was installed, else 0."""
        return exit_code_for(self.findings, unknown=self.inconclusive or not self.installed)

    def with_skipped(self, more: Iterable[str]) -> InstallReport:
        """Return the report with more reasons for what was skipped."""
        return replace(self, skipped=(*self.skipped, *more))


def merge_reports(reports: Iterable[InstallReport]) -> InstallReport:
    """Return several reports as one."""
    parts = [*reports]
    return InstallReport(
        findings=tuple(each for part in parts for each in part.findings),
        installed=tuple(each for part in parts for each in part.installed),
        skipped=tuple(each for part in parts for each in part.skipped),
        inconclusive=tuple(each for part in parts for each in part.inconclusive),
    )


def text(report: InstallReport) -> str:
    """Return one line for each installed file, the findings, what is skipped and inconclusive, and the counts as the last line."""
    installed = "\n".join(f"{each.python}  {each.file}  {_counts(each.use)}" for each in report.installed)
    skipped = "\n".join(f"skipped: {reason}" for reason in report.skipped)
    inconclusive = "\n".join(report.inconclusive)
    last = f"{plural(len(report.installed), 'installation')} tested, {plural(len(report.findings), 'finding')}"
    blocks = (installed, findings_as_text(without_repetition(report.findings)), skipped, inconclusive, last)
    return printable("\n\n".join(block for block in blocks if block))


def without_repetition(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return one finding for those that differ only in their location. Its reason names the number of the others."""
    groups: dict[Finding, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(replace(finding, location=Location(path="")), []).append(finding)
    for first, *others in groups.values():
        more = f" (and in {plural(len(others), 'other installation')})" if others else ""
        yield replace(first, reason=first.reason + more)


def _counts(use: Use) -> str:
    parts = (
        (use.modules, "module"),
        (use.entry_points, "entry point"),
        (use.scripts, "script"),
        (use.plugins, "plugin"),
    )
    return ", ".join(plural(len(names), noun) for names, noun in parts if names)


def as_json(report: InstallReport) -> dict[str, Any]:
    """Return the values that `--json` prints."""
    installed = [
        {
            "file": each.file,
            "python": each.python,
            "modules": each.use.modules,
            "entry_points": each.use.entry_points,
            "commands": each.use.scripts,
            "plugins": each.use.plugins,
        }
        for each in report.installed
    ]
    return report_as_json(
        report.exit_code,
        report.findings,
        inconclusive=report.inconclusive,
        installed=installed,
        skipped=report.skipped,
    )
