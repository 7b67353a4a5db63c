"""A project on which Nox, tox and Evenfall compete, each from nothing but what git tracks and the caches of packages."""

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
    """A project that is ready, the interpreter that has its Nox and Evenfall, and the jobs that take part."""

    root: Path
    python: Path
    jobs: tuple[str, ...]

    def clean(self) -> None:
        """Leave what git tracks: no environment, no cache of a tool, nothing that was built."""
        git(self.root, "clean", "-ffdxq", "-e", as_tox.FILE, "-e", as_tox.COMBINED)

    def nox(self, *options: str, fresh: bool = True) -> Measured:
        if fresh:
            self.clean()
        return run([str(self.python.with_name("nox")), *options], self.root)

    def evenfall(self) -> Measured:
        self.clean()
        return run([str(self.python), "-c", _ONLY_RESULT, "run", "--json"], self.root)

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


# The narration goes to stderr, which is measured along with the result.
_ONLY_RESULT = (
    "import os, sys; os.dup2(os.open(os.devnull, os.O_WRONLY), 2); from evenfall.cli.main import main; main()"
)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, *IDENTITY, "commit", "--quiet", "--no-verify", "--message", "as it is measured")


def sandboxes(done: Measured) -> float:
    """The seconds that all sandboxes of a run of Evenfall took."""
    return float(sum(each["setup_seconds"] for each in json.loads(done.printed)["results"]))
