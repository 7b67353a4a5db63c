"""The decision whether a pull request of Dependabot may be merged without a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evenfall.errors import Exit
from evenfall.findings import Finding, Severity
from evenfall.github.auto_merge.version_changes import UpdateKind, VersionChange, update_kind

_ALLOWED = frozenset((UpdateKind.PATCH, UpdateKind.MINOR, UpdateKind.REMOVED))
"""The kinds of changes that may be merged. An added package may be merged if the review reports nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Why a person must merge, and what could not be found out. A pull request without either may be merged."""

    reasons: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether the pull request may be merged without a person."""
        return not self.reasons and not self.inconclusive

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command: a person who must merge is no failure, but what could not be found out is."""
        return Exit.UNKNOWN if self.inconclusive else Exit.FINE


def decide(changes: Sequence[VersionChange], findings: Sequence[Finding], inconclusive: Sequence[str] = ()) -> Decision:
    """Return the decision about a change of the lock, of which `findings` and `inconclusive` are the review's."""
    reasons = (*_versions(changes, findings), *_problems(findings))
    return Decision(reasons=reasons, inconclusive=tuple(inconclusive))


def _versions(changes: Sequence[VersionChange], findings: Sequence[Finding]) -> Iterator[str]:
    if not changes:
        yield "the lock contains the same versions as before"
    for change in changes:
        kind = update_kind(change)
        if kind not in _ALLOWED and (kind is not UpdateKind.ADDED or findings):
            yield f"{change} is {kind.value}"


def _problems(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings except notes. A warning is something that a person must look at."""
    return (f"{each.code}: {each.reason}" for each in findings if each.severity is not Severity.NOTE)
