"""Secrets in history and working tree: one finding for each secret in each file, and never the secret itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from evenfall.findings import Finding, Location
from evenfall.git.commit_history import CommitHistory
from evenfall.report.findings import as_json
from evenfall.supply_chain.secrets.scanner import Match
from evenfall.text import one_line


class Where(Enum):
    """Where a secret is: only in old commits, in commits and in the files as they are now, or only in the files."""

    HISTORY = "only in history"
    BOTH = "in history, and still there"
    NOW = "not committed yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret in a file, or in commit messages where `path` is empty. `commit` (whole) and `date` are of the first that has it.

    `line` is that of the file as it is now, or as it was in `commit` where the secret is only in history.
    """

    rule: str
    description: str
    path: str
    line: int
    commit: str
    date: str
    where: Where
    fingerprint: str

    @property
    def finding(self) -> Finding:
        """What is wrong, and what to do; the secret is not in it."""
        since = f", since {self.commit[:10]} of {self.date}" if self.commit else ""
        return Finding(
            code="secret",
            location=Location(path=self.path, line=self.line) if self.path else Location(path=_MESSAGE),
            reason=f"{self.rule}: {self.description} It is {self.where.value}{since}.",
            fix=f"{self._repair}\n  if it is none: evenfall secrets --accept {self.fingerprint} --reason '...'",
        )

    @property
    def _repair(self) -> str:
        """Rotate first: what has been in a clone can't be called back. Then the history, which everybody must clone again."""
        if self.where is Where.NOW:
            return "take it out before it is committed; rotate it if anybody else has seen it"
        if self.where is Where.BOTH:
            return f"rotate it, and take it out of the file; to clean the history then: {_REPLACE}"
        return f"rotate it; to clean the history then: {_REPLACE if self.path else _REWORD}"

    @property
    def as_json(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        more = {"rule": self.rule, "where": self.where.value, "commit": self.commit[:10], "date": self.date}
        return as_json(self.finding) | more | {"fingerprint": self.fingerprint}


_MESSAGE = "commit message"
_REPLACE = "git filter-repo --replace-text EXPRESSIONS"
_REWORD = "git filter-repo --replace-message EXPRESSIONS"


def gathered(matches: Iterable[Match], history: CommitHistory) -> tuple[Secret, ...]:
    """The secrets behind all matches, those that are still there first, then by path and line."""
    together: dict[str, list[Match]] = {}
    for match in matches:
        together.setdefault(match.fingerprint, []).append(match)
    found = [_secret(name, group, history) for name, group in together.items()]
    return tuple(sorted(found, key=lambda each: (each.where is Where.HISTORY, each.path, each.line, each.fingerprint)))


def by_kind(secrets: Iterable[Secret]) -> str:
    """How many there are of each rule, and in which folders at the top most of them: a line for each rule, the most first."""
    kinds: dict[str, Counter[str]] = {}
    for secret in secrets:
        kinds.setdefault(secret.rule, Counter())[secret.path.partition("/")[0] or _MESSAGE] += 1
    return "\n".join(
        f"  {places.total()} {rule}: "
        + one_line(", ".join(f"{number} in {place}" for place, number in places.most_common(5)))
        for rule, places in sorted(kinds.items(), key=lambda kind: -kind[1].total())
    )


def _secret(name: str, group: list[Match], history: CommitHistory) -> Secret:
    now = sorted(
        (match for match in group if match.commit in history.uncommitted),
        key=lambda it: history.uncommitted.index(it.commit),
    )
    past = sorted((match for match in group if match.commit in history.age), key=lambda it: history.age[it.commit])
    shown = (now or past)[0]
    first = past[0] if past else None
    return Secret(
        rule=shown.rule,
        description=shown.description,
        path=shown.path,
        line=min(match.line for match in group if match.commit == shown.commit),
        commit=first.commit if first else "",
        date=first.date if first else "",
        where=Where.NOW if first is None else Where.BOTH if now else Where.HISTORY,
        fingerprint=name,
    )
