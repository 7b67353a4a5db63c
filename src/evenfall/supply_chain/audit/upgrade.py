"""The version of a package without its known vulnerabilities, and the command or the change of a requirement that locks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from evenfall.project.toml import lock_command
from evenfall.supply_chain.audit.advisories import Advisory
from evenfall.supply_chain.audit.packages import AuditedPackage
from evenfall.supply_chain.versions import parse_version


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The version to lock instead. If it `is_exact`, some later versions are affected.

    `earlier` is the pre-release that already has the fix, in case the version is not released yet.
    """

    version: Version
    is_exact: bool
    earlier: Version | None = None

    def instruction(self, package: AuditedPackage) -> str:
        """Return the command that locks the version, after the requirements or the source to edit if these do not allow it.

        The command has the version, because uv then changes the lock or says which requirement is in the way. It has no version if the lock
        is forked, because uv would require the version in every fork.
        """
        operator = "==" if self.is_exact or self.version.local else ">="
        command = lock_command(Path(package.lock))
        source = package.required.package.source
        if source.registry is None:
            newer = "" if operator == "==" else " or newer"
            return f"change the source of {package.name} ({source}) to {self.version}{newer}, then {command}"
        upgraded = package.name if package.is_forked else f'"{package.name}{operator}{self.version}"'
        command = f"{command} --upgrade-package {upgraded}"
        blocking = [each for each in package.declared if not each.allows(self.version)]
        if package.excludes_newer:
            setting = f"exclude-newer-package = {{{package.name} = false}} in [tool.uv]"
            command = f"{command}; if exclude-newer is in the way, first write {setting}"
        if blocking:
            return f"allow {self.version} in {' and in '.join(map(str, blocking))}, then {command}"
        if self.earlier:
            return f"{command}; if it is not released yet, {self.earlier} has the fix"
        return command


def fixed_versions(version: Version, advisories: Sequence[Advisory]) -> list[Version]:
    """Return the newer versions that fix one vulnerability, which is described by these advisories, in ascending order."""
    fixes = {fix for advisory in advisories for fix in advisory.fixed_versions() if fix > version}
    return sorted(fix for fix in fixes if not any(advisory.affects(fix) for advisory in advisories))


def find_upgrade(
    package: AuditedPackage, vulnerabilities: Sequence[Sequence[Advisory]], others: Sequence[Advisory]
) -> Upgrade | None:
    """Return the lowest version that fixes all vulnerabilities of a package that have a fix; None if there is no such version.

    A version that the project's requirements allow, and that none of the `others`, which do not affect the locked version, affects, is
    preferred.
    """
    found = [(advisories, fixed_versions(package.version, advisories)) for advisories in vulnerabilities]
    fixable = [(advisories, fixes) for advisories, fixes in found if fixes]
    fixed = {fix for _, fixes in fixable for fix in fixes} | {*fixed_versions(package.version, others)}
    candidates = sorted(fix for fix in fixed if all(_fixes(fix, *each) for each in fixable)) if fixable else []
    if not candidates:
        return None
    best = min(
        candidates,
        key=lambda fix: (
            any(other.affects(fix) for other in others),
            not all(requirement.allows(fix) for requirement in package.declared),
            fix,
        ),
    )
    known = [*others, *(each for advisories, _ in fixable for each in advisories)]
    starts = {window.start for each in known for window in each.windows()}
    listed = {version for each in known for text in each.versions if (version := parse_version(text))}
    is_exact = any(version > best for version in starts | listed) or any(
        best < fixes[-1] for advisories, fixes in fixable if not _has_windows(advisories)
    )
    if best.is_prerelease and not is_exact and not package.version.is_prerelease:
        # With the pre-release in the command, uv would also lock newer pre-releases.
        return Upgrade(Version(best.base_version), is_exact, earlier=best)
    return Upgrade(best, is_exact)


def _fixes(version: Version, advisories: Sequence[Advisory], fixes: Sequence[Version]) -> bool:
    """Return whether a version is fixed. Between the fixed versions of a scanner, which gives no ranges, this is unknown."""
    if any(advisory.affects(version) for advisory in advisories) or version < fixes[0]:
        return False
    return version in fixes or version > fixes[-1] or _has_windows(advisories)


def _has_windows(advisories: Sequence[Advisory]) -> bool:
    return any(window for advisory in advisories for window in advisory.windows())
