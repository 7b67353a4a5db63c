"""Write one part of a docs page: `python -m benchmarks.page PART [ARGUMENT...]`, which `nox -s bench -- PART` runs.

Each part is the output of the script of that name, between two comments on the page. The rest of the page is written by hand.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = {
    "mirror": "benchmarks.md",
    "startup": "benchmarks.md",
    "audit": "benchmarks.md",
    "differences": "differences.md",
}


def main() -> None:
    """Run the script and replace its part of the page. A script that fails changes nothing. All arguments are paths."""
    part, *paths = sys.argv[1:] or [""]
    if part not in PAGES:
        raise SystemExit(f"usage: nox -s bench -- PART [ARGUMENT...]; PART is one of {', '.join(PAGES)}")
    page = ROOT / "docs/reference" / PAGES[part]
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(f"(?<=<!-- {part} -->\n).*(?=<!-- end of {part} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{page}: <!-- {part} --> … <!-- end of {part} --> is missing")
    command = [sys.executable, "-m", f"benchmarks.{part}", *map(os.path.abspath, paths)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)  # the script has printed the reason
    page.write_text(pattern.sub(lambda _: f"\n{done.stdout.strip()}\n\n", text), encoding="utf-8")


if __name__ == "__main__":
    main()
