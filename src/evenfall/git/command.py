"""The git program: one function runs it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.address import shown_addresses

# Git sets these variables in a hook. They name the repository and the index of the command that runs the hook.
_REPOSITORY_VARIABLES = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}


class NoRepositoryError(EvenfallError):
    """A folder is in no git repository, or git is not installed."""


@dataclass(frozen=True, slots=True)
class GitOutput:
    """The standard output of a git command, and its exit code."""

    text: str
    code: int = 0

    @property
    def line(self) -> str:
        """The output of a command that prints one line, without the line's end."""
        return self.text.removesuffix("\n")

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of an output in which NUL ends each field (`-z`)."""
        return tuple(self.text.split("\0")[:-1])


def git(
    folder: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
    stdin: bytes = b"",
    umask: int = -1,
) -> GitOutput:
    """Run git in a folder and return its output.

    `env` adds variables to the user's environment, from which the variables that git sets in a hook are removed. `codes` are the
    exit codes that are an answer, not an error. `umask` applies to the files that git writes.

    Raises `EvenfallError`: git is not installed (unknown), or git reports an error (usage).
    """
    try:
        process = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            input=stdin,
            env=_environment() | dict(env or {}),
            umask=umask,
        )
    except FileNotFoundError as error:
        raise NoRepositoryError(
            "git: not found on PATH", hint="install git: https://git-scm.com", exit_code=Exit.UNKNOWN
        ) from error
    if process.returncode not in codes:
        message = shown_addresses(_decode(process.stderr).strip())
        if "not a git repository" in message:
            raise NoRepositoryError(f"{folder}: not a git repository", hint="git init")
        raise EvenfallError(f"git {_subcommand(arguments)}: {message or 'it failed'}", hint="correct what git reports")
    return GitOutput(_decode(process.stdout), process.returncode)


def check_git_version(oldest: tuple[int, int], feature: str) -> None:
    """Raise `EvenfallError` if git is older than `feature` needs (usage), or its version can't be read (unknown)."""
    output = git(Path.cwd(), "version").line
    match = re.search(r"(\d+)\.(\d+)", output)
    if match is None:
        raise EvenfallError(f"git: its version can't be read from {output!r}", exit_code=Exit.UNKNOWN)
    if (int(match[1]), int(match[2])) < oldest:
        raise EvenfallError(
            f"git {match[0]}: {feature} needs git {oldest[0]}.{oldest[1]} or newer",
            hint="upgrade git: https://git-scm.com",
        )


def _subcommand(arguments: Sequence[str]) -> str:
    """Return the first argument after the configuration (`-c NAME=VALUE`)."""
    return _subcommand(arguments[2:]) if arguments[0] == "-c" else arguments[0]


def _environment() -> dict[str, str]:
    """Return the user's environment without a hook's repository, and with English messages, because this module reads them."""
    return {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES} | {"LC_ALL": "C"}


def _decode(output: bytes) -> str:
    """Return text with its line ends as they are, because a path may contain any of them."""
    return output.decode("utf-8", "surrogateescape")
