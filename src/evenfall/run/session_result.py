"""The result of a session, from Nox's exit code and report, the session's output, and its artifacts."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.results import Failed, Inconclusive, Passed, Result, Skipped
from evenfall.text import and_more

LONGEST_COMMAND = 60
"""The number of characters up to which a failed command is shown whole."""


class NoxSession(msgspec.Struct):
    """A session in the file of `nox --report`."""

    result: str
    reason: str | None = None


class _NoxReport(msgspec.Struct):
    sessions: tuple[NoxSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """The end of a session.

    `nox` is the session's entry in Nox's report, if Nox wrote one, `last_message` Nox's last message, `failed_tests` the names of
    the tests that failed, `timeout` the minutes after which the session was stopped, and `artifact_problem` the problem with its
    artifacts, if any.
    """

    code: int
    nox: NoxSession | None = None
    last_message: str = ""
    failed_tests: tuple[str, ...] = ()
    timeout: int | None = None
    artifact_problem: str = ""


def session_result(end: SessionEnd) -> Result:
    """Return the result that CI would give.

    A session that skips itself passes in CI. A standard session that can't decide skips itself or fails with a reason that starts
    with `inconclusive: `.
    """
    if end.timeout is not None:
        return Failed(f"stopped after its timeout of {end.timeout} minutes")
    reason = (end.nox.reason or "").strip().replace("\n  next: ", "; next: ") if end.nox else ""
    if reason.startswith("inconclusive: "):
        return Inconclusive(reason.removeprefix("inconclusive: "))
    is_skipped = end.nox is not None and end.nox.result == "skipped"
    if is_skipped and reason.startswith("skipped: "):
        return Skipped(reason.removeprefix("skipped: "))
    if end.code:
        ended = f"Nox was ended by signal {end.code - 128}" if end.code > 128 else f"Nox ended with {end.code}"
        return Failed(_short(reason or end.last_message or ended, end.failed_tests))
    if end.artifact_problem:
        return Failed(end.artifact_problem)
    return Passed(f"it skipped itself: {reason}" if is_skipped else "")


def _short(reason: str, failed_tests: tuple[str, ...]) -> str:
    """Return the failed tests, or that there is none, in place of Nox's message about the command of pytest; shorten a long command."""
    command = re.fullmatch(r"Command (.+) failed with exit code (-?\d+)", reason, re.DOTALL)
    if command and failed_tests:
        number = len(failed_tests)
        return f"{number} failed {'test' if number == 1 else 'tests'}: {and_more(failed_tests, 3)}"
    if command and command[2] == "5" and re.search(r"(^|/|-m )pytest( |$)", command[1]):
        return "pytest found no tests (exit code 5)"
    if command and len(command[1]) > LONGEST_COMMAND:
        return f"{' '.join(command[1].split()[:2])} … failed with exit code {command[2]}"
    return reason


def failed_tests(log: Path) -> tuple[str, ...]:
    """Return the names of the tests and files in pytest's short summary of failures and errors, in its order."""
    found = re.findall(r"(?m)^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", _end_of(log))
    return tuple(dict.fromkeys(found))


def read_nox_report(path: Path) -> NoxSession | None:
    """Return the session in Nox's report, or None if Nox ended before it wrote the report."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_NoxReport).sessions[0]
    except (OSError, msgspec.MsgspecError, IndexError):
        return None


def last_nox_message(log: Path) -> str:
    """Return Nox's last message on why a session failed, without its prefix; empty if it printed no reason."""
    for message in reversed(re.findall(r"(?m)^nox > (.+)$", _end_of(log))):
        if not _OTHER_MESSAGE.match(message):
            failed = re.match(r"Session \S+(?: \(.*?\))? failed: (.+)$", message)
            return failed[1] if failed else message
    return ""


_OTHER_MESSAGE = re.compile(
    r"Session .* failed\.$|Running session|Creating virtual environment|Ran multiple sessions|# "
)


def mentions_full_disk(log: Path) -> bool:
    """Return whether a program reported a full disk at the end of a session's output."""
    return os.strerror(errno.ENOSPC) in _end_of(log)


def mentions_collision(log: Path, *, shares_files: bool) -> bool:
    """Return whether a program reported that a port, or a file if jobs share folders, is in use."""
    signs = (os.strerror(errno.EADDRINUSE), "EADDRINUSE", *((os.strerror(errno.EEXIST),) if shares_files else ()))
    return any(sign in _end_of(log) for sign in signs)


def mentions_other_disk(log: Path) -> bool:
    """Return whether a program could not move or link a file to another disk."""
    return any(sign in _end_of(log) for sign in (os.strerror(errno.EXDEV), "EXDEV"))


def _end_of(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 65536))
        return file.read().decode("utf-8", "replace")
