"""What sessions leave: the measured coverage that is held from now on, and folders that are not to be committed."""

from __future__ import annotations

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import measured_coverage
from evenfall.git.tracked import ignore_rules
from evenfall.project import coverage_target

IGNORED = (".nox/", "audit-report/", "coverage-data/", "coverage-report/", "dist/", "sbom/")


def write_coverage_target(adoption: Adoption, *, is_new: bool) -> None:
    """Today's measured coverage, so that it can only rise; all of it for a new project; nothing asked where nothing is known."""
    if (adoption.scratch / coverage_target.NAME).exists():
        coverage_target.read_coverage_target(adoption.scratch)
        return
    found = measured_coverage(adoption.root) if not is_new else None
    if is_new:
        adoption.write(coverage_target.NAME, "100.0\n")
    elif found is None:
        adoption.write(coverage_target.NAME, "0.0\n")
        adoption.notes.append(
            f"{coverage_target.NAME} starts at 0.0: no measured coverage lies here; nox -s coverage says to what it can be raised"
        )
    else:
        tenths = found[0] * 10 // 1
        adoption.write(coverage_target.NAME, f"{tenths // 10}.{tenths % 10}\n")
        adoption.notes.append(f"{coverage_target.NAME} is today's coverage, from {found[1]}")


def write_ignored(adoption: Adoption) -> None:
    """What sessions leave is not to be committed."""
    ignored = {rule.path for rule in ignore_rules(adoption.scratch, [f"{folder}x" for folder in IGNORED])}
    lacking = [f"/{folder}\n" for folder in IGNORED if f"{folder}x" not in ignored]
    if lacking:
        adoption.append(".gitignore", "".join(lacking))
