"""What a session has used that a runner has and a sandbox does not: the session's result then says nothing about CI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from evenfall.run.programs import SUDO_MARKER, is_only_on_runners
from evenfall.run.services import names_of, numbers_in

_SUDO = "it runs sudo, which needs no password on a runner; a sandbox has no root"
_SIGNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?m)^sudo: "), _SUDO),
    (
        re.compile(
            r"(?i)\bmust be (?:installed )?set-?uid\b|\bmust be suid\b|\bsetuid root\b|\"no new privileges\" flag"
        ),
        "it runs a setuid program, which can't become root in a sandbox",
    ),
    (
        re.compile(r"Cannot connect to the Docker daemon|connect to the docker API|dial unix \S*docker\.sock"),
        "it uses Docker, which runs on a runner; a sandbox can't reach the Docker of this machine",
    ),
    (
        re.compile(r"System has not been booted with systemd|Failed to connect to (?:system )?bus"),
        "it uses systemd, which runs on a runner but not in a sandbox",
    ),
    (
        re.compile(r"No such file or directory: '/dev/(?:fuse|kvm|net/tun)'|fuse: device not found"),
        "it uses a device that a runner has, but not a sandbox",
    ),
)

_SIGNS_WITHOUT_NAMESPACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile("AF_UNIX path too long"),
        "the path of its Unix socket is too long here; it would be shorter on a runner, or in a sandbox with namespaces",
    ),
)

# Each pattern matches from the beginning of a word only, because a line of megabytes would take very long otherwise.
_NOT_FOUND = (
    r"Program ([\w.+-]+) not found",
    r"(?m)(?<![\w.+-])([\w.+-]+): (?:command )?not found$",
    r"(?<!\w)env: \W?([\w.+-]+)\W?: No such file or directory",
    r"No such file or directory: '([\w.+-]+)'",
)


def unavailable(
    text: str, files: Path, tools: Path, ports: frozenset[int] = frozenset(), *, has_namespaces: bool = True
) -> str:
    """Return what a failed session used; empty if it used nothing of that kind.

    `text` is its output, `files` the folder of the files of GitHub's variables, `tools` the folder of its tools, and `ports` those on
    which services of this machine listen.
    """
    if (files / SUDO_MARKER).exists():
        return _SUDO
    for sign, reason in (*_SIGNS, *(() if has_namespaces else _SIGNS_WITHOUT_NAMESPACES)):
        if sign.search(text):
            return reason
    if re.search("EADDRINUSE|[Aa]ddress already in use", text) and (taken := ports & numbers_in(text)):
        return f"it wants a port that is in use on this machine and free on a runner ({names_of(taken)})"
    named = _matches(_NOT_FOUND if "subprocess" in text else _NOT_FOUND[:-1], text)
    missing = [name for name in named if is_only_on_runners(name, tools)]
    return f"it runs {', '.join(missing)}, which a runner has and this machine does not" if missing else ""


def missing_programs(text: str) -> list[str]:
    """Return the programs that an output says were not found; Python says the same of a file."""
    return _matches(_NOT_FOUND, text)


def _matches(patterns: Sequence[str], text: str) -> list[str]:
    return [*dict.fromkeys(name for pattern in patterns for name in re.findall(pattern, text))]
