"""The license check of a project's lock: `check_licenses` collects the inputs; `rules` decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evenfall.project.lock_graph import LockGraph, RequiredPackage
from evenfall.project.lock_subject import find_lock_subject
from evenfall.project.lockfile import Lockfile
from evenfall.project.settings import LicensePolicy
from evenfall.supply_chain.licenses.license_files import add_license_files
from evenfall.supply_chain.licenses.policy import resolve_policy
from evenfall.supply_chain.licenses.rules import INCONCLUSIVE, UNUSED_EXEMPTION, LicenseReport, apply_policy
from evenfall.supply_chain.metadata.find_metadata import MetadataSources, find_metadata, metadata_hint, own_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class LicensesRequest:
    """The project in or above `folder`, or a script, and the options of `evenfall licenses`."""

    folder: Path
    script: Path | None = None
    environments: Sequence[Path] = ()
    network: bool = True


def check_licenses(request: LicensesRequest) -> LicenseReport:
    """Check all locked packages except the project's own.

    Raises `EvenfallError` (usage): an invalid policy, a broken or stale lock, or a path that is not an environment.
    """
    subject = find_lock_subject(request.folder, request.script)
    lock = subject.read_lock()
    sources = own_sources(subject, environments=request.environments, network=request.network)
    report = check_packages(lock, LockGraph(lock).dependencies(), subject.settings.licenses, sources)
    if subject.script:  # the project and other scripts may need an exemption
        return replace(report, findings=tuple(each for each in report.findings if each.code != UNUSED_EXEMPTION))
    return report


def check_packages(
    lock: Lockfile, packages: Sequence[RequiredPackage], policy: LicensePolicy, sources: MetadataSources
) -> LicenseReport:
    """Check the licenses of some packages of a lock. Raises `EvenfallError` (usage) as `resolve_policy` and `find_metadata` do."""
    resolve_policy(policy)  # an invalid policy is an error before the index is used, which takes a while
    locked = [required.package for required in packages]
    report = apply_policy(packages, add_license_files(locked, find_metadata(locked, sources), sources), policy)
    findings = (
        replace(each, fix=f"{metadata_hint(lock, each.reason, sources.root)}; or {each.fix}")
        if each.code == INCONCLUSIVE
        else each
        for each in report.findings
    )
    return replace(report, findings=tuple(findings))
