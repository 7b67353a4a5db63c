"""The metadata of packages that are not installed here, from their files."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.candidates import candidates
from evenfall.supply_chain.metadata.distribution_archive import Unreadable, read_archive
from evenfall.supply_chain.metadata.files import DistributionFiles, Unfetched
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata, parse
from evenfall.supply_chain.metadata.site_packages import is_of
from evenfall.text import one_line, without_password

AT_ONCE = 16
LONGEST = 100
"""Characters of what a file calls itself that are told."""


def fetch_all(packages: Sequence[LockedPackage], root: Path) -> list[PackageMetadata | MissingMetadata]:
    """The metadata of each, in the same order, or why it could not be had. `root` is the lock's folder."""
    files, pool = DistributionFiles(root), ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(lambda package: _fetch(package, files), packages))
    except BaseException:  # as when somebody interrupts
        files.stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        files.close()


def _fetch(package: LockedPackage, files: DistributionFiles) -> PackageMetadata | MissingMetadata:
    """From the first of its files that can be read; the reason is the first one's."""
    reasons = []
    for file in candidates(package):
        try:
            with files.open(file, package) as opened:
                metadata = parse(read_archive(opened, file.name), evidence="index", place=file.name)
            if is_of(metadata, package):
                return metadata
            said = one_line(f"{metadata.name or 'nothing'} {metadata.version}")
            reasons.append(f"{file.name} says that it is {said[:LONGEST]}".rstrip())
        except (Unfetched, Unreadable, OSError) as error:
            reasons.append(str(error))
    if not reasons:
        reasons = [f"the lock has no file of it ({package.source}), and it is not installed here"]
    return MissingMetadata(one_line(without_password(reasons[0])))
