"""The page of the documentation that shows all benchmarks: `python -m benchmarks.page PART [ARGUMENT...]`, as `nox -s bench` does.

A part is the name of a script of this folder, and stands on the page between two comments; the others stay as they are.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/benchmarks.md"
PARTS = ("mirror", "start", "audit")


def main() -> None:
    """Write it only when all of the part is measured; an argument that is a path is one from here."""
    part, *arguments = sys.argv[1:] or [""]
    if part not in PARTS:
        raise SystemExit(f"nox -s bench -- PART [ARGUMENT...]; PART is one of {', '.join(PARTS)}")
    page = PAGE.read_text(encoding="utf-8")
    if not re.search(_between(part), page, flags=re.DOTALL):
        raise SystemExit(f"{PAGE}: there is no <!-- {part} --> … <!-- end of {part} --> to write it to")
    measured = f"<!-- {part} -->\n\n{printed(part, *map(os.path.abspath, arguments)).strip()}\n\n<!-- end of {part} -->"
    PAGE.write_text(re.sub(_between(part), lambda _: measured, page, flags=re.DOTALL), encoding="utf-8")


def _between(part: str) -> str:
    return f"<!-- {part} -->.*<!-- end of {part} -->"


def printed(script: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{script}", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:  # it has said why
        raise SystemExit(done.returncode)
    return done.stdout


if __name__ == "__main__":
    main()
