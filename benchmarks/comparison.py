"""A project on which Nox, tox and Evenfall run, each from only the tracked files and the package caches."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import as_tox
from benchmarks.measure import Measured, run
from evenfall.git.command import git

RUNS = int(os.environ.get("EVENFALL_BENCH_RUNS", "5"))
EVENFALL, SEQUENCE, TOGETHER, TOX = "`evenfall run`", "`nox`", "`nox -j auto`", "tox-uv `run-parallel`"
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false")


@dataclass(frozen=True)
class Contest:
    """A prepared project, the interpreter with its Nox and Evenfall, and the jobs that are measured."""

    root: Path
    python: Path
    jobs: tuple[str, ...]

    def clean(self) -> None:
        """Remove everything that git does not track: environments, tool caches, build results."""
        git(self.root, "clean", "-ffdxq", "-e", as_tox.FILE, "-e", as_tox.COMBINED)

    def nox(self, *options: str, fresh: bool = True) -> Measured:
        if fresh:
            self.clean()
        return run([str(self.python.with_name("nox")), *options], self.root)

    def evenfall(self) -> Measured:
        self.clean()
        return run([str(self.python), "-c", _ONLY_STDOUT, "run", "--json"], self.root)

    def tox(self) -> Measured:
        self.clean()
        return run(
            [
                sys.executable,
                "-m",
                "tox",
                "run-parallel",
                "-c",
                as_tox.FILE,
                "--parallel",
                "auto",
                "--parallel-no-spinner",
            ],
            self.root,
        )


# The measurement reads both streams, but only stdout is JSON.
_ONLY_STDOUT = (
    "import os, sys; os.dup2(os.open(os.devnull, os.O_WRONLY), 2); from evenfall.cli.main import main; main()"
)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, *IDENTITY, "commit", "--quiet", "--no-verify", "--message", "the measured state")


def sandboxes(done: Measured) -> float:
    """Return the seconds that a run of Evenfall needed to make all sandboxes."""
    return float(sum(each["setup_seconds"] for each in json.loads(done.printed)["results"]))
