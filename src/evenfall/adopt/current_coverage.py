"""The project's required or current coverage, which becomes the coverage target, so that it can only rise."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.own_coverage import find_fail_under
from evenfall.project import coverage_target


def write_coverage_target(adoption: Adoption, *, is_new: bool) -> None:
    """Write `coverage_target.txt`: 100 for a new project, the current coverage of an existing one, and 0 if that is unknown.

    Raises `EvenfallError` (usage) if the project has such a file and it is not a number from 0 to 100.
    """
    if (adoption.scratch / coverage_target.NAME).exists():
        coverage_target.read_coverage_target(adoption.scratch)
        return
    current = find_coverage(adoption.root) if not is_new else None
    if is_new:
        adoption.write(coverage_target.NAME, "100.0\n")
    elif current is None:
        adoption.write(coverage_target.NAME, "0.0\n")
        adoption.notes.append(
            f"{coverage_target.NAME} is 0.0, because the project has neither fail_under nor a coverage report; "
            "raise it to what nox -s coverage reports"
        )
    else:
        percent, source = current
        tenths = percent * 10 // 1
        adoption.write(coverage_target.NAME, f"{tenths // 10}.{tenths % 10}\n")
        adoption.notes.append(f"{coverage_target.NAME} has the percentage of {source}")


def find_coverage(root: Path) -> tuple[Fraction, str] | None:
    """Return the coverage in percent and its source: what the project requires today, or else a coverage report in `root`."""
    if found := find_fail_under(root):
        return found
    for read, name in ((_from_json, "coverage.json"), (_from_xml, "coverage.xml")):
        if (root / name).is_file() and (percent := read(root / name)) is not None:
            return percent, name
    return None


def _from_json(path: Path) -> Fraction | None:
    try:
        totals = json.loads(path.read_text(encoding="utf-8"))["totals"]
        covered = totals["covered_lines"] + totals.get("covered_branches", 0)
        return Fraction(100 * covered, totals["num_statements"] + totals.get("num_branches", 0))
    except (ValueError, LookupError, TypeError, ZeroDivisionError):
        return None


def _from_xml(path: Path) -> Fraction | None:
    tag = re.search(r"<coverage\b[^>]*>", path.read_text(encoding="utf-8", errors="replace"))
    try:
        totals = ElementTree.fromstring(tag[0].replace("/>", ">").replace(">", "/>")).attrib if tag else {}  # noqa: S314
        covered = int(totals["lines-covered"]) + int(totals["branches-covered"])
        return Fraction(100 * covered, int(totals["lines-valid"]) + int(totals["branches-valid"]))
    except (ElementTree.ParseError, LookupError, ValueError, ZeroDivisionError):
        return None
