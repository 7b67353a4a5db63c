"""Findings about what an index says of a project or a release: quarantined, archived, deprecated (PEP 792) or yanked (PEP 592)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from evenfall.findings import Finding, Location, Severity
from evenfall.project.settings import Ignore
from evenfall.project.toml import lock_command
from evenfall.supply_chain.audit.ignores import ignore_text
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.audit.scanner_result import ReportedStatus
from evenfall.supply_chain.metadata.release_status import ReleaseStatus, UnknownStatus, status_severity
from evenfall.text import one_line

OTHER = "project-status"
"""The code of a finding about a status that PEP 792 does not define."""
_CODE = re.compile(r"[a-z]{1,30}\Z")


def index_statuses(
    packages: Iterable[AuditedPackage], statuses: Iterable[ReleaseStatus | UnknownStatus]
) -> Iterator[ReportedStatus]:
    """Yield what the index of each package says, except that a project is active or that its status is unknown."""
    for package, status in zip(packages, statuses, strict=True):
        if isinstance(status, ReleaseStatus):
            name, version = package.name, str(package.version)
            if status.project != "active":
                yield ReportedStatus(package=name, status=status.project, reason=status.project_reason)
            if status.is_yanked:
                yield ReportedStatus(package=name, status="yanked", reason=status.yank_reason, version=version)
            if status.is_incomplete:
                reason = "it does not list every locked file with its hash"
                yield ReportedStatus(package=name, status="incomplete", reason=reason, version=version)


def package_statuses(
    packages: Iterable[AuditedPackage], reported: Sequence[ReportedStatus]
) -> Iterator[tuple[AuditedPackage, ReportedStatus]]:
    """Yield each package from an index with each status that is reported for it, once if several tools report it."""
    for package in packages:
        own = {each.status: each for each in reversed(reported) if _concerns(each, package)}
        yield from ((package, status) for status in reversed(own.values()))


def _concerns(status: ReportedStatus, package: AuditedPackage) -> bool:
    is_version = status.version in {"", str(package.version)}
    return status.package == package.name and is_version and bool(package.required.package.source.registry)


def status_finding(package: AuditedPackage, status: ReportedStatus, ignore: Ignore | None) -> Finding:
    """Return the finding, which is a note if it is ignored."""
    reason = f": {one_line(status.reason)}" if status.reason else ""
    ignored = f"; {ignore_text(ignore)}" if ignore else ""
    replace = f"replace {package.name}, or add an ignore of {status_code(status)} to [tool.evenfall.audit]"
    upgrade = f"{lock_command(Path(package.lock))} --upgrade-package {package.name}"
    pins = " and in ".join(str(each) for each in package.declared if each.is_pin)
    upgrade = f"allow another version in {pins}, then {upgrade}" if pins else upgrade
    return Finding(
        code=status_code(status),
        severity=Severity.NOTE if ignore else status_severity(status.status),
        location=Location(path=package.lock, line=package.line, key=package.name),
        reason=f"{package.label} is {one_line(status.status)} on its index{reason}{ignored}",
        fix="" if ignore else upgrade if status.status in {"incomplete", "yanked"} else replace,
    )


def status_code(status: ReportedStatus) -> str:
    """Return the status as the code of a finding and the id of an ignore."""
    return status.status if _CODE.match(status.status) else OTHER
