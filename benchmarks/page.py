"""The page of the documentation that shows all benchmarks: `python -m benchmarks.page [CLONE]`, as `nox -s bench` does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/benchmarks.md"

INTRODUCTION = """\
# Benchmarks

Written by `nox -s bench -- CLONE`; CLONE is a clone of a project that others wrote. All that a table compares ran in turn, on the
same machine and the same files: seconds are that machine's, ratios are what counts. Environments, caches of tools and what was
built were removed before each run, on all sides; caches of packages were warm.

"""


def main() -> None:
    """Write it only when all of it is measured."""
    parts = [
        printed("mirror", *map(os.path.abspath, sys.argv[1:])),
        "## Before anything is checked\n\n",
        printed("start"),
    ]
    PAGE.write_text(INTRODUCTION + "".join(parts), encoding="utf-8")


def printed(script: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{script}", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


if __name__ == "__main__":
    main()
