"""The edge to Betterleaks (https://github.com/betterleaks/betterleaks), which finds the secrets; Evenfall never prints its output.

From the report of Betterleaks, Evenfall keeps only the fields of `Match`. It discards the standard error, which quotes the files.
Betterleaks does not read UTF-16 and UTF-32. A rule in `_CONFIGURATION` finds the files with such text, and a second run reads them as
ASCII. Another rule finds the archives, which are not read.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.git.alternates import c_quote
from evenfall.git.options import NO_CONFIGURATION
from evenfall.project.tools import find_tool, require_tool
from evenfall.supply_chain.secrets.scanner_install import install_scanner
from evenfall.supply_chain.secrets.scanner_report import Match, ReportLine, ScannerFinding, ScanState, matches

PROGRAM = "betterleaks"
NO_WHEELS = (3, 14)
"""The first Python without a wheel of Betterleaks; the extra `sessions` has the same limit."""
_WIDE = "evenfall-wide-text"
"""The name of the rule for text in UTF-16 or UTF-32, and of git's driver that reads it as ASCII."""
_ARCHIVE = "evenfall-archive"
_CONFIGURATION = rf"""
[extend]
useDefault = true

[[rules]]
id = "{_WIDE}"
description = "Text in UTF-16 or UTF-32: eight ASCII characters with zero bytes between them."
regex = '''(?s)(?:[\t -~]\x00{{1,3}}){{8}}.*'''
keywords = ["\u0000"]

[[rules]]
id = "{_ARCHIVE}"
description = "A file that contains compressed files."
path = '''(?i)\.(?:zip|tar|t?gz|t?bz2?|t?xz|zst|lz4|7z|rar|whl|egg|conda|[ejw]ar|apk|nupkg|deb|rpm|docx|xlsx|pptx|od[pst])$'''
"""
_PATHS = 100
"""The maximum number of paths in a command, whose length the operating system limits."""
_WITHOUT_ZERO_BYTES = r"LC_ALL=C tr -d '\000' <"
"""A command of git's shell. It keeps the line numbers and, unlike a decoder, also reads text inside a binary file."""

# Without these, git leaves parts out of a diff because of attributes, renames and merges, or runs programs of the user.
# `--full-history`: in a history of some paths, also branches whose changes were undone before their merge.
_COMPLETE_DIFF = "--text --no-renames --no-ext-diff --diff-merges=first-parent --ignore-submodules=all --full-history"
_OPTIONS = (
    "--jsonl",
    "--no-banner",
    "--no-color",
    "--no-allow-signatures",  # a comment next to a secret is not a baseline entry with a reason
    f"--ignore-file={os.devnull}",  # otherwise it reads one in the folder
    "--exit-code=0",  # for findings, so that any other code is a failure
)


def find_scanner(folder: str, cache: Path, version: tuple[int, ...]) -> str:
    """Return the path of the scanner in a `folder` of programs, or in the cache for a Python `version` without a wheel of it.

    Raises `EvenfallError` (unknown) if it is not installed.
    """
    if version >= NO_WHEELS and find_tool(PROGRAM, folder) is None:
        return install_scanner(cache)
    return require_tool(
        PROGRAM,
        folder,
        hint='nox -s secrets, with "evenfall[sessions]" in the header of noxfile.py; or: '
        'uvx --from "evenfall[sessions]" evenfall secrets',
    )


def scan(scanner: str, repository: Path, tips: Sequence[str]) -> tuple[list[Match], list[str]]:
    """Return all matches in the commits of a bare repository that `tips` reach, and the paths of the archives, which are not read.

    The repository is configured for the scan.

    Raises `EvenfallError` (unknown) unless the scanner reports that it has read everything.
    """
    configuration = repository / "betterleaks.toml"
    configuration.write_text(_CONFIGURATION, encoding="ascii")
    options = (*_OPTIONS, f"--config={configuration}")
    log = f"--log-opts={_COMPLETE_DIFF} {' '.join(tips)}"
    findings = _run(scanner, repository, *options, "--include=commit-messages", f"{log} --no-textconv")
    found = {finding.location.path for finding in findings if finding.rule_id == _WIDE}
    # patterns of git without characters that git or the scanner's list of options interprets
    wide = sorted({re.sub(r"[^A-Za-z0-9._/-]+", "*", path) for path in found})
    attributes = repository / "info/attributes"
    attributes.parent.mkdir()
    attributes.write_text(f"* diff={_WIDE}\n", encoding="ascii")
    with (repository / "config").open("a", encoding="ascii") as config:
        config.write(f'[diff "{_WIDE}"]\n\ttextconv = {c_quote(_WITHOUT_ZERO_BYTES)}\n')
    for start in range(0, len(wide), _PATHS):
        paths = " ".join(wide[start : start + _PATHS])
        findings += _run(scanner, repository, *options, f"{log} --textconv -- {paths}")
    kept = matches([finding for finding in findings if finding.rule_id != _WIDE])
    archives = {match.path for match in kept if match.rule == _ARCHIVE}
    return [match for match in kept if match.rule != _ARCHIVE], sorted(archives)


def _run(scanner: str, repository: Path, *options: str) -> list[ScannerFinding]:
    try:
        process = subprocess.Popen(
            (scanner, "git", *options, os.fspath(repository)),
            cwd=repository,
            env=_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise _incomplete(f"it can't be started: {error.strerror}") from error
    is_complete, findings = False, list[ScannerFinding]()
    with process:
        assert process.stdout is not None  # because of PIPE
        for line in map(_parse, process.stdout):
            if line.finding is not None:
                findings.append(line.finding)
            is_complete = line.scan == ScanState(state="complete", num_findings=len(findings))
    if process.returncode or not is_complete:
        raise _incomplete(f"it exited with {process.returncode} before it had read the complete history")
    return findings


def _environ() -> dict[str, str]:
    """Return the environment without settings of the user for git and the scanner, such as a request to try secrets out."""
    excluded = ("GIT_", "BETTERLEAKS", "GITLEAKS")
    return {name: value for name, value in os.environ.items() if not name.startswith(excluded)} | NO_CONFIGURATION


def _parse(line: bytes) -> ReportLine:
    try:
        return msgspec.json.decode(line, type=ReportLine)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _incomplete("its report has an unknown format") from None  # the error may quote the line


def _incomplete(problem: str) -> EvenfallError:
    return EvenfallError(
        f"{PROGRAM}: {problem}, so there may be more secrets",
        hint="git fsck --connectivity-only; in a partial clone: git fetch --refetch --no-filter",
        exit_code=Exit.UNKNOWN,
    )
