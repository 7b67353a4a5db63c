"""The edge to Betterleaks (https://github.com/betterleaks/betterleaks): it looks for secrets, and none of what it says reaches the user.

Of its report only what `Match` holds outlives the reading of a line, and what it writes on stderr, which quotes what it reads, is
thrown away. It could black out the secrets itself, but does so wherever their text stands: a password "password" would change the
names of the rule and of the file.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError, Exit
from evenfall.git.options import NO_CONFIGURATION
from evenfall.project.tools import find_tool, require_tool
from evenfall.supply_chain.secrets.scanner_install import brought

PROGRAM = "betterleaks"
LONGER_THAN_WORDS = 16
"""Characters from which on a secret is looked for in the names of all files, and not only of those that hold it."""
NO_WHEELS = (3, 14)
"""The first Python for which its distribution has no wheel; as the extra `sessions` says."""

# What git would leave out of a diff by attributes, renames and merges, or hand to programs of the user's.
_WHOLE = "--text --no-renames --no-ext-diff --no-textconv --diff-merges=first-parent --ignore-submodules=all"
_OPTIONS = (
    "--jsonl",
    "--no-banner",
    "--no-color",
    "--no-allow-signatures",  # a comment beside a secret gives no reason
    f"--ignore-file={os.devnull}",  # else it takes one from the folder
    "--exit-code=0",  # what is found is in the report; any other code is then a failure
    "--include=commit-messages",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One place where a rule of the scanner matched. `fingerprint` is the name of the secret in its file (see `_fingerprint`).

    `path` is relative to the repository's top, with U+FFFD for what is not UTF-8, or empty for the message of the commit; no secret
    is in it.
    `line` counts from 1 in the file as it was in `commit`; `date` is the commit's, like `2026-11-25`.
    """

    rule: str
    description: str
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


class _Location(msgspec.Struct):
    start_line: int
    path: str = ""


class _Found(msgspec.Struct):
    rule_id: str
    description: str
    match: _Value
    attributes: _Attributes
    location: _Location


class _Scan(msgspec.Struct):
    state: str


class _Line(msgspec.Struct):
    finding: _Found | None = None
    scan: _Scan | None = None


def program(folder: str, cache: Path, version: tuple[int, ...]) -> str:
    """The path of the scanner: in a `folder` of programs, or where a Python of that `version` can't have it, in the cache.

    Raises `EvenfallError` (unknown) where it is missing.
    """
    if version >= NO_WHEELS and find_tool(PROGRAM, folder) is None:
        return brought(cache)
    return require_tool(
        PROGRAM,
        folder,
        hint='nox -s secrets, with "evenfall[sessions]" in the header of noxfile.py; or: '
        'uvx --from "evenfall[sessions]" evenfall secrets',
    )


def scan(scanner: str, repository: Path, tips: Sequence[str]) -> tuple[Match, ...]:
    """Every match in all commits of a bare repository that `tips` reach, in no order.

    Raises `EvenfallError` (unknown) unless the scanner says that it has read everything.
    """
    log = f"--log-opts={_WHOLE} {' '.join(tips)}"
    command = (scanner, "git", *_OPTIONS, log, os.fspath(repository))
    try:
        process = subprocess.Popen(
            command,
            cwd=repository,
            env=_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise _failed(f"it can't be started: {error.strerror}") from error
    complete, found = False, list[_Found]()
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            read = _read(line)
            complete = read.scan is not None and read.scan.state == "complete"
            if read.finding is not None:
                found.append(read.finding)
    if process.returncode or not complete:
        raise _failed(f"it ended with {process.returncode} before it had read all of the history")
    long = {each.match.value for each in found if len(each.match.value) >= LONGER_THAN_WORDS}
    own: dict[str, set[str]] = {}
    for each in found:
        own.setdefault(each.location.path, set()).add(each.match.value)
    shown = {path: _without({*long, *filter(_is_no_word, values)}, path) for path, values in own.items()}
    return tuple(_match(each, shown[each.location.path]) for each in found)


def _environ() -> dict[str, str]:
    """Nothing that would give the scanner or its git other rules than ours, and no request to try a secret out."""
    theirs = ("GIT_", "BETTERLEAKS", "GITLEAKS")
    return {name: value for name, value in os.environ.items() if not name.startswith(theirs)} | NO_CONFIGURATION


def _read(line: bytes) -> _Line:
    try:
        return msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _failed("its report is not what we know") from None  # the error may quote the line


def _match(found: _Found, shown: str) -> Match:
    return Match(
        rule=found.rule_id,
        description=found.description,
        path=shown,
        line=found.location.start_line,
        commit=found.attributes.sha,
        date=found.attributes.date[:10],
        fingerprint=_fingerprint(found),
    )


def _fingerprint(found: _Found) -> str:
    """It stays when lines move and commits are rewritten, and differs in another file.

    A digest of a digest: it does not lead back to a token, but who guesses a short password can see that the guess is right.
    """
    parts = (found.rule_id, found.location.path, found.match.fingerprint)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _is_no_word(secret: str) -> bool:
    """Whether it is more than a word, as example passwords are, which may stand in the name of a file and give nothing away."""
    return bool(secret) and not secret.isalpha()


def _without(secrets: Iterable[str], path: str) -> str:
    """A path that may be shown: files may be named after secrets, the longest of which go first."""
    for secret in sorted((secret for secret in secrets if secret in path), key=len, reverse=True):
        path = path.replace(secret, "REDACTED")
    return path


def _failed(why: str) -> EvenfallError:
    return EvenfallError(
        f"{PROGRAM}: {why}, so there may be secrets that were not seen",
        hint="git fsck --connectivity-only; in a partial clone: git fetch --refetch --no-filter",
        exit_code=Exit.UNKNOWN,
    )
