"""The report of the scanner: its lines as they are, and the matches that Evenfall keeps of them, without any secret.

Evenfall does not use Betterleaks' redaction, which replaces the text of a secret everywhere: a password "password" would change rule names
and paths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

LONG_SECRET = 16
"""The minimum length of a secret that is replaced in the paths of all files, not only of the files that contain it."""
CONFIDENCES = ("low", "medium", "high", "unknown")
"""The confidence of the scanner in a match, in rising order. One that is missing or has another name is unknown, not low."""


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
    """The text that matches, and its digest; neither for a rule that matches a path."""

    value: str
    fingerprint: str = ""

    def __post_init__(self) -> None:
        """Reject a secret without a digest, because two of them would have the same fingerprint."""
        if self.value and not self.fingerprint:
            raise ValueError("expected a fingerprint")


class _Attributes(msgspec.Struct):
    sha: str = msgspec.field(name="git.sha")
    date: str = msgspec.field(name="git.date")


class _FileLocation(msgspec.Struct):
    start_line: int = 0
    path: str = ""


class ScannerFinding(msgspec.Struct):
    """A finding of the scanner, with the secret."""

    rule_id: str
    description: str
    match: _Value
    attributes: _Attributes
    location: _FileLocation
    confidence: str = ""


class ScanState(msgspec.Struct):
    """How the scan ended, and how many findings the report has."""

    state: str
    num_findings: int


class ReportLine(msgspec.Struct):
    """A line of the report: a finding, or the last line, which says how the scan ended."""

    finding: ScannerFinding | None = None
    scan: ScanState | None = None

    def __post_init__(self) -> None:
        """Reject a line of another kind, because it may say that something was not read."""
        if (self.finding is None) is (self.scan is None):
            raise ValueError("expected a finding or the state of the scan")


def matches(findings: Sequence[ScannerFinding]) -> tuple[Match, ...]:
    """Return a match per finding, with the secrets replaced in the paths."""
    long_secrets = {finding.match.value for finding in findings if len(finding.match.value) >= LONG_SECRET}
    secrets_by_path: dict[str, set[str]] = {}
    for finding in findings:
        secrets_by_path.setdefault(finding.location.path, set()).add(finding.match.value)
    safe_paths = {
        path: _redact(path, {*long_secrets, *filter(_is_not_a_word, secrets)})
        for path, secrets in secrets_by_path.items()
    }
    return tuple(
        Match(
            rule=finding.rule_id,
            description=finding.description,
            confidence=finding.confidence if finding.confidence in CONFIDENCES else CONFIDENCES[-1],
            path=safe_paths[finding.location.path],
            line=finding.location.start_line,
            commit=finding.attributes.sha,
            date=finding.attributes.date[:10],
            fingerprint=_fingerprint(finding),
        )
        for finding in findings
    )


def _fingerprint(finding: ScannerFinding) -> str:
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
