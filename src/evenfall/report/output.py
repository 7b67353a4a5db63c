"""Findings and values as text and JSON, and the files that a user names in an option such as `--output FILE`."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from evenfall.atomic_write import write_atomically
from evenfall.errors import DISK_FULL, EvenfallError, Exit
from evenfall.findings import Finding, Severity
from evenfall.text import printable

JSON_VERSION = 1
"""The version of what `--json` prints. It rises when a key is renamed or removed, or when its values change."""


def print_progress(line: str) -> None:
    """Print a line of narration on stderr."""
    click.echo(printable(line), err=True)


_COLORS = (
    (re.compile(r"(?m)(?<=: )error(?= \[)|(?<=  )(critical|high)\b|(?<=  )denied$"), "red"),
    (re.compile(r"(?m)(?<=: )warning(?= \[)|(?<=  )(moderate|unknown)\b"), "yellow"),
    (re.compile(r"(?m)(?<=: )note(?= \[)|(?<=  )low\b"), "blue"),
    (re.compile(r"(?m)^ +next: "), "cyan"),
)
"""The words of a report that have a color: severities, results and next commands."""


def print_report(text: str) -> None:
    """Print a report on stdout, with colors on a terminal unless NO_COLOR is set: https://no-color.org"""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        for pattern, color in _COLORS:
            before, after = click.style("\0", fg=color, bold=True).split("\0")
            text = pattern.sub(rf"{before}\g<0>{after}", text)
    click.echo(text)


def findings_as_text(findings: Iterable[Finding]) -> str:
    """Return the findings with location, reason and next command, the most severe first, separated by empty lines."""
    order = list(Severity)
    ordered = sorted(findings, key=lambda finding: order.index(finding.severity))
    return "\n\n".join(printable(str(finding)) for finding in ordered)


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Return the values that `--json` prints for a finding."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "path": finding.location.path,
        "line": finding.location.line,
        "key": finding.location.key,
        "reason": finding.reason,
        "fix": finding.fix,
    }


def report_as_json(
    exit_code: Exit,
    findings: Iterable[Finding],
    *,
    inconclusive: Iterable[str] = (),
    notes: Iterable[str] = (),
    **values: object,
) -> dict[str, Any]:
    """Return what `--json` prints for a report: what every report has, and values of its own."""
    return {
        "exit_code": exit_code,
        **values,
        "findings": [finding_as_json(finding) for finding in findings],
        "inconclusive": [*inconclusive],
        "notes": [*notes],
    }


def json_text(values: object) -> str:
    """Return indented JSON without a final newline, in ASCII so that every stream can encode it.

    The object that `--json` prints begins with the version of its format.
    """
    built = msgspec.to_builtins(values)
    return json.dumps({"version": JSON_VERSION, **built} if isinstance(built, dict) else built, indent=2)


def write_output_file(path: Path, text: str) -> None:
    """Write a file atomically, through symbolic links; write into a pipe or a device.

    Raises `EvenfallError` if that fails: with exit code `Exit.UNKNOWN` if the disk is full, else `Exit.USAGE`.
    """
    if path == Path("-"):
        raise EvenfallError("-: expected a file, not standard output", hint="name a file")
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        else:
            write_atomically(_link_target(path), text)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = error.strerror if isinstance(error, OSError) else error
        is_full = isinstance(error, OSError) and error.errno in DISK_FULL
        raise EvenfallError(
            f"{path}: can't be written: {reason}",
            hint="free some disk space and try again" if is_full else "name another file",
            exit_code=Exit.UNKNOWN if is_full else Exit.USAGE,
        ) from error


def _link_target(path: Path) -> Path:
    """Return the path at the end of a chain of symbolic links. Raises `OSError` if the links are a cycle."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target
