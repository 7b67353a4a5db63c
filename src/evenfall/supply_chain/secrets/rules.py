"""Decide about secrets: one secret per value and file, the secrets that are not in the baseline, and the findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from evenfall.errors import Exit
from evenfall.findings import Finding, Location, Severity, exit_code_for
from evenfall.git.commit_history import CommitHistory
from evenfall.project.pyproject import NAME
from evenfall.project.settings import BaselineEntry, Secrets, Strictness
from evenfall.supply_chain.secrets.scanner_report import CONFIDENCES, Match

BASELINE = "tool.evenfall.secrets.baseline"
COMMIT_MESSAGE = "commit message"
"""The path of a secret that is in the message of a commit."""


class Where(Enum):
    """Where a secret is: only in commits, in commits and in the current files, or only in the current files."""

    HISTORY = "only in the history"
    BOTH = "in the history and in the current files"
    FILES = "not committed yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Match):
    """All matches with the same fingerprint as one: a secret in one file, or in commit messages if `path` is empty.

    `line` is the line in the current file, or in the file of `commit` if the secret is only in the history. `commit` (complete)
    and `date` are those of the first commit with the secret, and empty if it is not committed. `confidence` is the highest one that the
    scanner has in any of its places, because some of its rules also look at the lines around it.
    """

    where: Where

    @property
    def has_low_confidence(self) -> bool:
        """Whether the scanner itself doubts that it is a secret."""
        return self.confidence == CONFIDENCES[0]

    def finding(self, low_confidence: Strictness) -> Finding:
        """Return the finding, without the value of the secret; `low_confidence` is the policy."""
        first = f", first in commit {self.commit[:10]} of {self.date}" if self.commit else ""
        condition = "if it is a secret: " if self.has_low_confidence else ""
        return Finding(
            code="secret",
            severity=Severity.WARNING if self.has_low_confidence and low_confidence == "warn" else Severity.ERROR,
            location=Location(path=self.path, line=self.line) if self.path else Location(path=COMMIT_MESSAGE),
            reason=f"{self.rule}: {self.description} Confidence: {self.confidence}. The secret is {self.where.value}{first}.",
            fix=f"{condition}{self._next_steps}\n"
            f"  if it is not a secret: evenfall secrets --add-to-baseline {self.fingerprint} --reason '...'",
        )

    @property
    def _next_steps(self) -> str:
        """The next steps. Rotation comes first, because existing clones keep the secret, and rewriting the history forces new clones."""
        rewrite = f"uvx git-filter-repo --replace-{'text' if self.path else 'message'} FILE, with a line literal:SECRET in FILE"
        if self.where is Where.FILES:
            return "remove it before you commit; rotate it if it was visible to others"
        if self.where is Where.BOTH:
            return f"rotate it, and remove it from the file; to remove it from the history: {rewrite}"
        return f"rotate it; to remove it from the history: {rewrite}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsReport:
    """All secrets, those that are not in the baseline (`open`) with a finding each, and findings for unused entries of the baseline.

    `not_read` are the paths of archives and of untracked repositories.
    """

    secrets: tuple[Secret, ...]
    open: tuple[tuple[Secret, Finding], ...]
    unused: tuple[Finding, ...]
    not_read: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""
        return (*(finding for _, finding in self.open), *self.unused)

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return exit_code_for(self.findings)


def group_matches(matches: Iterable[Match], history: CommitHistory) -> tuple[Secret, ...]:
    """Return one secret per fingerprint; first those in the current files, then by path and line."""
    groups: dict[str, list[Match]] = {}
    for match in matches:
        groups.setdefault(match.fingerprint, []).append(match)
    secrets = [_secret(group, history) for group in groups.values()]
    return tuple(sorted(secrets, key=lambda it: (it.where is Where.HISTORY, it.path, it.line, it.fingerprint)))


def _secret(group: Sequence[Match], history: CommitHistory) -> Secret:
    order = {commit: place for place, commit in enumerate(history.uncommitted)}
    current = sorted((match for match in group if match.commit in order), key=lambda match: order[match.commit])
    past = sorted(
        (match for match in group if match.commit in history.positions), key=lambda it: history.positions[it.commit]
    )
    shown = (current or past)[0]
    first = past[0] if past else None
    return Secret(
        rule=shown.rule,
        description=shown.description,
        confidence=max((match.confidence for match in group), key=CONFIDENCES.index),
        path=shown.path,
        line=min(match.line for match in group if match.commit == shown.commit),
        commit=first.commit if first else "",
        date=first.date if first else "",
        where=Where.FILES if first is None else Where.BOTH if current else Where.HISTORY,
        fingerprint=shown.fingerprint,
    )


def matches_entry(entry: BaselineEntry, secret: Secret) -> bool:
    """Return whether an entry of the baseline covers a secret: by its fingerprint, or by its rule and path."""
    if entry.path is None:
        return entry.fingerprint == secret.fingerprint
    return entry.rule == secret.rule and fnmatchcase(secret.path, entry.path)


def outside_baseline(secrets: Iterable[Secret], baseline: Sequence[BaselineEntry]) -> tuple[Secret, ...]:
    """Return the secrets that no entry covers."""
    return tuple(secret for secret in secrets if not any(matches_entry(entry, secret) for entry in baseline))


def evaluate(secrets: Sequence[Secret], settings: Secrets, not_read: Sequence[str] = ()) -> SecretsReport:
    """Return the secrets outside the baseline, and a finding for each entry that covers none or only those of earlier entries."""
    unused, remaining = [], tuple(secrets)
    for index, entry in enumerate(settings.baseline):
        before, remaining = remaining, outside_baseline(remaining, [entry])
        if len(remaining) == len(before):
            unused.append(_unused(entry, index))
    found = tuple((secret, secret.finding(settings.low_confidence)) for secret in remaining)
    return SecretsReport(secrets=tuple(secrets), open=found, unused=tuple(unused), not_read=tuple(not_read))


def _unused(entry: BaselineEntry, index: int) -> Finding:
    name = entry.fingerprint or f"{entry.rule}:{entry.path}"
    return Finding(
        code="baseline-unused",
        location=Location(path=NAME, key=f"{BASELINE}[{index}]"),
        reason=f"unused baseline entry: no secret matches {name}, or an earlier entry already covers it",
        fix=f"remove the entry from {NAME}",
    )
