"""The evidence that a failed job leaves: its output, and the differences between the user's machine and the sandbox."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.git.excluded_paths import ExcludedPath, find_ignored
from evenfall.git.repository import Repository
from evenfall.git.snapshot import Snapshot
from evenfall.run.sandbox import Sandbox

NAME_MAX = 256
"""Bytes; Linux refuses to look up a longer file name."""

MANY_PATHS = 500
"""The number of quoted paths that are examined; an output with more of them is not about one of them."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The evidence of one failed job.

    `log` is the job's output, `environ` the user's environment without the variables that the job
    received, `restored_artifacts` the paths of the artifacts in the checkout, `closed_ports` those of this machine's services, and
    `shared` the folders of this machine that the job had, too.
    """

    log: Path
    snapshot: Snapshot
    sandbox: Sandbox
    environ: Mapping[str, str]
    restored_artifacts: tuple[str, ...] = ()
    closed_ports: frozenset[int] = frozenset()
    shared: tuple[Path, ...] = ()

    @cached_property
    def text(self) -> str:
        """The output. Long output was shortened when it was written."""
        return self.log.read_bytes().decode("utf-8", "replace")

    @property
    def repository(self) -> Repository:
        """The user's repository."""
        return self.snapshot.repository

    @property
    def home(self) -> Path:
        """The user's HOME."""
        return Path(self.environ.get("HOME") or os.sep)

    def in_checkout(self, path: str) -> bool:
        """Return whether the job had a path in its checkout or made it there."""
        return any(os.path.lexists(layer / path) for layer in self.sandbox.layers)

    @cached_property
    def missing(self) -> tuple[ExcludedPath, ...]:
        """The paths of the work tree that the snapshot excludes, without those that the session itself has made (`.nox/`, caches)."""
        excluded = (*self.snapshot.excluded, *find_ignored(self.repository))
        return tuple(each for each in excluded if not self.in_checkout(each.path))

    @cached_property
    def quoted_paths(self) -> tuple[str, ...]:
        """The quoted words of the output that may be paths, relative to the checkout."""
        checkout = f"{self.sandbox.inside.checkout}{os.sep}"
        relative = dict.fromkeys(each.removeprefix(checkout) for each in quoted_words(self.text))
        paths = [path for path in relative if not Path(path).is_absolute() and ".." not in Path(path).parts]
        return tuple(paths[:MANY_PATHS])

    @cached_property
    def missing_packages(self) -> tuple[str, ...]:
        """The top-level names of the modules that could not be imported."""
        return tuple(dict.fromkeys(re.findall(r"No module named '(\w+)", self.text)))


def quoted_words(text: str) -> list[str]:
    """Return the quoted words of a text that may be paths."""
    quoted = re.findall(r"""['"]([^'"\n\0]{1,255})['"]""", text)
    return [word for word in quoted if len(os.fsencode(word)) < NAME_MAX]


def users_umask() -> int:
    """Return the umask of this process. A child process reads it, because a process can read its own only by a change for all threads."""
    return int(subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True).stdout, 8)
