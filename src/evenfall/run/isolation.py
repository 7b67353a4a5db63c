"""The kinds of isolation that this machine can give a job, and which one it is."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from evenfall.run import file_system, landlock
from evenfall.run.process import JobOutput, RunningJobs, supervise

if TYPE_CHECKING:
    from evenfall.run.supervisor import Order


class Isolation(Enum):
    """How a job is kept apart from the user's machine."""

    NAMESPACES = "namespaces"
    """Own file system, process list, host name and user name, built up from what a runner has."""

    LANDLOCK = "Landlock"
    """The user's file system, of which only the system folders and the paths that a job needs can be read."""

    NONE = "none"
    """The user's file system; a job has an own HOME and an own folder for temporary files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedIsolation:
    """The isolation that jobs get. `reason` says why it is not a better kind, and `line` what stays visible; both may be empty."""

    kind: Isolation
    reason: str = ""
    line: str = ""


_CAP_SYS_ADMIN = 21  # linux/capability.h

_VISIBLE = "jobs see this machine's processes, Unix sockets and /tmp"


def probe_isolation(folder: Path) -> ProbedIsolation:
    """Return the best isolation for jobs whose sandboxes are in `folder`. A job's file system is really made and entered."""
    reason = _obstacle_to_namespaces(folder)
    if not reason:
        return ProbedIsolation(kind=Isolation.NAMESPACES)
    shown = f"no namespaces ({reason}{setting_that_denies(reason)})"
    if landlock.is_supported():
        line = f"{shown}: {_VISIBLE}, and the names of your files"
        return ProbedIsolation(kind=Isolation.LANDLOCK, reason=reason, line=line)
    line = f"{shown} and no Landlock: {_VISIBLE}, and your checkout and your HOME by their paths"
    return ProbedIsolation(kind=Isolation.NONE, reason=reason, line=line)


# The sysctl, its value that denies user namespaces, and one that allows them. The first two do not apply to root.
# https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces,
# https://www.debian.org/releases/bullseye/amd64/release-notes/ch-information.en.html,
# https://man7.org/linux/man-pages/man7/namespaces.7.html
_SYSCTLS = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "15000"),
)


def setting_that_denies(reason: str, proc: Path = Path("/proc")) -> str:
    """Return the setting that denies namespaces, with the command that allows them, as the end of a sentence; empty if none is known.

    `reason` is the system call that failed, and `proc` the folder /proc.
    """
    if not proc.is_dir():  # as on macOS
        return ""
    status = (proc / "self/status").read_text(encoding="ascii", errors="replace")
    is_root = int(status.partition("CapEff:")[2].split()[0], 16) >> _CAP_SYS_ADMIN & 1
    for name, denying, allowing in _SYSCTLS[2:] if is_root else _SYSCTLS:
        with contextlib.suppress(OSError):
            if (proc / "sys" / name.replace(".", "/")).read_text(encoding="ascii").strip() == denying:
                return f"; {name} is {denying}, and this allows them: sudo sysctl -w {name}={allowing}"
    if "/proc" in reason:
        return "; a container hides parts of /proc"
    return "; this process has a seccomp filter, as in a container" if "Seccomp:\t2" in status else ""


def _obstacle_to_namespaces(folder: Path) -> str:
    """Return the reason why this machine can't make a file system for a job; empty if it can."""
    if sys.platform != "linux":  # pragma: no cover - not on this system
        return "only Linux has them"
    probe = folder / "probe"
    layers = {name: probe / name for name in ("upper", "work", "lower")}
    for path in (probe, probe / "root", *layers.values()):
        path.mkdir()
    overlay = file_system.overlay(file_system.HOME, upper=layers["upper"], work=layers["work"], lower=[layers["lower"]])
    order: Order = {
        "command": ("/bin/sh", "-c", f"echo > {file_system.HOME}/file"),
        "folder": os.sep,
        "environ": {},
        "file_system": file_system.file_system(probe / "root", [overlay]),
        "report": os.fspath(probe / "report.json"),
    }
    log = probe / "log"
    ended = supervise(order, JobOutput(log, lambda _: None), RunningJobs(), seconds=30)
    output = log.read_text(encoding="utf-8", errors="replace").strip().removeprefix("evenfall: ")
    return ended.report.get("isolation_problem") or output or ("" if ended.code == 0 else f"exit code {ended.code}")
